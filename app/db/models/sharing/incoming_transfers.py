"""Packets of other schools that wait for a decision."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school
from app.db.models.sharing.transfers import MAY_BE_ABOUT


class IncomingTransfer(SchoolRow):
    """A packet until somebody has said whether it is of a child of this school.

    Until it is accepted nothing of it is kept readable but what `about` names.
    """

    __tablename__ = "incoming_transfer"
    __clocked__: ClassVar[str] = "incoming_transfer"
    __kind__ = {
        "candidates": MAY_BE_ABOUT, "reference": "t.reference", "label": "t.state",
        "since": "t.received_at",
    }  # fmt: skip
    __timed__: ClassVar[tuple[str, ...]] = ("due_at", "ended_at")
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "child_id", "decided_by", "decided_at", "reason_code", "signer_accepted_by",
        "sealed_passphrase", "receipt", "ended_at", "owner_id", "due_at", "due_rule", "version",
        "changed_at",
    )  # fmt: skip

    reference: Mapped[str]
    source_school_id: Mapped[uuid.UUID | None]
    source_transfer_id: Mapped[uuid.UUID | None]
    is_addendum: Mapped[bool] = mapped_column(server_default=sql("false"))
    sender: Mapped[dict[str, Any]]
    signer: Mapped[dict[str, Any]]
    """The public key that signed it, its thumbprint, and why it is trusted or not."""
    about: Mapped[dict[str, Any]]
    key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    manifest_sha256: Mapped[str]
    sealed_passphrase: Mapped[bytes | None]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    received_by: Mapped[uuid.UUID | None]
    state: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    signer_accepted_by: Mapped[uuid.UUID | None]
    reason_code: Mapped[str | None]
    receipt: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("received_by", "staff"),
        within_school("decided_by", "staff"),
        within_school("signer_accepted_by", "staff"),
        within_school("owner_id", "staff"),
        CheckConstraint(
            "(ended_at is null) = (state in ('waiting', 'accepting'))", name="ended"
        ),
        Index("uq_incoming_transfer_reference", "school_id", "reference", unique=True),
        Index(
            "uq_incoming_transfer_packet", "school_id", "sha256", unique=True,
            postgresql_where=sql("state <> 'rejected'"),
        ),
        Index(
            "ix_incoming_transfer_newest", "school_id", sql("received_at desc"), sql("id desc")
        ),
        Index(
            "ix_incoming_transfer_due", "school_id", "due_at", "id",
            postgresql_where=sql("ended_at is null"),
        ),
    )  # fmt: skip

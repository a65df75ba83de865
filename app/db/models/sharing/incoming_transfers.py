"""Packets from other schools that need a decision."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school
from app.db.models.sharing.transfers import MAY_BE_ABOUT


class IncomingTransfer(Versioned, SchoolRow):
    """A packet until somebody has said whether it is about a child of this school.

    Until it is accepted, only what `about` names is kept readable.
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

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "received_by", "decided_by", "signer_accepted_by", "owner_id"),
        CheckConstraint(
            "(ended_at is null) = (state in ('waiting', 'accepting'))", name="ended"
        ),
        index("uq_incoming_transfer_reference", "reference"),
        index("uq_incoming_transfer_packet", "sha256", where="state <> 'rejected'"),
        index("ix_incoming_transfer_newest", "received_at desc", "id desc"),
        index("ix_incoming_transfer_due", "due_at", "id", where="ended_at is null"),
    )  # fmt: skip

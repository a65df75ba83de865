"""Files of children on their way to other schools."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school

NO_ITEMS = sql("'[]'::jsonb")


FULL_NAME = "starts_with(lower(t.about->>'name'), lower({given}) || ' ')" + (
    " and right(lower(t.about->>'name'), length({family}) + 1) = ' ' || lower({family})"
)
SAME_CHILD = f"""
(exists (select from child_identifier si where si.school_id = $1 and si.child_id = k.id
         and si.system in ('upn', 'former_upn') and si.value = t.about->>'upn')
 or (coalesce(k.date_of_birth = (t.about->>'date_of_birth')::date, true)
     and ({FULL_NAME.format(given="k.legal_given_name", family="k.legal_family_name")}
          or {
    FULL_NAME.format(
        given="coalesce(k.known_given_name, k.legal_given_name)",
        family="coalesce(k.known_family_name, k.legal_family_name)",
    )
})))
"""
"""Whether a child `k` of this school is, or may well be, the child of a file or request `t`."""
MAY_BE_ABOUT = f"array(select k.id from child k where k.school_id = $1 and {SAME_CHILD})"
"""The children of this school who are, or may well be, the child of a file or request `t`."""


class Transfer(Versioned, SchoolRow):
    """A child's file on its way out of this school, or the decision that it stays.

    `addendum_to` names the transfer that it follows later. A retry sends the same packet.
    """

    __tablename__ = "transfer"
    __clocked__: ClassVar[str] = "transfer"
    __kind__ = {"reference": "t.reference", "label": "t.state", "since": "t.prepared_at"}
    __entry__ = {"reference": "t.reference", "state": "t.state", "summary": "t.reason_code"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "reason_code", "destination_kind", "destination_school_id", "destination", "route",
        "receiver_key", "items", "note", "state", "approved_by", "approved_at", "decision_id",
        "sealed_passphrase", "packet_id", "packed_at", "sent_at", "delivered_at", "receipted_at",
        "receipt", "ended_at", "owner_id", "due_at", "due_rule", "version", "changed_at",
    )  # fmt: skip

    reference: Mapped[str]
    child_id: Mapped[uuid.UUID]
    addendum_to: Mapped[uuid.UUID | None]
    reason_code: Mapped[str]
    destination_kind: Mapped[str]
    destination_school_id: Mapped[uuid.UUID | None]
    destination: Mapped[dict[str, Any]]
    route: Mapped[str | None]
    receiver_key: Mapped[dict[str, Any] | None]
    items: Mapped[list[dict[str, Any]]] = mapped_column(server_default=NO_ITEMS)
    """Items that travel only if a lead says so: class K5, and files of concerns about several."""
    note: Mapped[str | None]
    state: Mapped[str]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]
    decision_id: Mapped[uuid.UUID | None]
    sealed_passphrase: Mapped[bytes | None]
    packet_id: Mapped[uuid.UUID | None]
    """Chosen at approval, so that an interrupted attempt leaves nothing behind."""
    packed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    receipted_at: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any] | None]
    ended_at: Mapped[datetime | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    prepared_by: Mapped[uuid.UUID | None]
    prepared_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("transfer", "addendum_to"),
        *within_school("staff", "approved_by", "owner_id", "prepared_by"),
        *within_school("decision", "decision_id"),
        CheckConstraint(
            "destination_kind in ('school', 'elsewhere', 'unknown', 'retained')",
            name="destination_kind",
        ),
        CheckConstraint(
            "(destination_kind = 'school') = (destination_school_id is not null)",
            name="destination",
        ),
        CheckConstraint(
            "ended_at is not null or state not in ('locked', 'cancelled', 'retained')",
            name="ended",
        ),
        index("uq_transfer_reference", "reference"),
        index("uq_transfer_open", "child_id", where="ended_at is null and addendum_to is null"),
        index(
            "uq_transfer_addendum_open", "addendum_to",
            where="ended_at is null and addendum_to is not null",
        ),
        index("ix_transfer_newest", "prepared_at desc", "id desc"),
        index("ix_transfer_child", "child_id", "prepared_at desc"),
        index("ix_transfer_due", "due_at", "id", where="ended_at is null"),
    )  # fmt: skip


class TransferEvent(SchoolRow):
    """One step of an outgoing or incoming transfer; by None: Cairn itself. Immutable."""

    __tablename__ = "transfer_event"

    noun: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    route: Mapped[str | None]
    text: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        *within_school("staff", "by_id"),
        CheckConstraint(
            "noun in ('transfer', 'incoming_transfer', 'file_request')", name="noun"
        ),
        index(None, "thing_id"),
    )  # fmt: skip

"""Transfers of safeguarding files between schools: what leaves, what comes, and what is locked."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Uuid
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school

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
"""Whether a child `k` of this school is who a file or a request `t` is about, or may well be."""
MAY_BE_ABOUT = f"array(select k.id from child k where k.school_id = $1 and {SAME_CHILD})"
"""The children of this school that a file or a request `t` is about, or may well be."""


class TransferKey(SchoolRow):
    """A pair of key pairs of a school: one signs packets, to the other packets are encrypted.

    Public halves are JWKs; the private halves are sealed. Retired ones still open what came.
    """

    __tablename__ = "transfer_key"
    __changes__: ClassVar[tuple[str, ...]] = ("retired_at", "sealed_signing", "sealed_receiving")

    signing: Mapped[dict[str, Any]]
    receiving: Mapped[dict[str, Any]]
    sealed_signing: Mapped[bytes]
    sealed_receiving: Mapped[bytes]
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        within_school("made_by", "staff"),
        Index(
            "uq_transfer_key_current", "school_id", unique=True,
            postgresql_where=sql("retired_at is null"),
        ),
    )  # fmt: skip


class Transfer(SchoolRow):
    """A child's file on its way out of this school, or the decision that it stays.

    `addendum_to` names the transfer that it follows late. A retry sends the same packet.
    """

    __tablename__ = "transfer"
    __clocked__: ClassVar[str] = "transfer"
    __kind__ = {"reference": "t.reference", "label": "t.state", "since": "t.prepared_at"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "reason", "destination_kind", "destination_school_id", "destination", "route",
        "receiver_key", "items", "note", "state", "approved_by", "approved_at", "decision_id",
        "sealed_passphrase", "packet_id", "packed_at", "sent_at", "delivered_at", "receipted_at",
        "receipt", "ended_at", "owner_id", "due_at", "due_rule", "version", "changed_at",
    )  # fmt: skip

    reference: Mapped[str]
    child_id: Mapped[uuid.UUID]
    addendum_to: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    destination_kind: Mapped[str]
    destination_school_id: Mapped[uuid.UUID | None]
    destination: Mapped[dict[str, Any]]
    route: Mapped[str | None]
    receiver_key: Mapped[dict[str, Any] | None]
    items: Mapped[list[dict[str, Any]]] = mapped_column(server_default=NO_ITEMS)
    """What travels only because a lead says so: class K5, and files of concerns about several."""
    note: Mapped[str | None]
    state: Mapped[str]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]
    decision_id: Mapped[uuid.UUID | None]
    sealed_passphrase: Mapped[bytes | None]
    packet_id: Mapped[uuid.UUID | None]
    """Chosen when it is approved, so that an attempt that was cut short leaves nothing behind."""
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
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("addendum_to", "transfer"),
        within_school("approved_by", "staff"),
        within_school("decision_id", "decision"),
        within_school("owner_id", "staff"),
        within_school("prepared_by", "staff"),
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
        Index("uq_transfer_reference", "school_id", "reference", unique=True),
        Index(
            "uq_transfer_open", "school_id", "child_id", unique=True,
            postgresql_where=sql("ended_at is null and addendum_to is null"),
        ),
        Index(
            "uq_transfer_addendum_open", "school_id", "addendum_to", unique=True,
            postgresql_where=sql("ended_at is null and addendum_to is not null"),
        ),
        Index("ix_transfer_newest", "school_id", sql("prepared_at desc"), sql("id desc")),
        Index("ix_transfer_child", "school_id", "child_id", sql("prepared_at desc")),
        Index(
            "ix_transfer_due", "school_id", "due_at", "id",
            postgresql_where=sql("ended_at is null"),
        ),
    )  # fmt: skip


class TransferPacket(SchoolRow):
    """The frozen packet of a transfer: its bytes are in the object store. Immutable."""

    __tablename__ = "transfer_packet"

    transfer_id: Mapped[uuid.UUID]
    key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    manifest_sha256: Mapped[str]
    counts: Mapped[dict[str, Any]]
    entries: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    """What of the chronology was there when it was made: anything else is late."""
    made_at: Mapped[datetime]

    __table_args__ = (
        within_school("transfer_id", "transfer"),
        Index(None, "school_id", "transfer_id"),
    )


class TransferEvent(SchoolRow):
    """One step of a transfer, whichever way it goes; by None: Cairn itself. Immutable."""

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
        within_school("by_id", "staff"),
        CheckConstraint(
            "noun in ('transfer', 'incoming_transfer', 'file_request')", name="noun"
        ),
        Index(None, "school_id", "thing_id"),
    )  # fmt: skip


class FileLock(SchoolRow):
    """A child's file that another school has received: read-only here until it is unlocked."""

    __tablename__ = "file_lock"
    __changes__: ClassVar[tuple[str, ...]] = (
        "asked_by", "asked_at", "reason", "unlocked_by", "unlocked_at", "unlocked_because",
        "version",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    transfer_id: Mapped[uuid.UUID]
    locked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    unlocked_by: Mapped[uuid.UUID | None]
    unlocked_at: Mapped[datetime | None]
    unlocked_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("transfer_id", "transfer"),
        within_school("asked_by", "staff"),
        within_school("unlocked_by", "staff"),
        CheckConstraint("unlocked_by <> asked_by", name="two_people"),
        Index(
            "uq_file_lock_child", "school_id", "child_id", unique=True,
            postgresql_where=sql("unlocked_at is null"),
        ),
    )  # fmt: skip


class IncomingTransfer(SchoolRow):
    """A packet that waits for somebody to say whether it is of a child of this school.

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
        "state", "child_id", "decided_by", "decided_at", "reason", "signer_accepted_by",
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
    reason: Mapped[str | None]
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


class ReceivedFile(SchoolRow):
    """A file as it came from another school. Immutable."""

    __tablename__ = "received_file"

    child_id: Mapped[uuid.UUID]
    incoming_id: Mapped[uuid.UUID]
    format: Mapped[str]
    origin: Mapped[dict[str, Any]]
    manifest_sha256: Mapped[str]
    records: Mapped[int]
    attachments: Mapped[int]
    accepted_by: Mapped[uuid.UUID]
    received_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("incoming_id", "incoming_transfer"),
        within_school("accepted_by", "staff"),
        Index("uq_received_file_incoming", "school_id", "incoming_id", unique=True),
        Index(None, "school_id", "child_id"),
    )


class ReceivedRecord(SchoolRow):
    """One dated thing of a received file, exactly as it came. Immutable."""

    __tablename__ = "received_record"

    file_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    position: Mapped[int]
    number: Mapped[str]
    kind: Mapped[str]
    confidentiality: Mapped[str]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    recorded_at: Mapped[datetime | None]
    origin: Mapped[str]
    reference: Mapped[str | None]
    summary: Mapped[str | None]
    content: Mapped[dict[str, Any]]

    __table_args__ = (
        within_school("file_id", "received_file"),
        within_school("child_id", "child"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        Index("uq_received_record_position", "school_id", "file_id", "position", unique=True),
        Index(None, "school_id", "child_id"),
    )


class ReceivedAttachment(SchoolRow):
    """A file that came with a received record, looked at before it was kept, and again later."""

    __tablename__ = "received_attachment"
    __changes__: ClassVar[tuple[str, ...]] = ("state", "scan_result", "signature")

    file_id: Mapped[uuid.UUID]
    record_id: Mapped[uuid.UUID]
    path: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]
    description: Mapped[str | None]
    state: Mapped[str]
    scan_result: Mapped[str]
    signature: Mapped[str | None]
    """What the scanner calls what it found."""

    __table_args__ = (
        within_school("file_id", "received_file"),
        within_school("record_id", "received_record"),
        CheckConstraint(
            "(state = 'available') = (scan_result in ('not_scanned', 'clean'))",
            name="never_served_unless_clean",
        ),
        Index("uq_received_attachment_path", "school_id", "file_id", "path", unique=True),
        Index(None, "school_id", "record_id"),
    )


class FileRequest(SchoolRow):
    """A school asks a child's former school for the file; each of the two keeps its own row."""

    __tablename__ = "file_request"
    __clocked__: ClassVar[str] = "file_request"
    __kind__ = {
        "candidates": MAY_BE_ABOUT, "label": "t.direction", "since": "t.made_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "child_id", "transfer_id", "state", "answer", "answered_by", "answered_at", "ended_at",
        "owner_id", "due_at", "due_rule", "version", "changed_at",
    )  # fmt: skip

    direction: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    other_school_id: Mapped[uuid.UUID | None]
    other: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    counterpart_id: Mapped[uuid.UUID | None]
    transfer_id: Mapped[uuid.UUID | None]
    state: Mapped[str]
    answer: Mapped[str | None]
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    answered_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("transfer_id", "transfer"),
        within_school("made_by", "staff"),
        within_school("answered_by", "staff"),
        within_school("owner_id", "staff"),
        CheckConstraint("direction in ('made', 'received')", name="direction"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        Index(
            "uq_file_request_counterpart", "school_id", "counterpart_id", unique=True,
            postgresql_where=sql("counterpart_id is not null"),
        ),
        Index("ix_file_request_newest", "school_id", sql("made_at desc"), sql("id desc")),
    )  # fmt: skip

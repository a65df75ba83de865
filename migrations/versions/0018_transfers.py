"""Transfers of files between schools: keys, packets, what came, locks and requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, protect

revision = "0018"
down_revision = "0017"

CHANGES = {
    "transfer_key": (
        "retired_at",
        "sealed_signing",
        "sealed_receiving",
    ),
    "transfer": (
        "reason",
        "destination_kind",
        "destination_school_id",
        "destination",
        "route",
        "receiver_key",
        "items",
        "note",
        "state",
        "approved_by",
        "approved_at",
        "decision_id",
        "sealed_passphrase",
        "packet_id",
        "packed_at",
        "sent_at",
        "delivered_at",
        "receipted_at",
        "receipt",
        "ended_at",
        "owner_id",
        "due_at",
        "due_rule",
        "version",
        "changed_at",
    ),
    "transfer_packet": (),
    "transfer_event": (),
    "file_lock": (
        "asked_by",
        "asked_at",
        "reason",
        "unlocked_by",
        "unlocked_at",
        "unlocked_because",
        "version",
    ),
    "incoming_transfer": (
        "state",
        "child_id",
        "decided_by",
        "decided_at",
        "reason",
        "signer_accepted_by",
        "sealed_passphrase",
        "receipt",
        "ended_at",
        "owner_id",
        "due_at",
        "due_rule",
        "version",
        "changed_at",
    ),
    "received_file": (),
    "received_record": (),
    "received_attachment": (),
    "file_request": (
        "child_id",
        "transfer_id",
        "state",
        "answer",
        "answered_by",
        "answered_at",
        "ended_at",
        "owner_id",
        "due_at",
        "due_rule",
        "version",
        "changed_at",
    ),
}
"""Every table, in the order they refer to one another, with what may change."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "transfer_key",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signing", postgresql.JSONB(), nullable=False),
        sa.Column("receiving", postgresql.JSONB(), nullable=False),
        sa.Column("sealed_signing", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_receiving", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "made_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_transfer_key_school_id_made_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_transfer_key")),
    )
    op.create_index(
        "uq_transfer_key_current",
        "transfer_key",
        ["school_id"],
        unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )
    op.create_table(
        "transfer",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("addendum_to", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("destination_kind", sa.Text(), nullable=False),
        sa.Column("destination_school_id", sa.Uuid(), nullable=True),
        sa.Column("destination", postgresql.JSONB(), nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("receiver_key", postgresql.JSONB(), nullable=True),
        sa.Column(
            "items", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_passphrase", sa.LargeBinary(), nullable=True),
        sa.Column("packet_id", sa.Uuid(), nullable=True),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", postgresql.JSONB(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("prepared_by", sa.Uuid(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(destination_kind = 'school') = (destination_school_id is not null)",
            name=op.f("ck_transfer_destination"),
        ),
        sa.CheckConstraint(
            "destination_kind in ('school', 'elsewhere', 'unknown', 'retained')",
            name=op.f("ck_transfer_destination_kind"),
        ),
        sa.CheckConstraint(
            "ended_at is not null or state not in ('locked', 'cancelled', 'retained')",
            name=op.f("ck_transfer_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "addendum_to"],
            ["transfer.school_id", "transfer.id"],
            name=op.f("fk_transfer_school_id_addendum_to"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "approved_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_transfer_school_id_approved_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_transfer_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "decision_id"],
            ["decision.school_id", "decision.id"],
            name=op.f("fk_transfer_school_id_decision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_transfer_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "prepared_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_transfer_school_id_prepared_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_transfer")),
    )
    op.create_index(
        "ix_transfer_child",
        "transfer",
        ["school_id", "child_id", sa.literal_column("prepared_at desc")],
        unique=False,
    )
    op.create_index(
        "ix_transfer_due",
        "transfer",
        ["school_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_transfer_newest",
        "transfer",
        ["school_id", sa.literal_column("prepared_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "uq_transfer_addendum_open",
        "transfer",
        ["school_id", "addendum_to"],
        unique=True,
        postgresql_where=sa.text("ended_at is null and addendum_to is not null"),
    )
    op.create_index(
        "uq_transfer_open",
        "transfer",
        ["school_id", "child_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null and addendum_to is null"),
    )
    op.create_index("uq_transfer_reference", "transfer", ["school_id", "reference"], unique=True)
    op.create_table(
        "transfer_packet",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("entries", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "transfer_id"],
            ["transfer.school_id", "transfer.id"],
            name=op.f("fk_transfer_packet_school_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_transfer_packet")),
    )
    op.create_index(
        op.f("ix_transfer_packet_school_id_transfer_id"),
        "transfer_packet",
        ["school_id", "transfer_id"],
        unique=False,
    )
    op.create_table(
        "transfer_event",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.CheckConstraint(
            "noun in ('transfer', 'incoming_transfer', 'file_request')",
            name=op.f("ck_transfer_event_noun"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "by_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_transfer_event_school_id_by_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_transfer_event")),
    )
    op.create_index(
        op.f("ix_transfer_event_school_id_thing_id"),
        "transfer_event",
        ["school_id", "thing_id"],
        unique=False,
    )
    op.create_table(
        "file_lock",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("unlocked_by", sa.Uuid(), nullable=True),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unlocked_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("unlocked_by <> asked_by", name=op.f("ck_file_lock_two_people")),
        sa.ForeignKeyConstraint(
            ["school_id", "asked_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_file_lock_school_id_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_file_lock_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "transfer_id"],
            ["transfer.school_id", "transfer.id"],
            name=op.f("fk_file_lock_school_id_transfer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "unlocked_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_file_lock_school_id_unlocked_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_file_lock")),
    )
    op.create_index(
        "uq_file_lock_child",
        "file_lock",
        ["school_id", "child_id"],
        unique=True,
        postgresql_where=sa.text("unlocked_at is null"),
    )
    op.create_table(
        "incoming_transfer",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("source_school_id", sa.Uuid(), nullable=True),
        sa.Column("source_transfer_id", sa.Uuid(), nullable=True),
        sa.Column("is_addendum", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sender", postgresql.JSONB(), nullable=False),
        sa.Column("signer", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("sealed_passphrase", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signer_accepted_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(ended_at is null) = (state in ('waiting', 'accepting'))",
            name=op.f("ck_incoming_transfer_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_incoming_transfer_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "decided_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_incoming_transfer_school_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_incoming_transfer_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "received_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_incoming_transfer_school_id_received_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "signer_accepted_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_incoming_transfer_school_id_signer_accepted_by"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_incoming_transfer")),
    )
    op.create_index(
        "ix_incoming_transfer_due",
        "incoming_transfer",
        ["school_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "ix_incoming_transfer_newest",
        "incoming_transfer",
        ["school_id", sa.literal_column("received_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "uq_incoming_transfer_packet",
        "incoming_transfer",
        ["school_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("state <> 'rejected'"),
    )
    op.create_index(
        "uq_incoming_transfer_reference",
        "incoming_transfer",
        ["school_id", "reference"],
        unique=True,
    )
    op.create_table(
        "received_file",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("incoming_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("origin", postgresql.JSONB(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "accepted_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_received_file_school_id_accepted_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_received_file_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "incoming_id"],
            ["incoming_transfer.school_id", "incoming_transfer.id"],
            name=op.f("fk_received_file_school_id_incoming_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_received_file")),
    )
    op.create_index(
        op.f("ix_received_file_school_id_child_id"),
        "received_file",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_index(
        "uq_received_file_incoming", "received_file", ["school_id", "incoming_id"], unique=True
    )
    op.create_table(
        "received_record",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_precision", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "confidentiality ~ '^K[2-5]$'", name=op.f("ck_received_record_confidentiality")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_received_record_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "file_id"],
            ["received_file.school_id", "received_file.id"],
            name=op.f("fk_received_record_school_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_received_record")),
    )
    op.create_index(
        op.f("ix_received_record_school_id_child_id"),
        "received_record",
        ["school_id", "child_id"],
        unique=False,
    )
    op.create_index(
        "uq_received_record_position",
        "received_record",
        ["school_id", "file_id", "position"],
        unique=True,
    )
    op.create_table(
        "received_attachment",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scan_result", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'available') = (scan_result in ('not_scanned', 'clean'))",
            name=op.f("ck_received_attachment_never_served_unless_clean"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "file_id"],
            ["received_file.school_id", "received_file.id"],
            name=op.f("fk_received_attachment_school_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "record_id"],
            ["received_record.school_id", "received_record.id"],
            name=op.f("fk_received_attachment_school_id_record_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_received_attachment")),
    )
    op.create_index(
        op.f("ix_received_attachment_school_id_record_id"),
        "received_attachment",
        ["school_id", "record_id"],
        unique=False,
    )
    op.create_index(
        "uq_received_attachment_path",
        "received_attachment",
        ["school_id", "file_id", "path"],
        unique=True,
    )
    op.create_table(
        "file_request",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("other_school_id", sa.Uuid(), nullable=True),
        sa.Column("other", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("counterpart_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(ended_at is null) = (state = 'open')", name=op.f("ck_file_request_ended")
        ),
        sa.CheckConstraint(
            "direction in ('made', 'received')", name=op.f("ck_file_request_direction")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "answered_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_file_request_school_id_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "child_id"],
            ["child.school_id", "child.id"],
            name=op.f("fk_file_request_school_id_child_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "made_by"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_file_request_school_id_made_by"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"],
            ["staff.school_id", "staff.id"],
            name=op.f("fk_file_request_school_id_owner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "transfer_id"],
            ["transfer.school_id", "transfer.id"],
            name=op.f("fk_file_request_school_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_file_request")),
    )
    op.create_index(
        "ix_file_request_newest",
        "file_request",
        ["school_id", sa.literal_column("made_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "uq_file_request_counterpart",
        "file_request",
        ["school_id", "counterpart_id"],
        unique=True,
        postgresql_where=sa.text("counterpart_id is not null"),
    )
    for table, columns in CHANGES.items():
        protect(table)
        allow(table, update=columns)


def downgrade() -> None:
    """Undo."""
    for table in reversed(CHANGES):
        op.drop_table(table)

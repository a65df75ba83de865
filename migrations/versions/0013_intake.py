"""Tools that send alerts, what they sent, and the tray where people look at it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import ACCOUNT, APP, allow, column, protect, within_school

revision = "0013"
down_revision = "0012"

MOMENT = sa.DateTime(timezone=True)
SOURCE_CHANGES = (
    "name", "kind", "severities", "categories", "identifiers", "sealed", "former_sealed",
    "former_until", "rotated_at", "ended_at", "ended_by", "version", "changed_at",
    "service_key_id",
)  # fmt: skip
ALERT_CHANGES = (
    "severity", "child_id", "confidence", "hits", "candidates", "matched_by", "state", "count",
    "collapsed_into", "last_at", "owner_id", "due_at", "due_rule", "concern_id", "outcome", "note",
    "decided_by", "ended_at", "version", "changed_at",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    _make_sources()
    _make_alerts()
    _make_bodies()
    op.execute(f"grant update (counts) on alert to {APP}")
    op.create_index(
        "ix_child_identifier_value", "child_identifier", ["school_id", "system", "value"]
    )


def _make_sources() -> None:
    op.create_table(
        "intake_source",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("name", sa.Text()),
        column("kind", sa.Text()),
        column("severities", postgresql.JSONB()),
        column("categories", postgresql.JSONB()),
        column("identifiers", postgresql.ARRAY(sa.Text())),
        column("sealed", sa.LargeBinary()),
        column("former_sealed", sa.LargeBinary(), empty=True),
        column("former_until", MOMENT, empty=True),
        column("rotated_at", MOMENT, empty=True),
        column("service_key_id", sa.Uuid(), empty=True),
        column("created_by", sa.Uuid()),
        column("created_at", MOMENT),
        column("changed_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        within_school("intake_source", "created_by", "staff"),
        within_school("intake_source", "service_key_id", "service_key"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_intake_source"),
    )
    op.create_index(
        "uq_intake_source_name", "intake_source", ["school_id", sa.text("lower(name)")],
        unique=True, postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    op.create_index(
        "ix_intake_source_newest", "intake_source",
        ["school_id", sa.text("created_at desc"), sa.text("id desc")],
    )  # fmt: skip
    op.create_index("ix_intake_source_claimed", "intake_source", ["id"])
    # Whoever signs names the source alone: it is seen through a scope of its own id.
    protect("intake_source", visible_also=f"id = {ACCOUNT}")
    allow("intake_source", update=SOURCE_CHANGES)


def _make_alerts() -> None:
    op.create_table(
        "monitoring_alert",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("source_id", sa.Uuid()),
        column("external_id", sa.Text()),
        column("occurred_at", MOMENT),
        column("detected_at", MOMENT, empty=True),
        column("received_at", MOMENT),
        column("severity", sa.Text()),
        column("source_severity", sa.Text(), empty=True),
        column("severity_known", sa.Boolean()),
        column("category", sa.Text(), empty=True),
        column("source_category", sa.Text(), empty=True),
        column("child_id", sa.Uuid(), empty=True),
        column("confidence", sa.Text()),
        column("hits", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb")),
        column("candidates", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'")),
        column("matched_by", sa.Uuid(), empty=True),
        column("burst_key", sa.Text(), empty=True),
        column("state", sa.Text()),
        column("collapsed_into", sa.Uuid(), empty=True),
        column("count", sa.Integer(), server_default=sa.text("1")),
        column("last_at", MOMENT),
        column("confidentiality", sa.Text(), server_default="K3"),
        column("owner_id", sa.Uuid(), empty=True),
        column("due_at", MOMENT, empty=True),
        column("due_rule", sa.Text(), empty=True),
        column("concern_id", sa.Uuid(), empty=True),
        column("outcome", sa.Text(), empty=True),
        column("note", sa.Text(), empty=True),
        column("decided_by", sa.Uuid(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        sa.CheckConstraint(
            "state <> 'open' or (owner_id is not null and due_at is not null)",
            name="ck_monitoring_alert_owned",
        ),
        sa.CheckConstraint(
            "(state = 'collapsed') = (collapsed_into is not null)",
            name="ck_monitoring_alert_collapsed",
        ),
        sa.CheckConstraint(
            "(state in ('taken_up', 'dismissed')) = (ended_at is not null)",
            name="ck_monitoring_alert_ended",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_monitoring_alert"),
        within_school("monitoring_alert", "source_id", "intake_source"),
        within_school("monitoring_alert", "child_id", "child"),
        within_school("monitoring_alert", "owner_id", "staff"),
        within_school("monitoring_alert", "matched_by", "staff"),
        within_school("monitoring_alert", "decided_by", "staff"),
        within_school("monitoring_alert", "concern_id", "concern"),
        within_school("monitoring_alert", "collapsed_into", "monitoring_alert"),
    )
    _index_alerts()
    protect("monitoring_alert")
    allow("monitoring_alert", update=ALERT_CHANGES)


def _index_alerts() -> None:
    table = "monitoring_alert"
    op.create_index(
        "uq_monitoring_alert_external", table, ["school_id", "source_id", "external_id"],
        unique=True,
    )  # fmt: skip
    op.create_index(
        "ix_monitoring_alert_burst", table, ["school_id", "source_id", "burst_key"],
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip
    op.create_index(
        "ix_monitoring_alert_tray", table,
        ["school_id", "state", sa.text("received_at desc"), sa.text("id desc")],
    )  # fmt: skip
    for name, columns in {
        "child": ["child_id"],
        "owner": ["owner_id"],
        "burst_of": ["collapsed_into"],
        "ended": ["ended_at", "id"],
        "concern": ["concern_id"],
    }.items():
        op.create_index(f"ix_monitoring_alert_{name}", table, ["school_id", *columns])


def _make_bodies() -> None:
    op.create_table(
        "monitoring_body",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("alert_id", sa.Uuid()),
        column("number", sa.Integer()),
        column("body", sa.LargeBinary()),
        column("sha256", sa.LargeBinary()),
        column("content", postgresql.JSONB()),
        column("severity", sa.Text()),
        column("webhook_id", sa.Text(), empty=True),
        column("received_by", sa.Uuid()),
        column("received_at", MOMENT),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_monitoring_body"),
        within_school("monitoring_body", "alert_id", "monitoring_alert"),
    )
    op.create_index(
        "uq_monitoring_body_number", "monitoring_body", ["school_id", "alert_id", "number"],
        unique=True,
    )  # fmt: skip
    protect("monitoring_body")
    allow("monitoring_body")


def downgrade() -> None:
    """Undo."""
    op.execute(f"revoke update (counts) on alert from {APP}")
    op.drop_index("ix_child_identifier_value", "child_identifier")
    for table in ("monitoring_body", "monitoring_alert", "intake_source"):
        op.drop_table(table)

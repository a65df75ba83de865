"""Referrals beyond the gate: variants, chasing, challenges, agency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, protect

revision = "0017"
down_revision = "0016"

REFERRAL = ("form_variant", "form_version", "sources", "chronology", "challenge", "duty_of")
CHANGED = ("sources", "chronology", "challenge", "delivery")
AGENCY = ("webhook_url", "webhook_secret", "form_variants")
BY = "(by_kind = 'staff') = (by_id is not null)"
ANSWERS = "(agency_id is not null) = ('referral:answer' = any(scopes))"


def upgrade() -> None:
    """Apply."""
    _widen_agency()
    _widen_referral()
    _open_events_to_agencies()
    _bind_keys()
    _keep_forms()


def _widen_agency() -> None:
    op.add_column("agency", sa.Column("webhook_url", sa.Text()))
    op.add_column("agency", sa.Column("webhook_secret", sa.LargeBinary()))
    op.add_column("agency", _json("form_variants", "'{}'::jsonb"))
    _check("agency", "signed", "(webhook_url is null) = (webhook_secret is null)")
    op.execute(f"grant update ({', '.join(AGENCY)}) on agency to {APP}")


def _widen_referral() -> None:
    op.add_column("referral", sa.Column("form_variant", sa.Text()))
    op.add_column(
        "referral",
        sa.Column("form_version", sa.Text(), nullable=False, server_default="2026-09-01"),
    )
    op.add_column("referral", _json("sources", "'{}'::jsonb"))
    op.add_column("referral", _json("chronology"))
    op.add_column("referral", _json("challenge"))
    op.add_column("referral", _json("delivery"))
    op.add_column("referral", sa.Column("duty_of", sa.Uuid()))
    _point("referral", "duty_of", "staff")
    op.create_index(
        "ix_referral_duty_of", "referral", ["school_id", "duty_of", sa.text("drafted_at desc")],
        postgresql_where=sa.text("duty_of is not null"),
    )  # fmt: skip
    op.create_index(
        "ix_referral_agency", "referral",
        ["school_id", "agency_id", sa.text("sent_at desc"), sa.text("id desc")],
        postgresql_where=sa.text("sent_at is not null"),
    )  # fmt: skip
    op.execute(f"grant update ({', '.join(CHANGED)}) on referral to {APP}")


def _open_events_to_agencies() -> None:
    op.add_column(
        "referral_event", sa.Column("by_kind", sa.Text(), nullable=False, server_default="staff")
    )
    op.alter_column("referral_event", "by_id", nullable=True)
    _check("referral_event", "by_kind", "by_kind in ('staff', 'agency', 'system')")
    _check("referral_event", "by", BY)


def _bind_keys() -> None:
    op.add_column("service_key", sa.Column("agency_id", sa.Uuid()))
    _point("service_key", "agency_id", "agency")
    _check("service_key", "of_agency", ANSWERS)


def _keep_forms() -> None:
    op.create_table(
        "referral_variant",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        _json("content", empty=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "added_by"],
            ["staff.school_id", "staff.id"],
            name="fk_referral_variant_school_id_added_by",
        ),
        sa.CheckConstraint("number >= 1", name="ck_referral_variant_number"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_referral_variant"),
    )
    op.create_index(
        "uq_referral_variant_number", "referral_variant", ["school_id", "variant", "number"],
        unique=True,
    )  # fmt: skip
    protect("referral_variant")
    allow("referral_variant")


def _json(name: str, default: str | None = None, *, empty: bool = True) -> sa.Column[object]:
    return sa.Column(
        name,
        postgresql.JSONB(none_as_null=True),
        nullable=empty and default is None,
        server_default=None if default is None else sa.text(default),
    )


def _point(table: str, column: str, other: str) -> None:
    op.execute(
        f"alter table {table} add constraint fk_{table}_school_id_{column} "
        f"foreign key (school_id, {column}) references {other} (school_id, id)"
    )


def _check(table: str, name: str, rule: str) -> None:
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({rule})")


def downgrade() -> None:
    """Undo."""
    op.drop_table("referral_variant")
    op.execute("alter table service_key drop constraint ck_service_key_of_agency")
    op.drop_column("service_key", "agency_id")
    op.execute("alter table referral_event drop constraint ck_referral_event_by")
    op.execute("alter table referral_event drop constraint ck_referral_event_by_kind")
    op.execute("delete from referral_event where by_id is null")
    op.alter_column("referral_event", "by_id", nullable=False)
    op.drop_column("referral_event", "by_kind")
    op.drop_index("ix_referral_agency", "referral")
    op.drop_index("ix_referral_duty_of", "referral")
    op.execute(f"revoke update ({', '.join(CHANGED)}) on referral from {APP}")
    for column in (*REFERRAL, "delivery"):
        op.drop_column("referral", column)
    op.execute(f"revoke update ({', '.join(AGENCY)}) on agency from {APP}")
    op.execute("alter table agency drop constraint ck_agency_signed")
    for column in AGENCY:
        op.drop_column("agency", column)

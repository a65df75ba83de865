"""What the roles part of the record needs: roles that schools define, consent, cover, names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import ACCOUNT, APP, SCHOOL, allow, protect

revision = "0008"
down_revision = "0007"

ROLE_CHANGES = (
    "label", "permissions", "classes", "cohort_classes", "cohort_only", "version", "changed_at",
    "ended_at", "ended_by",
)  # fmt: skip


def _within_school(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["school_id", column],
        [f"{other}.school_id", f"{other}.id"],
        name=f"fk_{table}_school_id_{column}",
    )


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{table}")


def _ids(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in names]


def upgrade() -> None:
    """Apply."""
    _make_roles()
    _ask_staff()
    _keep_names()
    _make_cover()


def _make_roles() -> None:
    words = postgresql.ARRAY(sa.Text())
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "school_role",
        *_ids("school_id", "id"),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("permissions", words, nullable=False),
        sa.Column("classes", words, nullable=False),
        sa.Column("cohort_classes", words, nullable=False),
        sa.Column("cohort_only", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        _key("school_role"),
    )
    op.create_index("uq_school_role_slug", "school_role", ["school_id", "slug"], unique=True)
    protect("school_role")
    allow("school_role", update=ROLE_CHANGES)


def _staff_policy(visible: str) -> None:
    op.execute("drop policy school on staff")
    mine = f"school_id = {SCHOOL}"
    op.execute(f"create policy school on staff using ({visible}) with check ({mine})")


def _organisation_policy(seen: str) -> None:
    """Whose name somebody sees: the own organisation's, its parts', and where they are known."""
    op.execute("drop policy school on organisation")
    visible = f"id = {SCHOOL} or parent_id = {SCHOOL} or id = any(array({seen}))"
    op.execute(f"create policy school on organisation using ({visible}) with check (id = {SCHOOL})")


def _ask_staff() -> None:
    """Who was on a staff before has accepted; everybody sees their own entries everywhere."""
    moment = sa.DateTime(timezone=True)
    op.add_column("staff", sa.Column("accepted_at", moment, nullable=True))
    op.add_column("staff", sa.Column("declined_at", moment, nullable=True))
    op.execute("alter table staff no force row level security")
    op.execute("update staff set accepted_at = created_at")
    op.execute("alter table staff force row level security")
    op.execute(f"grant update (accepted_at, declined_at) on staff to {APP}")
    _staff_policy(f"school_id = {SCHOOL} or id = {ACCOUNT}")
    _organisation_policy(f"select s.school_id from staff s where s.id = {ACCOUNT}")
    op.create_index("ix_staff_account", "staff", ["id"])
    op.add_column("account_token", sa.Column("organisation_id", sa.Uuid(), nullable=True))


def _keep_names() -> None:
    op.create_table(
        "staff_name",
        *_ids("school_id", "id", "staff_id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        _within_school("staff_name", "staff_id", "staff"),
        _key("staff_name"),
    )
    op.create_index(
        "ix_staff_name_school_id_staff_id_until", "staff_name", ["school_id", "staff_id", "until"]
    )
    protect("staff_name")
    allow("staff_name")


def _make_cover() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "cover",
        *_ids("school_id", "id", "away_id"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("uncovered_reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name="ck_cover_interval"),
        _within_school("cover", "away_id", "staff"),
        _key("cover"),
    )
    op.create_index("ix_cover_school_id_valid_to_id", "cover", ["school_id", "valid_to", "id"])
    protect("cover")
    allow("cover", update=("ended_at", "ended_by"))
    op.create_table(
        "cover_person",
        *_ids("school_id", "id", "cover_id", "staff_id"),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        _within_school("cover_person", "cover_id", "cover"),
        _within_school("cover_person", "staff_id", "staff"),
        _within_school("cover_person", "membership_id", "membership"),
        _key("cover_person"),
    )
    op.create_index(
        "uq_cover_person", "cover_person", ["school_id", "cover_id", "staff_id"], unique=True
    )
    protect("cover_person")
    allow("cover_person")


def downgrade() -> None:
    """Undo."""
    op.drop_table("cover_person")
    op.drop_table("cover")
    op.drop_table("staff_name")
    op.drop_column("account_token", "organisation_id")
    _organisation_policy(f"select m.school_id from membership m where m.staff_id = {ACCOUNT}")
    op.drop_index("ix_staff_account", "staff")
    _staff_policy(f"school_id = {SCHOOL}")
    op.drop_column("staff", "declined_at")
    op.drop_column("staff", "accepted_at")
    op.drop_table("school_role")

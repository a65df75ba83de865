"""What the provisioning part of the record needs: users and groups of SCIM, roles they propose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, protect

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True)
USER_CHANGES = ("user_name", "external_id", "attributes")
GROUP_CHANGES = ("display_name", "external_id", "role", "version", "changed_at")
PROPOSAL_CHANGES = ("state", "owner_id", "due_at", "decided_by", "decided_at", "version")


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
    _mark_staff()
    _make_users()
    _make_groups()
    _make_proposals()


def _mark_staff() -> None:
    """Somebody can be suspended or removed here without their other schools knowing."""
    op.add_column("staff", sa.Column("suspended_at", MOMENT, nullable=True))
    op.add_column("staff", sa.Column("removed_at", MOMENT, nullable=True))
    op.execute(f"grant update (suspended_at, removed_at) on staff to {APP}")
    op.add_column("membership", sa.Column("group_member_id", sa.Uuid(), nullable=True))
    op.add_column("alert", sa.Column("counts", postgresql.JSONB(), nullable=True))


def _make_users() -> None:
    op.create_table(
        "scim_user",
        *_ids("school_id", "id", "staff_id"),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column(
            "user_key", sa.Text(), sa.Computed("lower(user_name)", persisted=True), nullable=True
        ),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _within_school("scim_user", "staff_id", "staff"),
        _key("scim_user"),
    )
    op.create_index("uq_scim_user_name", "scim_user", ["school_id", "user_key"], unique=True)
    op.create_index("uq_scim_user_staff", "scim_user", ["school_id", "staff_id"], unique=True)
    protect("scim_user")
    allow("scim_user", update=USER_CHANGES, delete=True)


def _make_groups() -> None:
    op.create_table(
        "scim_group",
        *_ids("school_id", "id"),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _key("scim_group"),
    )
    op.create_index(
        "ix_scim_group_school_id_created_at_id", "scim_group", ["school_id", "created_at", "id"]
    )
    protect("scim_group")
    allow("scim_group", update=GROUP_CHANGES, delete=True)
    op.create_table(
        "scim_group_member",
        *_ids("school_id", "id", "group_id", "staff_id"),
        sa.Column("created_at", MOMENT, nullable=False),
        _within_school("scim_group_member", "group_id", "scim_group"),
        _within_school("scim_group_member", "staff_id", "staff"),
        _key("scim_group_member"),
    )
    op.create_index(
        "uq_scim_group_member",
        "scim_group_member",
        ["school_id", "group_id", "staff_id"],
        unique=True,
    )
    op.create_index(
        "ix_scim_group_member_school_id_staff_id", "scim_group_member", ["school_id", "staff_id"]
    )
    protect("scim_group_member")
    allow("scim_group_member", delete=True)


def _make_proposals() -> None:
    op.create_table(
        "role_proposal",
        *_ids("school_id", "id", "staff_id"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("group_member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "state in ('proposed', 'confirmed', 'refused', 'withdrawn')",
            name="ck_role_proposal_state",
        ),
        _within_school("role_proposal", "staff_id", "staff"),
        _within_school("role_proposal", "owner_id", "staff"),
        _key("role_proposal"),
    )
    op.create_index(
        "uq_role_proposal_open",
        "role_proposal",
        ["school_id", "staff_id", "role"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_role_proposal_list", "role_proposal", ["school_id", "state", "created_at", "id"]
    )
    protect("role_proposal")
    allow("role_proposal", update=PROPOSAL_CHANGES)


def downgrade() -> None:
    """Undo."""
    for table in ("role_proposal", "scim_group_member", "scim_group", "scim_user"):
        op.drop_table(table)
    op.drop_column("alert", "counts")
    op.drop_column("membership", "group_member_id")
    op.drop_column("staff", "removed_at")
    op.drop_column("staff", "suspended_at")

"""Reports about adults that could not be taken: in which register, and who keeps each."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, column

revision = "0042"
down_revision = "0041"

TABLE = "incomplete_report"
CHECKS = {
    "register": "register in ('children', 'adults')",
    "keeper": "(register = 'adults') = (keeper_id is not null)",
    "apart": "register = 'children' or concern_id is null",
}


def upgrade() -> None:
    """Apply. Everything that was kept before is about children."""
    op.add_column(TABLE, column("register", sa.Text(), server_default=sa.text("'children'")))
    op.add_column(TABLE, column("about_head", sa.Boolean(), server_default=sa.text("false")))
    op.add_column(TABLE, column("keeper_id", sa.Uuid(), empty=True))
    for name in ("register", "about_head"):
        op.alter_column(TABLE, name, server_default=None)
    op.create_foreign_key(
        f"fk_{TABLE}_school_id_keeper_id", TABLE, "staff",
        ["school_id", "keeper_id"], ["school_id", "id"],
    )  # fmt: skip
    for name, rule in CHECKS.items():
        op.execute(f"alter table {TABLE} add constraint ck_{TABLE}_{name} check ({rule})")
    op.create_index(
        f"ix_{TABLE}_adults", TABLE, ["school_id", sa.text("received_at desc"), "id"],
        postgresql_where=sa.text("register = 'adults'"),
    )  # fmt: skip
    op.execute(f"grant update (keeper_id) on {TABLE} to {APP}")


def downgrade() -> None:
    """Undo."""
    op.drop_index(f"ix_{TABLE}_adults", TABLE)
    for name in ("keeper_id", "about_head", "register"):
        op.drop_column(TABLE, name)

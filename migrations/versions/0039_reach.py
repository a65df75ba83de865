"""A new address or number counts once it is confirmed; who mapped a group, and a code that was

entered, are kept: nobody helps themselves by a group, and a code sent twice is no guess.
"""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, column

revision = "0039"
down_revision = "0038"

REACH = ("new_email", "new_phone", "reach_changed_at")


def upgrade() -> None:
    """Apply."""
    op.add_column("staff", column("new_email", sa.Text(), empty=True))
    op.add_column("staff", column("new_phone", sa.Text(), empty=True))
    op.add_column("staff", column("reach_changed_at", sa.DateTime(timezone=True), empty=True))
    op.execute(f"grant update ({', '.join(REACH)}) on staff to {APP}")
    op.add_column("recipient_link", column("spent_mac", sa.LargeBinary(), empty=True))
    op.execute(f"grant update (spent_mac) on recipient_link to {APP}")
    op.add_column("scim_group", column("mapped_by", sa.Uuid(), empty=True))
    op.execute(f"grant update (mapped_by) on scim_group to {APP}")


def downgrade() -> None:
    """Undo."""
    op.drop_column("scim_group", "mapped_by")
    op.drop_column("recipient_link", "spent_mac")
    for name in reversed(REACH):
        op.drop_column("staff", name)

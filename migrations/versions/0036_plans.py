"""Lists that cost no more as a school grows: indexes of what is open, and of what is one's own.

Policies of staff and their roles that the planner can judge; who sees which row stays the same.

Of `a or b` beside the same `a` in a statement it believed that hardly any row is left, and so
joined staff first, every one of a school with every other. A `case` says the same in one order.
"""

import sqlalchemy as sa
from alembic import op

from migrations.protection import ACCOUNT, SCHOOL

revision = "0036"
down_revision = "0035"

OWN = {"staff": "id", "membership": "staff_id"}
"""By which column somebody sees their own rows in every school."""

OPEN = "ended_at is null"
INDEXES = (
    ("ix_task_owner_newest", "task", ("owner_id", "set_at desc", "id desc"), None),
    ("ix_task_cover", "task", ("cover_id",), "cover_id is not null"),
    ("ix_check_in_child_open", "check_in", ("child_id", "due_at"), OPEN),
    ("ix_incomplete_report_open", "incomplete_report", ("received_at desc", "id desc"), OPEN),
    ("ix_linked_concern_open", "linked_concern", ("fired_at desc", "id desc"), OPEN),
    ("ix_child_group_running", "child_group", ("stated_at desc", "id desc"), OPEN),
)


def upgrade() -> None:
    """Apply."""
    for name, table, columns, where in INDEXES:
        parts = ["school_id", *(sa.text(column) for column in columns)]
        op.create_index(name, table, parts, postgresql_where=where and sa.text(where))
    for table, column in OWN.items():
        seen = f"case when school_id = {SCHOOL} then true else {column} = {ACCOUNT} end"
        op.execute(f"alter policy school on {table} using ({seen})")


def downgrade() -> None:
    """Undo."""
    for table, column in OWN.items():
        seen = f"school_id = {SCHOOL} or {column} = {ACCOUNT}"
        op.execute(f"alter policy school on {table} using ({seen})")
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)

"""Calendars, the clocks of everything open, alerts that climb, and drills."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, column, protect, within_school
from migrations.sealing import SEALER, forget_schools, list_schools

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True)
OPEN = {
    "concern": ("concern", "t.ended_at is null", "t.due_rule", "t.recorded_at"),
    "action": ("action", "t.state = 'open'", "'set_by_person'", "t.set_at"),
    "share": ("share", "t.ended_at is null", "t.due_rule", "t.drafted_at"),
    "referral": ("referral", "t.ended_at is null", "t.due_rule", "t.drafted_at"),
    "break_glass": (
        "access_grant", "t.kind = 'break_glass' and t.reviewed_at is null", "'set_by_person'",
        "t.created_at",
    ),
    "reading_notice": (
        "reading_notice", "t.reviewed_at is null", "'reading_notice.review'", "t.created_at",
    ),
    "adult_concern": ("adult_concern", "t.ended_at is null", "t.due_rule", "t.recorded_at"),
    "role_proposal": (
        "role_proposal", "t.state = 'proposed'", "'role_proposal.decide'", "t.created_at",
    ),
}  # fmt: skip
"""What has a due time so far: its table, when it is open, its rule and its beginning."""
NOW_MOVABLE = ("access_grant", "reading_notice")
"""Their due times could not be changed: a calendar that changes moves them like all others."""
FORCED = tuple(table for table, *_ in OPEN.values())


def upgrade() -> None:
    """Apply."""
    _make_calendars()
    _make_deadlines()
    _make_drills()
    _widen_alerts()
    for table in NOW_MOVABLE:
        op.execute(f"grant update (due_at) on {table} to {APP}")
    _begin_clocks()


def _make_calendars() -> None:
    op.create_table(
        "school_calendar",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("number", sa.Integer()),
        column("content", postgresql.JSONB()),
        column("made_by", sa.Uuid()),
        column("made_at", MOMENT),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_school_calendar"),
    )
    op.create_index(
        "uq_school_calendar_number", "school_calendar", ["school_id", "number"], unique=True
    )
    protect("school_calendar")
    allow("school_calendar")


def _make_deadlines() -> None:
    op.create_table(
        "deadline",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("noun", sa.Text()),
        column("thing_id", sa.Uuid()),
        column("rule_id", sa.Text()),
        column("rule_version", sa.Text()),
        column("calendar", sa.Text(), empty=True),
        column("calendar_version", sa.Integer(), empty=True),
        column("ladder", sa.Text()),
        column("started_at", MOMENT),
        column("due_at", MOMENT),
        column("made_by", sa.Uuid()),
        column("made_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("ended_because", sa.Text(), empty=True),
        column("rung", sa.SmallInteger(), server_default=sa.text("0")),
        column("round", sa.SmallInteger(), server_default=sa.text("0")),
        column("next_at", MOMENT, empty=True),
        column("acknowledged_at", MOMENT, empty=True),
        column("acknowledged_by", sa.Uuid(), empty=True),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_because is null)", name="ck_deadline_ended"
        ),
        sa.CheckConstraint(
            "ended_at is not null or next_at is not null", name="ck_deadline_always_rings_again"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_deadline"),
    )
    open_only = sa.text("ended_at is null")
    op.create_index(
        "uq_deadline_open", "deadline", ["school_id", "noun", "thing_id"], unique=True,
        postgresql_where=open_only,
    )  # fmt: skip
    op.create_index("ix_deadline_thing", "deadline", ["school_id", "thing_id", "made_at"])
    op.create_index(
        "ix_deadline_next", "deadline", ["next_at", "school_id"], postgresql_where=open_only
    )
    protect("deadline")
    allow(
        "deadline",
        update=(
            "ended_at", "ended_because", "rung", "round", "next_at", "acknowledged_at",
            "acknowledged_by",
        ),
    )  # fmt: skip
    list_schools("deadline", newer=False)
    _make_due_function()


def _make_due_function() -> None:
    """Which schools have something that rings now: ids of schools, and nothing else of them."""
    op.execute(f"grant select (school_id, next_at, ended_at) on deadline to {SEALER}")
    op.execute(
        """
        create function schools_with_due(moment timestamptz) returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select distinct d.school_id from public.deadline d
          where d.ended_at is null and d.next_at <= moment
        $$
        """
    )
    op.execute("revoke all on function schools_with_due(timestamptz) from public")
    op.execute(f"grant create on schema public to {SEALER}")
    op.execute(f"alter function schools_with_due(timestamptz) owner to {SEALER}")
    op.execute(f"revoke create on schema public from {SEALER}")
    op.execute(f"grant execute on function schools_with_due(timestamptz) to {APP}")


def _make_drills() -> None:
    op.create_table(
        "drill",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("ladder", sa.Text()),
        column("note", sa.Text(), empty=True),
        column("owner_id", sa.Uuid()),
        column("due_at", MOMENT),
        column("started_by", sa.Uuid()),
        column("started_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("ended_because", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        within_school("drill", "owner_id", "staff"),
        within_school("drill", "started_by", "staff"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_drill"),
    )
    op.create_index(
        "ix_drill_newest", "drill",
        ["school_id", sa.text("started_at desc"), sa.text("id desc")],
    )  # fmt: skip
    protect("drill")
    allow("drill", update=("owner_id", "due_at", "ended_at", "ended_because", "version"))


def _widen_alerts() -> None:
    op.add_column("alert", column("deadline_id", sa.Uuid(), empty=True))
    op.add_column("alert", column("round", sa.Integer(), empty=True))
    op.add_column("alert", column("rung", sa.Integer(), empty=True))
    op.add_column("alert", column("rung_at", MOMENT, empty=True))
    op.add_column("alert", column("about_id", sa.Uuid(), empty=True))
    op.add_column("alert", column("noun", sa.Text(), empty=True))
    op.add_column("alert", column("thing_id", sa.Uuid(), empty=True))
    op.create_index(
        "uq_alert_ladder", "alert", ["school_id", "deadline_id", "round", "recipient_id"],
        unique=True, postgresql_where=sa.text("deadline_id is not null"),
    )  # fmt: skip
    op.execute(f"grant update (deadline_id, rung, rung_at) on alert to {APP}")


def _begin_clocks() -> None:
    """Give everything that is open the clock its due time came from."""
    for table in (*FORCED, "deadline"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "update role_proposal set owner_id = staff_id where state = 'proposed' and owner_id is null"
    )
    for noun, (table, is_open, rule, started) in OPEN.items():
        op.execute(
            f"""
            insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder,
              started_at, due_at, made_by, made_at, next_at)
            select t.school_id, gen_random_uuid(), '{noun}', t.id,
              case when {rule} like 'set\\_by\\_%' then 'set_by_person'
                   else coalesce({rule}, 'set_by_person') end, '2026-09',
              case when '{noun}' = 'adult_concern' then 'adult' else 'routine' end,
              {started}, t.due_at, '00000000-0000-0000-0000-000000000000', now(), t.due_at
            from {table} t where {is_open} and t.due_at is not null
            """
        )
    for table in (*FORCED, "deadline"):
        op.execute(f"alter table {table} force row level security")
    op.execute(
        "alter table role_proposal add constraint ck_role_proposal_never_without_owner "
        "check (state <> 'proposed' or owner_id is not null)"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("alter table role_proposal drop constraint ck_role_proposal_never_without_owner")
    for table in NOW_MOVABLE:
        op.execute(f"revoke update (due_at) on {table} from {APP}")
    op.execute(f"revoke update (deadline_id, rung, rung_at) on alert from {APP}")
    op.drop_index("uq_alert_ladder", "alert")
    for name in ("thing_id", "noun", "about_id", "rung_at", "rung", "round", "deadline_id"):
        op.drop_column("alert", name)
    op.execute("drop function schools_with_due(timestamptz)")
    forget_schools("deadline", newer=False)
    op.drop_table("drill")
    op.drop_table("deadline")
    op.drop_table("school_calendar")

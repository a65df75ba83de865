"""Events: which schools have news for the streams; and webhooks."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, protect
from migrations.sealing import SEALER

revision = "0012"
down_revision = "0011"

MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("state = 'pending'")
NEWEST = (sa.text("created_at desc"), sa.text("id desc"))
WEBHOOK_CHANGES = (
    "url", "description", "kinds", "state", "owner_id", "sponsor_id", "sponsor_role", "secret",
    "former_secret", "former_until", "rotated_at", "disabled_at", "disabled_because", "due_at",
    "due_rule", "ended_at", "version", "changed_at",
)  # fmt: skip
PROGRESS_CHANGES = (
    "xid", "log", "seq", "failures", "failing_since", "answered_at", "last_code", "hold_until",
    "told_at",
)  # fmt: skip
DELIVERY_CHANGES = (
    "state", "attempts", "step", "next_at", "claimed_until", "ended_at", "last_status", "last_code",
)  # fmt: skip
WEBHOOK_TABLES = ("webhook", "webhook_progress", "webhook_delivery", "webhook_attempt")
SHOWN_TO_SEALER = {
    "webhook": "school_id, id, state",
    "webhook_delivery": "school_id, webhook_id, kind, state, next_at",
}

NEWS = "schools_with_news(uuid[], xid8[])"
# The owner may read nothing of either trail but the school and the transaction of an entry.
IN_TRAIL = """
    exists (select from public.{trail} t
            where t.school_id = g.id and t.xid >= g.since
              and t.xid < pg_snapshot_xmin(pg_current_snapshot()))
"""


def upgrade() -> None:
    """Apply."""
    _make_news()
    _make_webhooks()


def downgrade() -> None:
    """Undo."""
    _forget_webhooks()
    op.execute(f"drop function {NEWS}")


def _make_news() -> None:
    """Which of some schools have an entry that can be read, of a transaction from theirs on."""
    either = " or ".join(IN_TRAIL.format(trail=trail) for trail in ("trail", "adult_trail"))
    op.execute(
        f"""
        create function schools_with_news(schools uuid[], since xid8[]) returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select g.id from unnest(schools, since) as g(id, since) where {either}
        $$
        """
    )
    op.execute(f"revoke all on function {NEWS} from public")
    op.execute(f"grant create on schema public to {SEALER}")
    op.execute(f"alter function {NEWS} owner to {SEALER}")
    op.execute(f"revoke create on schema public from {SEALER}")
    op.execute(f"grant execute on function {NEWS} to {APP}")


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


def _column(name: str, kind: Any, *, empty: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=empty, **options)


def _key(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _column("school_id", sa.Uuid()),
        _column("id", sa.Uuid()),
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{table}"),
    )


def _within_school(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["school_id", column],
        [f"{other}.school_id", f"{other}.id"],
        name=f"fk_{table}_school_id_{column}",
    )


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def _make_webhooks() -> None:
    _webhook()
    _webhook_progress()
    _webhook_delivery()
    _webhook_attempt()
    for table in WEBHOOK_TABLES:
        protect(table)
    allow("webhook", update=WEBHOOK_CHANGES)
    allow("webhook_progress", update=PROGRESS_CHANGES)
    allow("webhook_delivery", update=DELIVERY_CHANGES, delete=True)
    allow("webhook_attempt", delete=True)
    _list_webhook_schools()


def _webhook() -> None:
    table = "webhook"
    op.create_table(
        table,
        *_key(table),
        _column("url", sa.Text()),
        _column("description", sa.Text(), empty=True),
        _column("kinds", postgresql.ARRAY(sa.Text())),
        _column("state", sa.Text()),
        _column("owner_id", sa.Uuid()),
        _column("sponsor_id", sa.Uuid()),
        _column("sponsor_role", sa.Text()),
        _column("secret", sa.LargeBinary(), empty=True),
        _column("former_secret", sa.LargeBinary(), empty=True),
        _column("former_until", MOMENT, empty=True),
        _column("rotated_at", MOMENT, empty=True),
        _column("disabled_at", MOMENT, empty=True),
        _column("disabled_because", sa.Text(), empty=True),
        _column("due_at", MOMENT, empty=True),
        _column("due_rule", sa.Text(), empty=True),
        _column("created_by", sa.Uuid()),
        _column("created_at", MOMENT),
        _column("changed_at", MOMENT),
        _column("ended_at", MOMENT, empty=True),
        _column("version", sa.Integer(), server_default=sa.text("1")),
        _within_school(table, "owner_id", "staff"),
        _within_school(table, "sponsor_id", "staff"),
        _check(table, "state", "state in ('active', 'paused', 'disabled', 'ended')"),
        _check(table, "ended", "(state = 'ended') = (ended_at is not null)"),
        _check(table, "no_secret_once_ended", "(state = 'ended') = (secret is null)"),
        _check(
            table,
            "disabled_is_due",
            "state <> 'disabled' or (due_at is not null and disabled_because is not null)",
        ),
    )
    op.create_index("ix_webhook_newest", table, ["school_id", *NEWEST])


def _webhook_progress() -> None:
    table = "webhook_progress"
    op.create_table(
        table,
        *_key(table),
        _column("xid", Xid8()),
        _column("log", sa.SmallInteger()),
        _column("seq", sa.BigInteger()),
        _column("failures", sa.Integer(), server_default=sa.text("0")),
        _column("failing_since", MOMENT, empty=True),
        _column("answered_at", MOMENT, empty=True),
        _column("last_code", sa.Text(), empty=True),
        _column("hold_until", MOMENT, empty=True),
        _column("told_at", MOMENT, empty=True),
        _within_school(table, "id", "webhook"),
    )


def _webhook_delivery() -> None:
    table = "webhook_delivery"
    op.create_table(
        table,
        *_key(table),
        _column("webhook_id", sa.Uuid()),
        _column("event_id", sa.Uuid()),
        _column("kind", sa.Text()),
        _column("body", sa.Text()),
        _column("state", sa.Text()),
        _column("attempts", sa.Integer(), server_default=sa.text("0")),
        _column("step", sa.Integer(), server_default=sa.text("0")),
        _column("next_at", MOMENT, empty=True),
        _column("claimed_until", MOMENT, empty=True),
        _column("created_at", MOMENT),
        _column("ended_at", MOMENT, empty=True),
        _column("last_status", sa.Integer(), empty=True),
        _column("last_code", sa.Text(), empty=True),
        _within_school(table, "webhook_id", "webhook"),
        _check(table, "state", "state in ('pending', 'delivered', 'failed', 'withheld')"),
        _check(table, "pending_is_due", "(state = 'pending') = (next_at is not null)"),
        _check(table, "ended", "(state = 'pending') = (ended_at is null)"),
    )
    op.create_index(
        "uq_webhook_delivery_event", table, ["school_id", "webhook_id", "event_id"], unique=True
    )
    op.create_index("ix_webhook_delivery_newest", table, ["school_id", "webhook_id", *NEWEST])
    op.create_index(
        "ix_webhook_delivery_due", table, ["school_id", "webhook_id", "next_at"],
        postgresql_where=PENDING,
    )  # fmt: skip
    op.create_index("ix_webhook_delivery_next", table, ["next_at"], postgresql_where=PENDING)
    op.create_index("ix_webhook_delivery_age", table, ["school_id", "created_at"])


def _webhook_attempt() -> None:
    table = "webhook_attempt"
    op.create_table(
        table,
        *_key(table),
        _column("delivery_id", sa.Uuid()),
        _column("number", sa.Integer()),
        _column("at", MOMENT),
        _column("status", sa.Integer(), empty=True),
        _column("milliseconds", sa.Integer()),
        _column("code", sa.Text(), empty=True),
        _within_school(table, "delivery_id", "webhook_delivery"),
    )
    op.create_index(
        "uq_webhook_attempt_number", table, ["school_id", "delivery_id", "number"], unique=True
    )


def _list_webhook_schools() -> None:
    """Which schools have events to relay or deliveries that are due, and nothing else of them.

    With `since`, a school whose trail has no entry of that or a later transaction has no events.
    """
    for table, columns in SHOWN_TO_SEALER.items():
        op.execute(f"grant select ({columns}) on {table} to {SEALER}")
        op.execute(f"create policy sealer on {table} for select to {SEALER} using (true)")
    op.execute(
        """
        create function schools_with_webhook_work(since xid8, moment timestamptz)
        returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select w.school_id from public.webhook w
          where w.state = 'active'
            and (since is null or exists (
              select from public.trail t where t.school_id = w.school_id and t.xid >= since))
          union
          select d.school_id from public.webhook_delivery d
          where d.state = 'pending' and d.next_at <= moment
            and (d.kind = 'webhook.test' or exists (
              select from public.webhook w
              where w.school_id = d.school_id and w.id = d.webhook_id and w.state = 'active'))
        $$
        """
    )
    op.execute(
        """
        create function schools_with_webhooks() returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$ select distinct w.school_id from public.webhook w $$
        """
    )
    for function in ("schools_with_webhook_work(xid8, timestamptz)", "schools_with_webhooks()"):
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant create on schema public to {SEALER}")
        op.execute(f"alter function {function} owner to {SEALER}")
        op.execute(f"revoke create on schema public from {SEALER}")
        op.execute(f"grant execute on function {function} to {APP}")


def _forget_webhooks() -> None:
    op.execute("drop function schools_with_webhooks()")
    op.execute("drop function schools_with_webhook_work(xid8, timestamptz)")
    for table in reversed(WEBHOOK_TABLES):
        op.drop_table(table)

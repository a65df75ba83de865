"""What tests of due times share: a rule's own answer, and clocks of rows that were laid by hand."""

from datetime import datetime
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from app.db.repositories.duty.open_things import OPEN
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import rule_on
from tests.world import School, World


async def due_by(world: World, school: School, rule_id: str, since: datetime | str) -> datetime:
    """When something falls due by a rule in the school's calendar."""
    start = datetime.fromisoformat(since) if isinstance(since, str) else since
    async with world.work(school.id) as work:
        calendar = await calendar_of(work)
    return rule_on(rule_id, calendar.local(start).date()).due(start, calendar)


END = """
update deadline d set ended_at = now(), ended_reason_code = 'test'
where d.school_id = %(school)s and d.noun = '{noun}' and d.ended_at is null and not exists (
  select from {table} t where t.school_id = d.school_id and t.id = d.thing_id and {is_open}
    and t.due_at = d.due_at)
"""
BEGIN = """
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at)
select t.school_id, gen_random_uuid(), '{noun}', t.id, 'set_by_person', '2026-11', 'routine', now(),
  t.due_at, t.owner_id, now(), t.due_at
from {table} t where t.school_id = %(school)s and {is_open} and not exists (
  select from deadline d where d.school_id = t.school_id and d.noun = '{noun}'
    and d.thing_id = t.id and d.ended_at is null)
"""


def keep_clocks(world: World, school_id: UUID, *nouns: str) -> None:
    """Give open rows that a test wrote by hand, and those it moved in time, the clock they need."""
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url, autocommit=True) as connection:
        for noun in nouns or tuple(OPEN):
            for statement in (END, BEGIN):
                filled = statement.format(
                    noun=noun, table=OPEN[noun].table, is_open=OPEN[noun].is_open
                )
                connection.execute(filled.encode(), {"school": school_id})

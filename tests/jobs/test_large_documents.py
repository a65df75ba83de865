"""A long chronology: it is told how far it is, and nothing in it is left out."""

import asyncio
import re
from uuid import UUID

from app.core.words import Role
from app.jobs.documents import make_document
from app.jobs.runner import Adapters
from tests.jobs.test_documents import a_run, ask, state, text_of
from tests.world import School, World

EVENTS = 1_000
CONCERNS = """
insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
  occurred_precision, source, immediacy, reported_categories, told_already, state,
  confidentiality, categories, owner_id, due_at, ended_at, changed_at)
select %s, gen_random_uuid(), 'L-' || n, %s, now() - n * interval '1 hour',
       now() - n * interval '1 hour', 'exact', 'staff_observation', 'routine', '{not_sure}', '[]',
       'closed', 'K3', '{not_sure}', %s, now(), now(), now()
from generate_series(1, %s) n
"""
OF_THEM = (
    """
insert into concern_child (school_id, id, child_id, role, position)
select school_id, id, %s::uuid, 'subject', 0 from concern where school_id = %s
""",
    """
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision,
  recorded_at, late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select school_id, gen_random_uuid(), %s::uuid, occurred_at, 'exact', recorded_at, false, 'concern',
       id, id, 'K3', reporter_id, 'staff'
from concern where school_id = %s
""",
)
STATEMENTS = """
insert into account_statement (school_id, id, concern_id, position, kind, text)
select school_id, gen_random_uuid(), id, 0, 'observed',
       'Seen as event ' || replace(reference, 'L-', '') || 'z.'
from concern where school_id = %s
"""


def lay(world: World, school: School, child: UUID) -> None:
    """Closed concerns of a child, an hour apart, each with a number in its account."""
    teacher, lead = school[Role.STAFF].id, school[Role.DSL].id
    world.sql(CONCERNS + " returning id", school.id, teacher, lead, EVENTS)
    for statement in OF_THEM:
        world.sql(statement + " returning id", child, school.id)
    world.sql(STATEMENTS + " returning id", school.id)


class TestLongChronology:
    async def test_says_how_far_it_is_and_holds_every_event(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child("Rhys", "Morgan")
        lay(world, school, child)
        job = await ask(school.lead, child)
        making = asyncio.create_task(make_document(a_run(adapters, school, job["id"])))
        seen: list[tuple[int, int | None]] = []
        while not making.done():
            told = await state(school.lead, job["id"])
            seen.append((told["done"], told["total"]))
            await asyncio.sleep(0.02)
        await making
        done = await state(school.lead, job["id"])
        assert (done["state"], done["done"]) == ("done", done["total"])
        assert done["total"] >= EVENTS
        assert any(0 < count < done["total"] for count, _ in seen), seen
        assert [count for count, _ in seen] == sorted(count for count, _ in seen)
        found = re.findall(
            r"event (\d+)z", text_of((await school.lead.get(done["result"])).content)
        )
        assert sorted(map(int, found)) == list(range(1, EVENTS + 1))

"""The trail speaks of every row of a roster, as `cairn audit verify` asks of it."""

import json

from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.access.audit_seals import LOGS, untraced
from tests.rosters import Roster
from tests.world import School, World

LINES = (
    {"format": "cairn-roster/1", "school": {"id": "oak", "name": "Oak School"}, "complete": True},
    {
        "source_id": "p1", "given_name": "Rory", "family_name": "Hill",
        "contacts": [{"id": "c1", "name": "Ann Hill", "relationship": "mother"}],
    },
    {"end": {"rows": 1}},
)  # fmt: skip


async def found(world: World, school: School) -> list[str]:
    async with open_reading(world.runtime.database, Actor.system(school.id)) as reading:
        return [
            noun for log in LOGS async for noun, _ in untraced(reading.driver, school.id, log)
        ]  # fmt: skip


async def test_contacts_are_named_by_the_entry_of_their_child(world: World, school: School) -> None:
    before = await found(world, school)
    content = "\n".join(json.dumps(line) for line in LINES).encode()
    assert (await Roster(school).bring(content))["state"] == "applied"
    assert world.sql("select count(*) from contact where school_id = %s", school.id) == [(1,)]
    assert await found(world, school) == before
    world.sql(
        "insert into contact (school_id, id, child_id, kind, name, source, created_at, changed_at)"
        " select school_id, gen_random_uuid(), child_id, kind, 'Nobody', source, now(), now()"
        " from contact where school_id = %s", school.id,
    )  # fmt: skip
    assert sorted(await found(world, school)) == sorted([*before, "contact"])

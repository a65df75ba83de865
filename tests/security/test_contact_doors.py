"""For every way in which a contact is written: the bar holds, and no lead is locked out by it.

The ways are found in the code, so that a new one has to join this list.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.record.test_contacts_bars import BAR, LEE, PR, family, goes_by_one
from tests.api.records import a_contact
from tests.rosters import Roster, package
from tests.unit.formats.roster_packages import user
from tests.world import School, World

APP = Path(__file__).parents[2] / "app"
COLUMNS = "name|kind|email|phone|valid_to|may_be_told|known_before|typed_by"
WRITES = re.compile(
    rf"[^\w]Contact\(|insert into contact\b|update contact\b|\bcontact\.(?:{COLUMNS})[^\n=]* = "
    r"|setattr\(contact,|\bnew\(\s*work, Contact\b"
)
LEADS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
Write = Callable[[World, School, UUID, dict[str, str]], Awaitable[None]]


async def added(world: World, school: School, child: UUID, known_by: dict[str, str]) -> None:
    body = {"kind": "carer", "name": "Ash Reed"} | known_by
    await school.api(Role.SCHOOL_ADMIN).post(f"/v1/children/{child}/contacts", body)


async def changed(world: World, school: School, child: UUID, known_by: dict[str, str]) -> None:
    mother = await a_contact(world, school, child, name="Ash Reed")
    path = f"/v1/children/{child}/contacts/{mother}"
    await school.api(Role.SCHOOL_ADMIN).patch(path, known_by, version=1)


async def ended(world: World, school: School, child: UUID, known_by: dict[str, str]) -> None:
    """The row that is barred, or is the lead's, is ended, and another is written."""
    admin = school.api(Role.SCHOOL_ADMIN)
    path = f"/v1/children/{child}/contacts"
    for one in (await admin.get(path)).json()["items"]:
        await admin.post(f"{path}/{one['id']}/end", version=one["etag"].strip('"'))
    await added(world, school, child, known_by)


async def decided(world: World, school: School, child: UUID, known_by: dict[str, str]) -> None:
    """A decision about parents only ever sets a bar."""


DOORS: dict[str, dict[str, Write]] = {
    "domain/record/contacts/commands.py": {"added": added, "changed": changed, "ended": ended},
    "domain/record/contacts/queries.py": {"keeps what was known": changed},
    "domain/sharing/informing_parents/commands.py": {"a decision about parents": decided},
    "db/repositories/exchange/roster_merges.py": {},
    "domain/exchange/roster_changes/commands.py": {},
    "domain/record/child_merge_protection/commands.py": {},
    "domain/record/contact_merges/commands.py": {},
}
"""Where contacts are written, and how to try it; the roster has a test of its own below. What comes
apart after a merge copies barred contacts alone, as barred (`test_child_unmerges.py`), or gets back
what it was known by (`test_contact_merges.py`)."""
BY_HAND = [write for doors in DOORS.values() for write in doors.values()]


def test_is_the_whole_list() -> None:
    """A new place that writes contacts asks `restricted_match`, and is tried here."""
    found = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        if "models" not in path.parts and WRITES.search(path.read_text())
    }
    assert found == set(DOORS)


@pytest.mark.parametrize("write", BY_HAND, ids=lambda one: one.__name__)
async def test_lifts_no_bar(world: World, school: School, write: Write) -> None:
    child = await school.child()
    await a_contact(world, school, child, **(LEE | BAR))
    await write(world, school, child, {"email": LEE["email"]})
    world.sql("update contact set parental_responsibility = 'yes' where child_id = %s", child)
    twin = await a_contact(world, school, child, **(LEE | {"name": "Xi"} | PR))
    rows = world.sql("select id from contact where child_id = %s and email = %s and valid_to is "
                     "null", child, LEE["email"])  # fmt: skip
    assert UUID(twin) in {id_ for (id_,) in rows}
    for (id_,) in rows:
        recipient = {"via": "contact", "contact_id": str(id_)}
        assert not await goes_by_one(school, child, recipient)


@pytest.mark.parametrize("write", BY_HAND, ids=lambda one: one.__name__)
async def test_locks_no_lead_out(world: World, school: School, write: Write) -> None:
    child = await school.child()
    for role in LEADS:
        await write(world, school, child, {"kind": "mother", "email": school[role].email})
    for role in LEADS:
        assert (await school.api(role).get(f"/v1/children/{child}")).status_code == 200, role


async def test_a_roster_leaves_a_lead_who_reads(world: World, school: School) -> None:
    adults = [
        family(sourcedId=f"m{place}", email=school[role].email)[1]
        for place, role in enumerate(LEADS)
    ]
    roster = Roster(school)
    await roster.bring(package(user(sourcedId="k1"), *adults))
    child = roster.child("k1")["id"]
    answers = [(await school.api(role).get(f"/v1/children/{child}")).status_code for role in LEADS]
    assert sorted(answers) != [403, 403, 403]
    assert 200 in answers

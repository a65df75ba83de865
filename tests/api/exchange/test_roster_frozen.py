"""A roster changes nothing of a child who has died, and nothing rings for it."""

from uuid import UUID

from app.core.words import Role
from tests.bereavement import opened
from tests.rosters import Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import School

MOTHER = {"role": "parent", "givenName": "Ann", "familyName": "Hill"}


def roll(*, name: str = "Given9", mother: str = "ann@example.org", **cells: str) -> list[str]:
    """Ten pupils, the last of them with a parent; what the file says of her may be new."""
    last = user(
        sourcedId="p9", username="p9", givenName=name, familyName="Hill", agentSourcedIds="c1",
        **cells,
    )  # fmt: skip
    parent = user(sourcedId="c1", username="c1", email=mother, agentSourcedIds="p9", **MOTHER)
    return [*pupils(9), last, parent]


async def test_what_stands_in_a_frozen_file_stays(school: School) -> None:
    roster = Roster(school)
    first = await roster.bring(package(*roll()))
    assert first["state"] == "applied", first
    child = UUID(roster.child("p9")["id"])
    await opened(school, child)
    before = roster.fingerprint()
    told = roster.one("select count(*) from alert where school_id = %s")
    again = await roster.bring(
        package(*roll(name="Another", mother="new@example.org", email="p9@school.example"))
    )
    assert again["state"] == "applied", again
    assert roster.fingerprint() == before
    notes = [
        one for one in await roster.problems(again["id"]) if one["code"] == "roster.record_kept"
    ]
    assert {one["severity"] for one in notes} == {"warning"}
    assert len(notes) == 2
    assert "died" not in str(notes)
    assert "Another" not in str(notes)
    assert roster.one("select count(*) from alert where school_id = %s") == told


async def test_who_is_missing_from_the_file_leaves_no_roll_and_holds_nothing(
    school: School,
) -> None:
    roster = Roster(school)
    await roster.bring(package(*roll()))
    child = UUID(roster.child("p9")["id"])
    await opened(school, child)
    before = roster.fingerprint()
    found = await roster.bring(package(*pupils(9)))
    assert found["state"] == "applied", found
    assert roster.fingerprint() == before
    assert roster.child("p9")["enrolled"] == 1
    assert [one["code"] for one in await roster.problems(found["id"])] == ["roster.record_kept"]
    tasks = roster.sql(
        "select 1 from task where school_id = %s and kind = 'leaver_check'", school.id
    )
    assert tasks == []


async def test_goes_on_with_the_next_import_where_it_was_a_mistake(school: School) -> None:
    roster = Roster(school)
    await roster.bring(package(*roll()))
    case = await opened(school, UUID(roster.child("p9")["id"]))
    await roster.bring(package(*roll(name="Another")))
    path, why = f"/v1/bereavement-cases/{case['id']}/undo", {"reason": "Another child."}
    await school.lead.post(path, why, version=2)
    undone = await school.api(Role.HEADTEACHER).post(path, why, version=3)
    assert undone.json()["state"] == "undone", undone.text
    await roster.bring(package(*roll(name="Another"), user(
        sourcedId="p10", username="p10", givenName="Given10", familyName="Hill",
    )))  # fmt: skip
    assert roster.child("p9")["legal_given_name"] == "Another"

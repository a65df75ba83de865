"""What a roster says about staff who are family: a question for a person, never a lock."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from app.core.words import Role
from app.domain.exchange.roster_changes.commands import run_undo
from tests.api.access.test_conflicts import confirm_all, live
from tests.api.access.test_conflicts_confirmed import judge
from tests.api.exchange.test_roster_batches import LINES, PATH
from tests.api.exchange.test_roster_keys import a_key
from tests.rosters import Roster
from tests.world import School, World

LEADS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
MANY = 20


def a_child(n: int, *emails: str) -> dict[str, Any]:
    contacts = [
        {"id": f"c{n}-{index}", "name": "Ann Pond", "relationship": "mother", "email": email}
        for index, email in enumerate(emails)
    ]
    name = {"given_name": f"Given{n}", "family_name": "Pond", "year_group": "7"}
    return {"source_id": f"p{n}", **name, "contacts": contacts}


async def send(roster: Roster, *children: dict[str, Any]) -> tuple[dict[str, Any], list[UUID]]:
    """The import that the lines were, applied, and the children."""
    answer = await roster.api.request(
        "POST", PATH, content=b"\n".join(map(orjson.dumps, children)), headers=LINES,
        params={"source": "mis"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    done = (await roster.api.get(answer.headers["location"])).json()
    assert done["state"] == "applied", done
    return done, [UUID(orjson.loads(line)["child_id"]) for line in answer.content.splitlines()]


async def undo(world: World, roster: Roster, import_id: str) -> None:
    path = f"/v1/roster/imports/{import_id}"
    etag = (await roster.api.get(path)).headers["etag"]
    assert (await roster.api.post(f"{path}/undo", headers={"If-Match": etag})).is_success
    await run_undo(world.runtime.database, roster.school.id, UUID(import_id))


def notified(world: World, school: School) -> list[tuple[Any, ...]]:
    return world.sql(
        "select recipient_id, count(*) from alert where kind = 'conflict_found' and school_id = %s "
        "group by recipient_id", school.id,
    )  # fmt: skip


def emails(school: School, *roles: Role) -> list[str]:
    return [school[role].email for role in roles]


class TestLeads:
    async def test_are_not_locked_out_by_a_key(self, world: World, school: School) -> None:
        """A key says that both deputies and the lead are family of twenty children."""
        other = await school.person(Role.DEPUTY_DSL)
        team = [*emails(school, Role.DSL, Role.DEPUTY_DSL), other.email]
        _, roster = await a_key(world, school)
        _, children = await send(roster, *[a_child(n, *team) for n in range(MANY)])
        for child in children:
            for role in (Role.DSL, Role.DEPUTY_DSL):
                answer = await school.api(role).get(f"/v1/children/{child}")
                assert answer.status_code == 200, (role, answer.text)
        found = world.sql("select state, count(*) from conflict where school_id = %s group by 1",
                          school.id)  # fmt: skip
        assert found == [("suggested", MANY * len(team))]
        alerts = notified(world, school)
        assert {number for _, number in alerts} == {1}, "one of a batch, not one of each"
        assert {school[role].id for role in LEADS} <= {person for person, _ in alerts}

    async def test_keep_their_records_when_a_shared_contact_spreads(
        self, world: World, school: School
    ) -> None:
        """A lead's own child is used as a bridge: the father's address at every other child."""
        _, roster = await a_key(world, school)
        _, (own,) = await send(roster, a_child(0, school[Role.DSL].email, "f@home.example"))
        await confirm_all(school, own)
        assert (await school.lead.get(f"/v1/children/{own}")).status_code == 403
        _, others = await send(roster, *[a_child(n, "f@home.example") for n in range(1, 4)])
        for child in others:
            assert [one["state"] for one in await live(school, child_id=child)] == ["suggested"]
            assert (await school.lead.get(f"/v1/children/{child}")).status_code == 200

    async def test_are_not_bridged_by_what_they_typed_themselves(
        self, world: World, school: School
    ) -> None:
        """An address that a lead typed for a child is made the lead's own by an administrator."""
        child = await school.child()
        body = {"kind": "father", "name": "Rob", "email": "rob@home.example"}
        assert (await school.lead.post(f"/v1/children/{child}/contacts", body)).is_success
        world.sql("update staff set email = 'rob@home.example' where id = %s",
                  school[Role.DSL].id)  # fmt: skip
        other = await school.child()
        assert (await school.lead.post(f"/v1/children/{other}/contacts", body | {"email": None}
                                       )).is_success  # fmt: skip
        assert [one["state"] for one in await live(school, child_id=child)] == ["suggested"]
        assert (await school.lead.get(f"/v1/children/{child}")).status_code == 200


class TestOthers:
    async def test_are_one_alert_and_no_task_each(self, world: World, school: School) -> None:
        _, roster = await a_key(world, school)
        teacher = school[Role.STAFF].email
        _, children = await send(roster, *[a_child(n, teacher) for n in range(5)])
        assert len(await live(school, staff_id=school[Role.STAFF].id, state="suggested")) == 5
        assert {number for _, number in notified(world, school)} == {1}
        tasks = "select count(*) from task where kind = 'conflict_check' and school_id = %s"
        assert world.sql(tasks, school.id) == [(0,)]
        await confirm_all(school, children[0])
        states = {one["state"] for one in await live(school, child_id=children[0])}
        assert states == {"in_force"}


class TestWhoBroughtIt:
    async def test_does_not_confirm_it(self, world: World, school: School) -> None:
        """The person who started the import counts as one who typed it."""
        done, (child,) = await send(Roster(school), a_child(0, school[Role.DEPUTY_DSL].email))
        (one,) = await live(school, child_id=child)
        rows = world.sql("select typed_by, import_id from conflict where id = %s", one["id"])
        assert rows == [([school[Role.SCHOOL_ADMIN].id], UUID(done["id"]))]
        world.sql(
            "update conflict set typed_by = %s where id = %s", [school[Role.DSL].id], one["id"]
        )
        refused = await judge(world, school.lead, one["id"])
        assert refused == (403, "second_person_needed")
        assert await judge(world, school.api(Role.HEADTEACHER), one["id"]) == (200, "in_force")


class TestUndo:
    @pytest.mark.parametrize("by", ["new contacts", "an address in a row typed by hand"])
    async def test_ends_what_the_import_caused(self, world: World, school: School, by: str) -> None:
        _, roster = await a_key(world, school)
        await send(roster, a_child(0, "a@home.example"))
        done, children = await send(
            roster, *[a_child(n, *emails(school, *LEADS)) for n in range(3)]
        )
        if by.startswith("an address"):
            world.sql("update contact set source = 'staff' where school_id = %s", school.id)
        assert len(await live(school, state="suggested")) == 3 * len(LEADS)
        await undo(world, roster, done["id"])
        assert await live(school) == []
        task = "select count(*) from task where kind = 'conflict_check' and state = 'open'"
        assert world.sql(f"{task} and school_id = %s", school.id) == [(0,)]
        for child in children:
            assert (await school.lead.get(f"/v1/children/{child}")).status_code == 200

    async def test_asks_again_about_what_a_person_confirmed(
        self, world: World, school: School
    ) -> None:
        """A person's word outlives the import: it locks out until a person ends it."""
        _, roster = await a_key(world, school)
        await send(roster, a_child(0))
        done, (child,) = await send(roster, a_child(0, school[Role.DEPUTY_DSL].email))
        await confirm_all(school, child)
        await undo(world, roster, done["id"])
        assert [one["state"] for one in await live(school, child_id=child)] == ["to_confirm"]

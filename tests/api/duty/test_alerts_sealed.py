"""Once a concern is sealed, nothing in an inbox or feed names it to those who may not open it."""

from typing import Any

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.deadlines import keep_clocks
from tests.inboxes import about_id
from tests.world import School, World

OTHERS = (Role.DEPUTY_DSL, Role.HEADTEACHER)


@pytest.fixture
async def sealed(school: School) -> dict[str, str]:
    """The ids in each inbox, and of the alerts, about a concern that was sealed since."""
    places = {
        f"since {role.value}": (await school.api(role).get("/v1/changes")).json()["next"]
        for role in (*OTHERS, Role.DSL)
    }
    concern = (await raise_one(school.staff, await school.child()))["id"]
    named = {
        role.value: [one for one in await inbox(school, role) if about_id(one) == concern]
        for role in (*OTHERS, Role.DSL)
    }
    assert named[Role.DEPUTY_DSL.value], "the deputy was told when it was raised"
    answer = await step(
        school.lead, concern, "triage", a_triage(school[Role.DSL].id, confidentiality="K5")
    )
    assert answer.status_code == 200, answer.text
    return {
        "concern": concern,
        **places,
        **{role: found[0]["id"] for role, found in named.items() if found},
    }


async def inbox(school: School, role: Role) -> list[dict[str, Any]]:
    """Somebody's alerts."""
    found: list[dict[str, Any]] = (await school.api(role).get("/v1/alerts")).json()["items"]
    return found


async def feed(school: School, role: Role, sealed: dict[str, str]) -> str:
    """What somebody's feed says since before the concern was raised."""
    answer = await school.api(role).get(f"/v1/changes?since={sealed[f'since {role.value}']}")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("role", OTHERS)
async def test_the_inbox_names_it_no_more(
    world: World, school: School, sealed: dict[str, str], role: Role
) -> None:
    assert sealed["concern"] not in str(await inbox(school, role))
    if role.value in sealed:
        answer = await school.api(role).post(f"/v1/alerts/{sealed[role.value]}/acknowledge")
        assert answer.status_code == 404


@pytest.mark.parametrize("role", OTHERS)
async def test_the_feed_names_it_no_more(
    school: School, sealed: dict[str, str], role: Role
) -> None:
    told = await feed(school, role, sealed)
    assert sealed["concern"] not in told
    if role.value in sealed:
        assert sealed[role.value] not in told


async def test_who_may_open_it_keeps_them(school: School, sealed: dict[str, str]) -> None:
    assert sealed["concern"] in str(await inbox(school, Role.DSL))
    assert sealed["concern"] in await feed(school, Role.DSL, sealed)


def restricted(world: World, school: School) -> list[tuple[Any, ...]]:
    """Who was told that something is dealt with by others by now, and what else that says."""
    return world.sql(
        "select recipient_id, concern_id, noun, thing_id, urgent from alert"
        " where school_id = %s and kind = 'concern_restricted'", school.id,
    )  # fmt: skip


@pytest.mark.usefixtures("sealed")
async def test_who_was_alerted_hears_that_it_is_theirs_no_more(
    world: World, school: School
) -> None:
    """And nothing of what it was; nobody who still reads it, or never heard of it, is told."""
    assert restricted(world, school) == [(school[Role.DEPUTY_DSL].id, None, None, None, False)]
    (one,) = [one for one in await inbox(school, Role.DEPUTY_DSL) if one["acknowledged_at"] is None]
    assert one["kind"] == "concern_restricted"


async def test_who_had_something_to_do_of_it_hears_so_too(world: World, school: School) -> None:
    child = await school.child()
    concern = (await raise_one(school.staff, child))["id"]
    given = a_triage(school[Role.DEPUTY_DSL].id) | {"tell_reporter": "It is in hand."}
    assert (await step(school.lead, concern, "triage", given)).status_code == 200
    world.sql("delete from alert where school_id = %s", school.id)
    world.sql(
        "insert into task (school_id, id, kind, child_id, concern_id, confidentiality, owner_id,"
        " due_at, urgent, barred, facts, set_at, state, changed_at)"
        " values (%s, %s, 'contact', %s, %s, 'K3', %s, now(), false, '{}', '{}', now(), 'open',"
        " now())",
        school.id, new_id(), child, concern, school[Role.DEPUTY_DSL].id,
    )  # fmt: skip
    keep_clocks(world, school.id, "task")
    sealed = a_triage(school[Role.DSL].id, confidentiality="K5")
    assert (await step(school.lead, concern, "triage", sealed)).status_code == 200
    assert [person for person, *_ in restricted(world, school)] == [school[Role.DEPUTY_DSL].id]
    owners = world.sql("select owner_id from task where concern_id = %s", concern)
    assert owners == [(school[Role.DSL].id,)]


async def test_who_is_named_in_it_hears_nothing(world: World, school: School) -> None:
    concern = (await raise_one(school.staff, await school.child()))["id"]
    named = {"staff_id": str(school[Role.DEPUTY_DSL].id), "reason": "It is about them."}
    answer = await school.staff.post(f"/v1/concerns/{concern}/named-staff", named)
    assert answer.status_code == 201, answer.text
    sealed = a_triage(school[Role.DSL].id, confidentiality="K5")
    assert (await step(school.lead, concern, "triage", sealed)).status_code == 200
    assert restricted(world, school) == []


async def test_who_reported_it_keeps_them_though_named(school: School) -> None:
    """An alert that goes would tell its reporter that they are named."""
    concern = (await raise_one(school.staff, await school.child()))["id"]
    assert (await step(school.lead, concern, "acknowledge")).status_code == 200
    before, start = await inbox(school, Role.STAFF), "/v1/changes?since=start"
    feed_before = (await school.staff.get(start)).json()["items"]
    assert "concern_being_handled" in {one["kind"] for one in before}
    named = {"staff_id": str(school[Role.STAFF].id), "reason": "It is about them."}
    answer = await school.lead.post(f"/v1/concerns/{concern}/named-staff", named)
    assert answer.status_code == 201, answer.text
    assert await inbox(school, Role.STAFF) == before
    assert (await school.staff.get(start)).json()["items"] == feed_before

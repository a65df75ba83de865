"""After a death plans and check-ins are over and nothing rings; a mistake gives it all back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.jobs.orphans import settle_one
from tests.api.planning import in_use
from tests.api.record.test_cases import a_case, begun, brothers
from tests.api.records import a_concern, classify
from tests.api.safety.test_reintegrations import a_reintegration
from tests.bereavement import PATH, opened, the_case
from tests.check_ins import MONDAY, a_plan, keep, lead, of_child, tasks
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import fresh, tick
from tests.meetings import a_meeting
from tests.world import School, World

DIED = "The child has died. Two people have confirmed it."


async def looked_after(school: School) -> tuple[UUID, str]:
    """A pupil with a safety plan, a support plan, check-ins and a reintegration."""
    child = await school.child()
    plan = await in_use(school, child, chosen_adult_id=str(school[Role.STAFF].id))
    await a_plan(school, child)
    await a_reintegration(school, child, returned_on=str(clock.now().date()))
    return child, plan


def still_open(world: World, child: UUID) -> list[str]:
    """What of a child is not over."""
    found = []
    for table in ("task", "check_in", "support_plan", "support_list_entry", "safety_plan"):
        count = world.sql(
            f"select count(*) from {table} where child_id = %s and ended_at is null",  # noqa: S608
            child,
        )[0][0]
        found += [table] if count else []
    return found


def watched(world: World, child: UUID) -> list[Any]:
    """Why a child is on the support list, and until when."""
    return world.sql(
        "select id, reason_code, until from support_list_entry where child_id = %s"
        " and ended_at is null order by id", child,
    )  # fmt: skip


async def mine(school: School) -> int:
    """How many plans the chosen adult reads."""
    found = await school.staff.get("/v1/safety-plans/mine")
    assert found.status_code == 200, found.text
    return len(found.json()["items"])


async def test_everything_around_the_pupil_ends_with_the_reason(
    world: World, school: School
) -> None:
    child, plan = await looked_after(school)
    assert await mine(school) == 1
    everything = ["task", "check_in", "support_plan", "support_list_entry", "safety_plan"]
    assert still_open(world, child) == everything
    await opened(school, child)
    assert still_open(world, child) == []
    found = (await school.lead.get(f"/v1/safety-plans/{plan}")).json()
    assert (found["state"], found["end_reason"]) == ("ended", DIED)
    assert found["ended_by"]["id"] == str(school[Role.DSL].id)
    assert await mine(school) == 0
    with clock.shifted(timedelta(days=40)):
        await keep(world, school)
        await tick(world, school)
    assert still_open(world, child) == []
    assert world.sql(
        "select count(*) from deadline d join task t on t.id = d.id"
        " where t.child_id = %s and d.ended_at is null", child,
    ) == [(0,)]  # fmt: skip


async def undo(school: School, case_id: str) -> None:
    """Two people say that the confirmation was a mistake."""
    path, why = f"{PATH}/{case_id}/undo", {"reason": "Another child of that name."}
    await school.lead.post(path, why, version=2)
    undone = await school.api(Role.HEADTEACHER).post(path, why, version=3)
    assert undone.json()["state"] == "undone", undone.text


def owed(world: World, child: UUID) -> list[Any]:
    """Everything open of a child with its owner, who stands in, and when it is due."""
    rows: list[Any] = []
    for table, cover in (
        ("task", "cover_id"), ("check_in", "cover_id"), ("review", "null"), ("meeting", "null"),
        ("concern_case", "null"),
    ):  # fmt: skip
        rows += world.sql(
            f"select '{table}', t.id, t.owner_id, {cover}, t.due_at, d.due_at, d.rule_id"  # noqa: S608
            f" from {table} t join deadline d on d.thing_id = t.id and d.ended_at is null"
            " where t.child_id = %s and t.ended_at is null order by t.id", child,
        )  # fmt: skip
    return rows


async def test_a_mistake_gives_everything_back_as_it_was(world: World, school: School) -> None:
    child, plan = await looked_after(school)
    review = {"what": "Look again.", "due_at": (clock.now() + timedelta(days=9)).isoformat()}
    set_ = await school.lead.post("/v1/reviews", review | {"child_id": str(child)})
    assert set_.status_code == 201, set_.text
    await a_meeting(school, child_ids=[str(child)])
    held = {
        "child_id": str(child), "concern_ids": [await a_concern(school, child)], "title": "Home",
        "plan": "A visit.", "review_at": review["due_at"],
    }  # fmt: skip
    assert (await school.lead.post("/v1/cases", held)).status_code == 201
    before, listed = owed(world, child), watched(world, child)
    assert {row[0] for row in before} == {"task", "check_in", "review", "meeting", "concern_case"}
    case = await opened(school, child)
    assert owed(world, child) == []
    await undo(school, case["id"])
    found = (await school.lead.get(f"/v1/safety-plans/{plan}")).json()
    assert (found["state"], found["end_reason"], found["ended_at"]) == ("in_use", None, None)
    assert found["review"] is not None
    assert await mine(school) == 1
    assert owed(world, child) == before
    assert watched(world, child) == listed
    support = await school.lead.get(f"/v1/children/{child}/support-plan")
    assert support.json()["ended_at"] is None
    theirs = (await school.staff.get("/v1/check-ins/mine")).json()["items"]
    assert {one["child"]["id"] for one in theirs} == {str(child)}
    asked = [one for one in (await the_case(school, case["id"]))["duties"] if not one["ended_at"]]
    assert [one["duty"] for one in asked] == ["put_back"]
    async with world.work(school.id) as work:
        assert await find_inconsistent(await work.driver(), school.id) == []


async def test_check_ins_go_on_after_a_mistake_and_a_missed_one_is_told(
    world: World, school: School
) -> None:
    deputy, head = Role.DEPUTY_DSL, Role.HEADTEACHER
    with clock.frozen(MONDAY):
        child = UUID((await a_plan(school))["child_id"])
        body = {"person_died": "pupil", "child_id": str(child), "learned_from": "A call."}
        made = await fresh(world, school[deputy]).post(PATH, body)
        case = f"{PATH}/{made.json()['id']}"
        said = {"confirmed_by": "police", "confirmed_with": "Sergeant Roe, by phone"}
        assert (await lead(school).post(f"{case}/confirm", said, version=1)).status_code == 200
    with clock.frozen(MONDAY + timedelta(days=1)):
        await keep(world, school)
        assert tasks(world, school, "check_in_missed") == []
        why = {"reason": "Another child of that name."}
        for version, role in enumerate((Role.DSL, head), start=2):
            undone = await fresh(world, school[role]).post(f"{case}/undo", why, version=version)
        assert undone.json()["state"] == "undone", undone.text
        await keep(world, school)
        await keep(world, school)
        assert len(tasks(world, school, "check_in_missed")) == 1
        there = await of_child(school, child)
    opens = [datetime.fromisoformat(one["opens_at"]) for one in there]
    assert len(opens) == len(set(opens)) > 5
    assert {one["owner"]["id"] for one in there} == {str(school[Role.STAFF].id)}
    assert all(one["cover"]["id"] != one["owner"]["id"] for one in there)


async def test_a_mistake_takes_nothing_up_that_had_ended_before(
    world: World, school: School
) -> None:
    child = await school.child()
    await a_plan(school, child)
    ended = await school.lead.post(
        f"/v1/children/{child}/support-plan/end", {"reason": "No more."}, version=1
    )
    assert ended.status_code in (200, 204), ended.text
    case = await opened(school, child)
    await undo(school, case["id"])
    assert still_open(world, child) == []


async def test_what_nobody_had_read_is_due_as_soon_as_before_the_mistake(
    world: World, school: School
) -> None:
    child = await school.child()
    concern = await a_concern(school, child, immediacy="today")
    asked = "select due_at, due_rule from concern where id = %s"
    before = world.sql(asked, concern)
    due = (clock.now() + timedelta(days=3)).isoformat()
    what = {"what": "Ring home.", "owner_id": str(school[Role.DSL].id), "due_at": due}
    made = await school.lead.post(f"/v1/concerns/{concern}/actions", what)
    assert made.status_code == 201, made.text
    action = made.json()["id"]
    case = await opened(school, child)
    await undo(school, case["id"])
    assert world.sql(asked, concern) == before
    assert world.sql(
        "select a.state, d.due_at = a.due_at from action a join deadline d on d.thing_id = a.id"
        " and d.ended_at is null where a.id = %s", action,
    ) == [("open", True)]  # fmt: skip


async def a_case_of_brothers(school: School, by: Role) -> tuple[UUID, str, str]:
    """A child with a case by somebody, which holds a concern about a brother too."""
    child, brother = await brothers(school)
    concern = await a_concern(school, brother)
    held = a_case(child, await a_concern(school, child), concern)
    return child, concern, str((await begun(school.api(by), held))["id"])


async def test_a_mistake_reopens_no_case_that_nobody_reads(world: World, school: School) -> None:
    """A brother's concern has moved to the adult register meanwhile: a lead is told in its place.

    What is left of the case, its concerns, goes on each by itself.
    """
    child, concern, held = await a_case_of_brothers(school, Role.DSL)
    case = await opened(school, child)
    world.sql(
        "update concern set confidentiality = 'K6', state = 'moved_to_adults', ended_at = now()"
        " where id = %s", concern,
    )  # fmt: skip
    world.sql(
        "update deadline set ended_at = now(), ended_reason_code = 'x' where thing_id = %s"
        " and ended_at is null",
        concern,
    )
    await undo(school, case["id"])
    assert world.sql(
        "select c.ended_at is not null, (select count(*) from deadline d where d.thing_id = c.id"
        " and d.ended_at is null) from concern_case c where c.id = %s", held,
    ) == [(True, 0)]  # fmt: skip
    ((owner, facts),) = world.sql(
        "select owner_id, facts from task where about_id = %s and ended_at is null"
        " and facts->>'duty' = 'put_back'", case["id"],
    )  # fmt: skip
    assert facts == {"duty": "put_back", "cases_closed": 1}
    (role,) = [role for role, person in school.people.items() if person.id == owner]
    inbox = await school.api(role).get("/v1/overview?mine=true")
    assert "bereavement_duty" in {one["code"] for one in inbox.json()["due_today"]["items"]}


async def test_a_mistake_gives_a_sealed_case_to_somebody_who_reads_it(
    world: World, school: School
) -> None:
    child, concern, held = await a_case_of_brothers(school, Role.DEPUTY_DSL)
    case = await opened(school, child)
    await classify(world, concern, "K5")
    await undo(school, case["id"])
    await settle_one(world.runtime.database, school.id)
    lead = school[Role.DSL]
    assert world.sql(
        "select owner_id, ended_at from concern_case where id = %s", held
    ) == [(lead.id, None)]  # fmt: skip
    assert (await school.lead.get(f"/v1/cases/{held}")).status_code == 200
    told = {one["kind"] for one in (await school.lead.get("/v1/alerts")).json()["items"]}
    assert "work_handed_over" in told

"""After a death plans and check-ins are over and nothing rings; a mistake gives the plan back."""

from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.db.repositories.open_things import astray
from tests.api.planning import in_use
from tests.api.test_returns import a_return
from tests.check_ins import a_plan, keep
from tests.jobs.climbing import tick
from tests.postvention import PATH, opened, tasks_of, the_case
from tests.world import School, World

DIED = "The child has died. Two people have confirmed it."


async def looked_after(school: School) -> tuple[UUID, str]:
    """A pupil with a safety plan, a support plan, check-ins and a return."""
    child = await school.child()
    plan = await in_use(school, child, chosen_adult_id=str(school[Role.STAFF].id))
    await a_plan(school, child)
    await a_return(school, child, returned_on=str(clock.now().date()))
    return child, plan


def still_open(world: World, child: UUID) -> list[str]:
    """What of a child is not over."""
    found = []
    for table in ("task", "check_in", "support_plan", "watch_entry", "safety_plan"):
        count = world.sql(
            f"select count(*) from {table} where child_id = %s and ended_at is null",  # noqa: S608
            child,
        )[0][0]
        found += [table] if count else []
    return found


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
    everything = ["task", "check_in", "support_plan", "watch_entry", "safety_plan"]
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


async def test_a_mistake_gives_the_plan_back_and_asks_a_lead_for_the_rest(
    world: World, school: School
) -> None:
    child, plan = await looked_after(school)
    case = await opened(school, child)
    path, why = f"{PATH}/{case['id']}/undo", {"reason": "Another child of that name."}
    await school.lead.post(path, why, version=2)
    undone = await school.api(Role.HEADTEACHER).post(path, why, version=3)
    assert undone.json()["state"] == "undone", undone.text
    found = (await school.lead.get(f"/v1/safety-plans/{plan}")).json()
    assert (found["state"], found["end_reason"], found["ended_at"]) == ("in_use", None, None)
    assert found["review"] is not None
    assert await mine(school) == 1
    assert still_open(world, child) == ["task", "watch_entry", "safety_plan"]
    asked = [one for one in (await the_case(school, case["id"]))["duties"] if not one["ended_at"]]
    assert [one["duty"] for one in asked] == ["put_back"]
    assert [one["kind"] for one in await tasks_of(school, f"child_id={child}")] == [
        "sh_plan_review"
    ]
    async with world.work(school.id) as work:
        assert await astray(await work.driver(), school.id) == []

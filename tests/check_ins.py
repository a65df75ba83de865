"""Support plans and check-ins for tests: plans with the adult a pupil chose, at a moved clock."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.words import Role
from app.domain.safety.check_in_schedules.commands import keep_going
from app.domain.safety.support_reminders.commands import mind
from tests.jobs.climbing import fresh
from tests.world import Api, School, World

MONDAY = datetime(2026, 11, 30, 7, 50, tzinfo=UTC)
"""Before school on a day in term, in winter time."""
BREAK = {"from": "10:30", "to": "11:00"}


def lead(school: School) -> Api:
    """The lead, signed in at the moved clock."""
    return fresh(school.world, school[Role.DSL])


def adult(school: School) -> Api:
    """The adult whom pupils choose: a teacher."""
    return fresh(school.world, school[Role.STAFF])


def cover(school: School) -> Api:
    """Who stands in."""
    return fresh(school.world, school[Role.PASTORAL])


async def a_plan(school: School, child: UUID | None = None, **fields: Any) -> dict[str, Any]:
    """A plan with a teacher and a pastoral member, at break."""
    child = child or await school.child()
    body = {
        "adult_id": str(school[Role.STAFF].id), "cover_id": str(school[Role.PASTORAL].id),
        "place": "Library", "times": [BREAK],
    } | fields  # fmt: skip
    made = await lead(school).post(f"/v1/children/{child}/support-plan", body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def keep(world: World, school: School) -> None:
    """What the job does in a school."""
    async with world.work(school.id) as work:
        await keep_going(work)
        await mind(work)


async def of_child(school: School, child: str | UUID, query: str = "") -> list[dict[str, Any]]:
    """A child's check-ins as the lead sees them, soonest due first."""
    found = await lead(school).get(f"/v1/check-ins?child_id={child}{query}")
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def say(api: Api, check_in: dict[str, Any], verb: str, body: Any = None) -> Any:
    """Do something with a check-in at the version it was read."""
    path = f"/v1/check-ins/{check_in['id']}/{verb}"
    return await api.post(path, body, version=int(check_in["etag"].strip('"')))


def tasks(world: World, school: School, kind: str, *, ended: bool = False) -> list[Any]:
    """Owner, due time and facts of tasks of a kind."""
    return world.sql(
        f"select owner_id, due_at, facts from task where school_id = %s and kind = %s "  # noqa: S608
        f"and ended_at is {'not ' if ended else ''}null order by set_at, id",
        school.id, kind,
    )  # fmt: skip

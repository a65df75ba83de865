"""Concerns about children, child groups, and leads who look, as tests of both need them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.domain.safety.linked_concerns.commands import find_linked_concerns
from tests.world import Api, School, World


async def a_linkable(
    school: School, *children: UUID, days_ago: float = 1, by: Api | None = None, **fields: Any
) -> str:
    """A concern that tells of self-harm, raised by a teacher."""
    body = {
        "children": [{"child_id": str(child)} for child in children],
        "account": [{"kind": "child_said", "text": "I do it when it is too loud."}],
        "occurred_at": (clock.now() - timedelta(days=days_ago)).isoformat(),
        "occurred_precision": "about",
        "source": "child_disclosure",
        "immediacy": "today",
        "categories": ["not_sure"],
        "self_harm": {"kind": "self_harm"},
    } | fields
    answer = await (by or school.staff).post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def a_child_group(
    school: School, kind: str, *children: UUID, **fields: Any
) -> dict[str, Any]:
    """A child group that the deputy states."""
    body = {"kind": kind, "child_ids": [str(child) for child in children]} | fields
    answer = await school.api(Role.DEPUTY_DSL).post("/v1/child-groups", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def a_link(world: World, school: School) -> tuple[str, list[UUID], list[str]]:
    """Linked concerns of two friends: its id, the children, the concerns."""
    children = [await school.child("Alex", "Reed"), await school.child("Robin", "Dale")]
    concerns = [
        await a_linkable(school, child, days_ago=2 + at) for at, child in enumerate(children)
    ]
    await a_child_group(school, "friend", *children, confirm=True)
    await look_through(world, school)
    (found,) = await linked_concerns(school.lead)
    return str(found["id"]), children, concerns


async def look_through(world: World, school: School) -> int:
    """Have the rules look as the job does; how many fired."""
    async with world.work(school.id) as work:
        return len(await find_linked_concerns(work))


async def linked_concerns(api: Api, query: str = "") -> list[dict[str, Any]]:
    """What a list of linked concerns shows."""
    answer = await api.get(f"/v1/linked-concerns{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def long_here(world: World, school: School) -> None:
    """Everybody of the school has been there for years."""
    world.sql("update membership set valid_from = valid_from - 900 where school_id = %s", school.id)


def tasks_of(world: World, school: School) -> list[Any]:
    """Open tasks to look together: owner, about, class."""
    return world.sql(
        "select owner_id, about_id, confidentiality from task where school_id = %s "
        "and kind = 'linked_concerns' and ended_at is null order by set_at, id",
        school.id,
    )

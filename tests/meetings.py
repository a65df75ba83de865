"""What tests of meetings make: planned ones, and what came of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from tests.world import Api, School, World

SOCIAL_WORKER = {"name": "Sam Reed", "agency": "Children's services", "role": "social worker"}


def moment(**by: int) -> str:
    """A moment from now on, or before where it is negative."""
    return (clock.now() + timedelta(**by)).isoformat()


async def a_meeting(school: School, api: Api | None = None, **fields: Any) -> dict[str, Any]:
    """A planned meeting as it is answered."""
    if "child_ids" not in fields:
        fields["child_ids"] = [str(await school.child())]
    body = {"kind": "core_group", "starts_at": moment(days=3), "invited": [SOCIAL_WORKER]} | fields
    answer = await (api or school.lead).post("/v1/meetings", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def minute(**fields: Any) -> dict[str, Any]:
    """What came of a meeting that was held a little while ago."""
    return {
        "held_at": moment(minutes=-10), "people": [SOCIAL_WORKER | {"attendance": "came"}],
        "result": "plan_continues", "decisions": "Visits go on each week.",
    } | fields  # fmt: skip


async def taken(api: Api, meeting: dict[str, Any], verb: str, body: Any) -> dict[str, Any]:
    """The meeting after a change at its present version."""
    read = await api.get(f"/v1/meetings/{meeting['id']}")
    version = read.headers["etag"].strip('"')
    answer = await api.post(f"/v1/meetings/{meeting['id']}/{verb}", body, version=version)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def held(school: School, child: UUID | str, kind: str, **fields: Any) -> dict[str, Any]:
    """A meeting about a child that was planned and held."""
    of = {name: fields.pop(name) for name in ("concern_id",) if name in fields}
    made = await a_meeting(
        school, kind=kind, child_ids=[str(child)], starts_at=moment(minutes=-10), **of
    )
    return await taken(school.lead, made, "hold", minute(**fields))


def clocks(world: World, child: UUID | str) -> dict[str, str]:
    """The open tasks about a child with the rules by which they are due."""
    rows = world.sql(
        "select kind, due_rule from task where child_id = %s and ended_at is null order by kind",
        UUID(str(child)),
    )
    return dict(rows)

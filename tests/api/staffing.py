"""What tests of staff, roles and invitations share."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Action, Concern
from app.domain.common.deadlines.commands import set_clock
from tests.world import School, World


def verbs_about(world: World, noun_id: object) -> list[str]:
    """What the trail says was done to something, in order."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", noun_id)
    return [verb for (verb,) in rows]


def jobs_of(world: World, school: School, task: str) -> list[dict[str, Any]]:
    """Arguments of the jobs a school asked for."""
    rows = world.sql(
        "select args from procrastinate_jobs where task_name = %s and args->>'school_id' = %s",
        task,
        str(school.id),
    )
    return [args for (args,) in rows]


def a_body(**fields: Any) -> dict[str, Any]:
    """A new colleague."""
    mark = new_id().hex[-10:]
    return {"name": "Noor Ali", "email": f"noor.{mark}@example.org", "roles": ["staff"]} | fields


async def membership_of(school: School, staff_id: object, role: Role) -> str:
    """The id of a person's membership with a role."""
    found = await school.api(Role.SCHOOL_ADMIN).get(f"/v1/staff/{staff_id}/memberships")
    return next(str(row["id"]) for row in found.json()["items"] if row["role"] == role)


async def end(
    school: School, staff_id: object, role: Role, by: Role = Role.DSL, **body: Any
) -> httpx.Response:
    """End a person's role."""
    membership = await membership_of(school, staff_id, role)
    path = f"/v1/staff/{staff_id}/memberships/{membership}/end"
    version = school.world.version("membership", membership)
    return await school.api(by).post(path, body, version=version)


async def an_open_concern(
    world: World, school: School, owner: UUID, *, confidentiality: str = "K3"
) -> UUID:
    """A concern that was raised, owned by somebody."""
    now, concern_id = clock.now(), new_id()
    async with world.work(school.id) as work:
        concern = Concern(
                school_id=school.id, id=concern_id, reference=f"C-{concern_id.hex[-8:]}",
                reporter_id=school[Role.STAFF].id, recorded_at=now, occurred_at=now,
                occurred_precision="about", source="observation", immediacy="today",
                reported_categories=["not_sure"], told_already=[], state="raised",
                confidentiality=confidentiality, categories=["not_sure"], owner_id=owner,
                changed_at=now,
        )  # fmt: skip
        set_clock(work, concern, now + timedelta(days=1))
        work.concerns.add(concern)
        work.record(AuditEvent.CONCERN_RAISED, "concern", concern_id)
    return concern_id


async def an_open_action(world: World, school: School, concern_id: UUID, owner: UUID) -> UUID:
    """Something somebody has to do."""
    now, action_id = clock.now(), new_id()
    async with world.work(school.id) as work:
        action = Action(
                school_id=school.id, id=action_id, concern_id=concern_id, what="Phone home",
                owner_id=owner, state="open",
                set_by=school[Role.DSL].id, set_at=now, changed_at=now,
        )  # fmt: skip
        set_clock(work, action, now + timedelta(days=1))
        work.concerns.add(action)
        work.record(AuditEvent.ACTION_SET, "action", action_id)
    return action_id


async def grant(
    school: School, staff_id: object, role: str, by: Role = Role.SCHOOL_ADMIN, **body: Any
) -> httpx.Response:
    """Give a person a role."""
    return await school.api(by).post(f"/v1/staff/{staff_id}/memberships", {"role": role, **body})

"""A concern on the pathway after self-harm, as tests of what follows need one."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import AuditEvent, Role
from app.db.models import SelfHarm
from app.domain.safety.self_harm.commands import set_missing
from app.domain.safety.self_harm.rules import CHECK, PARENTS
from tests.api.records import a_concern
from tests.world import School, World


async def a_pathway(
    world: World, school: School, *children: UUID, kind: str = "thoughts_of_self_harm",
    **fields: Any,
) -> str:  # fmt: skip
    """A concern about self-harm that a teacher raised: seen and told to nobody yet."""
    concern = await a_concern(school, *children, **fields)
    now = clock.now()
    async with world.work(school.id) as work:
        work.concerns.add(
            SelfHarm(
                school_id=school.id, id=UUID(concern), kind_told=kind, told={},
                reported_immediacy="today", begun_by=school[Role.STAFF].id, begun_at=now,
                kind=kind, state="lead_told", last_event_at=now, changed_at=now,
            )
        )  # fmt: skip
        work.record(AuditEvent.CONCERN_AMENDED, "concern", UUID(concern))
        await work.session.flush()
        await set_missing(work, UUID(concern), [CHECK, PARENTS])
    return concern


def state_of(world: World, concern: str) -> str:
    """How far a pathway is."""
    found: str = world.sql("select state from self_harm where id = %s", concern)[0][0]
    return found


def open_kinds(world: World, concern: str) -> set[str]:
    """What is to be done about a concern."""
    rows = world.sql("select kind from task where concern_id = %s and ended_at is null", concern)
    return {kind for (kind,) in rows}

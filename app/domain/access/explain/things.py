"""What hangs on a child or a concern, as explanations see it: by the rules that open each."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor
from app.db import facts as row_facts
from app.db.facts import Pupil
from app.db.models import Child, SafetyPlan, SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.locks import check_unlocked
from app.domain.access.explain import chains
from app.domain.access.explain.chains import Chain
from app.domain.errors import FileFrozen, FileLocked, NotFound
from app.domain.kinds import KINDS, Kind, children_of
from app.domain.safety.records.errors import RecordNotFound
from app.domain.safety.records.notes import KIND as SUPPORT_NOTE
from app.domain.safety.safety_plans.errors import PlanNotFound
from app.domain.safety.safety_plans.rules import IN_FORCE

Judge = Callable[[Actor], Chain]


@dataclass(frozen=True, slots=True)
class Thing:
    """What decides about one thing, and the children it is about."""

    judge: Judge
    children: tuple[UUID, ...]
    missing: type[NotFound]


async def _described(work: UnitOfWork, kind: Kind[Any], id_: UUID) -> Thing:
    """A record of a registered kind."""
    rows = await row_facts.facts_of(await work.driver(), work.actor.school_id, kind.model, [id_])
    if (facts := rows.get(id_)) is None:
        raise kind.missing
    return Thing(lambda actor: kind.reasons(actor, facts), tuple(children_of(facts)), kind.missing)


async def thing_named(work: UnitOfWork, name: str, id_: UUID) -> Thing:
    """What decides about one thing. Raises the kind's `missing`."""
    if (described := KINDS.get(name)) is not None:
        return await _described(work, described, id_)
    return await THINGS[name](work, id_)


async def _record(work: UnitOfWork, id_: UUID) -> Thing:
    record = await work.children.find(SafetyRecord, id_)
    if record is None:
        raise RecordNotFound
    judge = await _kept(work, record, assigned=record.kind == SUPPORT_NOTE)
    return Thing(judge, (record.child_id,), RecordNotFound)


async def _plan(work: UnitOfWork, id_: UUID) -> Thing:
    plan = await work.children.find(SafetyPlan, id_)
    if plan is None:
        raise PlanNotFound
    whole = await _kept(work, plan)
    adults = {plan.chosen_adult_id, plan.cover_adult_id}
    told = plan.state in IN_FORCE and not await _is_closed(work, plan.child_id)
    child_id = plan.child_id

    def judge(actor: Actor) -> Chain:
        chosen = told and actor.id in adults and child_id not in actor.conflicts.children
        return chains.chosen_chain(actor, whole(actor), chosen=chosen)

    return Thing(judge, (child_id,), PlanNotFound)


async def _kept(
    work: UnitOfWork, row: SafetyRecord | SafetyPlan, *, assigned: bool = False
) -> Judge:
    """Who reads a record or a plan: by role or grant, and by its class or its concern."""
    child = await work.children.find(Child, row.child_id)
    sight = await work.concerns.sight_of(row.concern_id) if row.concern_id else None
    child_id, own_class = row.child_id, row.confidentiality
    groups = (child.year_group, child.registration_group) if child else (None, None)

    def judge(actor: Actor) -> Chain:
        facts = chains.RecordFacts(
            Pupil(child_id, *groups),
            policy.reads_safety(actor, child_id),
            policy.may_see_class(actor, own_class, child_id),
            sight,
            assigned,
        )
        return chains.record_chain(actor, facts)

    return judge


async def _is_closed(work: UnitOfWork, child_id: UUID) -> bool:
    """Whether the child's file has gone to another school, or is frozen."""
    try:
        await check_unlocked(work, child_id)
    except (FileLocked, FileFrozen):
        return True
    return False


THINGS: Final[Mapping[str, Callable[[UnitOfWork, UUID], Awaitable[Thing]]]] = {
    "record": _record,
    "safety_plan": _plan,
}

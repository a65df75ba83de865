"""Beginning a version of a plan, changing it, agreeing it, putting it in use and ending it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import Child, SafetyPlan
from app.db.repositories.safety import safety_plans as stored
from app.db.repositories.sharing import transfer_locks as locks
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.records.keeping import KeepRecord, child_to_keep_safe, keep_record
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import (
    PlanAgreed,
    PlanNotNow,
    PlanOvertaken,
    PlanWithoutPupil,
)
from app.domain.safety.safety_plans.people import check_people, check_references, class_for
from app.domain.safety.safety_plans.recalling import recall_copies
from app.domain.safety.safety_plans.reviewing import end_reviews, give_reviews, set_review
from app.domain.safety.safety_plans.sight import plan_in_force, plan_to_change
from app.domain.safety.safety_plans.stepping import keep_on_support_list, next_state, touch
from app.domain.safety.support_list.entries import take_off


@dataclass(frozen=True, slots=True)
class BeginPlan:
    """A new version: what is written so far, and who goes with it; nothing is needed yet.

    `from_present` begins with what the version in use says.
    """

    id: UUID | None
    concern_id: UUID | None
    confidentiality: str
    fields: Mapping[str, Any]
    from_present: bool = False


async def begin_plan(work: UnitOfWork, child_id: UUID, wish: BeginPlan) -> SafetyPlan:
    """Begin a version; the one in use stays in use until another is put in its place.

    Raises as `child_to_keep_safe`, `concern_to_work_on`, `ConcernOfAnother`,
    `ValidationFailed`, `PlanAdultUnsuitable`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True)
    present = await plan_in_force(work, child_id)
    concern_id = wish.concern_id
    if wish.from_present and present is not None:
        concern_id = concern_id or present.concern_id
    confidentiality = await class_for(work, child_id, concern_id, wish.confidentiality)
    begun = present.content if wish.from_present and present is not None else rules.empty()
    plan = SafetyPlan(
        school_id=work.actor.school_id, id=wish.id or new_id(), child_id=child.id,
        concern_id=concern_id, state="draft", confidentiality=confidentiality,
        number=await stored.next_number(await work.driver(), work.actor.school_id, child_id),
        content=rules.merged(begun, wish.fields), lead_id=work.actor.id,
        supersedes_id=present and present.id, made_by=work.actor.id, made_at=work.now, version=1,
        changed_at=work.now,
    )  # fmt: skip
    for name in rules.AROUND:
        inherited = getattr(present, name) if wish.from_present and present else None
        value = wish.fields.get(name, inherited)
        if name != "lead_id" or value is not None:
            setattr(plan, name, value)
    await check_people(work, plan)
    await check_references(work, child_id, plan.content)
    work.children.add(plan)
    work.record(
        AuditEvent.PLAN_BEGUN, rules.NOUN, plan.id, child_id=child_id,
        after={"content": plan.content},
        details={"number": plan.number, "concern_id": concern_id and str(concern_id)},
    )  # fmt: skip
    return plan


async def change_plan(
    work: UnitOfWork, plan_id: UUID, version: int, fields: Mapping[str, Any]
) -> SafetyPlan:
    """Change a draft; of a version that was agreed only who goes with it.

    Raises as `plan_to_change`, `PlanNotNow`, `PlanAgreed`, `ValidationFailed`,
    `PlanAdultUnsuitable`.
    """
    plan, _ = await plan_to_change(work, plan_id, version)
    if plan.state not in rules.OPEN:
        raise PlanNotNow
    content = {name: fields[name] for name in rules.CONTENT if name in fields}
    if content and plan.state != "draft":
        raise PlanAgreed
    before = plan.content
    if content:
        plan.content = rules.merged(plan.content, content)
        await check_references(work, plan.child_id, plan.content)
    around = {name: fields[name] for name in rules.AROUND if name in fields}
    for name, value in around.items():
        setattr(plan, name, value)
    if around:
        await check_people(work, plan)
    if "lead_id" in around:
        await give_reviews(work, plan)
    touch(work, plan)
    work.record(
        AuditEvent.PLAN_CHANGED, rules.NOUN, plan.id, child_id=plan.child_id,
        before={"content": before}, after={"content": plan.content},
        details={"fields": sorted(fields)},
    )  # fmt: skip
    return plan


async def agree_plan(
    work: UnitOfWork, plan_id: UUID, version: int, review_due: datetime | None
) -> SafetyPlan:
    """Agree it with the pupil: it is kept as it is, and is read again by a time.

    Raises as `plan_to_change`, `PlanNotNow`, `PlanWithoutPupil`, `DueTimePassed`, `DueTooFar`,
    `FileLocked`.
    """
    plan, child = await plan_to_change(work, plan_id, version)
    state = next_state(plan, "agree_plan")
    if problems := rules.what_is_missing(plan.content):
        raise PlanWithoutPupil(problems=problems)
    record = await keep_record(work, child, _kept(plan))
    await work.session.flush()
    plan.record_id, plan.agreed_at, plan.agreed_by = record.id, work.now, work.actor.id
    plan.state = state
    if plan.content["made_with"] != "not_yet":
        plan.last_read_with_pupil = work.now
    await set_review(work, plan, review_due, first=True)
    touch(work, plan)
    work.record(
        AuditEvent.PLAN_AGREED, rules.NOUN, plan.id, child_id=plan.child_id,
        details={"number": plan.number, "record_id": str(record.id)},
    )  # fmt: skip
    return plan


def _kept(plan: SafetyPlan) -> KeepRecord:
    content = {"plan_id": str(plan.id), "number": plan.number, **plan.content}
    with_pupil = plan.content["made_with"] != "not_yet"
    told = "agreed with the pupil" if with_pupil else "agreed, not yet with the pupil"
    return KeepRecord(
        rules.KIND, content, f"Safety plan, version {plan.number}: {told}.",
        concern_id=plan.concern_id, confidentiality=plan.confidentiality,
    )  # fmt: skip


async def use_plan(
    work: UnitOfWork, plan_id: UUID, version: int, *, recall: bool = True
) -> SafetyPlan:
    """Put an agreed version in use; the one that was in use is replaced, and stays readable.

    Paper copies of the old one are to be got back where `recall`.
    Raises as `plan_to_change`, `PlanNotNow`, `PlanOvertaken`.
    """
    plan, _ = await plan_to_change(work, plan_id, version)
    state = next_state(plan, "use_plan")
    present = await plan_in_force(work, plan.child_id)
    if present is not None:
        if present.id != plan.supersedes_id:
            raise PlanOvertaken
        await _replace(work, present, recall=recall)
    plan.state, plan.used_at = state, work.now
    touch(work, plan)
    await keep_on_support_list(work, plan)
    work.record(
        AuditEvent.PLAN_USED, rules.NOUN, plan.id, child_id=plan.child_id,
        details={"number": plan.number, "replaces": present and str(present.id)},
    )  # fmt: skip
    return plan


async def _replace(work: UnitOfWork, present: SafetyPlan, *, recall: bool) -> None:
    present.state, present.ended_at, present.ended_by = "replaced", work.now, work.actor.id
    touch(work, present)
    await end_reviews(work, present, "replaced")
    await take_off(work, (rules.NOUN, present.id))
    if recall:
        await recall_copies(work, present)
    work.record(AuditEvent.PLAN_REPLACED, rules.NOUN, present.id, child_id=present.child_id)
    await work.session.flush()  # one version is in use at a time


async def end_plan(work: UnitOfWork, plan_id: UUID, version: int, reason: str) -> SafetyPlan:
    """End a version with a reason, whatever became of it; time alone never does.

    Raises as `plan_to_change`, `PlanNotNow`.
    """
    plan, child = await plan_to_change(work, plan_id, version, ending=True)
    plan.state, plan.end_reason = next_state(plan, "end_plan"), reason
    plan.ended_at, plan.ended_by = work.now, work.actor.id
    touch(work, plan)
    if plan.agreed_at is not None:
        await _keep_end(work, plan, child, reason)
    await end_reviews(work, plan, "ended")
    await take_off(work, (rules.NOUN, plan.id), reason)
    work.record(
        AuditEvent.PLAN_ENDED, rules.NOUN, plan.id, child_id=plan.child_id, reason=reason,
        details={"number": plan.number, "agreed": plan.agreed_at is not None},
    )  # fmt: skip
    return plan


async def _keep_end(work: UnitOfWork, plan: SafetyPlan, child: Child, reason: str) -> None:
    """Its end stands in the file, unless another school has that by now."""
    if await locks.locked(await work.driver(), plan.school_id, [plan.child_id]):
        return
    content = {"plan_id": str(plan.id), "number": plan.number, "reason": reason}
    wish = KeepRecord(
        rules.ENDING, content, f"Safety plan, version {plan.number}: ended.",
        concern_id=plan.concern_id, confidentiality=plan.confidentiality,
    )  # fmt: skip
    await keep_record(work, child, wish)

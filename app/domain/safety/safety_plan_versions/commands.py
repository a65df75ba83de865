"""Begin, change, agree, use and end versions of a safety plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Child, SafetyPlan
from app.db.repositories.safety import safety_plans as stored
from app.db.repositories.sharing import file_locks as locks
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import check_sees_concern, concern_to_work_on
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, why_not
from app.domain.errors import ConcernNotFound, FieldProblem, ValidationFailed
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record
from app.domain.safety.records.errors import ConcernOfAnother
from app.domain.safety.safety_plan_copies.commands import recall_copies
from app.domain.safety.safety_plan_reviews.commands import (
    end_reviews,
    give_reviews,
    resume_reviews,
    set_review,
)
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.commands import keep_on_support_list, next_state
from app.domain.safety.safety_plans.errors import (
    PlanAdultUnsuitable,
    PlanAgreed,
    PlanNotNow,
    PlanOvertaken,
    PlanWithoutPupil,
)
from app.domain.safety.safety_plans.queries import (
    is_overtaken,
    plan_in_force,
    plan_to_change,
    reads_plan,
)
from app.domain.safety.support_list.commands import take_off_list
from app.domain.steps import new, record_row, touch

MOST_FILES = 10


async def check_people(work: UnitOfWork, plan: SafetyPlan) -> None:
    """Raise `PlanAdultUnsuitable` unless everyone named is here, may, and has no conflict."""
    if plan.chosen_adult_id is not None and plan.chosen_adult_id == plan.cover_adult_id:
        raise PlanAdultUnsuitable("The stand-in has to be somebody else.")
    named = [(plan.lead_id, plan.confidentiality)]
    named += [(item, ANYONE) for item in (plan.chosen_adult_id, plan.cover_adult_id) if item]
    people = {item.id: item for item in await people_here(work, [item for item, _ in named])}
    about = frozenset({plan.child_id, *([plan.concern_id] if plan.concern_id else [])})
    for person, confidentiality in named:
        thing = OwnedResource("task", plan.id, None, confidentiality, plan.concern_id, about)
        if why_not(people.get(person), thing) is not None:
            raise PlanAdultUnsuitable


async def class_for(work: UnitOfWork, child_id: UUID, concern_id: UUID | None, wanted: str) -> str:
    """Class of a plan: its concern's. Without a concern, the one requested.

    Raises as `concern_to_work_on`, `ConcernOfAnother`, `ValidationFailed`.
    """
    if concern_id is not None:
        concern = await concern_to_work_on(work, concern_id, Permission.SAFETY_WRITE)
        if child_id not in await work.concerns.child_ids(concern_id):
            raise ConcernOfAnother
        return concern.confidentiality
    if wanted not in policy.triage_classes(work.actor):
        problem = FieldProblem("/confidentiality", "unreadable", "Your role does not read it.")
        raise ValidationFailed(problems=[problem])
    return wanted


async def check_references(work: UnitOfWork, child_id: UUID, content: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` for a friend who is no pupil here, or a picture that is not of a

    concern of this child the actor sees.
    """
    for index, helper in enumerate(content["steps"]["helpers"]):
        friend = helper.get("pupil_id")
        if friend and await work.children.find(Child, UUID(friend)) is None:
            pointer = f"/steps/helpers/{index}/pupil_id"
            problem = FieldProblem(pointer, "not_found", "Cairn cannot find this pupil here.")
            raise ValidationFailed(problems=[problem])
    await _check_files(work, child_id, content)


async def _check_files(work: UnitOfWork, child_id: UUID, content: Mapping[str, Any]) -> None:
    files = {
        entry["attachment_id"] for entry in rules.entries(content) if entry.get("attachment_id")
    }
    if not files:
        return
    concerns = await stored.concerns_of_files(
        await work.driver(), work.actor.school_id, child_id, [UUID(item) for item in files]
    )
    text = "Use pictures that were added to a concern about this child."
    problem = FieldProblem("/steps", "attachment_not_found", text)
    if len(files) > MOST_FILES or {str(file) for file, _ in concerns} != files:
        raise ValidationFailed(problems=[problem])
    for concern_id in {concern for _, concern in concerns}:
        try:
            await check_sees_concern(work, concern_id, own=False)
        except ConcernNotFound:
            raise ValidationFailed(problems=[problem]) from None


@dataclass(frozen=True, slots=True)
class BeginPlan:
    """A new version: its content so far, and its adults; nothing is required yet.

    `from_present` starts with the content of the version in use.
    """

    id: UUID | None
    concern_id: UUID | None
    confidentiality: str
    fields: Mapping[str, Any]
    from_present: bool = False


async def begin_plan(work: UnitOfWork, child_id: UUID, command: BeginPlan) -> SafetyPlan:
    """Begin a version; the one in use stays in use until another replaces it.

    A version in use that the actor may not read is neither copied nor named. Raises as
    `child_to_keep_safe`, `concern_to_work_on`, `ConcernOfAnother`, `ValidationFailed`,
    `PlanAdultUnsuitable`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True)
    present = await plan_in_force(work, child_id)
    if present is not None and not await reads_plan(work, present.id):
        present = None
    concern_id = command.concern_id
    if command.from_present and present is not None:
        concern_id = concern_id or present.concern_id
    confidentiality = await class_for(work, child_id, concern_id, command.confidentiality)
    begun = present.content if command.from_present and present is not None else rules.empty()
    plan = new(
        work, SafetyPlan, id=command.id or new_id(), child_id=child.id, concern_id=concern_id,
        state="draft", confidentiality=confidentiality,
        number=await stored.next_number(await work.driver(), work.actor.school_id, child_id),
        content=rules.merged(begun, command.fields), lead_id=work.actor.id,
        supersedes_id=present and present.id,
    )  # fmt: skip
    for name in rules.AROUND:
        inherited = getattr(present, name) if command.from_present and present else None
        value = command.fields.get(name, inherited)
        if name != "lead_id" or value is not None:
            setattr(plan, name, value)
    await check_people(work, plan)
    await check_references(work, child_id, plan.content)
    work.children.add(plan)
    record_row(
        work, AuditEvent.PLAN_BEGUN, plan, child_id=child_id, after={"content": plan.content},
        details={"number": plan.number, "concern_id": concern_id and str(concern_id)},
    )  # fmt: skip
    return plan


async def update_plan(
    work: UnitOfWork, plan_id: UUID, version: int, fields: Mapping[str, Any]
) -> SafetyPlan:
    """Change a draft; in an agreed version only its adults.

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
    record_row(
        work, AuditEvent.PLAN_CHANGED, plan, before={"content": before},
        after={"content": plan.content}, details={"fields": sorted(fields)},
    )  # fmt: skip
    return plan


async def agree_plan(
    work: UnitOfWork, plan_id: UUID, version: int, review_due: datetime | None
) -> SafetyPlan:
    """Agree a plan with the pupil: its content is now final, and a review is due.

    Raises as `plan_to_change`, `PlanNotNow`, `PlanWithoutPupil`, `DueTimePassed`, `DueTooFar`,
    `FileLocked`.
    """
    plan, child = await plan_to_change(work, plan_id, version)
    state = next_state(plan, "agree_plan")
    if problems := rules.what_is_missing(plan.content):
        raise PlanWithoutPupil(problems=problems)
    record = await keep_record(work, child, _record_of(plan))
    await work.session.flush()
    plan.record_id, plan.agreed_at, plan.agreed_by = record.id, work.now, work.actor.id
    plan.state = state
    if plan.content["made_with"] != "not_yet":
        plan.last_read_with_pupil = work.now
    await set_review(work, plan, review_due, first=True)
    touch(work, plan)
    record_row(
        work, AuditEvent.PLAN_AGREED, plan,
        details={"number": plan.number, "record_id": str(record.id)},
    )  # fmt: skip
    return plan


def _record_of(plan: SafetyPlan) -> KeepRecord:
    content = {"plan_id": str(plan.id), "number": plan.number, **plan.content}
    with_pupil = plan.content["made_with"] != "not_yet"
    text = "agreed with the pupil" if with_pupil else "agreed, not yet with the pupil"
    return KeepRecord(
        rules.KIND, content, f"Safety plan, version {plan.number}: {text}.",
        concern_id=plan.concern_id, confidentiality=plan.confidentiality,
    )  # fmt: skip


async def use_plan(
    work: UnitOfWork, plan_id: UUID, version: int, *, recall: bool = True
) -> SafetyPlan:
    """Put an agreed version in use; the former one is replaced, and stays readable.

    Nobody replaces one that they may not read. With `recall`, paper copies of the old one are to be
    recalled. Raises as `plan_to_change`, `PlanNotNow`, `PlanOvertaken`.
    """
    plan, _ = await plan_to_change(work, plan_id, version)
    state = next_state(plan, "use_plan")
    present = await plan_in_force(work, plan.child_id)
    if present is not None:
        if await is_overtaken(work, plan, present.id):
            raise PlanOvertaken
        await _replace(work, present, recall=recall)
    plan.state, plan.used_at = state, work.now
    touch(work, plan)
    await keep_on_support_list(work, plan)
    record_row(
        work, AuditEvent.PLAN_USED, plan,
        details={"number": plan.number, "replaces": present and str(present.id)},
    )  # fmt: skip
    return plan


async def _replace(work: UnitOfWork, present: SafetyPlan, *, recall: bool) -> None:
    present.state, present.ended_at, present.ended_by = "replaced", work.now, work.actor.id
    touch(work, present)
    await end_reviews(work, present, "replaced")
    await take_off_list(work, (rules.NOUN, present.id))
    if recall:
        await recall_copies(work, present)
    record_row(work, AuditEvent.PLAN_REPLACED, present)
    await work.session.flush()  # one version is in use at a time


async def end_plan(work: UnitOfWork, plan_id: UUID, version: int, body: ReasonIn) -> SafetyPlan:
    """End a version with a reason; time alone never ends one.

    Raises as `plan_to_change`, `PlanNotNow`.
    """
    plan, child = await plan_to_change(work, plan_id, version, ending=True)
    plan.state, plan.end_reason = next_state(plan, "end_plan"), body.reason
    plan.ended_at, plan.ended_by = work.now, work.actor.id
    touch(work, plan)
    if plan.agreed_at is not None:
        await _keep_end(work, plan, child, body.reason)
    await end_reviews(work, plan, "ended")
    await take_off_list(work, (rules.NOUN, plan.id), body.reason)
    record_row(
        work, AuditEvent.PLAN_ENDED, plan, reason=body.reason,
        details={"number": plan.number, "agreed": plan.agreed_at is not None},
    )  # fmt: skip
    return plan


async def _keep_end(work: UnitOfWork, plan: SafetyPlan, child: Child, reason: str) -> None:
    """Record its end in the file, unless another school has the file."""
    if await locks.locked(await work.driver(), plan.school_id, [plan.child_id]):
        return
    content = {"plan_id": str(plan.id), "number": plan.number, "reason": reason}
    command = KeepRecord(
        rules.ENDING, content, f"Safety plan, version {plan.number}: ended.",
        concern_id=plan.concern_id, confidentiality=plan.confidentiality,
    )  # fmt: skip
    await keep_record(work, child, command)


async def stop_plans(work: UnitOfWork, child_id: UUID, reason: str) -> None:
    """End the version in use, by the actor and with the reason, if there is one.

    A version that was never in use stays unchanged: nobody had it.
    """
    plan = await plan_in_force(work, child_id)
    if plan is None:
        return
    plan.state, plan.end_reason = "ended", reason
    plan.ended_at, plan.ended_by = work.now, work.actor.id
    touch(work, plan)
    record_row(
        work, AuditEvent.PLAN_ENDED, plan, child_id=child_id, reason=reason,
        details={"number": plan.number, "agreed": True},
    )  # fmt: skip


async def resume_plans(work: UnitOfWork, child_id: UUID, reason: str) -> None:
    """Put the version ended by mistake for that reason back in use, with a review soon.

    If another is in use by now, that one stays.
    """
    school_id = work.actor.school_id
    stopped = await stored.lock_last_ended(work.session, school_id, child_id, reason)
    if stopped is not None and await plan_in_force(work, child_id) is None:
        stopped.state, stopped.end_reason = "in_use", None
        stopped.ended_at = stopped.ended_by = None
        touch(work, stopped)
        record_row(
            work, AuditEvent.PLAN_USED, stopped, child_id=child_id,
            details={"number": stopped.number, "replaces": None},
        )  # fmt: skip
        await work.session.flush()
        await keep_on_support_list(work, stopped)
    await resume_reviews(work, child_id)

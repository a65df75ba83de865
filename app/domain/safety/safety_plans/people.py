"""Who leads a plan, the adult the pupil chose and who stands in; and what a plan refers to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import Permission
from app.db.models import Child, SafetyPlan
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.concerns import check_sees_concern, concern_to_work_on
from app.domain.duty.owners.rules import OwnedResource, why_not
from app.domain.duty.owners.settling import people_here
from app.domain.errors import ConcernNotFound, FieldProblem, ValidationFailed
from app.domain.safety.records.errors import ConcernOfAnother
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import PlanAdultUnsuitable

MOST_FILES = 10


async def check_people(work: UnitOfWork, plan: SafetyPlan) -> None:
    """Raise `PlanAdultUnsuitable` unless everybody named is here, may, and has no conflict."""
    if plan.chosen_adult_id is not None and plan.chosen_adult_id == plan.cover_adult_id:
        raise PlanAdultUnsuitable("Who stands in has to be somebody else.")
    named = [(plan.lead_id, plan.confidentiality)]
    named += [(one, ANYONE) for one in (plan.chosen_adult_id, plan.cover_adult_id) if one]
    people = {one.id: one for one in await people_here(work, [one for one, _ in named])}
    about = frozenset({plan.child_id, *([plan.concern_id] if plan.concern_id else [])})
    for person, confidentiality in named:
        thing = OwnedResource("task", plan.id, None, confidentiality, plan.concern_id, about)
        if why_not(people.get(person), thing) is not None:
            raise PlanAdultUnsuitable


async def class_for(work: UnitOfWork, child_id: UUID, concern_id: UUID | None, wanted: str) -> str:
    """The class a plan is kept in: its concern's, else the one that was asked for.

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
    for place, helper in enumerate(content["steps"]["helpers"]):
        friend = helper.get("pupil_id")
        if friend and await work.children.find(Child, UUID(friend)) is None:
            pointer = f"/steps/helpers/{place}/pupil_id"
            problem = FieldProblem(pointer, "not_found", "There is no such pupil here.")
            raise ValidationFailed(problems=[problem])
    await _check_files(work, child_id, content)


async def _check_files(work: UnitOfWork, child_id: UUID, content: Mapping[str, Any]) -> None:
    files = {one["attachment_id"] for one in rules.entries(content) if one.get("attachment_id")}
    if not files:
        return
    concerns = await stored.concerns_of_files(
        await work.driver(), work.actor.school_id, child_id, [UUID(one) for one in files]
    )
    said = "Use pictures that were added to a concern about this child."
    problem = FieldProblem("/steps", "attachment_not_found", said)
    if len(files) > MOST_FILES or {str(file) for file, _ in concerns} != files:
        raise ValidationFailed(problems=[problem])
    for concern_id in {concern for _, concern in concerns}:
        try:
            await check_sees_concern(work, concern_id, own=False)
        except ConcernNotFound:
            raise ValidationFailed(problems=[problem]) from None

"""Bodies about self-harm to commands, and the pathway to answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from app.api import replies
from app.api.schemas.self_harm import SelfHarmIn
from app.api.shapes import lead_availability
from app.core.words import Permission
from app.db.models import Concern, SelfHarm, Task
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.duty.lead_availability.queries import read_lead_availability
from app.domain.duty.tasks import queries as tasks_queries
from app.domain.record.concerns import queries as concerns_queries
from app.domain.safety.self_harm_concerns.queries import standing
from app.domain.safety.self_harm_messages import rules
from app.domain.safety.self_harm_steps.commands import step_of
from app.domain.safety.self_harm_steps.queries import StepReport

APART = ("at", "called_at", "child_ids")
"""Kept beside the words of a step: when it was, and who it is about."""


def disclosure_of(body: SelfHarmIn) -> dict[str, Any]:
    """What was told, without what nobody said."""
    return _fields_given(body)


def step_report(body: BaseModel, *without: str, at: datetime | None = None) -> StepReport:
    """A step as somebody says it, with its moment and the pupils they name."""
    return StepReport(details(body, *without), at, getattr(body, "child_ids", None))


def details(body: BaseModel, *without: str) -> dict[str, Any]:
    """What is kept with a step."""
    left_out = {*APART, *without}
    return {name: value for name, value in _fields_given(body).items() if name not in left_out}


def _fields_given(body: BaseModel) -> dict[str, Any]:
    """The fields of a body that say something; an answer keeps why there is none."""
    return {name: _plain(value) for name, value in body if value is not None and value != []}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


async def taken(
    work: UnitOfWork, concerns: tuple[Concern, SelfHarm], step: str, body: BaseModel | None = None
) -> Response:
    """A step that the reporter may take, too: they learn what to do, and no more.

    Its ETag is the concern's as they see it; none for who sees their own task alone.
    """
    concern, pathway = concerns
    content = await _content(work, pathway, step, concern.reference, body)
    return replies.record(
        content, status=201, version=await concerns_queries.tag_of(work, concern),
        location=f"/v1/concerns/{pathway.id}",
    )  # fmt: skip


async def stepped(work: UnitOfWork, concerns: tuple[Concern, SelfHarm], step: str) -> Response:
    """A step of a lead, with the concern's new version."""
    concern, pathway = concerns
    content = await _content(work, pathway, step, concern.reference)
    return replies.record(content, version=concern.version)


async def _content(
    work: UnitOfWork, pathway: SelfHarm, step: str, reference: str, body: BaseModel | None = None
) -> dict[str, Any]:
    availability = await read_lead_availability(await work.driver(), work.actor, work.now)
    leads = bool(policy.may(work.actor, Permission.SAFETY_WRITE))
    state = pathway.state if leads else step
    written = details(body) if body is not None else {}
    content = {
        "id": pathway.id,
        "reference": reference,
        "step": step,
        "recorded_at": work.now,
        "first": rules.words_after(step, state, pathway.told, written),
        "call": lead_availability.to_response(availability.about("self_harm"))["call"],
        "review": rules.REVIEW,
    }
    if not leads:
        return content
    pupils = await standing(work, pathway)
    kinds = {task["kind"] for pupil in pupils for task in pupil["owed"]}
    return content | {
        "state": pathway.state,
        "kind": pathway.kind,
        "pupils": pupils,
        "next": rules.next_words(kinds, pathway.told, pathway.state),
    }


async def contacted(work: UnitOfWork, task: Task, how: str) -> Response:
    """A word with a pupil or the family, to the person who was asked: nothing of the concern."""
    step = step_of(how)
    content = await tasks_queries.whole(work, task) | {
        "step": step,
        "recorded_at": work.now,
        "first": rules.after_contact(step),
        "call": lead_availability.to_response(
            await read_lead_availability(await work.driver(), work.actor, work.now)
        )["call"],
        "review": rules.REVIEW,
    }
    return replies.record(content, version=task.version)

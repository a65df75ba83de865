"""Safety checks: present facts in any order; never a condition of anything, and never a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.vocabularies import term
from app.core.words import Role
from app.db.models import Child, SafetyRecord
from app.db.repositories.safety.records import concerns_about
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concern_access.queries import works_on_concern
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import rule_on
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.safety.records.commands import (
    KeepRecord,
    amend_record,
    check_moment,
    child_to_keep_safe,
    keep_record,
)
from app.domain.safety.records.queries import record_to_amend
from app.domain.safety.self_harm import commands as self_harm
from app.domain.safety.self_harm.commands import set_missing
from app.domain.safety.self_harm.rules import CHECK, CHECKED, EMERGENCY, HEALTH, SOCIAL_CARE

NOTIFIED = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})

ABOUT: Final = ("subject", "harmed")
"""Roles of a child in a concern that make its pathway theirs; a friend who told has another."""

KIND: Final = "safety_check"
MUST_NOT_KNOW: Final = "who_must_not_know"
GOOD_FOR: Final = "sh.check_good"
CALL_SOCIAL_CARE: Final = "call_social_care"
CALL_HEALTH: Final = ("call_mental_health", "gp")


async def tell_at_once(work: UnitOfWork, child_id: UUID, concern_id: UUID | None) -> list[UUID]:
    """Alert all leads, deputies and heads urgently, without people who have an interest in it.

    Does not first check whether they are on duty. Returns who was alerted.
    """
    about = {child_id, *([concern_id] if concern_id else [])}
    items = [
        person.id
        for person in await people_here(work)
        if NOTIFIED & {*person.roles}
        and not about & person.locked_out
        and person.id != work.actor.id
    ]
    for person in dict.fromkeys(items):
        tell(
            work, person, "concern_urgent", urgent=True, concern_id=concern_id,
            about=("concern", concern_id) if concern_id else None,
            matter_id=None if concern_id else child_id,
        )  # fmt: skip
    return items


async def pathways_of(work: UnitOfWork, child_id: UUID, concern_id: UUID | None) -> list[UUID]:
    """The child's own open pathways that the actor works on, oldest first.

    Only that of the named concern, if one is named. People named in a concern, or who do not read
    it, change nothing there.
    """
    items = [pathway.id for pathway in await self_harm.open_pathways(work, child_id)]
    if concern_id is not None:
        items = [item for item in items if item == concern_id]
    if not items:
        return []
    own = await concerns_about(await work.driver(), work.actor.school_id, child_id, items, ABOUT)
    return [item for item in items if item in own and await _works_on(work, item)]


async def _works_on(work: UnitOfWork, concern_id: UUID) -> bool:
    return works_on_concern(work.actor, await work.concerns.access_to(concern_id))


async def take_step(
    work: UnitOfWork, concerns: Sequence[UUID], step: str, details: Mapping[str, Any], *,
    at: datetime | None = None, child_id: UUID,
) -> None:  # fmt: skip
    """Take one step for the child on each of the pathways."""
    for concern_id in concerns:
        await self_harm.advance(work, concern_id, step, details, at=at, child_id=child_id)


@dataclass(frozen=True, slots=True)
class KeepCheck:
    """Findings of a check; `content` is as sent, and none of it is required."""

    content: Mapping[str, Any]
    id: UUID | None = None
    concern_id: UUID | None = None
    at: datetime | None = None
    precision: str = "exact"
    good_until: datetime | None = None


async def keep_check(work: UnitOfWork, child_id: UUID, command: KeepCheck) -> SafetyRecord:
    """Save a check; it counts on the named pathway. Default: on all open ones of the child.

    If something was taken or emergency help is named, the pathway becomes an emergency and the
    leads are alerted, whatever else is missing; if home is not safe, someone has to speak with
    social care. After a death it is only saved.

    Raises as `child_to_keep_safe`, `keep_record`, `ValidationFailed`.
    """
    child = await child_to_keep_safe(work, child_id, adds=True)
    check_moment(work, command.at)
    await _check_contacts(work, child_id, command)
    record = await keep_record(work, child, await _record(work, command))
    await work.session.flush()
    if record.post_event:
        return record
    await _move_on(work, child, record, command.concern_id)
    await _follow(work, child, record, command.concern_id)
    return record


async def amend_check(
    work: UnitOfWork, child_id: UUID, record_id: UUID, command: KeepCheck, reason: str
) -> SafetyRecord:
    """Save a correction beside a check, and alert leads to newly known danger.

    Raises as `child_to_keep_safe`, `RecordNotFound`, `RecordAmended`, `ConcernNotFound`.
    """
    child = await child_to_keep_safe(work, child_id, adds=True)
    before = await record_to_amend(work, child_id, KIND, record_id)
    await _check_contacts(work, child_id, command)
    command = KeepCheck(
        command.content, command.id, before.concern_id, before.occurred_at,
        before.occurred_precision,
        command.good_until or good_until(before.content),
    )  # fmt: skip
    record = await amend_record(work, before, await _record(work, command), reason)
    if not record.post_event:
        await work.session.flush()
        await _follow(work, child, record, before.concern_id, known=before.content)
    return record


async def _check_contacts(work: UnitOfWork, child_id: UUID, command: KeepCheck) -> None:
    """Raise `ValidationFailed` if a person who must not know is not a contact of the child."""
    named = [
        (index, UUID(str(item["contact_id"])))
        for index, item in enumerate(value_of(command.content, MUST_NOT_KNOW) or ())
        if item.get("contact_id")
    ]
    if not named:
        return
    known = {contact.id for contact in await work.children.contacts_of(child_id)}
    problems = [
        FieldProblem(
            f"/{MUST_NOT_KNOW}/value/{index}/contact_id", "unknown_contact",
            "Cairn cannot find this contact of the child.",
        )
        for index, id_ in named
        if id_ not in known
    ]  # fmt: skip
    if problems:
        raise ValidationFailed(problems=problems)


async def _record(work: UnitOfWork, command: KeepCheck) -> KeepRecord:
    until = command.good_until or await _good_until(work, command.at or work.now)
    content = {**command.content, "good_until": written(until)}
    return KeepRecord(
        KIND, content, summary_of(content), id=command.id, concern_id=command.concern_id,
        occurred_at=command.at, occurred_precision=command.precision,
    )  # fmt: skip


async def _good_until(work: UnitOfWork, at: datetime) -> datetime:
    calendar = await calendar_of(work)
    return rule_on(GOOD_FOR, calendar.local(at).date()).due(at, calendar)


async def _move_on(
    work: UnitOfWork, child: Child, record: SafetyRecord, concern_id: UUID | None
) -> None:
    """Advance the pathways and end the tasks that needed this check."""
    pathways = await pathways_of(work, child.id, concern_id)
    await take_step(
        work,
        pathways,
        CHECKED,
        {"record_id": record.id},
        at=record.occurred_at,
        child_id=record.child_id,
    )
    for task in await open_tasks(work, kinds=[CHECK], child_id=child.id):
        if task.concern_id is None:
            finish(work, task, outcome=CHECKED)


async def _follow(
    work: UnitOfWork,
    child: Child,
    record: SafetyRecord,
    concern_id: UUID | None,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Set further tasks of a check, unless `known` had already led to them."""
    if is_emergency(record.content) and not is_emergency(known):
        await _emergency(work, child, record, concern_id)
    if needs_social_care(record.content) and not needs_social_care(known):
        await _ask_social_care(work, child, record, concern_id)
    if set(health_actions(record.content)) - set(health_actions(known)):
        await _ask_health(work, child, record)


async def _ask_health(work: UnitOfWork, child: Child, record: SafetyRecord) -> None:
    """Set a task to speak with the mental health service or the doctor, once while open."""
    if await open_tasks(work, kinds=[HEALTH], child_id=child.id):
        return
    await set_task(
        work,
        SetTask(
            HEALTH, child_id=child.id, concern_id=record.concern_id,
            about=("record", record.id), confidentiality=record.confidentiality,
            first=work.actor.id, facts=dict.fromkeys(health_actions(record.content), True),
        ),
    )  # fmt: skip


async def _ask_social_care(
    work: UnitOfWork, child: Child, record: SafetyRecord, concern_id: UUID | None
) -> None:
    """Set a task to speak with social care today, for each pathway or else for the pupil."""
    pathways = await pathways_of(work, child.id, concern_id)
    for pathway in pathways:
        await set_missing(work, pathway, [SOCIAL_CARE], pupils=[child.id])
    if pathways or await open_tasks(work, kinds=[SOCIAL_CARE], child_id=child.id):
        return
    await set_task(
        work,
        SetTask(
            SOCIAL_CARE, child_id=child.id, concern_id=record.concern_id,
            about=("record", record.id), confidentiality=record.confidentiality,
            first=work.actor.id,
        ),
    )  # fmt: skip


async def _emergency(
    work: UnitOfWork, child: Child, record: SafetyRecord, concern_id: UUID | None
) -> None:
    pathways = await pathways_of(work, child.id, concern_id)
    await take_step(work, pathways, EMERGENCY, {"record_id": record.id}, child_id=record.child_id)
    await tell_at_once(work, child.id, next(iter(pathways), concern_id))


def taken(content: Mapping[str, Any]) -> bool:
    """Whether the pupil has taken something: they need medical help, however well they seem."""
    return bool(value_of(content, "taken_anything") == "yes")


def is_emergency(content: Mapping[str, Any]) -> bool:
    """Whether help is needed now: something was taken, or emergency help is a next action."""
    return taken(content) or EMERGENCY in content.get("actions", ())


def needs_social_care(content: Mapping[str, Any]) -> bool:
    """Whether home is not safe, or speaking with social care is a next action."""
    unsafe = value_of(content, "safe_at_home") == "no"
    return unsafe or CALL_SOCIAL_CARE in content.get("actions", ())


def health_actions(content: Mapping[str, Any]) -> list[str]:
    """Codes of the health services someone is to speak with."""
    return [item for item in CALL_HEALTH if item in content.get("actions", ())]


def value_of(content: Mapping[str, Any], name: str) -> Any:
    """The value of an answer; None without one, whatever the reason."""
    answer = content.get(name)
    return answer.get("value") if isinstance(answer, Mapping) else None


def good_until(content: Mapping[str, Any]) -> datetime:
    """Time until which a check counts as recent."""
    return datetime.fromisoformat(content["good_until"])


def prompts_of(content: Mapping[str, Any]) -> list[str]:
    """Fields that may still be worth recording; never required."""
    asked = content.get("asked_directly") or {}
    if not asked.get("answer"):
        return ["asked_directly"]
    needed = ("question", "reply") if asked["answer"] == "yes" else ("reason",)
    return [f"asked_directly.{name}" for name in needed if not asked.get(name)]


def summary_of(content: Mapping[str, Any]) -> str:
    """Chronology text: that someone spoke with the pupil, and the next actions."""
    parts = ["Safety check: somebody spoke with the pupil about how safe they are."]
    answer = (content.get("asked_directly") or {}).get("answer")
    if answer is not None:
        parts.append(f"Asked plainly about suicide: {term('asked_directly', answer).label}.")
    if taken(content):
        parts.append("Something was taken: medical help is needed.")
    if actions := content.get("actions"):
        labels = [term("safety_check_actions", action).label for action in actions]
        parts.append(f"What follows: {'; '.join(labels)}.")
    return " ".join(parts)

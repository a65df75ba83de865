"""Read concerns: lists without narrative, and open one, which logs the view."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Concern
from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories.concern_facts import ConcernAccess
from app.db.repositories.record import concern_reads
from app.db.repositories.record.concern_reads import ConcernFilter
from app.db.unit_of_work import UnitOfWork, content_hash
from app.domain import policy
from app.domain.access.concern_access.queries import (
    MOVED,
    access_filter,
    grant_for,
    in_conflict,
    opening_steps,
    works_on_concern,
)
from app.domain.errors import ConcernNotFound, require_row
from app.domain.record.concerns import rules
from app.domain.record.concerns.rules import Standing, self_harm_steps
from app.domain.safety.self_harm_concerns import queries as self_harm_concerns

PHONE_FIRST = (
    "If a child is in immediate danger, phone 999 and tell a safeguarding lead in person now. "
    "Do not wait for an answer here."
)
VERB_NEEDS = {
    "acknowledge": Permission.CONCERN_TRIAGE,
    "triage": Permission.CONCERN_TRIAGE,
    "assign": Permission.CONCERN_TRIAGE,
    "monitor": Permission.CONCERN_TRIAGE,
    "close": Permission.CONCERN_CLOSE,
    "reopen": Permission.CONCERN_CLOSE,
    "merge": Permission.CONCERN_CLOSE,
    "move": Permission.CONCERN_TRIAGE,
    "withdraw": Permission.CONCERN_WITHDRAW,
    "correct": Permission.CONCERN_TRIAGE,
}
ADDING_NEEDS = {
    "add_comment": Permission.CONCERN_COMMENT,
    "record_decision": Permission.CONCERN_DECIDE,
    "add_action": Permission.ACTION_SET,
    "ask_reporter": Permission.CONCERN_TRIAGE,
    "tell_reporter": Permission.CONCERN_TRIAGE,
}
ADDING = ("add_attachment", "amend_concern")
"""What reporters may add to their own concern."""


def may_countersign(actor: Actor, pending: Mapping[str, Any]) -> bool:
    """Whether the actor can be the second person for the pending proposal."""
    signing = {Permission.CONCERN_SIGN}
    if pending["kind"] == "withdrawal":
        signing.add(Permission.CONCERN_WITHDRAW)
    proposer = pending["proposed_by"] == str(actor.id)
    return not proposer and bool(signing & policy.rights_of(actor).permissions)


def advice_for(immediacy: str) -> str | None:
    """What a reporter must do at once, outside this system."""
    return PHONE_FIRST if immediacy == "immediate_danger" else None


async def list_concerns(reading: Reading, asked: ConcernFilter, paging: PageOf) -> Page[str]:
    """Cards of the concerns the reader may read whole."""
    policy.require(reading.actor, Permission.CONCERN_READ)
    return await concern_reads.page_of_concerns(
        reading.driver, access_filter(reading.actor), asked, paging
    )


async def list_my_concerns(reading: Reading, paging: PageOf) -> Page[str]:
    """The reader's own submissions and their progress."""
    policy.require(reading.actor, Permission.CONCERN_RAISE)
    return await concern_reads.page_of_mine(reading.driver, reading.actor, paging)


def _working_verbs(actor: Actor, now: Standing) -> list[str]:
    """List what this reader may do next with a concern they work on."""
    held = policy.rights_of(actor).permissions
    verbs = [
        f"{verb}_concern"
        for verb in rules.possible_verbs(now.state, pending=bool(now.pending), again=now.again)
        if VERB_NEEDS[verb] in held
    ]
    if now.pending and may_countersign(actor, now.pending):
        verbs.append("countersign_concern")
    excluded = rules.not_now(now)
    verbs += [
        verb for verb, needed in ADDING_NEEDS.items() if needed in held and verb not in excluded
    ]
    if now.state not in rules.WRONG_PLACE and Permission.SAFETY_WRITE in held:
        verbs.append("decide_on_parents")
    return [*verbs, *ADDING]


def _reading_verbs(actor: Actor, access: ConcernAccess, now: Standing) -> list[str]:
    """List what people who read it by grant or emergency access may do."""
    verbs = [*ADDING] if access.reporter_id == actor.id else []
    if policy.may(actor, Permission.CONCERN_COMMENT):
        verbs.append("add_comment")
    if now.pending and grant_for(actor, access) == "grant" and may_countersign(actor, now.pending):
        verbs.append("countersign_concern")
    return verbs


def _promised(actor: Actor, now: Standing, verbs: Iterable[str], *, works: bool) -> list[str]:
    """These verbs and the self-harm steps; empty once the concern has moved."""
    if now.state == MOVED:
        return []
    return sorted(rules.taken(now, [*verbs, *self_harm_steps(actor, now, works=works)]))


async def state_verbs(work: UnitOfWork, concern: Concern) -> list[str]:
    """List what someone who just changed a concern may do next, including self-harm steps."""
    row = await concern_reads.standing(await work.driver(), work.actor, concern.id, work.today)
    now = Standing(
        concern.state, concern.pending, concern.acknowledged_at is None, row["closed"] or (),
        row["reporter_there"], row["on_pathway"],
        unmatched=row["unmatched"] or bool(concern.also_named),
    )  # fmt: skip
    return _promised(work.actor, now, _working_verbs(work.actor, now), works=True)


async def open_concern(work: UnitOfWork, concern_id: UUID) -> tuple[dict[str, Any], int | str]:
    """Open the record and its version: whole for those who work on it, or the submission.

    Raises `PermissionMissing`, `ConcernNotFound`.
    """
    policy.require_any(work.actor, Permission.CONCERN_RAISE, Permission.CONCERN_READ)
    access, decided = await _decided(work, concern_id)
    record, version = await _record_of(work, access, decided)
    note_opening(work, access, decided)
    return record, version


async def tag_of(work: UnitOfWork, concern: Concern) -> int | str | None:
    """Version of a concern as this actor now sees it; None if they do not see it."""
    try:
        access, decided = await _decided(work, concern.id)
    except ConcernNotFound:
        return None
    if decided.rule != "own":
        return concern.version
    await work.session.flush()
    return (await _record_of(work, access, decided))[1]


async def _decided(work: UnitOfWork, concern_id: UUID) -> tuple[ConcernAccess, policy.Step]:
    """Load what decides how the actor sees a concern. Raises `ConcernNotFound`."""
    access = require_row(await work.concerns.access_to(concern_id), ConcernNotFound)
    decided = opening_steps(work.actor, access)[-1]
    if decided.effect is policy.Effect.DENY:
        raise ConcernNotFound
    return access, decided


async def _record_of(
    work: UnitOfWork, access: ConcernAccess, decided: policy.Step
) -> tuple[dict[str, Any], int | str]:
    concern_id = access.id
    whole = decided.rule != "own"
    whole_concern = await concern_reads.whole_concern(
        await work.driver(), work.actor, concern_id, work.today, as_reporter=not whole
    )
    if whole_concern is None:
        raise ConcernNotFound
    record: dict[str, Any] = orjson.loads(whole_concern["submission"])
    record |= orjson.loads(whole_concern["additions"])
    pathway, unmatched = await self_harm_concerns.parts(work, concern_id, whole=whole)
    record |= {"self_harm": pathway, "unmatched_child": unmatched}
    record["progress"] = rules.progress_for_reporter(whole_concern["state"])
    record["seen_reason_code"] = decided.code
    works = whole and works_on_concern(work.actor, access)
    verbs = [*ADDING]
    if whole:
        record |= orjson.loads(whole_concern["work"])
    now = Standing(
        whole_concern["state"], record.get("pending"), whole and record["acknowledged_at"] is None,
        whole_concern["closed"] or (), whole_concern["reporter_there"], pathway is not None,
        unmatched=bool(record["also_named"])
        or (unmatched is not None and unmatched["matched_at"] is None),
    )  # fmt: skip
    if works:
        verbs = _working_verbs(work.actor, now)
    elif whole:
        verbs = _reading_verbs(work.actor, access, now)
    if whole and record["pending"]:
        record["pending"] = await work.accounts.name_in(record["pending"], "proposed_by")
    if not whole:
        verbs += _as_reported(work.actor, access, record)
    record["permissions"] = _promised(work.actor, now, verbs, works=works)
    if whole:
        return record, whole_concern["version"]
    return record, content_hash(record)[:16]  # the true version would reveal hidden work


def _as_reported(actor: Actor, access: ConcernAccess, record: dict[str, Any]) -> list[str]:
    """Reduce the record to its reporter's view; returns what they may do besides adding."""
    record["advice"] = advice_for(record["immediacy"])
    if in_conflict(actor, access.id, access.children or ()):
        record |= {"questions": [], "told_reporter": None, "told_reporter_at": None}
    waits = any(question["answer"] is None for question in record["questions"])
    return ["answer_question"] if waits else []


def note_opening(work: UnitOfWork, access: ConcernAccess, decided: policy.Step) -> None:
    """Add one entry to the access log of every child that the concern is about."""
    part = "reporter" if decided.rule == "own" else "reader"
    rule = decided.rule
    if rule == "grant":
        rule = grant_for(work.actor, access) or rule
    for child_id in access.children or (None,):
        work.record(
            AuditEvent.CONCERN_OPENED, "concern", access.id, child_id=child_id,
            details={"as": part, "rule": rule},
        )  # fmt: skip


async def open_part(work: UnitOfWork, concern_id: UUID, part: str) -> list[Any]:
    """Open one list of the concern, such as its comments, for readers of the whole concern."""
    record, _ = await open_concern(work, concern_id)
    if part not in record:
        raise ConcernNotFound
    listed: list[Any] = record[part]
    return listed


async def open_history(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """List every step of a concern with its reason, oldest first."""
    record, _ = await open_concern(work, concern_id)
    if "state" not in record:
        raise ConcernNotFound
    rows = await concern_reads.history_of(await work.driver(), work.actor.school_id, concern_id)
    return [
        {**dict(row), "by": orjson.loads(row["by"]), "details": orjson.loads(row["details"])}
        for row in rows
    ]

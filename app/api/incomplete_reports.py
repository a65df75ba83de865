"""Answers a refused or unreachable report: alerts a lead and says who to phone.

A report about an adult goes to the people who keep the adult register, and to no lead.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request

from app.api import problems
from app.api.auth import authenticate
from app.api.receiving import strict_json
from app.api.runtime import Runtime
from app.api.shapes import lead_availability
from app.core.moments import written
from app.core.words import Actor
from app.db.scope import SessionEnded
from app.db.unit_of_work import open_work
from app.domain.adults.adult_concerns.rules import NOBODY_HERE
from app.domain.duty.lead_availability.rules import ALWAYS, FOR_SELF_HARM, Call, LeadAvailability
from app.domain.errors import (
    CairnError,
    Invalid,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
)
from app.domain.record.incomplete_reports import rules
from app.domain.record.incomplete_reports.commands import Kept, Sent, keep_incomplete

log = structlog.get_logger()
UNREADABLE: Final = object()
"""Marks a body that is not JSON, or is JSON that Cairn cannot accept."""
TITLE = "Your words are kept. You do not need the right words."
KEPT = "Your words are saved as an incomplete report"


LOST: Final = (
    Unauthenticated, TooManyRequests, problems.BodyMalformed, problems.BodyTooLarge,
    problems.MediaTypeUnsupported, problems.InternalFault, problems.RequestTooSlow,
)  # fmt: skip
"""Refusals that could leave reporters thinking that we have their words, or have lost them."""
REPORTS: Final = re.compile(
    r"/v1/(concerns(/[^/]+/(amendments|emergency|with-adult|questions/[^/]+/answer))?|check-ins/[^/]+/(finish|report-worry)"
    r"|adult-concerns(/[^/]+/amendments)?)"
)
"""Paths of POSTs whose refusals say who to phone, even before routing."""
NOT_LOST: Final = (problems.IdempotencyKeyInProgress, ServiceUnavailable)
"""Refusals after which nothing is saved.

Either the first request still has the words, or there is nothing to save them in.
"""
MOST_BYTES: Final = 4 * rules.LONGEST
"""How much Cairn reads of a body refused before it was read."""
LATE: Final = timedelta(days=1)
"""How long an expired token of ours still identifies the reporter, and does nothing else."""


def is_report(scope: Any) -> bool:
    """Whether a request reports a worry or calls for help, and must not be lost."""
    return scope["method"] == "POST" and REPORTS.fullmatch(scope["path"]) is not None


def remember(runtime: Runtime, school_id: UUID, availability: LeadAvailability) -> None:
    """Keep the school's numbers in memory, for when the database cannot be reached."""
    runtime.phones[school_id] = tuple(availability.about(None).call)


def numbers(runtime: Runtime, actor: Actor) -> Sequence[Call]:
    """The numbers to phone, without asking the database."""
    return runtime.phones.get(actor.school_id, ALWAYS)


async def keep(request: Request, runtime: Runtime, refusal: CairnError) -> CairnError:
    """The refusal of a report; if it was urgent, with what became of its words.

    Always saves an unreadable body: nobody can know that it can wait. Saves nothing without a token
    of ours: it would prove nothing, and anyone could send it.
    """
    who = None if isinstance(refusal, NOT_LOST) else _sender(request, runtime, refusal)
    if who is None:
        return refusal
    sent = await _sent(request, who, refusal)
    if sent is None:
        return refusal
    try:
        saved = await _keep(request, runtime, who, sent)
    except Exception as fault:
        log.error("report.not_kept", kind=type(fault).__name__)
        return _beside(refusal, _lost(runtime, who))
    if saved is None:
        return refusal
    remember(runtime, who.school_id, saved.availability)
    saved = replace(saved, availability=saved.availability.about(request.state.matter))
    tell = _refused if saved.register == "children" else _refused_about_adult
    return _beside(refusal, tell(saved, _why(refusal, sent)))


def _sender(request: Request, runtime: Runtime, refusal: CairnError) -> Actor | None:
    """The reporter: a person who is or recently was signed in here, or None."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None:
        try:
            actor = authenticate(request, runtime, late=LATE)
        except Unauthenticated:
            return None
    if not actor.is_person:
        return None
    return replace(actor, session_id=None) if isinstance(refusal, Unauthenticated) else actor


async def _sent(request: Request, who: Actor, refusal: CairnError) -> Sent | None:
    """The report, if it is urgent; otherwise None."""
    raw = await _what_came(request)
    body = getattr(request, "_json", None)
    if body is None and raw.strip():
        body = _read(raw)
    route = request.scope["route"]
    readable = None if body is UNREADABLE else body
    request.state.matter = rules.matter_of(route.name, readable)
    urgency: rules.Urgency | None = "now" if body is UNREADABLE else route.never_lost(body)
    if urgency is None:
        return None
    return Sent(
        reporter_id=who.id, operation=route.name, resource_id=_thing_of(request), raw=raw,
        body=readable,
        asks=[problem.pointer for problem in refusal.problems], urgency=urgency,
        signed_in=who.session_id is not None,
    )  # fmt: skip


async def _what_came(request: Request) -> bytes:
    """The body, or its beginning if it was refused before it was read."""
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                break
    except ClientDisconnect:
        log.info("report.cut_short")
    return b"".join(pieces)[:MOST_BYTES]


def _thing_of(request: Request) -> UUID | None:
    """The record that the path names, if any."""
    for name in request.path_params.values():
        try:
            return UUID(name)
        except ValueError:
            continue
    return None


async def _keep(request: Request, runtime: Runtime, who: Actor, sent: Sent) -> Kept | None:
    """Save as the reporter, or as the system if their sign-in has ended."""
    await runtime.limits.check_kept(request.scope, who.id, signed_in=sent.signed_in)
    actor = who if sent.signed_in else Actor.system(who.school_id)
    try:
        async with open_work(runtime.database, actor) as work:
            return await keep_incomplete(work, sent)
    except SessionEnded:
        if not sent.signed_in:
            raise
    return await _keep(request, runtime, who, replace(sent, signed_in=False))


def _why(refusal: CairnError, sent: Sent) -> str:
    """What the report still needs, or another reason for its refusal."""
    if isinstance(refusal, problems.BodyMalformed):
        return "We could not read all of it: send it again."
    if not isinstance(refusal, Invalid) or not sent.asks:
        return refusal.title
    needed = rules.still_needed(sent.asks, sent.body)
    if needed == rules.OTHERWISE:
        return "Please check your other answers."
    return f"We still need: {needed}."


def _read(raw: bytes) -> Any:
    """Read a body that was refused unread, such as one of another content type."""
    try:
        return strict_json(raw)
    except CairnError:
        return UNREADABLE


def _refused(saved: Kept, why: str) -> dict[str, Any]:
    who = "and the lead has been told" if saved.lead_told else "but no lead could be told"
    more = [] if saved.lead_told else [_telephone(saved.availability.call)]
    if saved.availability.advice is not None:
        more.append(saved.availability.advice)
    availability = lead_availability.to_response(saved.availability)
    if (since := availability["available_from"]) is not None:
        availability["available_from"] = written(since)
    return {
        "title": TITLE,
        "detail": " ".join([f"{KEPT}, {who}. {why}", *more]),
        "saved_as": str(saved.id),
        "lead_told": saved.lead_told,
        "lead_availability": availability,
    }


def _refused_about_adult(saved: Kept, why: str) -> dict[str, Any]:
    """Says nothing about who is on duty: leads are, and they never see it."""
    who = ", and the people who may read it have been told" if saved.lead_told else ""
    more = [] if saved.lead_told else [NOBODY_HERE]
    if saved.advice is not None:
        more.append(saved.advice)
    return {
        "title": TITLE,
        "detail": " ".join([f"{KEPT}{who}. {why}", *more]),
        "saved_as": str(saved.id),
        "lead_told": saved.lead_told,
        "call": [asdict(item) for item in saved.availability.call],
    }


def _lost(runtime: Runtime, actor: Actor) -> dict[str, Any]:
    call = numbers(runtime, actor)
    lost = "We could not keep this or tell anybody."
    return {
        "detail": f"{lost} {_telephone(call)} Keep this page open.",
        "lead_told": False,
        "call": [asdict(item) for item in call],
    }


def unreachable(runtime: Runtime, actor: Actor, refusal: CairnError) -> CairnError:
    """Add who to phone meanwhile to a refusal."""
    call = numbers(runtime, actor)
    return _beside(
        refusal,
        {
            "detail": f"We could not reach the system. {_telephone(call)} Keep this page open.",
            "call": [asdict(item) for item in call],
        },
    )


def complete(scope: Any, refusal: CairnError) -> CairnError:
    """Add to any refusal of a report whether its words are saved, and always who to phone."""
    state = scope.get("state", {})
    runtime, actor = scope["app"].state.runtime, state.get("actor")
    extra = getattr(refusal, "extra", {})
    call = ALWAYS if actor is None else numbers(runtime, actor)
    if "lead_availability" in extra:
        call = [Call(**item) for item in extra["lead_availability"]["call"]]
    saved = "saved_as" in extra
    if not saved and "call" not in extra and isinstance(refusal, LOST):
        lost = "Your words are not kept here yet: keep this page open."
        refusal.detail = f"{refusal.detail} {lost} {_telephone(call)}"
    items = extra.get("call", [asdict(item) for item in call])
    if state.get("matter") == "other":
        items = [item for item in items if Call(**item) not in FOR_SELF_HARM]
    return _beside(refusal, {"call": items, "kept": saved})


def _telephone(call: Sequence[Call]) -> str:
    school = next((item for item in call if item not in ALWAYS), None)
    danger = "If a life is in danger call 999."
    return danger if school is None else f"Telephone {school.who}: {school.number}. {danger}"


def _beside(refusal: CairnError, members: dict[str, Any]) -> CairnError:
    refusal.extra = {**getattr(refusal, "extra", {}), **members}  # type: ignore[attr-defined]
    return refusal

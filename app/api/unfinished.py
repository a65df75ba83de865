"""What stands beside a refused or unreachable report: a lead is told, and whom to telephone."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from app.api import problems
from app.api.receiving import strict_json
from app.api.runtime import Runtime
from app.api.shapes import watching
from app.core.moments import written
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.domain.abuse import TooManyRequests
from app.domain.errors import CairnError, Forbidden, Unauthenticated
from app.domain.unfinished import rules
from app.domain.unfinished.keeping import Kept, keep_unfinished
from app.domain.watching.rules import ALWAYS, Call, Watch

log = structlog.get_logger()
UNREADABLE: Final = object()
"""Instead of a body that is no JSON, or no JSON that can be taken."""
TITLE = "Your words are kept. You do not need the right words."


LOST: Final = (
    Unauthenticated, TooManyRequests, problems.BodyMalformed, problems.BodyTooLarge,
    problems.MediaTypeUnsupported, problems.InternalFault, problems.RequestTooSlow,
)  # fmt: skip
"""Refusals after which somebody may think that their words have gone, or wait with them."""
REPORTS: Final = frozenset({("POST", "/v1/concerns")})
"""Operations whose refusals say whom to telephone, also before any route is looked for."""


def is_report(scope: Any) -> bool:
    """Whether a request reports a worry that must not be lost."""
    return (scope["method"], scope["path"]) in REPORTS


def remember(runtime: Runtime, school_id: UUID, watch: Watch) -> None:
    """Keep the school's numbers in memory, for when the database cannot be reached."""
    runtime.phones[school_id] = tuple(watch.call)


def numbers(runtime: Runtime, actor: Actor) -> Sequence[Call]:
    """Whom to telephone, without asking the database."""
    return runtime.phones.get(actor.school_id, ALWAYS)


async def keep(request: Request, runtime: Runtime, actor: Actor, error: Exception) -> CairnError:
    """The refusal of a report, with what became of its words where it was urgent.

    A body that cannot be read is kept whatever it is: nobody can know that it can wait.
    """
    refusal = _refusal_of(error)
    body, raw = getattr(request, "_json", None), await request.body()
    if body is None and raw:
        body = _read(raw)
    unreadable = body is UNREADABLE
    if not unreadable and rules.urgency_of(body) is None:
        return refusal
    asks = [one.pointer for one in refusal.problems]
    try:
        async with open_work(runtime.database, actor) as work:
            request.scope["route"].check(work.actor, runtime)
            kept = await keep_unfinished(work, raw, body, asks, unreadable=unreadable)
    except Forbidden:
        return refusal
    except Exception as fault:
        log.error("report.not_kept", kind=type(fault).__name__)
        return _beside(refusal, _lost(runtime, actor))
    if kept is None:
        return refusal
    remember(runtime, actor.school_id, kept.watch)
    return _beside(refusal, _told(kept, rules.still_needed(asks, body)))


def _read(raw: bytes) -> Any:
    """A body that was refused before it was read, such as one of another content type."""
    try:
        return strict_json(raw)
    except CairnError:
        return UNREADABLE


def _refusal_of(error: Exception) -> CairnError:
    if isinstance(error, RequestValidationError):
        return problems.from_validation(error.errors(), error.body)
    assert isinstance(error, CairnError)  # noqa: S101 - the door sends no others
    return error


def _told(kept: Kept, needed: str) -> dict[str, Any]:
    who = "and the lead has been told" if kept.lead_told else "but no lead could be told"
    more = [] if kept.lead_told else [_telephone(kept.watch.call)]
    if kept.watch.advice is not None:
        more.append(kept.watch.advice)
    watch = watching.shown(kept.watch)
    if (since := watch["watched_from"]) is not None:
        watch["watched_from"] = written(since)
    return {
        "title": TITLE,
        "detail": " ".join([f"Saved as a draft, {who}. We still need: {needed}.", *more]),
        "saved_as": str(kept.id),
        "lead_told": kept.lead_told,
        "watch": watch,
    }


def _lost(runtime: Runtime, actor: Actor) -> dict[str, Any]:
    call = numbers(runtime, actor)
    lost = "We could not keep this or tell anybody."
    return {
        "detail": f"{lost} {_telephone(call)} Keep this page open.",
        "lead_told": False,
        "call": [asdict(one) for one in call],
    }


def unreachable(runtime: Runtime, actor: Actor, refusal: CairnError) -> CairnError:
    """The same refusal with whom to telephone meanwhile."""
    call = numbers(runtime, actor)
    return _beside(
        refusal,
        {
            "detail": f"We could not reach the system. {_telephone(call)} Keep this page open.",
            "call": [asdict(one) for one in call],
        },
    )


def complete(runtime: Runtime, actor: Actor | None, refusal: CairnError) -> CairnError:
    """Any refusal of a report: whether its words are kept, and always whom to telephone."""
    extra = getattr(refusal, "extra", {})
    call = ALWAYS if actor is None else numbers(runtime, actor)
    if "watch" in extra:
        call = [Call(**one) for one in extra["watch"]["call"]]
    kept = "saved_as" in extra
    if not kept and "call" not in extra and isinstance(refusal, LOST):
        lost = "Your words are not kept here yet: keep this page open."
        refusal.detail = f"{refusal.detail} {lost} {_telephone(call)}"
    call_shown = {"call": [asdict(one) for one in call]} | extra
    return _beside(refusal, {**call_shown, "kept": kept})


def _telephone(call: Sequence[Call]) -> str:
    school = next((one for one in call if one not in ALWAYS), None)
    danger = "If a life is in danger call 999."
    return danger if school is None else f"Telephone {school.who}: {school.number}. {danger}"


def _beside(refusal: CairnError, members: dict[str, Any]) -> CairnError:
    refusal.extra = {**getattr(refusal, "extra", {}), **members}  # type: ignore[attr-defined]
    return refusal

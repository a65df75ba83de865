"""What stands beside a refused or unreachable report: a lead is told, and whom to telephone."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from app.api import problems
from app.api.runtime import Runtime
from app.api.shapes import watching
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.domain.errors import CairnError, Forbidden
from app.domain.unfinished import rules
from app.domain.unfinished.keeping import Kept, keep_unfinished
from app.domain.watching.rules import ALWAYS, Call, Watch

log = structlog.get_logger()
TITLE = "Your words are kept. You do not need the right words."


def remember(runtime: Runtime, school_id: UUID, watch: Watch) -> None:
    """Keep the school's numbers in memory, for when the database cannot be reached."""
    runtime.phones[school_id] = tuple(watch.call)


def numbers(runtime: Runtime, actor: Actor) -> Sequence[Call]:
    """Whom to telephone, without asking the database."""
    return runtime.phones.get(actor.school_id, ALWAYS)


async def keep(request: Request, runtime: Runtime, actor: Actor, error: Exception) -> CairnError:
    """The refusal of a report, with what became of its words where it was urgent."""
    refusal = _refusal_of(error)
    body = getattr(request, "_json", None)
    if rules.urgency_of(body) is None:
        return refusal
    asks = [one.pointer for one in refusal.problems]
    try:
        async with open_work(runtime.database, actor) as work:
            request.scope["route"].check(work.actor, runtime)
            kept = await keep_unfinished(work, await request.body(), body, asks)
    except Forbidden:
        return refusal
    except Exception as fault:
        log.error("report.not_kept", kind=type(fault).__name__)
        return _beside(refusal, _lost(runtime, actor))
    if kept is None:
        return refusal
    remember(runtime, actor.school_id, kept.watch)
    return _beside(refusal, _told(kept, rules.still_needed(asks, body)))


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
        watch["watched_from"] = since.isoformat().replace("+00:00", "Z")
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


def _telephone(call: Sequence[Call]) -> str:
    school = next((one for one in call if one not in ALWAYS), None)
    danger = "If a life is in danger call 999."
    return danger if school is None else f"Telephone {school.who}: {school.number}. {danger}"


def _beside(refusal: CairnError, members: dict[str, Any]) -> CairnError:
    refusal.extra = {**getattr(refusal, "extra", {}), **members}  # type: ignore[attr-defined]
    return refusal

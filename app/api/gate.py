"""Refuses requests before routing: too many requests, and packed bodies."""

from app.api.edge import ASGIApp, Message, Receive, Scope, Send
from app.api.failures import failure_response
from app.api.incomplete_reports import is_report
from app.api.limits import limit_fields
from app.api.problems import MediaTypeUnsupported
from app.api.runtime import Runtime
from app.db.lending import rehearsing
from app.db.limits import Taken
from app.domain.errors import (
    CairnError,
    FieldProblem,
    HeldAfterRestore,
    TooManyRequests,
    ValidationFailed,
)

PROBES = frozenset({"/healthz", "/readyz"})
REHEARSE = b"cairn-rehearse"
NO_REHEARSAL = (
    "Only a sandbox rehearses, where the header says true and the path is not below /v1/sandbox/. "
    "Nothing was done."
)


class Gate:
    """Checks requests before routing, inside the CORS layer, so that pages can read a refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *limit_fields(scope)]
            await send(message)

        runtime: Runtime = scope["app"].state.runtime
        try:
            await runtime.limits.check_address(scope)
            if await runtime.is_held():
                raise HeldAfterRestore
            refuse_rehearsal(scope)
            refuse_packed(scope)
        except (HeldAfterRestore, ValidationFailed) as refusal:
            await _problem(refusal, scope, receive, answer)
            return
        except (TooManyRequests, MediaTypeUnsupported) as refusal:
            if not is_report(scope):
                await _problem(refusal, scope, receive, answer)
                return
            scope["refused"] = refusal  # its route answers, and keeps the body
        await self.app(scope, receive, answer)


async def _problem(refusal: CairnError, scope: Scope, receive: Receive, send: Send) -> None:
    note_refusal(scope, refusal)
    response = failure_response(refusal, scope)
    await response(scope, receive, send)


def note_refusal(scope: Scope, refusal: CairnError) -> None:
    """Remember the limit that refused a request, for the metrics and the answer's headers."""
    if isinstance(refusal, TooManyRequests):
        scope["refused_by"] = refusal.policy.name
        counted = scope.setdefault("limits", [])
        if all(policy is not refusal.policy for policy, _ in counted):
            counted.append((refusal.policy, Taken(False, 0, refusal.seconds)))


def refuse_rehearsal(scope: Scope) -> None:
    """Refuse a dry run that this server cannot do: trial data must never be saved.

    Raises `ValidationFailed`.
    """
    if not rehearsing.get() and any(name == REHEARSE for name, _ in scope["headers"]):
        problem = FieldProblem("/header/Cairn-Rehearse", "rehearsal_unavailable", NO_REHEARSAL)
        raise ValidationFailed(NO_REHEARSAL, problems=[problem])


def refuse_packed(scope: Scope) -> None:
    """Refuse a body with a content coding: Cairn never unpacks request bodies.

    Raises `MediaTypeUnsupported`.
    """
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise MediaTypeUnsupported

"""The two kinds of HTTP route: a command in one writing transaction, a query in one reading."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.api import idempotency, incomplete_reports, seen_again
from app.api.auth import authenticate
from app.api.drafts import mark
from app.api.late_routes import LateRoute
from app.api.problems import IdempotencyKeyInProgress
from app.api.receiving import read_body, read_fields, refuse_repeated
from app.api.refusals import raise_translated, record_refusal, refusal_of, translated
from app.api.runtime import Runtime
from app.core import clock
from app.core.ids import maker
from app.core.words import Actor, Permission, Role
from app.db.faults import Fault, fault_of
from app.db.lending import rehearsing
from app.db.reading import open_reading
from app.db.scope import Claim, ClaimWaits, SessionEnded
from app.db.trails import Register
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.access.concern_access.queries import check_sees_concern
from app.domain.errors import (
    CairnError,
    Forbidden,
    NotFound,
    PermissionMissing,
    RecordBusy,
    SecondFactorNeeded,
    ServiceUnavailable,
    SessionOver,
    StepUpNeeded,
    Unavailable,
)

log = structlog.get_logger()
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
ATTEMPTS = 3
KNOWN_LATER = frozenset({Role.CUSTOM, Role.SERVICE_KEY})
"""Roles whose permissions only the database knows; other roles are refused without asking it."""
TRACED = (Forbidden, NotFound, StepUpNeeded)
"""Refusals that the trail records."""
REPORTERS = frozenset({Permission.CONCERN_AMEND, Permission.CONCERN_RAISE})
"""What the reporter of a concern may continue to do with it."""


class _Undone(Exception):
    """Rolls back a record that was opened only to see whether the actor can open it."""


class Prepared(Protocol):
    """Input received before the transaction began, such as a stored upload."""

    digest: bytes

    async def discard(self) -> None:
        """Undo the preparation, because the command did not use it."""


Prepare = Callable[[Request, Runtime, Actor], Awaitable[Prepared]]


class ProtectedRoute(LateRoute):
    """A route that knows its permission; denial is the default."""

    needs: ClassVar[Permission | None] = None
    recent: ClassVar[bool] = False
    """Whether the person needs a recent proof of identity (RFC 9470)."""
    enrolling: ClassVar[bool] = False
    """Whether it is open to a session that still lacks the second factor its role needs."""
    by_password: ClassVar[bool] = False
    """Whether it is also open to such a session, with the permissions of every member of staff."""
    secret: ClassVar[bool] = False
    """Whether Cairn keeps no answer for replays: it shows a secret once, or is the result of a
    search, and each look leaves a trace.
    """
    register: ClassVar[Register] = "children"
    """The trail that records its refusals."""
    prepare: ClassVar[Any] = None
    """A `Prepare`, kept as a static method."""
    drafts: ClassVar[bool] = False
    """Whether its answer holds draft words; the answer then says so."""
    never_lost: ClassVar[Any] = None
    """An `Urgent`, kept as a static method: any refusal saves an urgent body and alerts a lead."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler with identity, permission, scope and translated failures."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            try:
                actor = await self.at_the_door(request, runtime)
                response = await self.enter(request, runtime, actor, inner)
                return mark(response) if self.drafts else response
            except (RequestValidationError, ClientDisconnect, asyncio.CancelledError):
                raise
            except CairnError as refused:
                refusal = self.held_back(request, refused)
                if isinstance(refusal, TRACED) or refusal.afterwards is not None:
                    who = request.state.actor
                    await record_refusal(runtime, who, refusal, self.name, self.trace_of(request))
                raise self.beside(request, runtime, refusal) from refused.__cause__
            except SessionEnded as over:
                raise SessionOver from over
            except Exception as error:
                if (translation := translated(error)) is not None:
                    raise self.beside(request, runtime, translation) from error
                raise

        return answer

    async def at_the_door(self, request: Request, runtime: Runtime) -> Actor:
        """The actor, after every check that needs no database.

        Raises `SignInNeeded`, `TokenInvalid`, `TooManyRequests`, `PermissionMissing`,
        `ValidationFailed`, and any refusal from before routing.
        """
        early: CairnError | None = request.scope.get("refused")
        try:
            actor = authenticate(request, runtime)
            request.state.actor = actor
            maker.set(actor.id)
            if early is not None:
                raise early
            await runtime.limits.check_actor(request, actor)
            refuse_early(actor, self.needs)
            refuse_repeated(request, self)
        except CairnError as refusal:
            raise await self.save_refused(request, runtime, early or refusal) from refusal.__cause__
        return actor

    async def save_refused(
        self, request: Request, runtime: Runtime, refusal: CairnError
    ) -> CairnError:
        """The refusal; for a report it says what became of the words."""
        if self.never_lost is None:
            return refusal
        return await incomplete_reports.keep(request, runtime, refusal)

    def beside(self, request: Request, runtime: Runtime, refusal: CairnError) -> CairnError:
        """The refusal; if we could not take a report, with the numbers to call."""
        reached = "saved_as" in getattr(refusal, "extra", {})
        if self.never_lost and isinstance(refusal, Unavailable) and not reached:
            return incomplete_reports.unreachable(runtime, request.state.actor, refusal)
        return refusal

    def held_back(self, request: Request, refusal: CairnError) -> CairnError:
        """The refusal: for the second factor, if one could bring more rights.

        A record that does not exist gets the same answer, so that it reveals nothing. Reports and
        calls for help never ask for a second factor.
        """
        counts: Actor | None = getattr(request.state, "counts", None)
        hidden = isinstance(refusal, NotFound | PermissionMissing)
        if self.never_lost or not hidden or counts is None or counts.whole is None:
            return refusal
        return SecondFactorNeeded()

    def trace_of(self, request: Request) -> tuple[Register, UUID | None]:
        """The trail for a refusal, and the path's id if that trail may have it.

        The id may belong to another register than the operation's: only the adult register keeps
        the requested id.
        """
        if self.register == "children":
            return self.register, None
        try:
            return self.register, UUID(request.path_params.get("concern_id", ""))
        except ValueError:
            return self.register, None

    async def enter(
        self, request: Request, runtime: Runtime, actor: Actor, inner: Handler
    ) -> Response:
        """Open the transaction and run the operation."""
        raise NotImplementedError

    def admit(self, request: Request, actor: Actor, runtime: Runtime) -> Actor:
        """The actor as the database now knows them, with the rights that count in this session.

        Raises `PermissionMissing`, `SecondFactorNeeded`, `StepUpNeeded`.
        """
        counts = actor if self.enrolling else policy.proved(actor)
        request.state.counts = counts
        if self.needs is not None:
            policy.require_proved(counts, self.needs)
        elif actor.is_service:
            raise PermissionMissing
        if not (self.enrolling or self.by_password):
            policy.require_second_factor(actor)
        if self.recent:
            within = timedelta(minutes=runtime.settings.step_up_minutes)
            policy.require_recent(actor, clock.now(), within)
        return counts


class PublicRoute(LateRoute):
    """A route for anyone: no actor, no school; the operation opens its own works."""

    drafts: ClassVar[bool] = False
    """As in `ProtectedRoute`."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler with a bounded body and translated failures."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            if request.method != "GET":
                body = await read_body(request, runtime.settings.max_body_bytes)
                read_fields(request, self, body)
            task = runtime.start(inner(request))
            try:
                response = await asyncio.shield(task)
                return mark(response) if self.drafts else response
            except (RequestValidationError, ClientDisconnect, CairnError):
                raise
            except Exception as error:
                raise_translated(error)
                raise

        return answer


def refuse_early(actor: Actor, needs: Permission | None) -> None:
    """Raise `PermissionMissing` if nothing in the database could change that.

    Only the database knows grants and the roles of schools and keys; but a key may do no more than
    its token was issued for.
    """
    if actor.is_service and (needs is None or needs.value not in actor.scopes):
        raise PermissionMissing
    if needs is not None and needs not in policy.BY_GRANT and actor.role not in KNOWN_LATER:
        policy.require(actor, needs)


class QueryRoute(ProtectedRoute):
    """A read-only transaction around the operation."""

    async def enter(
        self, request: Request, runtime: Runtime, actor: Actor, inner: Handler
    ) -> Response:
        """Read within one snapshot of one school."""
        async with open_reading(runtime.database, actor) as reading:
            counts = self.admit(request, reading.actor, runtime)
            request.state.reading = (
                reading if counts is reading.actor else replace(reading, actor=counts)
            )
            return await inner(request)


class CommandRoute(ProtectedRoute):
    """One transaction, committed before the answer; a hang-up cannot interrupt it."""

    async def enter(
        self, request: Request, runtime: Runtime, actor: Actor, inner: Handler
    ) -> Response:
        """Receive the body, then run the command in a task of its own."""
        prepared: Prepared | None = None
        if self.prepare is not None:
            idempotency.key_of(request)  # refused before anything is stored
            received: Prepared = await self.prepare(request, runtime, actor)
            request.state.prepared = prepared = received
            digest = received.digest
        else:
            digest = hashlib.sha256(await self.read(request, runtime)).digest()
        task = runtime.start(self.run(request, runtime, actor, inner, digest, prepared))
        try:
            async with asyncio.timeout(runtime.settings.command_seconds):
                return await asyncio.shield(task)
        except TimeoutError as slow:
            raise ServiceUnavailable from slow

    async def read(self, request: Request, runtime: Runtime) -> bytes:
        """Read the body and check it against the route. Saves an unreadable report.

        Raises `MediaTypeUnsupported`, `BodyMalformed`, `BodyTooLarge`.
        """
        try:
            body = await read_body(request, runtime.settings.max_body_bytes)
            read_fields(request, self, body)
        except CairnError as refusal:
            raise await self.save_refused(request, runtime, refusal) from refusal.__cause__
        return body

    async def run(
        self,
        request: Request,
        runtime: Runtime,
        actor: Actor,
        inner: Handler,
        digest: bytes,
        prepared: Prepared | None,
    ) -> Response:
        """Run the command. If it refuses an urgent body, save that before answering."""
        try:
            key = None if (sent := idempotency.key_of(request)) is None or self.secret else sent
            fingerprint = idempotency.fingerprint_of(request, actor.role_name, digest)
            claim = (key, fingerprint) if key else None
            response = await run_command(request, self, actor, inner, claim, prepared)
            if idempotency.is_replay(response):
                content = bytes(response.body)
                await seen_again.check_still_seen(self, request, runtime, actor, content)
            return response
        except Exception as error:
            if self.never_lost is None:
                raise
            refusal = await self.save_refused(request, runtime, refusal_of(request, error))
            raise refusal from (error.__cause__ if refusal is error else error)

    async def authorise(self, request: Request, runtime: Runtime, actor: Actor) -> Actor | None:
        """Open the record and undo that, trace and all; raises what opening it raises.

        If the role opens no such record, answers the actor as the database knows them.
        """
        inner = super(ProtectedRoute, self).get_route_handler()
        try:
            async with open_work(runtime.database, actor) as work:
                request.state.work = work
                actor = work.actor = policy.proved(work.actor)
                await inner(request)
                raise _Undone
        except _Undone:
            return None
        except PermissionMissing:
            return actor


async def run_command(
    request: Request,
    door: ProtectedRoute,
    actor: Actor,
    inner: Handler,
    claim: Claim | None,
    prepared: Prepared | None,
) -> Response:
    """Run the command with bounded retries. Undoes the preparation unless it was used.

    If the connection is lost at the commit, it may have committed: then the preparation stays.
    """
    unused = True
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response, used = await _attempt(request, door, actor, inner, claim)
                unused = not used
                return response
            except ClaimWaits as waits:
                raise IdempotencyKeyInProgress from waits
            except Exception as error:
                if fault_of(error) in (Fault.UNAVAILABLE, Fault.UNKNOWN):
                    unused = False
                if fault_of(error) is not Fault.RETRY or attempt == ATTEMPTS:
                    raise
                log.info("command.retried", operation=request.scope["route"].name, attempt=attempt)
        raise RecordBusy
    finally:
        if prepared is not None and unused:
            await prepared.discard()


async def _attempt(
    request: Request,
    door: ProtectedRoute,
    actor: Actor,
    inner: Handler,
    claim: Claim | None,
) -> tuple[Response, bool]:
    runtime: Runtime = request.app.state.runtime
    async with open_work(runtime.database, actor, claim) as work:
        work.actor = door.admit(request, work.actor, runtime)
        request.state.work = work
        if claim is None:
            return await inner(request), not rehearsing.get()
        if (replay := await idempotency.replay_of(work, *claim)) is not None:
            await _check_still_seen(work, request, door)
            seen_again.check_names_nobody_locked_out(door, work.actor, bytes(replay.body))
            await seen_again.check_kept_is_shown(work, door, bytes(replay.body))
            return replay, False
        response = await inner(request)
        idempotency.keep(work, claim[0], response)
        return response, not rehearsing.get()


async def _check_still_seen(work: UnitOfWork, request: Request, door: ProtectedRoute) -> None:
    """Raise `ConcernNotFound` if the actor no longer sees the concern of a kept answer.

    Opening it shows reporters their own words, but not what others did to it.
    """
    if door.register == "children" and "concern_id" in request.path_params:
        concern_id = UUID(request.path_params["concern_id"])
        await check_sees_concern(work, concern_id, own=door.needs in REPORTERS)

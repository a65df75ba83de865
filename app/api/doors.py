"""The two doors of HTTP: a command in one writing transaction, a query in one reading."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.api import idempotency, seen_again, unfinished
from app.api.auth import authenticate
from app.api.drafts import mark
from app.api.receiving import read_body, read_fields, refuse_repeated
from app.api.runtime import Runtime
from app.core import clock
from app.core.words import Actor, Did, Permission, Role
from app.db.faults import Fault, constraint_of, fault_of
from app.db.reading import open_reading
from app.db.session import SessionEnded
from app.db.unit_of_work import Register, UnitOfWork, open_work
from app.domain import policy
from app.domain.access.concerns import check_sees_concern
from app.domain.errors import (
    AlreadyExists,
    CairnError,
    Forbidden,
    Invalid,
    NotFound,
    PageNotFound,
    PermissionMissing,
    RecordBusy,
    ServiceUnavailable,
    SessionOver,
    StepUpNeeded,
    Unavailable,
    ValidationFailed,
)

log = structlog.get_logger()
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
ATTEMPTS = 3
KNOWN_LATER = frozenset({Role.CUSTOM, Role.SERVICE_KEY})
"""Roles whose permissions only the database knows; the others are refused before it is asked."""
REPORTERS = frozenset({Permission.CONCERN_AMEND, Permission.CONCERN_RAISE})
"""What whoever reported a concern may go on doing with it."""


class _Undone(Exception):
    """What was opened only to see whether it can be is rolled back."""


class Prepared(Protocol):
    """What was received before the transaction began, such as a stored upload."""

    digest: bytes

    async def discard(self) -> None:
        """Undo, because the command did not use it."""


Prepare = Callable[[Request, Runtime, Actor], Awaitable[Prepared]]


class Door(APIRoute):
    """A route that knows the permission it needs; deny is the default."""

    needs: ClassVar[Permission | None] = None
    recent: ClassVar[bool] = False
    """Whether the person has to have proved who they are a short while ago (RFC 9470)."""
    enrolling: ClassVar[bool] = False
    """Whether it is open to a session that still lacks the second factor its role needs."""
    secret: ClassVar[bool] = False
    """Whether the answer holds a secret shown once: then it is not kept for replays."""
    register: ClassVar[Register] = "children"
    """Whose trail a refusal is recorded in."""
    prepare: ClassVar[Any] = None
    """A `Prepare`, kept as a static method."""
    drafts: ClassVar[bool] = False
    """Whether its answer holds words that are a draft: it says so beside them."""
    never_lost: ClassVar[bool] = False
    """Whether what is urgent is kept, and a lead told, where the body cannot be taken."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler with identity, permission, scope and translated failures."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            actor = authenticate(request, runtime)
            request.state.actor = actor
            await runtime.limits.check_actor(request, actor)
            try:
                refuse_early(actor, self.needs)
                refuse_repeated(request, self)
                response = await self.enter(request, runtime, actor, inner)
                return mark(response) if self.drafts else response
            except (RequestValidationError, ClientDisconnect, asyncio.CancelledError):
                raise
            except (Forbidden, NotFound, StepUpNeeded) as refusal:
                await record_refusal(runtime, actor, refusal, self.name, self.trace_of(request))
                raise
            except CairnError as refusal:
                raise self.beside(runtime, actor, refusal) from refusal.__cause__
            except SessionEnded as over:
                raise SessionOver from over
            except Exception as error:
                if (found := translated(error)) is not None:
                    raise self.beside(runtime, actor, found) from error
                raise

        return answer

    def beside(self, runtime: Runtime, actor: Actor, refusal: CairnError) -> CairnError:
        """The refusal; where a report could not reach us, with whom to telephone."""
        if self.never_lost and isinstance(refusal, Unavailable):
            return unfinished.unreachable(runtime, actor, refusal)
        return refusal

    def trace_of(self, request: Request) -> tuple[Register, UUID | None]:
        """Whose trail a refusal belongs in, and the id in the address where that trail may have it.

        An id may be of another register than the operation's: only the closed one keeps what it
        was asked for.
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
        """Open what the operation works with and run it."""
        raise NotImplementedError

    def check(self, actor: Actor, runtime: Runtime) -> None:
        """Whether the actor, as the database knows them now, may do this at all.

        Raises `PermissionMissing`, `SecondFactorNeeded`, `StepUpNeeded`.
        """
        if self.needs is not None:
            policy.require(actor, self.needs)
        elif actor.is_service:
            raise PermissionMissing
        if not self.enrolling:
            policy.require_second_factor(actor)
        if self.recent:
            within = timedelta(minutes=runtime.settings.step_up_minutes)
            policy.require_recent(actor, clock.now(), within)


class PublicDoor(APIRoute):
    """A route for anybody: no actor, no school; the operation opens its own works."""

    drafts: ClassVar[bool] = False
    """As of `Door`."""

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
    """Raise `PermissionMissing` where no look into the database could change that.

    What a grant can bring, and the roles of schools and keys, only the database knows; but a key
    may do no more than its token was issued for.
    """
    if actor.is_service and (needs is None or needs.value not in actor.scopes):
        raise PermissionMissing
    if needs is not None and needs not in policy.BY_GRANT and actor.role not in KNOWN_LATER:
        policy.require(actor, needs)


class QueryDoor(Door):
    """A read-only transaction around the operation."""

    async def enter(
        self, request: Request, runtime: Runtime, actor: Actor, inner: Handler
    ) -> Response:
        """Read within one snapshot of one school."""
        async with open_reading(runtime.database, actor) as reading:
            self.check(reading.actor, runtime)
            request.state.reading = reading
            return await inner(request)


class CommandDoor(Door):
    """One transaction, committed before the answer, that a hang-up cannot cut in two."""

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
            body = await read_body(request, runtime.settings.max_body_bytes)
            await self.read(request, runtime, actor, body)
            digest = hashlib.sha256(body).digest()
        task = runtime.start(self.run(request, runtime, actor, inner, digest, prepared))
        try:
            async with asyncio.timeout(runtime.settings.command_seconds):
                return await asyncio.shield(task)
        except TimeoutError as slow:
            raise ServiceUnavailable from slow

    async def read(self, request: Request, runtime: Runtime, actor: Actor, body: bytes) -> None:
        """Hold the body against what the route takes; of a report even what cannot be read is kept.

        Raises `MediaTypeUnsupported`, `BodyMalformed`, `BodyTooLarge`.
        """
        try:
            read_fields(request, self, body)
        except CairnError as refusal:
            if not self.never_lost:
                raise
            raise await unfinished.keep(request, runtime, actor, refusal) from refusal.__cause__

    async def run(
        self,
        request: Request,
        runtime: Runtime,
        actor: Actor,
        inner: Handler,
        digest: bytes,
        prepared: Prepared | None,
    ) -> Response:
        """The command; what is urgent in a body that it refuses is kept before the answer."""
        try:
            key = None if (sent := idempotency.key_of(request)) is None or self.secret else sent
            fingerprint = idempotency.fingerprint_of(request, actor.role_name, digest)
            claim = (key, fingerprint) if key else None
            response = await run_command(request, self, actor, inner, claim, prepared)
            if idempotency.is_replay(response):
                await seen_again.check_still_seen(self, request, runtime, actor)
            return response
        except Exception as error:
            if not self.never_lost:
                raise
            known = isinstance(error, RequestValidationError | CairnError)
            refusal = error if known else translated(error)
            if not isinstance(refusal, RequestValidationError | Invalid):
                raise
            raise await unfinished.keep(request, runtime, actor, refusal) from error

    async def look(self, request: Request, runtime: Runtime, actor: Actor) -> Actor | None:
        """Open the record and undo that, trace and all; raises what opening it raises.

        Where the role opens no such record, the actor as the database knows them.
        """
        inner = super(Door, self).get_route_handler()
        try:
            async with open_work(runtime.database, actor) as work:
                request.state.work = work
                actor = work.actor
                await inner(request)
                raise _Undone
        except _Undone:
            return None
        except PermissionMissing:
            return actor


async def run_command(
    request: Request,
    door: Door,
    actor: Actor,
    inner: Handler,
    claim: tuple[str, bytes] | None,
    prepared: Prepared | None,
) -> Response:
    """The command with its bounded retries; what was prepared is undone unless it was used.

    A connection lost at the commit may have committed: then what was prepared stays.
    """
    unused = True
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response, used = await _attempt(request, door, actor, inner, claim)
                unused = not used
                return response
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
    door: Door,
    actor: Actor,
    inner: Handler,
    claim: tuple[str, bytes] | None,
) -> tuple[Response, bool]:
    runtime: Runtime = request.app.state.runtime
    async with open_work(runtime.database, actor) as work:
        door.check(work.actor, runtime)
        request.state.work = work
        if claim is None:
            return await inner(request), True
        if (replay := await idempotency.claim(work, *claim)) is not None:
            await _check_still_seen(work, request, door)
            seen_again.check_names_nobody_locked_out(door, work.actor, bytes(replay.body))
            return replay, False
        response = await inner(request)
        await work.save()
        await idempotency.keep(work, claim[0], response)
        return response, True


async def _check_still_seen(work: UnitOfWork, request: Request, door: Door) -> None:
    """Raise `ConcernNotFound` where a kept answer is of a concern that is seen no more.

    Its opening shows reporters their own words; what others did to it is not theirs to read.
    """
    if door.register == "children" and "concern_id" in request.path_params:
        concern_id = UUID(request.path_params["concern_id"])
        await check_sees_concern(work, concern_id, own=door.needs in REPORTERS)


async def record_refusal(
    runtime: Runtime,
    actor: Actor,
    refusal: CairnError,
    operation: str,
    trace: tuple[Register, UUID | None] = ("children", None),
) -> None:
    """Put a refusal into the trail, in a short transaction of its own."""
    try:
        async with open_work(runtime.database, actor) as work:
            _note_refusal(work, refusal, operation, trace)
    except SessionEnded as over:
        raise SessionOver from over
    except Exception as error:
        log.error("refusal.not_recorded", operation=operation, kind=type(error).__name__)


def _note_refusal(
    work: UnitOfWork,
    refusal: CairnError,
    operation: str,
    trace: tuple[Register, UUID | None],
) -> None:
    register, asked_for = trace
    noun_id: UUID | None = getattr(refusal, "noun_id", asked_for)
    work.record(
        Did.ACCESS_REFUSED,
        operation,
        noun_id,
        details={"operation": operation, "code": refusal.code},
        register=register,
    )


def raise_translated(error: Exception) -> None:
    """Raise the refusal that a database failure means; return where it is a fault of ours.

    Nothing is ever raised from itself: a chain of causes must not be a circle.
    """
    refusal = translated(error)
    if refusal is not None:
        raise refusal from error


def translated(error: Exception) -> CairnError | None:
    """A database failure as a refusal the caller can act on; None for a fault of ours."""
    fault = fault_of(error)
    if fault is None or fault is Fault.UNKNOWN:
        return None
    log.warning("database.fault", fault=fault.value, constraint=constraint_of(error))
    if fault is Fault.OUTSIDE_SCHOOL:
        log.error("database.row_level_security_refused")
        return PageNotFound()
    refusals: dict[Fault, CairnError] = {
        Fault.BUSY: RecordBusy(),
        Fault.RETRY: RecordBusy(),
        Fault.UNAVAILABLE: ServiceUnavailable(),
        Fault.ALREADY_EXISTS: AlreadyExists(),
        Fault.UNKNOWN_REFERENCE: ValidationFailed("Something this refers to does not exist."),
        Fault.REFUSED_VALUE: ValidationFailed("A value is outside what the record can hold."),
    }
    return refusals[fault]

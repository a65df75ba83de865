"""Records refusals in the trail, and makes refusals from database failures."""

from uuid import UUID

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from app.api.problems import InternalFault, from_validation
from app.api.runtime import Runtime
from app.core.words import Actor, AuditEvent
from app.db.faults import Fault, constraint_of, fault_of
from app.db.scope import SessionEnded
from app.db.trails import Register
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.errors import (
    AlreadyExists,
    CairnError,
    PageNotFound,
    RecordBusy,
    ServiceUnavailable,
    SessionOver,
    ValidationFailed,
)

log = structlog.get_logger()


async def record_refusal(
    runtime: Runtime,
    actor: Actor,
    refusal: CairnError,
    operation: str,
    trace: tuple[Register, UUID | None] = ("children", None),
) -> None:
    """Record a refusal in the trail, in a short transaction of its own, and run its follow-up."""
    try:
        async with open_work(runtime.database, actor) as work:
            _note_refusal(work, refusal, operation, trace)
            if refusal.afterwards is not None:
                await refusal.afterwards(work)
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
    resource_id: UUID | None = getattr(refusal, "resource_id", asked_for)
    work.record(
        AuditEvent.ACCESS_REFUSED,
        operation,
        resource_id,
        details={"operation": operation, "code": refusal.code},
        register=register,
    )


def raise_translated(error: Exception) -> None:
    """Raise a database failure as a refusal; return if it is our fault.

    It never raises an error from itself: a chain of causes must not be a circle.
    """
    refusal = translated(error)
    if refusal is not None:
        raise refusal from error


def translated(error: Exception) -> CairnError | None:
    """A database failure as a refusal that the caller can act on; None for a fault of ours."""
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


def refusal_of(request: Request, error: Exception) -> CairnError:
    """The answer to a report, whatever went wrong; logs a fault of ours."""
    if isinstance(error, CairnError):
        return error
    if isinstance(error, RequestValidationError):
        return from_validation(error.errors(), error.body)
    if isinstance(error, SessionEnded):
        return SessionOver()
    if (refusal := translated(error)) is not None:
        return refusal
    log.error("request.failed", request_id=request.scope.get("request_id"), exc_info=error)
    return InternalFault()

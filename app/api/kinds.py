"""Routes made from what the domain declares of a kind: path, version, failures and body."""

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.db.unit_of_work import UnitOfWork
from app.domain.kinds import Kind
from app.domain.steps import Step, Target, after_change, open_record

ToResponse = Callable[[UnitOfWork, Target[Any]], Awaitable[dict[str, Any]]]


def mount(
    ops: Operations, kind: Kind[Any], path: str, out: type[BaseModel], to_response: ToResponse
) -> None:
    """Add the opening of a kind and its steps."""
    id_ = f"{kind.name}_id"
    one = f"{path}/{{{id_}}}"

    async def opening(*, work: UnitOfWork, **given: Any) -> Response:
        target = await open_record(work, kind, given[id_])
        return replies.record(await to_response(work, target), version=target.row.version)

    _describe(opening, f"open_{kind.name}", kind.description, id_, {"work": Work})
    ops.opening(
        one, out=out, needs=kind.reads, errors=(kind.missing,), by_password=kind.by_password
    )(opening)
    for step in kind.steps:
        _add_step(ops, step, f"{one}/{step.path}" if step.path else one, id_, out, to_response)


def _add_step(
    ops: Operations,
    step: Step[Any, Any],
    path: str,
    id_: str,
    out: type[BaseModel],
    to_response: ToResponse,
) -> None:
    async def change(*, work: UnitOfWork, body: Any, version: int, **given: Any) -> Response:
        row = await step(work, given[id_], version, body)
        target = await after_change(work, step.kind, row)
        return replies.record(await to_response(work, target), version=row.version)

    taken = {"body": step.body, "version": IfMatch, "work": Work}
    _describe(change, step.name, step.description, id_, taken)
    ops.command(
        "POST" if step.path else "PATCH", path, out=out, needs=step.permission,
        errors=step.failures(), by_password=step.by_password,
    )(change)  # fmt: skip


def _describe(endpoint: Any, name: str, description: str, id_: str, taken: dict[str, Any]) -> None:
    """Name an endpoint and its parameters as FastAPI reads them."""
    named = {id_: UUID, **taken}
    endpoint.__name__, endpoint.__qualname__, endpoint.__doc__ = name, name, description
    endpoint.__signature__ = Signature(
        [Parameter(one, Parameter.KEYWORD_ONLY, annotation=of) for one, of in named.items()],
        return_annotation=Response,
    )

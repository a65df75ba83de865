"""Makes routes from the domain's declaration of a kind: path, version, failures and body.

`Records` makes routes of the same form for hand-written changes.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Failures, Operations
from app.core.schemas import given
from app.core.words import Actor, Permission
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.kinds import Kind
from app.domain.steps import Step, Target, after_change, open_record

ToResponse = Callable[[UnitOfWork, Target[Any]], Awaitable[dict[str, Any]]]
Shown = Callable[[UnitOfWork, Any], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Records:
    """The path of one sort of record, and the answers of its operations."""

    ops: Operations
    article: str
    """Its path, such as `/v1/shares/{share_id}`."""
    out: type[BaseModel]
    to_response: Shown | None
    """Formats a row; None if the commands answer formatted content and its version."""
    writes: Permission | None
    """The permission its changes need, unless a change names another."""
    errors: Failures
    """The failures that every change can raise."""

    def opening(
        self, command: Callable[..., Awaitable[Any]], description: str, **traits: Any
    ) -> None:
        """Add the operation that opens one by `command(work, *ids)`; `name` as for a change."""

        async def opening(*, work: UnitOfWork, request: Request, **ids: UUID) -> Response:
            row = await command(work, *(ids[item] for item in _ids(self.article)))
            return await self.answer(work, row, request=request)

        taken = {**_ids(self.article), "work": Work, "request": Request}
        describe_endpoint(opening, traits.pop("name", command.__name__), description, taken)
        self.ops.opening(self.article, out=self.out, **traits)(opening)

    def change(
        self,
        path: str,
        command: Callable[..., Awaitable[Any]],
        body: type[BaseModel] | None,
        description: str,
        **traits: Any,
    ) -> None:
        """Add a change by `command(work, *ids, version, body)`.

        Without `path` it is a PATCH: its command takes the sent fields as a mapping. `errors` are
        those besides the ones of every change. `name` is the operation's, if not the command's.
        """
        address = f"{self.article}/{path}" if path else self.article
        ids = _ids(address)

        async def change(*, work: UnitOfWork, version: int, **taken: Any) -> Response:
            sent = [taken["body"] if path else given(taken["body"])] if body is not None else []
            made = await command(work, *(taken[id_] for id_ in ids), version, *sent)
            return await self.answer(work, made)

        asked = {**ids, **({"body": body} if body else {}), "version": IfMatch, "work": Work}
        describe_endpoint(change, traits.pop("name", command.__name__), description, asked)
        errors = (*self.errors, *traits.pop("errors", ()))
        traits = {"needs": self.writes, **traits}
        self.ops.command(
            "POST" if path else "PATCH", address, out=self.out, errors=errors, **traits
        )(change)

    async def made(self, work: UnitOfWork, row: Any, location: str | None = None) -> Response:
        """Answer a creation: the record and its address, by default its own path."""
        location = location or re.sub(r"{\w+}$", str(row.id), self.article)
        return await self.answer(work, row, status=201, location=location)

    async def answer(self, work: UnitOfWork, made: Any, **more: Any) -> Response:
        """Answer one record, with its version as ETag."""
        if self.to_response is None:
            content, version = made
        else:
            content, version = await self.to_response(work, made), made.version
        return replies.record(content, version=version, **more)


def again(read: Callable[[Driver, Actor, UUID], Awaitable[dict[str, Any]]]) -> Shown:
    """Show a row as a reading operation does; its version is in the ETag alone."""

    async def to_response(work: UnitOfWork, row: Any) -> Mapping[str, Any]:
        content = await read(await work.driver(), work.actor, row.id)
        return {name: value for name, value in content.items() if name != "version"}

    return to_response


def _ids(address: str) -> dict[str, Any]:
    return dict.fromkeys(re.findall(r"{(\w+)}", address), UUID)


def mount(
    ops: Operations, kind: Kind[Any], path: str, out: type[BaseModel], to_response: ToResponse
) -> None:
    """Add the opening of a kind and its steps."""
    id_ = f"{kind.name}_id"
    text = f"{path}/{{{id_}}}"

    async def opening(*, work: UnitOfWork, request: Request, **given: Any) -> Response:
        target = await open_record(work, kind, given[id_])
        result = await to_response(work, target)
        return replies.record(result, version=target.row.version, request=request)

    taken = {id_: UUID, "request": Request, "work": Work}
    describe_endpoint(opening, f"open_{kind.name}", kind.description, taken)
    ops.opening(
        text, out=out, needs=kind.reads, errors=(kind.missing,), by_password=kind.by_password
    )(opening)
    for step in kind.steps:
        _add_step(ops, step, f"{text}/{step.path}" if step.path else text, id_, out, to_response)


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

    taken = {id_: UUID, "body": step.body, "version": IfMatch, "work": Work}
    describe_endpoint(change, step.name, step.description, taken)
    ops.command(
        "POST" if step.path else "PATCH", path, out=out, needs=step.permission,
        errors=step.failures(), by_password=step.by_password,
    )(change)  # fmt: skip


def describe_endpoint(
    endpoint: Any, name: str, description: str, taken: Mapping[str, Any], **defaults: Any
) -> None:
    """Name an endpoint and its parameters for FastAPI; `defaults` makes some optional."""
    endpoint.__name__, endpoint.__qualname__, endpoint.__doc__ = name, name, description
    taken_as = [
        Parameter(
            item, Parameter.KEYWORD_ONLY, default=defaults.get(item, Parameter.empty), annotation=of
        )
        for item, of in taken.items()
    ]
    endpoint.__signature__ = Signature(taken_as, return_annotation=Response)

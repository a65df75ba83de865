"""Operations of every import: send a file, list, read, list its problems, approve, undo."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, replies
from app.api.deps import Reading, Work
from app.api.kinds import Records, describe_endpoint
from app.api.operations import Failures, Operations
from app.api.paging import page_asked
from app.api.preferences import Prefer, applied, handling_of
from app.api.runtime import Runtime
from app.api.uploads import Received, describe_upload, receive
from app.core.schemas import ListIn, PageOut
from app.core.words import Actor, Permission
from app.domain.errors import ValidationFailed
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.exchange.imports.queries import Sort
from app.domain.exchange.imports.schemas import ImportProblemListIn

Receive = Callable[[Work, Received, Any], Awaitable[Any]]
"""Records a stored file, with the sender's details about it."""


@dataclass(frozen=True, slots=True)
class Imports:
    """One sort of import: its path, its answers, and who may send one.

    `send` and `reads` name the operations that send one and that read: all, one, problems.
    """

    ops: Operations
    path: str
    sort: Sort
    out: type[BaseModel]
    problem: type[BaseModel]
    needs: Permission
    send: str
    reads: tuple[str, str, str]

    @property
    def article(self) -> str:
        """The path of one import."""
        return f"{self.path}/{{import_id}}"

    def records(self, writes: Permission) -> Records:
        """The form of the answers to its changes."""
        return Records(
            self.ops, self.article, self.out, self.sort.to_response, writes, (ImportNotFound,)
        )

    def add_sending(
        self,
        command: Receive,
        query: type[BaseModel],
        description: str,
        *,
        folder: str,
        raw: tuple[str, ...],
        fields: dict[str, Any],
        errors: Failures = (),
        prefers: bool = False,
    ) -> None:
        """Add the operation that takes a file: as the body, or as the field `file` of a form.

        With `prefers` the sender can choose how strictly Cairn reads it.
        """

        async def prepare(request: Request, runtime: Runtime, actor: Actor) -> Received:
            """Stream the file into storage before the transaction begins."""
            limit = runtime.settings.max_roster_bytes
            received = await receive(request, runtime, actor, limit=limit, folder=folder, raw=raw)
            if prefers:
                received.handling = handling_of(request)
                content = received.digest + str(received.handling).encode()
                received.digest = hashlib.sha256(content).digest()
            return received

        async def send(*, request: Request, work: Work, query: BaseModel, **_: Any) -> Response:
            received: Received = request.state.prepared
            row = await command(work, received, _asked(query, received.fields))
            content = await self.sort.to_response(work, row)
            location = f"{self.path}/{row.id}"
            answer = replies.record(content, status=202, version=row.version, location=location)
            return applied(request, answer) if prefers else answer

        taken = {"request": Request, "work": Work, "query": Annotated[query, Query()]}
        prefer = {"prefer": Prefer} if prefers else {}
        describe_endpoint(send, self.send, description, taken | prefer, prefer="")
        errors = (
            problems.BodyTooLarge, problems.MediaTypeUnsupported, problems.BodyMalformed, *errors,
        )  # fmt: skip
        self.ops.command(
            "POST", self.path, out=self.out, needs=self.needs, status=202, errors=errors,
            prepare=prepare,
        )(send)  # fmt: skip
        describe_upload(self.ops.router, self.send, raw=raw, fields=fields)

    def add_reading(self, everything: str, text: str, faults: str) -> None:
        """Add the three reading operations, each with its description."""
        get, list_, list_problems = self.reads
        taken = {"request": Request, "reading": Reading}

        async def listed(*, request: Request, reading: Reading, query: ListIn) -> Response:
            return replies.page(request, await self.sort.list_imports(reading, page_asked(query)))

        async def opened(*, import_id: UUID, request: Request, reading: Reading) -> Response:
            result, version = await self.sort.get_import(reading, import_id)
            return replies.record(result, version=version, request=request)

        async def problems_of(
            *, import_id: UUID, request: Request, reading: Reading, query: ImportProblemListIn
        ) -> Response:
            asked = page_asked(query)
            result = await self.sort.list_problems(reading, import_id, query.code, asked)
            return replies.page(request, result)

        add, missing, asks = self.ops.query, (ImportNotFound,), Annotated[ListIn, Query()]
        describe_endpoint(listed, list_, everything, {**taken, "query": asks})
        add(self.path, out=PageOut[self.out], needs=self.needs)(listed)  # type: ignore[name-defined]
        describe_endpoint(opened, get, text, {"import_id": UUID, **taken})
        add(self.article, out=self.out, needs=self.needs, errors=missing, etag=True)(opened)
        asks = Annotated[ImportProblemListIn, Query()]
        describe_endpoint(problems_of, list_problems, faults, {"import_id": UUID, **taken,
                                                               "query": asks})  # fmt: skip
        out = PageOut[self.problem]  # type: ignore[name-defined]
        add(f"{self.article}/problems", out=out, needs=self.needs, errors=missing)(problems_of)


def _asked(query: BaseModel, fields: dict[str, str]) -> BaseModel:
    """Join the query and the form fields; the form's value wins."""
    try:
        return type(query)(**{**query.model_dump(exclude_unset=True), **fields})
    except ValidationError as invalid:
        field_problems = problems.field_problems(
            invalid.errors(include_url=False, include_input=False)
        )
        raise ValidationFailed(problems=field_problems) from invalid

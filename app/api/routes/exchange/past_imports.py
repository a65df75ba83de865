"""Imports of what another system kept: send a file, read its plan, approve it, undo it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, replies
from app.api.deps import Reading, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.runtime import Runtime
from app.api.uploads import Received, describe_upload, receive
from app.core.schemas import ListIn, PageOut
from app.core.vocabularies import codes
from app.core.words import Actor, Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest, ValidationFailed
from app.domain.exchange.past_imports import commands, queries
from app.domain.exchange.past_imports import errors as wrong
from app.domain.exchange.past_imports.schemas import (
    SOURCE,
    ApprovePastImportIn,
    MatchSourceChildIn,
    PastImportOut,
    PastImportPatch,
    PastImportQuery,
    PastProblemListIn,
    PastProblemOut,
    PastRowListIn,
    PastRowOut,
    SourceChildOut,
    UndoPastImportIn,
)

P = Permission
ops = Operations("past imports")
router = ops.router
ONE = "/v1/imports/{import_id}"
RAW = ("text/csv", "application/x-ndjson", "application/octet-stream")
FORM = {
    "kind": {"type": "string", "enum": sorted(codes("past_entry_kinds"))},
    "source_system": {"type": "string", "pattern": SOURCE},
    "confidentiality": {"type": "string", "pattern": "^K[2-5]$"},
    "plan_only": {"type": "string", "enum": ["true", "false"]},
}
IMPORTS = Records(
    ops, ONE, PastImportOut, queries.shown, P.HISTORY_APPROVE, (wrong.PastImportNotFound,)
)


async def receive_past_file(request: Request, runtime: Runtime, actor: Actor) -> Received:
    """Stream the file into storage before the transaction begins."""
    limit = runtime.settings.max_roster_bytes
    return await receive(request, runtime, actor, limit=limit, folder="imports", raw=RAW)


@ops.command(
    "POST",
    "/v1/imports",
    out=PastImportOut,
    needs=P.HISTORY_PREPARE,
    status=202,
    errors=(problems.BodyTooLarge, problems.MediaTypeUnsupported, problems.BodyMalformed),
    prepare=receive_past_file,
)
async def import_past(
    request: Request, work: Work, query: Annotated[PastImportQuery, Query()]
) -> Response:
    """Import past entries.

    Takes one file of past entries: as the body, or as the field `file` of a form.

    It is planned by a job; watch it at `Location`. Nothing comes in before a lead approves it.
    What the address says can be fields of the form instead.
    """
    received: Received = request.state.prepared
    asked = _asked(query, received.fields)
    wish = commands.ReceivePast(
        key=received.key, file_name=received.file_name, sha256=received.sha256,
        size=received.size, kind=asked.kind, source_system=asked.source_system,
        confidentiality=asked.confidentiality, plan_only=asked.plan_only,
    )  # fmt: skip
    row = await commands.receive_past(work, wish)
    shown = await queries.shown(work, row)
    return replies.record(shown, status=202, version=row.version, location=f"/v1/imports/{row.id}")


def _asked(query: PastImportQuery, fields: dict[str, str]) -> PastImportQuery:
    """What the address and the form say together; the form counts where both speak."""
    try:
        return PastImportQuery(**{**query.model_dump(exclude_unset=True), **fields})
    except ValidationError as invalid:
        found = problems.field_problems(invalid.errors(include_url=False, include_input=False))
        raise ValidationFailed(problems=found) from invalid


describe_upload(router, "import_past", raw=RAW, fields=FORM)


@ops.query("/v1/imports", out=PageOut[PastImportOut], needs=P.HISTORY_PREPARE)
async def list_past_imports(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """List imports of past entries.

    The school's imports of past entries, newest first.
    """
    return replies.page(request, await queries.list_imports(reading, page_asked(query)))


@ops.query(
    ONE, out=PastImportOut, needs=P.HISTORY_PREPARE, errors=(wrong.PastImportNotFound,), etag=True
)
async def get_past_import(import_id: UUID, reading: Reading) -> Response:
    """Get an import of past entries.

    Shows how far an import is, its figures, and what was wrong with the file, by code.
    """
    found, version = await queries.get_import(reading, import_id)
    return replies.record(found, version=version)


@ops.query(
    f"{ONE}/problems",
    out=PageOut[PastProblemOut],
    needs=P.HISTORY_PREPARE,
    errors=(wrong.PastImportNotFound,),
)
async def list_past_problems(
    import_id: UUID, request: Request, reading: Reading,
    query: Annotated[PastProblemListIn, Query()],
) -> Response:  # fmt: skip
    """List the problems of an import.

    What was wrong with the file, line by line. No cell is repeated.
    """
    found = await queries.list_problems(reading, import_id, query.code, page_asked(query))
    return replies.page(request, found)


@ops.opening(
    f"{ONE}/entries",
    out=PageOut[PastRowOut],
    needs=P.HISTORY_APPROVE,
    errors=(wrong.PastImportNotFound,),
    etag=False,
)
async def open_past_rows(
    import_id: UUID, request: Request, work: Work, query: Annotated[PastRowListIn, Query()]
) -> Response:
    """Open the rows of an import.

    The plan row by row, with what each says. The audit log keeps who looked.
    """
    return replies.page(request, await queries.open_rows(work, import_id, query, page_asked(query)))


@ops.opening(
    f"{ONE}/children",
    out=PageOut[SourceChildOut],
    needs=P.HISTORY_APPROVE,
    errors=(wrong.PastImportNotFound,),
    etag=False,
)
async def open_source_children(
    import_id: UUID, request: Request, work: Work, query: Annotated[ListIn, Query()]
) -> Response:
    """Open unmatched children of an import.

    Children of the source who are not known here, each with those they may be.
    """
    return replies.page(
        request, await queries.open_source_children(work, import_id, page_asked(query))
    )


@ops.command(
    "POST",
    f"{ONE}/children/{{source_child_id}}/match",
    out=PastImportOut,
    needs=P.HISTORY_APPROVE,
    errors=(
        wrong.PastImportNotFound, wrong.SourceChildNotFound, wrong.PastImportNotPlanned,
        ChildNotFound, ConflictOfInterest, OutsideCohort,
    ),
)  # fmt: skip
async def match_source_child(
    import_id: UUID, source_child_id: UUID, body: MatchSourceChildIn, work: Work
) -> Response:
    """Match a source's child.

    Records which child it is: for every row, and every later file of this system.
    """
    row = await commands.match_source_child(work, import_id, source_child_id, body)
    return await IMPORTS.answer(work, row)


IMPORTS.change(
    "", commands.change_past_import, PastImportPatch,
    "Update an import of past entries.\n\n"
    "Chooses the lowest class, and what the source's categories mean. Cairn plans it again.",
    needs=P.HISTORY_PREPARE, errors=(wrong.PastImportNotPlanned,),
)  # fmt: skip
IMPORTS.change(
    "approve", commands.approve_past_import, ApprovePastImportIn,
    "Approve an import of past entries.\n\n"
    "Adds every new row. It alerts nobody and starts no deadline. What is held stays out.",
    errors=(wrong.PastImportNotPlanned, wrong.PastImportOnlyPlanned, wrong.PastClassNotRead),
)  # fmt: skip
IMPORTS.change(
    "undo", commands.undo_past_import, UndoPastImportIn,
    "Undo an import of past entries.\n\n"
    "Removes what nobody has worked with since. The audit log keeps that it was here.",
    errors=(wrong.PastImportNotApplied, wrong.PastClassNotRead),
)  # fmt: skip

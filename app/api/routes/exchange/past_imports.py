"""Imports of what another system kept: send a file, read its plan, approve it, undo it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.imports import Imports
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.uploads import Received
from app.core.schemas import ListIn, PageOut
from app.core.vocabularies import codes
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest, SecondPersonNeeded
from app.domain.exchange.imports.errors import (
    ImportNotApplied,
    ImportNotFound,
    ImportNotPlanned,
    UndoExpired,
)
from app.domain.exchange.imports.schemas import SOURCE
from app.domain.exchange.past_imports import commands, queries
from app.domain.exchange.past_imports.errors import (
    ImportOnlyPlanned,
    ImportOvertaken,
    PastClassNotRead,
    SourceChildNotFound,
)
from app.domain.exchange.past_imports.schemas import (
    ApprovePastImportIn,
    MatchSourceChildIn,
    PastImportOut,
    PastImportPatch,
    PastImportQuery,
    PastProblemOut,
    PastRowListIn,
    PastRowOut,
    SourceChildOut,
    UndoPastImportIn,
)

P = Permission
ops = Operations("past imports")
router = ops.router
RAW = ("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream")
IMPORTS = Imports(
    ops, "/v1/imports", queries.PAST, PastImportOut, PastProblemOut, P.HISTORY_PREPARE,
    "import_past", ("get_past_import", "list_past_imports", "list_past_problems"),
)  # fmt: skip
ONE = IMPORTS.one
CHANGES = IMPORTS.records(P.HISTORY_APPROVE)


async def _receive(work: Work, received: Received, asked: PastImportQuery) -> Any:
    wish = commands.ReceivePast(
        key=received.key, file_name=received.file_name, sha256=received.sha256,
        size=received.size, kind=asked.kind, source_system=asked.source_system,
        confidentiality=asked.confidentiality, plan_only=asked.plan_only,
    )  # fmt: skip
    return await commands.receive_past(work, wish)


IMPORTS.add_sending(
    _receive, PastImportQuery,
    """Send one file of past entries: as the body, or as the field `file` of a form.

    It is planned by a job; watch it at `Location`. Nothing comes in before a lead approves it.
    What the address says can be fields of the form instead.
    """,
    folder="imports", raw=RAW,
    fields={
        "kind": {"type": "string", "enum": sorted(codes("past_entry_kinds"))},
        "source_system": {"type": "string", "pattern": SOURCE},
        "confidentiality": {"type": "string", "pattern": "^K[2-5]$"},
        "plan_only": {"type": "string", "enum": ["true", "false"]},
    },
)  # fmt: skip
IMPORTS.add_reading(
    "The school's imports of past entries, newest first.",
    "How far an import is, its figures, and what was wrong with the file, by code.",
    "What was wrong with the file, line by line; no cell is repeated.",
)


@ops.opening(
    f"{ONE}/entries",
    out=PageOut[PastRowOut],
    needs=P.HISTORY_APPROVE,
    errors=(ImportNotFound,),
    etag=False,
)
async def open_past_rows(
    import_id: UUID, request: Request, work: Work, query: Annotated[PastRowListIn, Query()]
) -> Response:
    """The plan row by row, with what each says; the audit log keeps who looked."""
    return replies.page(request, await queries.open_rows(work, import_id, query, page_asked(query)))


@ops.opening(
    f"{ONE}/children",
    out=PageOut[SourceChildOut],
    needs=P.HISTORY_APPROVE,
    errors=(ImportNotFound,),
    etag=False,
)
async def open_source_children(
    import_id: UUID, request: Request, work: Work, query: Annotated[ListIn, Query()]
) -> Response:
    """Children of the source that nobody knows here, each with those that may be meant."""
    return replies.page(
        request, await queries.open_source_children(work, import_id, page_asked(query))
    )


@ops.command(
    "POST",
    f"{ONE}/children/{{source_child_id}}/match",
    out=PastImportOut,
    needs=P.HISTORY_APPROVE,
    errors=(
        ImportNotFound, SourceChildNotFound, ImportNotPlanned,
        ChildNotFound, ConflictOfInterest, OutsideCohort,
    ),
)  # fmt: skip
async def match_source_child(
    import_id: UUID, source_child_id: UUID, body: MatchSourceChildIn, work: Work
) -> Response:
    """Say which child it is: for every row, and every file of this system to come."""
    row = await commands.match_source_child(work, import_id, source_child_id, body)
    return await CHANGES.answer(work, row)


CHANGES.change(
    "", commands.change_past_import, PastImportPatch,
    "Choose the class, and what columns and categories mean; it is planned once more.",
    needs=P.HISTORY_PREPARE, errors=(ImportNotPlanned,),
)  # fmt: skip
CHANGES.change(
    "approve", commands.approve_past_import, ApprovePastImportIn,
    "Let in every new row; class K5 needs two leads. No clock starts; what is held stays out.",
    errors=(
        ImportNotPlanned, ImportOnlyPlanned, PastClassNotRead, ImportOvertaken, SecondPersonNeeded,
    ),
)  # fmt: skip
CHANGES.change(
    "undo", commands.undo_past_import, UndoPastImportIn,
    "Remove what nobody has worked with since; the audit log keeps that it was here.",
    errors=(ImportNotApplied, UndoExpired, PastClassNotRead),
)  # fmt: skip

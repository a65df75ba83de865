"""Imports of what another system kept: send a file, read its plan, approve it, undo it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.imports import Imports
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.uploads import Received
from app.core.schemas import ListIn, PageOut, ReasonIn
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
    MatchSourceChildIn,
    PastImportOut,
    PastImportPatch,
    PastImportQuery,
    PastProblemOut,
    PastRowListIn,
    PastRowOut,
    SourceChildOut,
)

P = Permission
ops = Operations("past imports")
router = ops.router
RAW = ("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream")
IMPORTS = Imports(
    ops, "/v1/imports", queries.PAST, PastImportOut, PastProblemOut, P.HISTORY_PREPARE,
    "import_past", ("get_past_import", "list_past_imports", "list_past_problems"),
)  # fmt: skip
ONE = IMPORTS.article
CHANGES = IMPORTS.records(P.HISTORY_APPROVE)


async def _receive(work: Work, received: Received, asked: PastImportQuery) -> Any:
    command = commands.ReceivePast(
        key=received.key, file_name=received.file_name, sha256=received.sha256,
        size=received.size, kind=asked.kind, source=asked.source,
        confidentiality=asked.confidentiality, plan_only=asked.plan_only,
    )  # fmt: skip
    return await commands.receive_past(work, command)


IMPORTS.add_sending(
    _receive, PastImportQuery,
    """Import past entries.

    Takes one file of entries from an earlier system: as the body, or as the form field `file`.

    A job plans the import: follow it at `Location`. Nothing is added until a lead approves it with
    `approve_past_import`. Query parameters can be sent as form fields instead.
    """,
    folder="imports", raw=RAW,
    fields={
        "kind": {"type": "string", "enum": sorted(codes("past_entry_kinds"))},
        "source": {"type": "string", "pattern": SOURCE},
        "confidentiality": {"type": "string", "pattern": "^K[2-5]$"},
        "plan_only": {"type": "string", "enum": ["true", "false"]},
    },
)  # fmt: skip
IMPORTS.add_reading(
    "List imports of past entries.\n\nLists the school's imports of past entries, newest first.",
    "Get an import of past entries.\n\n"
    "Shows how far the import has got, its figures, and what was wrong with the file, by "
    "code.",
    "List the problems of an import.\n\n"
    "Lists what was wrong with the file, line by line. The contents of the cells are never "
    "repeated.",
)


@ops.opening(
    f"{ONE}/entries", out=PageOut[PastRowOut], needs=P.HISTORY_APPROVE, errors=(ImportNotFound,),
    etag=False,
)  # fmt: skip
async def open_past_rows(
    import_id: UUID, request: Request, work: Work, query: Annotated[PastRowListIn, Query()]
) -> Response:
    """Open the rows of an import of past entries.

    Shows the plan row by row, with the text of each entry. The audit log records that you looked.
    Next: `approve_past_import`.
    """
    return replies.page(request, await queries.open_rows(work, import_id, query, page_asked(query)))


@ops.opening(
    f"{ONE}/children", out=PageOut[SourceChildOut], needs=P.HISTORY_APPROVE,
    errors=(ImportNotFound,), etag=False,
)  # fmt: skip
async def list_source_children(
    import_id: UUID, request: Request, work: Work, query: Annotated[ListIn, Query()]
) -> Response:
    """List unmatched children of an import.

    Lists children in the file that Cairn could not match, each with the pupils they may be. Next:
    `match_source_child`.
    """
    return replies.page(
        request, await queries.list_source_children(work, import_id, page_asked(query))
    )


@ops.command(
    "POST",
    f"{ONE}/children/{{source_child_id}}/match",
    out=PastImportOut,
    needs=P.HISTORY_APPROVE,
    errors=(
        ImportNotFound, SourceChildNotFound, ImportNotPlanned,
        ChildNotFound, ConflictOfInterest, OutsideCohort,
    ), no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def match_source_child(
    import_id: UUID, source_child_id: UUID, body: MatchSourceChildIn, work: Work
) -> Response:
    """Match a child in an import to a pupil.

    Records which pupil this child is. It applies to every row, and to every later file from the
    same system.
    """
    row = await commands.match_source_child(work, import_id, source_child_id, body)
    return await CHANGES.answer(work, row)


CHANGES.change(
    "", commands.update_past_import, PastImportPatch,
    "Update an import of past entries.\n\n"
    "Sets the lowest class for the entries, and what the file's columns and categories mean. "
    "Cairn then plans the import again.",
    needs=P.HISTORY_PREPARE, errors=(ImportNotPlanned, PastClassNotRead),
)  # fmt: skip
CHANGES.change(
    "approve", commands.approve_past_import, ReasonIn,
    "Approve an import of past entries.\n\n"
    "Adds every new row to the children's records; class K5 needs two leads. It alerts "
    "nobody and starts no deadline. Held rows are not added.",
    errors=(
        ImportNotPlanned, ImportOnlyPlanned, PastClassNotRead, ConflictOfInterest, ImportOvertaken,
        SecondPersonNeeded,
    ),
)  # fmt: skip
CHANGES.change(
    "undo", commands.undo_past_import, ReasonIn,
    "Undo an import of past entries.\n\n"
    "Removes the entries that nobody has used since. The audit log still shows that they "
    "were here.",
    errors=(ImportNotApplied, UndoExpired, PastClassNotRead, ConflictOfInterest),
)  # fmt: skip

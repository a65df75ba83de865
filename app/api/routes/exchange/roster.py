"""Roster imports: send a file, watch it, read its report, approve a held plan."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.preferences import Prefer, applied, handling_of
from app.api.runtime import Runtime
from app.api.schemas.roster import (
    SOURCE,
    RosterChangeOut,
    RosterChangesQuery,
    RosterImportOut,
    RosterImportQuery,
    RosterProblemOut,
)
from app.api.schemas.roster_facts import (
    RosterChildOut,
    RosterChildrenQuery,
    RosterDigestsOut,
    RosterDigestsQuery,
    RosterFoundOut,
    RosterLookUpIn,
    RosterSourceOut,
)
from app.api.uploads import Received, describe_upload, receive
from app.core.schemas import ListIn, PageOut, given
from app.core.words import Actor, Permission
from app.domain.errors import ValidationFailed
from app.domain.exchange.roster import commands
from app.domain.exchange.roster.errors import RosterImportNotFound
from app.domain.exchange.roster.rules import ImportNotHeld, LeaverNotLookedAt
from app.domain.exchange.roster_changes import queries as changes
from app.domain.exchange.roster_changes.commands import undo_import
from app.domain.exchange.roster_changes.errors import (
    ImportNotApplied,
    LaterImportApplied,
    UndoExpired,
)
from app.domain.exchange.roster_facts import queries as facts
from app.domain.exchange.roster_imports import queries

ops = Operations("roster")
router = ops.router

FILES = (
    "application/zip", "application/x-zip-compressed", "application/octet-stream",
    "application/xml", "text/xml", "text/csv", "application/x-ndjson",
)  # fmt: skip


async def receive_roster_file(request: Request, runtime: Runtime, actor: Actor) -> Received:
    """Stream the file into storage before the transaction begins."""
    limit = runtime.settings.max_roster_bytes
    received = await receive(request, runtime, actor, limit=limit, folder="rosters", raw=FILES)
    received.digest = hashlib.sha256(received.digest + str(handling_of(request)).encode()).digest()
    return received


@ops.command(
    "POST",
    "/v1/roster/imports",
    out=RosterImportOut,
    needs=Permission.ROSTER_IMPORT,
    status=202,
    errors=(problems.BodyTooLarge, problems.MediaTypeUnsupported, problems.BodyMalformed),
    prepare=receive_roster_file,
)
async def import_roster(
    request: Request,
    work: Work,
    query: Annotated[RosterImportQuery, Query()],
    prefer: Prefer = "",
) -> Response:
    """Import a roster: the file as the body, or as the field `file` of a form.

    OneRoster, School Data Sync, CTF, a CSV with its mapping in a zip, or NDJSON: the content
    decides which.

    The import runs as a job; watch it at `Location`. `source`, `organisation_source_id` and
    `plan_only` can be fields of the form instead. With `plan_only` it is held once it is planned.
    """
    received: Received = request.state.prepared
    asked = _asked(query, received.fields)
    wish = commands.ReceiveRoster(
        key=received.key,
        file_name=received.file_name,
        source=asked.source,
        organisation_source_id=asked.organisation_source_id or None,
        plan_only=asked.plan_only,
        handling=handling_of(request) or "lenient",
    )
    row = await commands.receive_roster(work, wish)
    answer = replies.record(
        queries.shown(row), status=202, version=row.version, location=_address(row.id)
    )
    return applied(request, answer)


def _asked(query: RosterImportQuery, fields: dict[str, str]) -> RosterImportQuery:
    """What the address and the form say together; the form counts where both speak."""
    try:
        return RosterImportQuery(**{**query.model_dump(exclude_unset=True), **fields})
    except ValidationError as invalid:
        found = problems.field_problems(invalid.errors(include_url=False, include_input=False))
        raise ValidationFailed(problems=found) from invalid


def _address(import_id: UUID) -> str:
    return f"/v1/roster/imports/{import_id}"


describe_upload(
    router,
    "import_roster",
    raw=FILES,
    fields={
        "source": {"type": "string", "pattern": SOURCE},
        "organisation_source_id": {"type": "string", "maxLength": 255},
        "plan_only": {"type": "boolean"},
    },
)


@ops.query("/v1/roster/imports", out=PageOut[RosterImportOut], needs=Permission.ROSTER_IMPORT)
async def list_roster_imports(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """The school's roster imports, newest first."""
    return replies.page(request, await queries.list_imports(reading, page_asked(query)))


@ops.query(
    "/v1/roster/imports/{import_id}",
    out=RosterImportOut,
    needs=Permission.ROSTER_IMPORT,
    errors=(RosterImportNotFound,),
    etag=True,
)
async def get_roster_import(import_id: UUID, reading: Reading) -> Response:
    """How far an import is, what it does, and why it waits or was refused."""
    found, version = await queries.get_import(reading, import_id)
    return replies.record(found, version=version)


@ops.query(
    "/v1/roster/imports/{import_id}/problems",
    out=PageOut[RosterProblemOut],
    needs=Permission.ROSTER_IMPORT,
    errors=(RosterImportNotFound,),
)
async def list_roster_problems(
    import_id: UUID, request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """What was wrong with the file, line by line, once the import has ended or is held."""
    return replies.page(request, await queries.list_problems(reading, import_id, page_asked(query)))


@ops.command(
    "POST",
    "/v1/roster/imports/{import_id}/approve",
    out=RosterImportOut,
    needs=Permission.ROSTER_IMPORT,
    status=202,
    errors=(RosterImportNotFound, ImportNotHeld, LeaverNotLookedAt),
)
async def approve_roster_import(import_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Let a held plan go ahead; it is compared anew with the record as it then is."""
    row = await commands.approve_import(work, import_id, if_match)
    return replies.record(
        queries.shown(row), status=202, version=row.version, location=_address(row.id)
    )


@ops.query(
    "/v1/roster/imports/{import_id}/changes",
    out=PageOut[RosterChangeOut],
    needs=Permission.ROSTER_IMPORT,
    errors=(RosterImportNotFound,),
)
async def list_roster_changes(
    import_id: UUID,
    request: Request,
    reading: Reading,
    query: Annotated[RosterChangesQuery, Query()],
) -> Response:
    """List what an import changes, child by child and field by field: old value, new value, why.

    It can be read once the plan is made. After an undo, `kept` says what was left.
    """
    page = await changes.list_changes(
        reading, import_id, page_asked(query), kind=query.kind, change=query.change
    )
    return replies.page(request, page)


@ops.command(
    "POST",
    "/v1/roster/imports/{import_id}/undo",
    out=RosterImportOut,
    needs=Permission.ROSTER_IMPORT,
    status=202,
    errors=(RosterImportNotFound, ImportNotApplied, LaterImportApplied, UndoExpired),
)
async def undo_roster_import(import_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Undo an applied import, within 30 days. What people changed since stays, and is listed.

    Nothing is deleted: children and contacts that it added leave the roll or end. Staff stay.
    """
    row = await undo_import(work, import_id, if_match)
    return replies.record(
        queries.shown(row), status=202, version=row.version, location=_address(row.id)
    )


@ops.opening(
    "/v1/roster/children", out=PageOut[RosterChildOut], needs=Permission.ROSTER_READ, etag=False
)
async def list_roster_children(
    request: Request, work: Work, query: Annotated[RosterChildrenQuery, Query()]
) -> Response:
    """List what a source's rosters say of children, to compare it with the source.

    Roster facts alone: no restriction, nothing that people recorded, nothing that tells whether a
    child has a file. Each page leaves a trace.
    """
    page = await facts.list_children(work, query.source, page_asked(query))
    return replies.page(request, page)


@ops.command(
    "POST",
    "/v1/roster/children/search",
    out=RosterFoundOut,
    needs=Permission.ROSTER_READ,
    etag=False,
)
async def look_up_roster_child(body: RosterLookUpIn, work: Work) -> Response:
    """Look up a child of a source by UPN, former UPN, MIS id or the id in the source, exactly.

    The number stands in the body: addresses are often written to logs. It leaves a trace.
    """
    return replies.record({"items": await facts.look_up_child(work, body.source, given(body))})


@ops.query("/v1/roster/digests", out=RosterDigestsOut, needs=Permission.ROSTER_READ)
async def get_roster_digests(
    reading: Reading, query: Annotated[RosterDigestsQuery, Query()]
) -> Response:
    """Count the rows of a source by kind, each with a SHA-256 that the sender can compute too.

    They are the rows as they were last imported: what people changed since alters no digest.
    """
    return replies.record(await facts.get_digests(reading, query.source))


@ops.query("/v1/roster/sources", out=PageOut[RosterSourceOut], needs=Permission.ROSTER_READ)
async def list_roster_sources(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """List the sources: the last good import, what it changed, what is held, since when stale."""
    return replies.page(request, await facts.list_sources(reading, page_asked(query)))

"""Roster imports: send a file, watch it, read its report, approve a held plan."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.imports import Imports
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.roster import (
    RosterChangeOut,
    RosterChangesQuery,
    RosterImportOut,
    RosterImportQuery,
    RosterProblemOut,
)
from app.api.schemas.roster_facts import (
    RosterChildChangesOut,
    RosterChildChangesQuery,
    RosterChildOut,
    RosterChildrenQuery,
    RosterDigestsOut,
    RosterDigestsQuery,
    RosterFoundOut,
    RosterLookUpIn,
    RosterSourceOut,
)
from app.api.uploads import Received
from app.core.schemas import ListIn, PageOut, given
from app.core.words import Permission
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.imports.errors import (
    ImportNotApplied,
    ImportNotFound,
    ImportNotPlanned,
    UndoExpired,
)
from app.domain.exchange.imports.schemas import SOURCE
from app.domain.exchange.roster import commands
from app.domain.exchange.roster.errors import SourceNotOfKey, SourceOfAnotherKey
from app.domain.exchange.roster.rules import LeaverNotLookedAt
from app.domain.exchange.roster_changes import queries as changes
from app.domain.exchange.roster_changes.commands import undo_import
from app.domain.exchange.roster_changes.errors import LaterImportApplied
from app.domain.exchange.roster_facts import queries as facts
from app.domain.exchange.roster_imports import queries

ops = Operations("roster")
router = ops.router

FILES = (
    "application/zip", "application/x-zip-compressed", "application/octet-stream",
    "application/xml", "text/xml", "text/csv", "application/x-ndjson",
)  # fmt: skip


IMPORTS = Imports(
    ops, "/v1/roster/imports", queries.ROSTERS, RosterImportOut, RosterProblemOut,
    Permission.ROSTER_IMPORT, "import_roster",
    ("get_roster_import", "list_roster_imports", "list_roster_problems"),
)  # fmt: skip
CHANGES = IMPORTS.records(Permission.ROSTER_IMPORT)


async def _receive(work: Work, received: Received, asked: RosterImportQuery) -> Any:
    command = commands.ReceiveRoster(
        key=received.key, file_name=received.file_name, source=asked.source,
        organisation_source_id=asked.organisation_source_id or None, plan_only=asked.plan_only,
        handling=received.handling or "lenient",
    )  # fmt: skip
    return await commands.receive_roster(work, command)


IMPORTS.add_sending(
    _receive, RosterImportQuery,
    """Import a roster.

    Takes a roster: the file as the body, or as the form field `file`.

    The format is recognised from the content: OneRoster, School Data Sync, CTF, a CSV with its
    mapping in a zip, or NDJSON.

    A job runs the import: follow it at `Location`. `source`, `organisation_source_id` and
    `plan_only` can be form fields instead. With `plan_only`, the import is held once it is planned.
    A source belongs to one live service key, and no other key can send to it. A key without
    `roster_sources` can send only to sources that no person and no other key uses.
    """,
    folder="rosters", raw=FILES, errors=(SourceOfAnotherKey, SourceNotOfKey), prefers=True,
    fields={
        "source": {"type": "string", "pattern": SOURCE},
        "organisation_source_id": {"type": "string", "maxLength": 255},
        "plan_only": {"type": "boolean"},
    },
)  # fmt: skip
IMPORTS.add_reading(
    "List roster imports.\n\n"
    "Lists the school's roster imports, newest first. A service key sees only those it sent.",
    "Get a roster import.\n\n"
    "Shows how far the import has got, what it changes, and why it is held or was refused. "
    "Next: `list_roster_changes`, then `approve_roster_import`.",
    "List the problems of a roster import.\n\n"
    "Lists what was wrong with the file, line by line, once the import has ended or is held. "
    "Next: `approve_roster_import`, or send a corrected file.",
)
CHANGES.change(
    "approve", commands.approve_import, None,
    "Approve a roster import.\n\n"
    "Applies a held import, after comparing its plan with the record as it is now. Only a "
    "person can approve: a service key cannot, even for a roster it sent.",
    name="approve_roster_import", errors=(ImportNotPlanned, LeaverNotLookedAt),
)  # fmt: skip
CHANGES.change(
    "undo", undo_import, None,
    """Undo a roster import.

    Undoes an applied import, within 30 days. What people have changed since stays, and is listed.

    Enrolments and numbers that the import added are removed. Children it added leave the roll, and
    contacts it added end; none is deleted. Staff stay.
    """,
    name="undo_roster_import", errors=(ImportNotApplied, LaterImportApplied, UndoExpired),
)  # fmt: skip


@ops.query(
    "/v1/roster/imports/{import_id}/changes", out=PageOut[RosterChangeOut],
    needs=Permission.ROSTER_IMPORT, errors=(ImportNotFound,),
)  # fmt: skip
async def list_roster_changes(
    import_id: UUID,
    request: Request,
    reading: Reading,
    query: Annotated[RosterChangesQuery, Query()],
) -> Response:
    """List the changes of a roster import.

    Lists what the import changes, child by child and field by field: old value, new value and why.

    It is available once the plan is made. After an undo, `kept` lists what was left in place.
    """
    page = await changes.list_changes(
        reading, import_id, page_asked(query), kind=query.kind, change=query.change
    )
    return replies.page(request, page)


@ops.opening(
    "/v1/roster/children", out=PageOut[RosterChildOut], needs=Permission.ROSTER_READ,
    errors=(SourceNotOfKey,), etag=False,
)  # fmt: skip
async def list_roster_children(
    request: Request, work: Work, query: Annotated[RosterChildrenQuery, Query()]
) -> Response:
    """List the children of a roster source.

    Lists what a source's rosters say about each child, so that you can compare it with the source.

    It holds roster facts only: nothing that people recorded, and no sign of whether a child has a
    file. The audit log records each page.
    """
    page = await facts.list_children(work, query.source, page_asked(query))
    return replies.page(request, page)


@ops.command(
    "POST", "/v1/roster/children/search", out=RosterFoundOut, needs=Permission.ROSTER_READ,
    errors=(SourceNotOfKey,), etag=False, no_if_match=NoIfMatch.READS,
)  # fmt: skip
async def look_up_roster_child(body: RosterLookUpIn, work: Work) -> Response:
    """Look up a child of a roster source.

    Finds one child of a source by an exact UPN, former UPN, MIS ID or the ID in the source.

    Send the number in the body, because addresses are often written to logs. The audit log records
    the search.
    """
    return replies.record({"items": await facts.look_up_child(work, body.source, given(body))})


@ops.opening(
    "/v1/roster/changes", out=RosterChildChangesOut, needs=Permission.ROSTER_READ,
    errors=(SourceNotOfKey, PlaceUnknown), etag=False,
)  # fmt: skip
async def list_roster_children_changed(
    work: Work, runtime: Served, query: Annotated[RosterChildChangesQuery, Query()]
) -> Response:
    """List roster children changed since a position.

    Lists the children whose facts in the source's rosters have changed, in the order the changes
    were saved.

    Each child appears as it is now, including those who have left. The audit log records each page.
    """
    seal = runtime.cursors.seal
    result = await facts.list_changes(work, seal, query.source, query.since, query.limit)
    return replies.record(result)


@ops.query(
    "/v1/roster/digests", out=RosterDigestsOut, needs=Permission.ROSTER_READ,
    errors=(SourceNotOfKey,),
)  # fmt: skip
async def get_roster_digests(
    reading: Reading, query: Annotated[RosterDigestsQuery, Query()]
) -> Response:
    """Get digests of a roster source.

    Counts a source's rows by kind, each with a SHA-256 that the sender can compute too, so that
    both sides can check they agree.

    The digests cover the rows as last imported: later changes by people do not alter them.
    """
    return replies.record(await facts.get_digests(reading, query.source))


@ops.query("/v1/roster/sources", out=PageOut[RosterSourceOut], needs=Permission.ROSTER_READ)
async def list_roster_sources(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """List roster sources.

    Lists roster sources: the last good import, what it changed, what is held, and since when the
    source is out of date.
    """
    return replies.page(request, await facts.list_sources(reading, page_asked(query)))

"""Children, and everything that is true of a child for a while."""

from dataclasses import replace
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.children import (
    AddedIdentifierOut,
    ChildCard,
    ChildIn,
    ChildOut,
    ChildPatch,
    ChildSearchIn,
    IdentifierOut,
    YearGroupListOut,
)
from app.core.schemas import ListIn, PageOut, given
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import (
    ChildNotFound,
    ConflictOfInterest,
    FieldProblem,
    PermissionMissing,
    StateConflict,
    ValidationFailed,
)
from app.domain.record.children import commands, queries
from app.domain.record.children.errors import IdentifierNotFound, IdentifierTaken
from app.domain.record.children.schemas import IdentifierIn

ops = Operations("children")
router = ops.router
NOT_REACHED = (ChildNotFound, OutsideCohort, ConflictOfInterest)
CHILDREN = Records(
    ops, "/v1/children/{child_id}", ChildOut, None,
    writes=Permission.CHILD_CHANGE, errors=NOT_REACHED,
)  # fmt: skip
IDENTIFIERS = Records(
    ops, "/v1/children/{child_id}/identifiers/{identifier_id}", IdentifierOut, None,
    writes=Permission.CHILD_CHANGE, errors=(*NOT_REACHED, IdentifierNotFound, StateConflict),
)  # fmt: skip


@ops.command(
    "POST", "/v1/children/search", out=PageOut[ChildCard], needs=Permission.CHILD_SEARCH,
    etag=False, by_password=True, no_if_match=NoIfMatch.READS,
)  # fmt: skip
async def search_children(body: ChildSearchIn, work: Work) -> Response:
    """Search children.

    Finds children by name, year group, registration group and roll status, in order of name. Next:
    `open_child`.

    Send the search in the body, because addresses are often written to logs. The audit log records
    the IDs of the children shown and a hash of the name, never the name. A search typed letter by
    letter is one entry, written when the search ends. Similar names come on one page.
    """
    try:
        command = _search(body)
    except ValidationFailed as invalid:
        raise ValidationFailed(
            problems=[_in_body(problem) for problem in invalid.problems]
        ) from invalid
    result = await queries.search_children(work, command)
    items = [orjson.Fragment(summary) for summary in result.items]
    return replies.record({"items": items, "next": result.next})


@ops.query("/v1/year-groups", out=YearGroupListOut, needs=Permission.CHILD_SEARCH, by_password=True)
async def get_year_groups(reading: Reading) -> Response:
    """Get year groups and registration groups.

    Lists the year groups and registration groups of pupils on roll, with the number in each, for a
    filter. It names nobody.
    """
    return replies.record({"items": await queries.read_groups(reading)})


def _in_body(problem: FieldProblem) -> FieldProblem:
    return replace(problem, pointer=problem.pointer.removeprefix("/query"))


def _search(asked: ChildSearchIn) -> queries.SearchChildren:
    page = page_asked(ListIn(limit=asked.limit, cursor=asked.cursor))
    status = None if asked.roll_status == "any" else asked.roll_status
    return queries.SearchChildren(asked.q, asked.year_group, asked.registration_group, status, page)


@ops.command(
    "POST", "/v1/children", out=ChildOut, needs=Permission.CHILD_CHANGE, status=201,
    errors=(IdentifierTaken,),
)  # fmt: skip
async def add_child(body: ChildIn, work: Work) -> Response:
    """Add a child.

    Adds a child to the school. Next: `raise_concern`, or `add_contact`.
    """
    facts = given(body, but_not=("id", "identifiers", "enrolled_from"))
    record, version = await commands.add_child(
        work, facts, body.identifiers, body.enrolled_from, id_=body.id
    )
    return replies.record(
        record, status=201, version=version, location=f"/v1/children/{record['id']}"
    )


@ops.opening(
    "/v1/children/{child_id}", out=ChildOut, needs=None, errors=(*NOT_REACHED, PermissionMissing)
)
async def open_child(child_id: UUID, work: Work, request: Request) -> Response:
    """Open a child's record.

    Shows the child's record. The audit log records that you opened it. For the rest call
    `read_chronology`, `open_contacts` and `open_statuses`.

    You need `child:open` or `child:change`; without `child:open`, safeguarding details are left
    out.
    """
    record, version = await commands.open_child(work, child_id)
    return replies.record(record, version=version, request=request)


CHILDREN.change(
    "", commands.update_child, ChildPatch,
    "Update a child.\n\n"
    "Changes the child's details with a merge patch. Earlier values are kept.",
)  # fmt: skip


@ops.command(
    "POST", "/v1/children/{child_id}/identifiers", out=AddedIdentifierOut,
    needs=Permission.CHILD_CHANGE, status=201, errors=(*NOT_REACHED, IdentifierTaken),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_identifier(child_id: UUID, body: IdentifierIn, work: Work) -> Response:
    """Add a UPN or other number to a child.

    Adds a number such as a UPN. Send and receive the child's ETag: the child's record shows its
    numbers.

    A child has one UPN, ULN, NHS, CHI, H&C and Scottish candidate number at a time. A new number
    ends the old one, and an old UPN becomes a `former_upn`. A permanent UPN replaces a temporary
    one, never the other way round.
    """
    added = await commands.add_identifier(work, child_id, body)
    return replies.record(
        {**added.record, "warnings": added.warnings},
        status=201,
        version=added.child_version,
        location=f"/v1/children/{child_id}",
    )


IDENTIFIERS.change(
    "end", commands.end_identifier, None,
    "End a UPN or other number of a child.\n\n"
    "Ends a number that is no longer used, or was never right. Send the child's ETag.",
)  # fmt: skip

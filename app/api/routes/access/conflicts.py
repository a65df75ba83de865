"""Conflicts of interest: they lock out the person who has one, in any role."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records, again
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.concerns import NamedStaffIn
from app.api.schemas.conflicts import ConflictListIn, ConflictOut, ConflictSuggestionOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.conflicts import commands, queries
from app.domain.access.conflicts.errors import ConflictKnown, ConflictNotFound, NobodyLeft
from app.domain.access.conflicts.schemas import ConflictEndIn, ConflictIn
from app.domain.errors import (
    ChildNotFound,
    ConcernMoved,
    ConcernNotFound,
    PermissionMissing,
    SecondPersonNeeded,
    StaffNotFound,
    StateConflict,
)

ops = Operations("access")
router = ops.router
CONFLICTS = Records(
    ops, "/v1/conflicts/{conflict_id}", ConflictOut, again(queries.read_conflict), writes=None,
    errors=(ConflictNotFound, SecondPersonNeeded, StateConflict, PermissionMissing),
)  # fmt: skip


@ops.query("/v1/conflicts", out=PageOut[ConflictOut], needs=Permission.CONFLICT_DECLARE)
async def list_conflicts(
    query: Annotated[ConflictListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List conflicts of interest.

    Lists conflicts of interest, newest first. Safeguarding leads and the headteacher see all of
    them; other staff see their own.

    A conflict with a concern that names you is never in your own list.
    """
    asked = query.model_dump(exclude={"limit", "cursor"})
    return replies.page(request, await queries.list_conflicts(reading, asked, page_asked(query)))


@ops.command(
    "POST", "/v1/conflicts", out=ConflictOut, status=201, needs=Permission.CONFLICT_DECLARE,
    errors=(ChildNotFound, StaffNotFound, ConflictKnown),
)  # fmt: skip
async def declare_conflict(body: ConflictIn, work: Work) -> Response:
    """Declare a conflict of interest.

    Records that you have a personal interest in a child. Your access to the child's record ends at
    once. If you may grant access, you can declare a conflict for a colleague too.

    If no lead, deputy or headteacher could then read the file, the conflict is only `suggested` and
    locks nobody out.
    """
    declared = await commands.declare_conflict(work, body)
    conflict = await queries.read_conflict(await work.driver(), work.actor, declared)
    return replies.versioned(conflict, status=201, location="/v1/conflicts")


@ops.query(
    "/v1/conflicts/suggestions", out=PageOut[ConflictSuggestionOut], needs=Permission.ACCESS_GRANT
)
async def list_conflict_suggestions(reading: Reading) -> Response:
    """List suggested conflicts of interest.

    Lists members of staff who share a name and phone number with a child's contact. To confirm one,
    call `declare_conflict`.

    To remove a wrong suggestion, call `declare_conflict`, then `end_conflict`.
    """
    return replies.listing(await queries.list_suggestions(reading))


CONFLICTS.change(
    "end", commands.end_conflict, ConflictEndIn,
    "End a conflict of interest.\n\n"
    "Ends a conflict of interest that is wrong or over. A lead or the headteacher does this, "
    "but never for a conflict of their own.\n\n"
    "If the conflict was found in the roster, it comes back only with another contact. If it "
    "is with a concern, it ends for every concern merged with that one.",
    recent=True,
)  # fmt: skip
CONFLICTS.change(
    "confirm", commands.confirm_conflict, None,
    "Confirm a conflict of interest.\n\n"
    "Confirms a suggested or doubtful conflict of interest. A lead or the headteacher does "
    "this. Nobody confirms a suggestion about a colleague that they entered themselves.\n\n"
    "Cairn refuses it if no lead, deputy or headteacher could then read the file. If it is "
    "with a concern, it applies to every concern merged with that one.",
    recent=True, errors=(NobodyLeft,),
)  # fmt: skip


@ops.command(
    "POST", "/v1/concerns/{concern_id}/named-staff", out=ConflictOut, status=201,
    needs=Permission.CONCERN_AMEND,
    errors=(ConcernNotFound, ConcernMoved, StaffNotFound, ConflictKnown), by_password=True,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def lock_out_named_staff(concern_id: UUID, body: NamedStaffIn, work: Work) -> Response:
    """Lock a named member of staff out of a concern.

    Records that a concern is about a member of staff, or names one. They lose access to it at once,
    and their work on it moves to a colleague.

    It is only suggested if no lead, deputy or headteacher could then read the concern. To undo it,
    call `end_conflict`.
    """
    named = await commands.lock_out_named_staff(work, concern_id, body.staff_id, body.reason)
    result = await queries.read_named(await work.driver(), work.actor, named)
    return replies.versioned(result, status=201, location="/v1/conflicts")

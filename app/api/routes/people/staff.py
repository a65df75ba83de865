"""Staff and their roles."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.staff import (
    MembershipEndIn,
    MembershipListIn,
    MembershipOut,
    StaffCard,
    StaffIn,
    StaffListIn,
    StaffOut,
    StaffPatch,
)
from app.core.schemas import PageOut, given
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded, StaffNotFound
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.commands import EndMembership
from app.domain.people.memberships.errors import (
    GrantExceedsOwn,
    HandOverUnsuitable,
    LastAdministrator,
    LastLead,
    MembershipExists,
    MembershipNotFound,
    MembershipOver,
    OwnAdminMembership,
    RoleProtected,
    WorkWouldBeOrphaned,
)
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.people.staff import commands as staff
from app.domain.people.staff import queries
from app.domain.people.staff.errors import StaffExists

ops = Operations("staff")
router = ops.router


@ops.query("/v1/staff", out=PageOut[StaffCard], needs=Permission.STAFF_READ)
async def list_staff(
    request: Request, reading: Reading, query: Annotated[StaffListIn, Query()]
) -> Response:
    """List staff.

    Lists staff by name, with the roles they hold today.
    """
    result = await queries.list_staff(reading, page_asked(query), name=query.q, role=query.role)
    return replies.page(request, result)


@ops.query(
    "/v1/staff/{staff_id}", out=StaffOut, needs=Permission.STAFF_READ, errors=(StaffNotFound,),
    etag=True,
)  # fmt: skip
async def get_staff(staff_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a member of staff.

    Shows one member of staff and the roles they hold.
    """
    day = reading.today
    result = await queries.read_staff(reading.driver, reading.actor, day, staff_id)
    return replies.record(result, version=result.pop("version"), request=request)


@ops.command(
    "POST", "/v1/staff", out=StaffOut, needs=Permission.STAFF_CHANGE, status=201,
    errors=(StaffExists, GrantExceedsOwn), recent=True,
)  # fmt: skip
async def add_staff(body: StaffIn, work: Work) -> Response:
    """Add a member of staff.

    Adds a member of staff and invites them by email. Their roles start once they accept.

    You can give only roles that carry no more than your own. The answer never shows whether the
    person has an account elsewhere.
    """
    staff_id = await staff.add_staff(work, **body.model_dump())
    return await _answer(work, staff_id, status=201, location=f"/v1/staff/{staff_id}")


@ops.command(
    "PATCH", "/v1/staff/{staff_id}", out=StaffOut, needs=Permission.STAFF_CHANGE,
    errors=(StaffNotFound,),
)  # fmt: skip
async def update_staff(staff_id: UUID, body: StaffPatch, work: Work, if_match: IfMatch) -> Response:
    """Update a member of staff.

    Changes a colleague's name, job title or phone number with a merge patch. A number that replaces
    another counts once they confirm it.
    """
    await staff.update_staff(work, staff_id, if_match, given(body))
    return await _answer(work, staff_id)


async def _answer(
    work: Work, staff_id: UUID, *, status: int = 200, location: str | None = None
) -> Response:
    result = await queries.read_staff(await work.driver(), work.actor, work.today, staff_id)
    return replies.record(result, status=status, version=result.pop("version"), location=location)


@ops.query(
    "/v1/staff/{staff_id}/memberships", out=PageOut[MembershipOut], needs=Permission.STAFF_READ,
    errors=(StaffNotFound,),
)  # fmt: skip
async def list_memberships(
    request: Request, staff_id: UUID, reading: Reading, query: Annotated[MembershipListIn, Query()]
) -> Response:
    """List the roles of a member of staff.

    Lists every role the person has here, past and future ones too, newest first.
    """
    result = await queries.list_memberships(reading, staff_id, page_asked(query))
    return replies.page(request, result)


@ops.command(
    "POST", "/v1/staff/{staff_id}/memberships", out=MembershipOut, needs=Permission.STAFF_READ,
    status=201, errors=(StaffNotFound, SecondPersonNeeded, GrantExceedsOwn, MembershipExists),
    recent=True, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_membership(staff_id: UUID, body: MembershipIn, work: Work) -> Response:
    """Give a member of staff a role.

    Gives a colleague a role, until a given day or until it is ended.

    You need `staff:change` or `role:grant`. You can give only roles that carry no more than your
    own, and never to yourself.
    """
    membership_id = await memberships.add_membership(work, staff_id, body)
    membership = await queries.read_membership(
        await work.driver(), work.actor, work.today, membership_id
    )
    return replies.versioned(membership, status=201, location=f"/v1/staff/{staff_id}/memberships")


@ops.command(
    "POST",
    "/v1/staff/{staff_id}/memberships/{membership_id}/end",
    out=MembershipOut,
    needs=Permission.STAFF_READ,
    errors=(
        StaffNotFound,
        MembershipNotFound,
        RoleProtected,
        MembershipOver,
        LastLead,
        LastAdministrator,
        OwnAdminMembership,
        WorkWouldBeOrphaned,
        HandOverUnsuitable,
    ),
    recent=True,
)
async def end_membership(
    staff_id: UUID, membership_id: UUID, body: MembershipEndIn, work: Work, if_match: IfMatch
) -> Response:
    """End a role of a member of staff.

    Ends a colleague's role, today or on a later day. The last safeguarding lead keeps theirs.

    If it ends today, sessions in that role end and open work goes to `hand_over_to`. You need
    `staff:change`, or `role:grant` for a role you could give. Only `role:grant` ends a role that
    reads records or grants roles.
    """
    command = EndMembership(staff_id, membership_id, body.hand_over_to, body.on, if_match)
    await memberships.end_membership(work, command)
    membership = await queries.read_membership(
        await work.driver(), work.actor, work.today, membership_id
    )
    return replies.versioned(membership)

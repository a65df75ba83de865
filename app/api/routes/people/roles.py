"""Roles: those built in, and those a school defines from the same permissions."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.schemas.roles import (
    PermissionOut,
    RoleCard,
    RoleEndIn,
    RoleIn,
    RoleListIn,
    RoleOut,
    RolePatch,
)
from app.core.schemas import PageOut, given
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded
from app.domain.people.memberships import errors as staff_errors
from app.domain.people.roles import commands, queries
from app.domain.people.roles.errors import RoleExists, RoleHeld, RoleNotFound, RoleOver

ops = Operations("roles")
router = ops.router


@ops.query("/v1/permissions", out=PageOut[PermissionOut], needs=Permission.STAFF_READ)
async def list_permissions(reading: Reading) -> Response:
    """List permissions.

    Lists every permission a role can carry, and what each allows.
    """
    return replies.listing(queries.list_permissions())


@ops.query("/v1/roles", out=PageOut[RoleCard], needs=Permission.STAFF_READ)
async def list_roles(reading: Reading, query: Annotated[RoleListIn, Query()]) -> Response:
    """List roles.

    Lists every role a person can hold here, and what it may do and read. Send `state=ended` for
    roles that the school has ended.
    """
    return replies.listing(await queries.list_roles(reading, state=query.state))


@ops.query(
    "/v1/roles/{role_id}", out=RoleOut, needs=Permission.STAFF_READ, errors=(RoleNotFound,),
    etag=True,
)  # fmt: skip
async def get_role(role_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a role.

    Shows one role that the school created.
    """
    role = await queries.read_role(reading.driver, reading.actor, role_id)
    return replies.record(role, version=role.pop("version"), request=request)


@ops.command(
    "POST", "/v1/roles", out=RoleOut, needs=Permission.ROLE_DEFINE, status=201,
    errors=(RoleExists, staff_errors.GrantExceedsOwn), recent=True,
)  # fmt: skip
async def define_role(body: RoleIn, work: Work) -> Response:
    """Define a role.

    Creates a role of the school's own. It can carry only what your own role carries. Next:
    `add_membership`.
    """
    fields = {name: getattr(body, name) for name in commands.CONTENT}
    role_id = await commands.define_role(work, body.slug, body.label, fields, body.id)
    return await _answer(work, role_id, status=201, location=f"/v1/roles/{role_id}")


@ops.command(
    "PATCH",
    "/v1/roles/{role_id}",
    out=RoleOut,
    needs=Permission.ROLE_DEFINE,
    errors=(
        RoleNotFound,
        RoleOver,
        staff_errors.GrantExceedsOwn,
        staff_errors.RoleProtected,
        staff_errors.WorkWouldBeOrphaned,
        staff_errors.HandOverUnsuitable,
        SecondPersonNeeded,
    ),
    recent=True,
)
async def update_role(role_id: UUID, body: RolePatch, work: Work, if_match: IfMatch) -> Response:
    """Update a role.

    Changes the role with a merge patch. It applies from the next request of the people who hold it.
    """
    fields = given(body, but_not=("hand_over_to",))
    await commands.update_role(work, role_id, if_match, fields, body.hand_over_to)
    return await _answer(work, role_id)


@ops.command(
    "POST",
    "/v1/roles/{role_id}/end",
    out=RoleOut,
    needs=Permission.ROLE_DEFINE,
    errors=(
        RoleNotFound,
        RoleOver,
        RoleHeld,
        staff_errors.RoleProtected,
        staff_errors.WorkWouldBeOrphaned,
        staff_errors.HandOverUnsuitable,
    ),
    recent=True,
)
async def end_role(role_id: UUID, body: RoleEndIn, work: Work, if_match: IfMatch) -> Response:
    """End a role.

    Ends the role. Cairn refuses while people hold it, unless you ask to end their memberships too.
    """
    await commands.end_role(work, role_id, if_match, body.end_memberships, body.hand_over_to)
    return await _answer(work, role_id)


async def _answer(
    work: Work, role_id: UUID, *, status: int = 200, location: str | None = None
) -> Response:
    role = await queries.read_role(await work.driver(), work.actor, role_id)
    return replies.record(role, status=status, version=role.pop("version"), location=location)

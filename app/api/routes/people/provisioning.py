"""Which role a group of the identity provider stands for, and deciding on what groups propose."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.provisioning import (
    GroupRoleIn,
    RoleProposalListIn,
    RoleProposalOut,
    ScimGroupCard,
    ScimGroupListIn,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded, StaffNotFound
from app.domain.people.memberships.errors import GrantExceedsOwn
from app.domain.people.role_proposals import commands as role_proposals
from app.domain.people.role_proposals import queries as role_proposals_queries
from app.domain.people.role_proposals.errors import ProposalDecided, RoleProposalNotFound
from app.domain.people.scim_groups import commands as scim_groups
from app.domain.people.scim_groups import queries as scim_groups_queries
from app.domain.people.scim_groups.errors import ScimGroupNotFound

ops = Operations("provisioning")
router = ops.router
DECIDING = (
    RoleProposalNotFound, ProposalDecided, SecondPersonNeeded, StaffNotFound,
    GrantExceedsOwn,
)  # fmt: skip


@ops.query("/v1/scim-groups", out=PageOut[ScimGroupCard], needs=Permission.STAFF_CHANGE)
async def list_scim_groups(
    request: Request, reading: Reading, query: Annotated[ScimGroupListIn, Query()]
) -> Response:
    """List an identity provider's groups.

    Lists the groups your identity provider sent, newest first, each with the role it gives.
    """
    result = await scim_groups_queries.list_scim_groups(reading, page_asked(query))
    return replies.page(request, result)


@ops.query(
    "/v1/scim-groups/{group_id}", out=ScimGroupCard, needs=Permission.STAFF_CHANGE,
    errors=(ScimGroupNotFound,), etag=True,
)  # fmt: skip
async def get_scim_group(group_id: UUID, reading: Reading, request: Request) -> Response:
    """Get an identity provider's group.

    Shows one group and the role it gives.
    """
    scim_group = await scim_groups_queries.read_scim_group(
        reading.driver, reading.actor.school_id, group_id
    )
    return replies.record(scim_group, version=scim_group.pop("version"), request=request)


@ops.command(
    "PUT", "/v1/scim-groups/{group_id}/role", out=ScimGroupCard, needs=Permission.STAFF_CHANGE,
    errors=(ScimGroupNotFound, GrantExceedsOwn), recent=True,
)  # fmt: skip
async def set_scim_group_role(
    group_id: UUID, body: GroupRoleIn, work: Work, if_match: IfMatch
) -> Response:
    """Set the role of an identity provider's group.

    Sets the role that members of a group get.

    Members get an everyday role at once. A role that reads records or administers something is only
    proposed. So is any role for yourself or for the person who made the key. Somebody who holds
    everything in that role then calls `confirm_role_proposal`.
    """
    await scim_groups.map_group(work, group_id, if_match, body.role)
    scim_group = await scim_groups_queries.read_scim_group(
        await work.driver(), work.actor.school_id, group_id
    )
    return replies.record(scim_group, version=scim_group.pop("version"))


@ops.query("/v1/role-proposals", out=PageOut[RoleProposalOut], needs=Permission.ROLE_GRANT)
async def list_role_proposals(
    request: Request, reading: Reading, query: Annotated[RoleProposalListIn, Query()]
) -> Response:
    """List proposed roles.

    Lists the roles that groups propose for people, newest first. Next: `confirm_role_proposal` or
    `refuse_role_proposal`.
    """
    result = await role_proposals_queries.list_role_proposals(
        reading, query.state, page_asked(query)
    )
    return replies.page(request, result)


@ops.query(
    "/v1/role-proposals/{proposal_id}", out=RoleProposalOut, needs=Permission.ROLE_GRANT,
    errors=(RoleProposalNotFound,), etag=True,
)  # fmt: skip
async def get_role_proposal(proposal_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a proposed role.

    Shows the person, the proposed role, and the group it comes from.
    """
    role_proposal = await role_proposals_queries.read_role_proposal(
        reading.driver, reading.actor, proposal_id
    )
    return replies.record(role_proposal, version=role_proposal.pop("version"), request=request)


@ops.command(
    "POST", "/v1/role-proposals/{proposal_id}/confirm", out=RoleProposalOut,
    needs=Permission.ROLE_GRANT, errors=DECIDING, recent=True,
)  # fmt: skip
async def confirm_role_proposal(proposal_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Confirm a proposed role.

    Gives the person the proposed role. You can give only what you hold yourself, and never to
    yourself.
    """
    return await _decide(work, proposal_id, if_match, confirm=True)


@ops.command(
    "POST", "/v1/role-proposals/{proposal_id}/refuse", out=RoleProposalOut,
    needs=Permission.ROLE_GRANT, errors=DECIDING, recent=True,
)  # fmt: skip
async def refuse_role_proposal(proposal_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Refuse a proposed role.

    Refuses the role. If the person joins the group again, Cairn proposes it again.
    """
    return await _decide(work, proposal_id, if_match, confirm=False)


async def _decide(work: Work, proposal_id: UUID, version: int, *, confirm: bool) -> Response:
    await role_proposals.decide_proposal(work, proposal_id, version, confirm)
    role_proposal = await role_proposals_queries.read_role_proposal(
        await work.driver(), work.actor, proposal_id
    )
    return replies.record(role_proposal, version=role_proposal.pop("version"))

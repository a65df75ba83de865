"""Child groups: stated, confirmed, widened and ended."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.child_groups import ChildGroupCard, ChildGroupListIn, ChildGroupOut
from app.api.shapes.filters import child_groups_asked
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import CairnError
from app.domain.safety.child_groups import commands, errors
from app.domain.safety.child_groups.schemas import ChildGroupIn, ChildGroupMembersIn

ops = Operations("child groups")
router = ops.router
ONE = "/v1/child-groups/{child_group_id}"
READS, WRITES = Permission.LINKED_CONCERNS_READ, Permission.SAFETY_WRITE
CHANGES: Sequence[type[CairnError]] = (errors.ChildGroupNotFound, errors.ChildGroupEnded)
GROUPS = Records(ops, ONE, ChildGroupOut, commands.whole, writes=WRITES, errors=CHANGES)


@ops.query("/v1/child-groups", out=PageOut[ChildGroupCard], needs=READS)
async def list_child_groups(
    query: Annotated[ChildGroupListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List child groups.

    Lists child groups, newest first. Groups with a child you have a conflict of interest with are
    left out.
    """
    asked = child_groups_asked(query)
    return replies.ready_page(
        request, await commands.list_child_groups(reading, asked, page_asked(query))
    )


@ops.command("POST", "/v1/child-groups", out=ChildGroupOut, needs=WRITES, status=201)
async def create_child_group(body: ChildGroupIn, work: Work) -> Response:
    """Create a child group.

    Creates a group of children who are connected. It links no concerns until a person confirms it:
    call `confirm_child_group`.
    """
    return await GROUPS.made(work, await commands.create_child_group(work, body))


@ops.opening(ONE, out=ChildGroupOut, needs=READS, errors=(errors.ChildGroupNotFound,))
async def open_child_group(child_group_id: UUID, work: Work, request: Request) -> Response:
    """Open a child group.

    Shows one child group and its children.
    """
    child_group, result = await commands.open_child_group(work, child_group_id)
    return replies.record(result, version=child_group.version, request=request)


GROUPS.change(
    "confirm", commands.confirm_child_group, None,
    "Confirm a child group.\n\n"
    "Confirms that the children are connected. From now on Cairn can link their concerns.",
    errors=(errors.ChildGroupConfirmed,),
)  # fmt: skip
GROUPS.change(
    "members", commands.add_members, ChildGroupMembersIn,
    "Add children to a child group.\n\n"
    "Adds more children to the group. Once the group is confirmed, their concerns can be "
    "linked too.",
    name="add_child_group_members",
)  # fmt: skip
GROUPS.change(
    "end", commands.end_child_group, ReasonIn,
    "End a child group.\n\n"
    "Ends the group because it is wrong or over. Concerns already linked stay linked.",
)  # fmt: skip

"""Bodies and rows of child groups to wishes and answers."""

from starlette.responses import Response

from app.api import replies
from app.api.schemas.child_groups import ChildGroupIn, ChildGroupListIn
from app.db.models import ChildGroup
from app.db.repositories.safety.child_groups import ChildGroupFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.child_groups import commands


def asked(query: ChildGroupListIn) -> ChildGroupFilter:
    """The filters of a list."""
    return ChildGroupFilter(query.state == "ended", query.confirmed, query.kind, query.child_id)


def wish(body: ChildGroupIn) -> commands.CreateChildGroup:
    """A child group as the command takes it."""
    return commands.CreateChildGroup(
        body.id, body.kind, body.child_ids, body.registration_group, body.label, body.heard_from,
        body.confirm,
    )  # fmt: skip


async def child_group(work: UnitOfWork, row: ChildGroup, *, status: int = 200) -> Response:
    """One child group with its ETag."""
    location = f"/v1/child-groups/{row.id}" if status == 201 else None
    found = await commands.whole(work, row)
    return replies.record(found, status=status, version=row.version, location=location)

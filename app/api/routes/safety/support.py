"""Support for friends who told, found items, home safety talks and site requests."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.support import (
    FoundItemContentOut,
    FoundItemFields,
    FoundItemIn,
    FoundItemOut,
    FriendSupportBegunOut,
    FriendSupportContentOut,
    FriendSupportFields,
    FriendSupportIn,
    FriendSupportOut,
    HomeSafetyTalkContentOut,
    HomeSafetyTalkFields,
    HomeSafetyTalkIn,
    HomeSafetyTalkOut,
    PartListIn,
    SiteRequestIn,
    SiteRequestOut,
)
from app.api.shapes import reintegrations as shapes
from app.api.shapes.safety_records import content_of
from app.core.schemas import ListIn, PageOut
from app.core.words import Permission
from app.domain.access.checks.children import OutsideCohort
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    ConflictOfInterest,
    FileFrozen,
    FileLocked,
)
from app.domain.record.concerns.errors import OccurredInFuture
from app.domain.safety.records.errors import ConcernOfAnother
from app.domain.safety.records.reading import list_records
from app.domain.safety.reintegrations import found_items, friends, site_requests
from app.domain.safety.reintegrations.errors import SiteRequestNotFound, SiteRequestOwnerUnsuitable

ops = Operations("support")
router = ops.router
READ = (ChildNotFound, ConflictOfInterest, OutsideCohort)
KEEP = (*READ, FileLocked, ConcernNotFound, ConcernOfAnother, OccurredInFuture)
Pages = Annotated[PartListIn, Query()]


@ops.command(
    "POST",
    "/v1/children/{child_id}/friend-support",
    out=FriendSupportBegunOut,
    status=201,
    needs=Permission.CONCERN_RAISE,
    errors=(ChildNotFound, ConflictOfInterest, FileFrozen, FileLocked),
    etag=False,
)
async def support_friend(child_id: UUID, body: FriendSupportIn, work: Work) -> Response:
    """Begin support for a friend who told; a lead sees to it. It hangs on no other child."""
    wish = friends.FriendSupport(body.id, content_of(body, FriendSupportFields), body.urgent)
    record = await friends.support_friend(work, child_id, wish)
    content = {"id": record.id, "child_id": child_id, "recorded_at": record.recorded_at}
    path = f"/v1/children/{child_id}/friend-support"
    return replies.record(content, status=201, location=path)


@ops.opening(
    "/v1/children/{child_id}/friend-support",
    out=PageOut[FriendSupportOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_friend_support(
    child_id: UUID, query: Pages, work: Work, request: Request
) -> Response:
    """Support of a pupil who told about a friend, the newest first."""
    return await _listed(work, request, child_id, friends.KIND, query, FriendSupportContentOut)


@ops.command(
    "POST",
    "/v1/children/{child_id}/found-items",
    out=FoundItemOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=KEEP,
    etag=False,
)
async def record_found_item(child_id: UUID, body: FoundItemIn, work: Work) -> Response:
    """Write down an item that was given up or found, and where it is now."""
    wish = found_items.Keep(found_items.ITEM, content_of(body, FoundItemFields), body.id,
    body.concern_id,
                      body.at)  # fmt: skip
    record = await found_items.keep(work, child_id, wish)
    return await shapes.record(work, record, FoundItemContentOut, "found-items")


@ops.opening(
    "/v1/children/{child_id}/found-items",
    out=PageOut[FoundItemOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_found_items(child_id: UUID, query: Pages, work: Work, request: Request) -> Response:
    """Items that were given up or found, the newest first."""
    return await _listed(work, request, child_id, found_items.ITEM, query, FoundItemContentOut)


@ops.command(
    "POST",
    "/v1/children/{child_id}/home-safety-talks",
    out=HomeSafetyTalkOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=KEEP,
    etag=False,
)
async def record_home_safety_talk(child_id: UUID, body: HomeSafetyTalkIn, work: Work) -> Response:
    """Write down a talk with carers about making home safer."""
    wish = found_items.Keep(found_items.HOME, content_of(body, HomeSafetyTalkFields), body.id,
    body.concern_id,
                      body.at)  # fmt: skip
    record = await found_items.keep(work, child_id, wish)
    return await shapes.record(work, record, HomeSafetyTalkContentOut, "home-safety-talks")


@ops.opening(
    "/v1/children/{child_id}/home-safety-talks",
    out=PageOut[HomeSafetyTalkOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_home_safety_talks(
    child_id: UUID, query: Pages, work: Work, request: Request
) -> Response:
    """Talks with carers about making home safer, the newest first."""
    return await _listed(work, request, child_id, found_items.HOME, query, HomeSafetyTalkContentOut)


async def _listed(
    work: Work, request: Request, child_id: UUID, kind: str, query: ListIn, out: type[BaseModel]
) -> Response:
    found = await list_records(work, child_id, kind, page_asked(query))
    return replies.page(request, shapes.records(found, out))


@ops.command(
    "POST",
    "/v1/site-requests",
    out=SiteRequestOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=(SiteRequestOwnerUnsuitable,),
    etag=False,
)
async def create_site_request(body: SiteRequestIn, work: Work) -> Response:
    """Note a place that needs something done, and give somebody the task."""
    wish = site_requests.CreateSiteRequest(
        body.id, body.place, body.needs, body.reason, body.owner_id
    )
    row = await site_requests.create_site_request(work, wish)
    path = f"/v1/site-requests/{row.id}"
    return replies.record(await site_requests.shown(work, row), status=201, location=path)


@ops.opening(
    "/v1/site-requests/{site_request_id}",
    out=SiteRequestOut,
    needs=Permission.TASK_DO,
    errors=(SiteRequestNotFound,),
    etag=False,
)
async def open_site_request(site_request_id: UUID, work: Work) -> Response:
    """Open a site request: its owner and leads may; only leads read why."""
    return replies.record(await site_requests.open_site_request(work, site_request_id))

"""Support for friends who told, items and means at home, and places on the site."""

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
    FriendSupportBegunOut,
    FriendSupportContentOut,
    FriendSupportFields,
    FriendSupportIn,
    FriendSupportOut,
    HomeMeansContentOut,
    HomeMeansFields,
    HomeMeansIn,
    HomeMeansOut,
    ItemFoundContentOut,
    ItemFoundFields,
    ItemFoundIn,
    ItemFoundOut,
    PartListIn,
    SiteSpotIn,
    SiteSpotOut,
)
from app.api.shapes import returns as shapes
from app.api.shapes.safety_records import content_of
from app.core.schemas import ListIn, PageOut
from app.core.words import Permission
from app.domain.access.children import OutsideCohort
from app.domain.concerns.errors import OccurredInFuture
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    ConflictOfInterest,
    FileFrozen,
    FileLocked,
)
from app.domain.returns import friends, items, places
from app.domain.returns.errors import SpotNotFound, SpotOwnerUnsuitable
from app.domain.safety.errors import ConcernOfAnother
from app.domain.safety.reading import list_records

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
    "/v1/children/{child_id}/items-found",
    out=ItemFoundOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=KEEP,
    etag=False,
)
async def keep_item_found(child_id: UUID, body: ItemFoundIn, work: Work) -> Response:
    """Write down an item that was given up or found, and where it is now."""
    wish = items.Keep(items.ITEM, content_of(body, ItemFoundFields), body.id, body.concern_id,
                      body.at)  # fmt: skip
    record = await items.keep(work, child_id, wish)
    return await shapes.record(work, record, ItemFoundContentOut, "items-found")


@ops.opening(
    "/v1/children/{child_id}/items-found",
    out=PageOut[ItemFoundOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_items_found(child_id: UUID, query: Pages, work: Work, request: Request) -> Response:
    """Items that were given up or found, the newest first."""
    return await _listed(work, request, child_id, items.ITEM, query, ItemFoundContentOut)


@ops.command(
    "POST",
    "/v1/children/{child_id}/home-means",
    out=HomeMeansOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=KEEP,
    etag=False,
)
async def keep_home_means(child_id: UUID, body: HomeMeansIn, work: Work) -> Response:
    """Write down a talk with carers about making home safer."""
    wish = items.Keep(items.HOME, content_of(body, HomeMeansFields), body.id, body.concern_id,
                      body.at)  # fmt: skip
    record = await items.keep(work, child_id, wish)
    return await shapes.record(work, record, HomeMeansContentOut, "home-means")


@ops.opening(
    "/v1/children/{child_id}/home-means",
    out=PageOut[HomeMeansOut],
    needs=Permission.SAFETY_READ,
    errors=READ,
)
async def list_home_means(child_id: UUID, query: Pages, work: Work, request: Request) -> Response:
    """Talks with carers about making home safer, the newest first."""
    return await _listed(work, request, child_id, items.HOME, query, HomeMeansContentOut)


async def _listed(
    work: Work, request: Request, child_id: UUID, kind: str, query: ListIn, out: type[BaseModel]
) -> Response:
    found = await list_records(work, child_id, kind, page_asked(query))
    return replies.page(request, shapes.records(found, out))


@ops.command(
    "POST",
    "/v1/site-spots",
    out=SiteSpotOut,
    status=201,
    needs=Permission.SAFETY_WRITE,
    errors=(SpotOwnerUnsuitable,),
    etag=False,
)
async def note_site_spot(body: SiteSpotIn, work: Work) -> Response:
    """Note a place that needs something done, and give somebody the task."""
    wish = places.NoteSpot(body.id, body.place, body.needs, body.reason, body.owner_id)
    row = await places.note_spot(work, wish)
    path = f"/v1/site-spots/{row.id}"
    return replies.record(await places.shown(work, row), status=201, location=path)


@ops.opening(
    "/v1/site-spots/{spot_id}",
    out=SiteSpotOut,
    needs=Permission.TASK_DO,
    errors=(SpotNotFound,),
    etag=False,
)
async def open_site_spot(spot_id: UUID, work: Work) -> Response:
    """Open a place, for whoever sees to it and for leads; only leads read why."""
    return replies.record(await places.open_spot(work, spot_id))

"""Places on the site that need something done."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.core.words import Permission
from app.domain.safety.site_requests import commands as site_requests
from app.domain.safety.site_requests.errors import SiteRequestNotFound, SiteRequestOwnerUnsuitable
from app.domain.safety.site_requests.schemas import SiteRequestIn, SiteRequestOut

ops = Operations("support")
router = ops.router


@ops.command(
    "POST", "/v1/site-requests", out=SiteRequestOut, status=201, needs=Permission.SAFETY_WRITE,
    errors=(SiteRequestOwnerUnsuitable,), etag=False,
)  # fmt: skip
async def create_site_request(body: SiteRequestIn, work: Work) -> Response:
    """Create a site request.

    Records a place on the site that needs work, and gives somebody the task.
    """
    row = await site_requests.create_site_request(work, body)
    path = f"/v1/site-requests/{row.id}"
    return replies.record(await site_requests.to_response(work, row), status=201, location=path)


@ops.opening(
    "/v1/site-requests/{site_request_id}", out=SiteRequestOut, needs=Permission.TASK_DO,
    errors=(SiteRequestNotFound,), etag=False,
)  # fmt: skip
async def open_site_request(site_request_id: UUID, work: Work) -> Response:
    """Open a site request.

    Shows the request to the person who has the task and to leads. Only leads see the reason.
    """
    return replies.record(await site_requests.open_site_request(work, site_request_id))

"""Whether somebody at school looks at what comes in now."""

from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.operations import Operations
from app.api.schemas.watching import WatchOut
from app.api.shapes import watching
from app.core.words import Permission
from app.domain.errors import SchoolNotFound
from app.domain.watching.queries import read_watch

ops = Operations("calendars")
router = ops.router


@ops.query(
    "/v1/watch",
    out=WatchOut,
    needs=Permission.CONCERN_RAISE,
    errors=(SchoolNotFound,),
    by_password=True,
)
async def get_watch(reading: Reading) -> Response:
    """Whether somebody at my school is watching now, from when, and whom to call if not."""
    watch = await read_watch(reading.driver, reading.actor, reading.now)
    return replies.record(watching.shown(watch))

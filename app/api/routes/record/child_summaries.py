"""What somebody sees first of a child."""

from uuid import UUID

import orjson
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.child_summaries import ChildSummaryOut
from app.core.words import Permission
from app.domain.record.child_summaries import queries

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/summary", out=ChildSummaryOut, needs=Permission.CHILD_OPEN,
    errors=NOT_REACHED, etag=False,
)  # fmt: skip
async def open_child_summary(child_id: UUID, work: Work) -> Response:
    """Open a child's summary.

    Shows the first screen of the record at once: the banner, contacts to phone, open work and who
    has it, who outside the school was told, next steps, and the newest chronology entries. The
    access log records it as one look. Next: `read_chronology`; or follow the `path` of a card.
    """
    child_summary = await queries.open_child_summary(work, child_id)
    content = {
        "child": child_summary.child,
        "statuses": child_summary.statuses,
        "contacts": child_summary.contacts,
        "open": {
            "count": child_summary.open.number,
            "items": orjson.Fragment(child_summary.open.cards),
        },
        "working_on_it": orjson.Fragment(child_summary.open.owners),
        "told_outside": orjson.Fragment(child_summary.open.outside),
    }
    if child_summary.next_steps is not None:
        content["next_steps"] = child_summary.next_steps
    if child_summary.latest is not None:
        content["latest"] = [orjson.Fragment(entry) for entry in child_summary.latest]
    return replies.record(content)

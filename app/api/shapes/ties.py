"""Bodies and rows of ties between children to wishes and answers."""

from starlette.responses import Response

from app.api import replies
from app.api.schemas.ties import TieIn, TieListIn
from app.db.models import Tie
from app.db.repositories.ties import TieFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.linked_worries import ties


def asked(query: TieListIn) -> TieFilter:
    """The filters of a list."""
    return TieFilter(query.state == "ended", query.confirmed, query.kind, query.child_id)


def wish(body: TieIn) -> ties.StateTie:
    """A tie as the command takes it."""
    return ties.StateTie(
        body.id, body.kind, body.child_ids, body.registration_group, body.label, body.heard_from,
        body.confirm,
    )  # fmt: skip


async def tie(work: UnitOfWork, row: Tie, *, status: int = 200) -> Response:
    """One tie with its ETag."""
    location = f"/v1/ties/{row.id}" if status == 201 else None
    found = await ties.whole(work, row)
    return replies.record(found, status=status, version=row.version, location=location)

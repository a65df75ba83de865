"""Bodies and rows of reintegrations to commands and answers."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.reintegrations import (
    ReintegrationContentOut,
    ReintegrationFields,
    ReintegrationIn,
    ReintegrationPatch,
)
from app.api.shapes.records import content_of, filled
from app.db.models import Reintegration, StaffSupportOffer
from app.db.paging import Page
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.reintegrations import queries
from app.domain.safety.reintegrations.commands import CreateReintegration
from app.domain.safety.staff_support import commands


def command(body: ReintegrationIn) -> CreateReintegration:
    """A new reintegration as the command takes it."""
    return CreateReintegration(
        body.id, body.concern_id, content_of(body, ReintegrationFields),
        body.expected_return.value if body.expected_return else None, body.returned_on,
        body.adult_id,
    )  # fmt: skip


def fields(body: ReintegrationPatch) -> dict[str, Any]:
    """What a merge patch names: the content, and the days that move what is owed."""
    named = body.model_fields_set - {"reason"}
    result: dict[str, Any] = {"content": body.model_dump(mode="json", include=named)}
    if "expected_return" in named:
        result["expected_on"] = body.expected_return.value
    if "returned_on" in named:
        result["returned_on"] = body.returned_on
    return result


def to_response(row: Mapping[str, Any]) -> dict[str, Any]:
    """A reintegration with null for what was not written down."""
    return {**row, "content": filled(row["content"], ReintegrationContentOut)}


def page(result: Page[dict[str, Any]]) -> Page[dict[str, Any]]:
    """A page of reintegrations."""
    return Page([to_response(row) for row in result.items], result.next)


async def respond(work: UnitOfWork, row: Reintegration, *, status: int = 200) -> Response:
    """One reintegration with its ETag."""
    path = f"/v1/children/{row.child_id}/reintegrations/{row.id}" if status == 201 else None
    content = to_response(await queries.whole(work, row))
    return replies.record(content, status=status, version=row.version, location=path)


async def offer(work: UnitOfWork, row: StaffSupportOffer, *, status: int = 200) -> Response:
    """One offer of support with its ETag."""
    path = "/v1/staff-support-offers" if status == 201 else None
    content = await commands.whole(work, row)
    return replies.record(content, status=status, version=row.version, location=path)

"""Offers of support to colleagues, between the two of them alone."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.staff_support import (
    PartListIn,
    SupportAnswerIn,
    SupportOfferIn,
    SupportOfferOut,
)
from app.api.shapes import reintegrations as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import StaffNotFound
from app.domain.safety.staff_support import commands, errors

ops = Operations("staff support")
router = ops.router
NEEDS = Permission.TASK_DO


@ops.opening("/v1/staff-support-offers", out=PageOut[SupportOfferOut], needs=NEEDS, etag=False)
async def list_support_offers(
    query: Annotated[PartListIn, Query()], work: Work, request: Request
) -> Response:
    """List my offers of support.

    Lists offers of support you received or made, newest first. Only the two people involved see an
    offer.
    """
    offers = await commands.list_offers(work, page_asked(query))
    return replies.page(request, offers)


@ops.command(
    "POST", "/v1/staff-support-offers", out=SupportOfferOut, status=201, needs=NEEDS,
    errors=(StaffNotFound, errors.OfferToYourself),
)  # fmt: skip
async def offer_support(body: SupportOfferIn, work: Work) -> Response:
    """Offer support to a colleague.

    Offers support to a colleague. Only the two of you see it.
    """
    row = await commands.offer_support(work, body.id, body.person_id, body.words)
    return await shapes.offer(work, row, status=201)


@ops.command(
    "POST", "/v1/staff-support-offers/{offer_id}/answer", out=SupportOfferOut, needs=NEEDS,
    errors=(errors.OfferNotFound, errors.OfferAnswered),
)  # fmt: skip
async def answer_support_offer(
    offer_id: UUID, body: SupportAnswerIn, version: IfMatch, work: Work
) -> Response:
    """Answer an offer of support.

    Answers an offer you received. `hand_over` asks a lead to move your work; you give no reason.
    """
    row = await commands.answer_offer(work, offer_id, version, body.answer)
    return await shapes.offer(work, row)

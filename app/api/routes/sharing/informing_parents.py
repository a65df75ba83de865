"""What parents are told: suggestions, decisions, and two people's word that somebody may be."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.informing_parents import (
    ParentsDecidedIn,
    ParentsDecisionOut,
    ParentsOptionsIn,
    ParentsOptionsOut,
    SharingExceptionIn,
    SharingExceptionOut,
)
from app.api.shapes import informing_parents as shapes
from app.api.shapes import records
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ConcernNotFound, FileLocked, SecondPersonNeeded
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.sharing.informing_parents import commands, queries
from app.domain.sharing.informing_parents.errors import ChildToName, SecondLeadUnsuitable
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.sharing_exceptions import commands as sharing_exceptions
from app.domain.sharing.sharing_exceptions.commands import MAY
from app.domain.sharing.sharing_exceptions.errors import (
    BarChanged,
    NothingBars,
    SharingExceptionNotFound,
    SharingExceptionOver,
)

ops = Operations("parents")
router = ops.router
SHARING_EXCEPTIONS = "/v1/children/{child_id}/sharing-exceptions"
CHANGES = (*NOT_REACHED, FileLocked, SharingExceptionNotFound, SharingExceptionOver)
EXCEPTIONS = Records(
    ops, SHARING_EXCEPTIONS + "/{sharing_exception_id}", SharingExceptionOut,
    sharing_exceptions.whole, writes=MAY, errors=CHANGES,
)  # fmt: skip


@ops.opening(
    "/v1/concerns/{concern_id}/parents-options", out=ParentsOptionsOut,
    needs=Permission.SAFETY_READ, errors=(*NOT_REACHED, ConcernNotFound, ChildToName), etag=False,
)  # fmt: skip
async def get_parents_options(
    concern_id: UUID, query: Annotated[ParentsOptionsIn, Query()], work: Work
) -> Response:
    """Get options for informing parents.

    Suggests ways to inform parents, each with its reason, and the people who could do it. A person
    decides: `decide_on_parents`.
    """
    parents_options = await queries.get_parents_options(work, concern_id, query.child_id, query.row)
    return replies.record(parents_options)


@ops.command(
    "POST",
    "/v1/concerns/{concern_id}/decide-on-parents",
    out=ParentsDecisionOut,
    needs=Permission.SAFETY_WRITE,
    status=201,
    etag=False,
    errors=(
        *NOT_REACHED,
        ConcernNotFound,
        ConcernEnded,
        FileLocked,
        ChildToName,
        ParentsGuarded,
        SecondLeadUnsuitable,
        DueTimePassed,
        DueTooFar,
    ),
    no_if_match=NoIfMatch.ADDS,
)
async def decide_on_parents(concern_id: UUID, body: ParentsDecidedIn, work: Work) -> Response:
    """Record a decision about informing parents.

    Records what you decided about informing parents, and why. Nothing is sent to anyone.
    """
    record = await commands.decide_parents(work, concern_id, shapes.command(body))
    return await records.respond(work, record, status=201)


@ops.command(
    "POST", "/v1/children/{child_id}/contacts/{contact_id}/sharing-exceptions",
    out=SharingExceptionOut, needs=MAY, status=201,
    errors=(*NOT_REACHED, FileLocked, ContactNotFound, NothingBars, DueTimePassed, DueTooFar),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def request_sharing_exception(
    child_id: UUID, contact_id: UUID, body: SharingExceptionIn, work: Work
) -> Response:
    """Request a sharing exception.

    Asks for permission to inform somebody who may not be told. Nothing changes until a second
    person agrees: they call `agree_sharing_exception`.
    """
    sharing_exception = await sharing_exceptions.request_sharing_exception(
        work, child_id, contact_id, body.reason, body.until, body.id
    )
    location = f"/v1/children/{child_id}/sharing-exceptions"
    return await EXCEPTIONS.made(work, sharing_exception, location)


@ops.opening(
    SHARING_EXCEPTIONS, out=PageOut[SharingExceptionOut], needs=Permission.SAFETY_READ,
    errors=NOT_REACHED, etag=False,
)  # fmt: skip
async def list_sharing_exceptions(child_id: UUID, work: Work) -> Response:
    """List a child's sharing exceptions.

    Lists exceptions requested for this child, newest first: who may be informed, who agreed, and
    why.
    """
    return replies.listing(await sharing_exceptions.list_sharing_exceptions(work, child_id))


EXCEPTIONS.change(
    "agree", sharing_exceptions.agree_sharing_exception, ReasonIn,
    "Agree to a sharing exception.\n\n"
    "Agrees to the exception as the second person. It lasts for a limited time and covers "
    "what is open now.",
    errors=(ContactNotFound, SecondPersonNeeded, BarChanged),
)  # fmt: skip
EXCEPTIONS.change(
    "end", sharing_exceptions.end_sharing_exception, ReasonIn,
    "End a sharing exception.\n\n"
    "Ends the exception. One person is enough.",
)  # fmt: skip

"""Reports that are a person's own duty in law: made by whoever learnt of it, approved by nobody."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.routes.sharing.referrals import answers_of
from app.api.schemas import mandatory_reports as schemas
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, StateConflict
from app.domain.sharing.mandatory_reports import commands
from app.domain.sharing.mandatory_reports.errors import MandatoryReportNotFound
from app.domain.sharing.referrals import queries

ops = Operations("mandatory reports")
router = ops.router

RAISE = Permission.CONCERN_RAISE
STEP = (MandatoryReportNotFound, StateConflict)


@ops.query(
    "/v1/mandatory-reports", out=PageOut[schemas.MandatoryReportCard], needs=RAISE, by_password=True
)
async def list_mandatory_reports(reading: Reading) -> Response:
    """Your own reports, newest first."""
    return replies.listing(await queries.list_own_duties(reading))


@ops.command(
    "POST",
    "/v1/mandatory-reports",
    out=schemas.MandatoryReportOut,
    needs=RAISE,
    status=201,
    errors=(ConcernNotFound,),
    by_password=True,
)
async def create_mandatory_report(body: schemas.MandatoryReportIn, work: Work) -> Response:
    """Begin a report that is your own duty, about a child of a concern you raised."""
    wish = commands.CreateMandatoryReport(
        body.concern_id, body.child_id, body.kind, id=body.id, agency_id=body.agency_id,
        fields=answers_of(dict(body.fields)),
    )  # fmt: skip
    referral = await commands.create_mandatory_report(work, wish)
    return await _shown(work, referral, created=True)


@ops.opening("/v1/mandatory-reports/{referral_id}", out=schemas.MandatoryReportOut, needs=RAISE,
             errors=(MandatoryReportNotFound,),
    by_password=True,
)  # fmt: skip
async def open_mandatory_report(referral_id: UUID, work: Work, request: Request) -> Response:
    """A report of your own."""
    referral = await commands.open_mandatory_report(work, referral_id)
    return replies.record(
        await commands.shown(work, referral), version=referral.version, request=request
    )


@ops.command(
    "PATCH",
    "/v1/mandatory-reports/{referral_id}",
    out=schemas.MandatoryReportOut,
    needs=RAISE,
    errors=STEP,
    by_password=True,
)
async def update_mandatory_report(
    referral_id: UUID, body: schemas.MandatoryReportPatch, work: Work, if_match: IfMatch
) -> Response:
    """Change answers with a merge patch."""
    fields = answers_of(dict(body.fields))
    return await _shown(
        work, await commands.update_mandatory_report(work, referral_id, if_match, fields)
    )


@ops.command(
    "POST",
    "/v1/mandatory-reports/{referral_id}/send",
    out=schemas.MandatoryReportOut,
    needs=RAISE,
    errors=STEP,
    by_password=True,
)
async def send_mandatory_report(
    referral_id: UUID, body: schemas.DutySendingIn, work: Work, if_match: IfMatch
) -> Response:
    """Say that you made the report, and the reference you were given."""
    wish = commands.SendMandatoryReport(referral_id, if_match, **body.model_dump())
    return await _shown(work, await commands.send_mandatory_report(work, wish))


@ops.command(
    "POST",
    "/v1/mandatory-reports/{referral_id}/withdraw",
    out=schemas.MandatoryReportOut,
    needs=RAISE,
    errors=STEP,
    by_password=True,
)
async def withdraw_mandatory_report(
    referral_id: UUID, body: schemas.DutyWithdrawalIn, work: Work, if_match: IfMatch
) -> Response:
    """Stop your own report before it is made, with reasons; nobody else can."""
    referral = await commands.withdraw_mandatory_report(work, referral_id, if_match, body.reasons)
    return await _shown(work, referral)


async def _shown(work: Work, referral: Any, *, created: bool = False) -> Response:
    content = await commands.shown(work, referral)
    if not created:
        return replies.record(content, version=referral.version)
    location = f"/v1/mandatory-reports/{referral.id}"
    return replies.record(content, status=201, version=referral.version, location=location)

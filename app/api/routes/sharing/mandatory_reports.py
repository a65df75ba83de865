"""Reports that are a personal duty in law: made by the person who learnt of it, unapproved."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.schemas import mandatory_reports as schemas
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, StateConflict
from app.domain.sharing.mandatory_reports import commands
from app.domain.sharing.mandatory_reports.errors import MandatoryReportNotFound
from app.domain.sharing.mandatory_reports.schemas import DutySendingIn, MandatoryReportIn
from app.domain.sharing.referral_drafts.commands import answers_of
from app.domain.sharing.referrals import queries

ops = Operations("mandatory reports")
router = ops.router

RAISE = Permission.CONCERN_RAISE
STEP = (MandatoryReportNotFound, StateConflict)
REPORTS = Records(
    ops, "/v1/mandatory-reports/{referral_id}", schemas.MandatoryReportOut, commands.to_response,
    writes=RAISE, errors=STEP,
)  # fmt: skip


@ops.query(
    "/v1/mandatory-reports", out=PageOut[schemas.MandatoryReportCard], needs=RAISE, by_password=True
)
async def list_mandatory_reports(reading: Reading) -> Response:
    """List my mandatory reports.

    Lists the mandatory reports you wrote, newest first.
    """
    return replies.listing(await queries.list_own_duties(reading))


@ops.command(
    "POST", "/v1/mandatory-reports", out=schemas.MandatoryReportOut, needs=RAISE, status=201,
    errors=(ConcernNotFound,), by_password=True,
)  # fmt: skip
async def begin_mandatory_report(body: MandatoryReportIn, work: Work) -> Response:
    """Begin a mandatory report.

    Begins a report that you have a personal duty to make, about a child in a concern you raised.
    Leads are alerted. Next: `update_mandatory_report`, then `record_mandatory_report_sent`.
    """
    return await REPORTS.made(work, await commands.begin_mandatory_report(work, body))


REPORTS.opening(
    commands.open_mandatory_report,
    "Open my mandatory report.\n\n"
    "Shows one of your own reports.",
    needs=RAISE, errors=(MandatoryReportNotFound,), by_password=True,
)  # fmt: skip


@ops.command(
    "PATCH", "/v1/mandatory-reports/{referral_id}", out=schemas.MandatoryReportOut, needs=RAISE,
    errors=STEP, by_password=True,
)  # fmt: skip
async def update_mandatory_report(
    referral_id: UUID, body: schemas.MandatoryReportPatch, work: Work, if_match: IfMatch
) -> Response:
    """Update my mandatory report.

    Changes your answers with a merge patch.
    """
    fields = answers_of(body.fields)
    referral = await commands.update_mandatory_report(work, referral_id, if_match, fields)
    return replies.record(await commands.to_response(work, referral), version=referral.version)


REPORTS.change(
    "send", commands.record_mandatory_report_sent, DutySendingIn,
    "Record that I made a mandatory report.\n\n"
    "Records that you made the report, and the reference you were given. After that it "
    "cannot be changed. Leads are alerted.", by_password=True,
)  # fmt: skip
REPORTS.change(
    "withdraw", commands.withdraw_mandatory_report, ReasonIn,
    "Withdraw my mandatory report.\n\n"
    "Stops your own report before it is made, with a reason. Only you can do this. Leads are "
    "alerted.", by_password=True,
)  # fmt: skip

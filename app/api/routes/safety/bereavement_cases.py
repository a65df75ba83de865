"""Cases of the time after a death: opened, confirmed, closed and undone; their team and duties."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas import bereavement_cases as schemas
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.share_access.errors import ShareNotFound
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, ConflictOfInterest, SecondPersonNeeded, StateConflict
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_confirmations import commands as bereavement_confirmations
from app.domain.safety.bereavement_confirmations.schemas import CaseIn, ConfirmCaseIn
from app.domain.safety.bereavement_duties import commands as bereavement_duties
from app.domain.safety.bereavement_entries import commands as bereavement_entries
from app.domain.safety.bereavement_freezes import commands
from app.domain.safety.bereavement_team import commands as bereavement_team
from app.domain.safety.bereavement_team.schemas import MemberIn

ops = Operations("bereavement")
router = ops.router
READ, WRITE = Permission.TASK_DO, Permission.BEREAVEMENT_WRITE
HERE = (errors.CaseNotFound, StateConflict)
CASES = Records(
    ops, "/v1/bereavement-cases/{case_id}", schemas.CaseOut, queries.whole,
    writes=WRITE, errors=HERE,
)  # fmt: skip


@ops.query("/v1/bereavement-cases", out=PageOut[schemas.CaseCard], needs=READ)
async def list_bereavement_cases(
    query: Annotated[schemas.CaseListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List bereavement cases.

    Lists the bereavement cases you may read. Leads and headteachers see all of them; other staff
    see those whose team they are in.
    """
    cases = await queries.list_cases(
        reading, ended=query.state == "ended", paging=page_asked(query)
    )
    return replies.ready_page(request, cases)


@ops.command(
    "POST", "/v1/bereavement-cases", out=schemas.CaseOut, needs=WRITE, status=201,
    errors=(ChildNotFound, ConflictOfInterest, OutsideCohort, errors.CaseExists),
)  # fmt: skip
async def report_death(body: CaseIn, work: Work) -> Response:
    """Report a death.

    Records that somebody has died. People who can confirm it are alerted, and nothing else happens
    until one of them calls `confirm_bereavement_case`.
    """
    return await CASES.made(work, await bereavement_confirmations.propose_case(work, body))


@ops.opening(
    "/v1/bereavement-cases/{case_id}", out=schemas.CaseOut, needs=READ,
    errors=(errors.CaseNotFound,),
)  # fmt: skip
async def open_bereavement_case(case_id: UUID, work: Work, request: Request) -> Response:
    """Open a bereavement case.

    Shows one case. It begins with the people to phone first, and those not to phone yet.
    """
    case, result = await queries.open_case(work, case_id)
    return replies.record(result, version=case.version, request=request)


CASES.change(
    "confirm", bereavement_confirmations.confirm_case, ConfirmCaseIn,
    "Confirm a death.\n\n"
    "Confirms the death as a second person.\n\n"
    "The file is frozen at once, nothing more is sent to the family, and the school's duties "
    "begin.",
    name="confirm_bereavement_case", errors=(SecondPersonNeeded,),
)  # fmt: skip
CASES.change(
    "withdraw", bereavement_confirmations.withdraw_case, ReasonIn,
    "Withdraw an unconfirmed report of a death.\n\n"
    "Withdraws a report that was wrong, before anyone has confirmed it. Once confirmed, call "
    "`undo_bereavement_case` instead.",
    name="withdraw_bereavement_case",
)  # fmt: skip
CASES.change(
    "close", bereavement_confirmations.close_case, ReasonIn,
    "Close a bereavement case.\n\n"
    "Proposes to close the case, or agrees as the second person. Hard days continue, and the "
    "file stays frozen.\n\n"
    "Cairn refuses while a duty is open: complete each one, or say why it is not needed.",
    name="close_bereavement_case", errors=(errors.DutiesOpen, SecondPersonNeeded),
)  # fmt: skip
CASES.change(
    "undo", bereavement_confirmations.undo_case, ReasonIn,
    "Undo a mistaken confirmation of a death.\n\n"
    "Proposes to undo a confirmation made by mistake, or agrees as the second person. What "
    "the confirmation stopped then continues; drafts that were to be sent stay withdrawn.",
    name="undo_bereavement_case", errors=(SecondPersonNeeded,),
)  # fmt: skip


@ops.command(
    "POST", "/v1/bereavement-cases/{case_id}/cause-wording", out=schemas.CaseOut, needs=WRITE,
    errors=(*HERE, errors.CauseNotAgreed),
)  # fmt: skip
async def record_bereavement_cause_wording(
    case_id: UUID, body: schemas.CauseWordingIn, version: IfMatch, work: Work
) -> Response:
    """Record the agreed words for a cause of death.

    Records the words to use for the cause of death. Any words other than the usual ones need the
    agreement of the family and the police.
    """
    approvals = [
        {"who": approval.who, "name": approval.name, "at": bereavement_entries.moment(approval.at)}
        for approval in body.approvals
    ]
    case = await bereavement_entries.word_cause(work, case_id, version, body.wording, approvals)
    return replies.record(await queries.whole(work, case), version=case.version)


@ops.command(
    "POST", "/v1/bereavement-cases/{case_id}/team", out=schemas.CaseOut, needs=WRITE, status=201,
    errors=HERE, etag=False, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_bereavement_member(case_id: UUID, body: MemberIn, work: Work) -> Response:
    """Add a person to the team of a bereavement case.

    Adds somebody to the team and alerts them. From now on they may read this case, and no other
    record because of it.
    """
    await bereavement_team.add_member(work, case_id, body)
    return await _of(work, case_id, status=201)


@ops.command(
    "POST", "/v1/bereavement-cases/{case_id}/team/{member_id}/leave", out=schemas.CaseCard,
    needs=READ, errors=(*HERE, errors.PartNotFound),
)  # fmt: skip
async def leave_bereavement_team(
    case_id: UUID, member_id: UUID, version: IfMatch, work: Work
) -> Response:
    """Leave the team of a bereavement case.

    Takes you out of the team. A lead can also take out a colleague. No reason is needed, and open
    tasks get another owner at once.

    Send the ETag of the place in the team; the answer has the case's.
    """
    case = await bereavement_team.leave_team(work, case_id, member_id, version)
    return replies.record(await queries.summary(work, case), version=case.version)


@ops.command(
    "POST", "/v1/bereavement-cases/{case_id}/duties", out=schemas.CaseOut, needs=WRITE, status=201,
    errors=(*HERE, DueTimePassed, DueTooFar), etag=False, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def set_bereavement_duty(case_id: UUID, body: schemas.DutyIn, work: Work) -> Response:
    """Set a duty of a bereavement case.

    Adds a duty that Cairn does not set by itself, or sets one again.
    """
    await bereavement_duties.set_duty(work, case_id, body.duty, body.owner_id, body.due_at)
    return await _of(work, case_id, status=201)


CASES.change(
    "paused-links/{link_id}/resume", commands.resume_link, None,
    "Resume a paused link to a family.\n\n"
    "Allows one link to the family to be mailed and opened again. Send the case's ETag.",
    name="resume_paused_link", errors=(errors.PartNotFound, ShareNotFound),
)  # fmt: skip


async def _of(work: Work, case_id: UUID, *, status: int = 200) -> Response:
    _, result = await queries.shown_again(work, case_id)
    location = f"/v1/bereavement-cases/{case_id}" if status == 201 else None
    return replies.record(result, status=status, location=location)

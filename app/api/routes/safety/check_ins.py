"""Check-ins: mine, everybody's for leads, how they went, and who stands in."""

from functools import partial
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
from app.api.schemas.check_ins import (
    AbsenceOut,
    AbsenceRecordedOut,
    CheckInCard,
    CheckInListIn,
    CheckInOut,
    FinishCheckInIn,
    OwnCheckInListIn,
    OwnCheckInOut,
    WorryIn,
)
from app.api.shapes import check_ins as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import StaffNotFound
from app.domain.record.incomplete_reports import rules as urgency
from app.domain.safety.check_in_covers import commands as check_in_covers
from app.domain.safety.check_in_covers.schemas import AskForCoverIn, AssignCheckInIn
from app.domain.safety.check_ins import commands as check_ins
from app.domain.safety.check_ins import errors, queries
from app.domain.safety.check_ins.schemas import DeclineCheckInIn, SettleCheckInIn
from app.domain.safety.staff_absences import commands as staff_absences
from app.domain.safety.staff_absences.schemas import AbsenceIn

ops = Operations("check-ins")
router = ops.router
NEEDS = Permission.TASK_DO
PATH = "/v1/check-ins/{check_in_id}"
TO_CHANGE = (errors.CheckInNotFound, errors.CheckInEnded)
own_change = partial(ops.command, "POST", out=CheckInOut, needs=NEEDS, by_password=True)
CHECK_INS = Records(ops, PATH, CheckInOut, queries.whole, writes=NEEDS, errors=TO_CHANGE)


@ops.query("/v1/check-ins/mine", out=PageOut[OwnCheckInOut], needs=NEEDS, by_password=True)
async def list_own_check_ins(
    query: Annotated[OwnCheckInListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List my check-ins.

    Lists the pupils you are to check in with, when and where, soonest first. It shows no reason.
    Next: `complete_check_in`.
    """
    return replies.page(request, await queries.list_mine(reading, page_asked(query)))


@ops.query("/v1/check-ins", out=PageOut[CheckInCard], needs=Permission.SUPPORT_LIST_READ)
async def list_check_ins(
    query: Annotated[CheckInListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List all check-ins.

    Lists everyone's check-ins: open ones soonest due first, ended ones latest first.
    """
    asked = shapes.asked(query, reading.now)
    return replies.page(request, await queries.list_check_ins(reading, asked, page_asked(query)))


@ops.opening(PATH, out=CheckInOut, needs=NEEDS, errors=(errors.CheckInNotFound,), by_password=True)
async def open_check_in(check_in_id: UUID, work: Work, request: Request) -> Response:
    """Open a check-in.

    Shows one check-in: the pupil, the adult, the time and the result.
    """
    check_in, result = await queries.open_check_in(work, check_in_id)
    return replies.record(result, version=check_in.version, request=request)


@own_change(
    PATH + "/finish", errors=(*TO_CHANGE, errors.CheckInNotOpen), never_lost=urgency.of_check_in
)
async def complete_check_in(
    check_in_id: UUID, body: FinishCheckInIn, version: IfMatch, work: Work
) -> Response:
    """Complete a check-in.

    Records how the check-in went. If the pupil is absent or you are more worried, a lead is alerted
    at once. The check-in stays open if more is needed.
    """
    command = shapes.went(body)
    return await shapes.check_in(
        work, await check_ins.complete_check_in(work, check_in_id, version, command)
    )


@own_change(
    PATH + "/report-worry",
    errors=(errors.CheckInNotFound,),
    never_lost=urgency.of_call,
    no_if_match=NoIfMatch.DANGER,
)
async def report_worry(check_in_id: UUID, work: Work, body: WorryIn | None = None) -> Response:
    """Report that you are more worried about a pupil.

    Tells a lead at once that you are more worried than before. You can do this at any time, even
    after the check-in has ended.
    """
    words = body.words if body is not None else None
    return await shapes.check_in(work, await check_ins.report_worry(work, check_in_id, words))


CHECK_INS.change(
    "decline", check_ins.record_check_in_declined, DeclineCheckInIn,
    "Record that a pupil declined a check-in.\n\n"
    "Records that the pupil did not want to talk today. That is respected, and a lead offers "
    "another adult.",
    by_password=True, errors=(errors.CheckInNotOpen,),
)  # fmt: skip
CHECK_INS.change(
    "cover", check_in_covers.ask_for_cover, AskForCoverIn,
    "Ask for cover for a check-in.\n\n"
    "Asks a colleague to take the check-in: the agreed stand-in, unless you name somebody. "
    "If nobody answers, a lead takes it.",
    by_password=True, errors=(errors.CheckInPersonUnsuitable,),
)  # fmt: skip
CHECK_INS.change(
    "accept", check_in_covers.accept_cover, None,
    "Accept cover for a check-in.\n\n"
    "Agrees to take the check-in. It is yours from now on.",
    by_password=True, errors=(errors.NobodyAsked,),
)  # fmt: skip
CHECK_INS.change(
    "assign", check_in_covers.assign_check_in, AssignCheckInIn,
    "Assign a check-in.\n\n"
    "Sets who does the check-in and who stands in for them.",
    needs=Permission.SAFETY_WRITE, errors=(errors.CheckInPersonUnsuitable,),
)  # fmt: skip
CHECK_INS.change(
    "settle", check_ins.settle_check_in, SettleCheckInIn,
    "Record what happened about a missed check-in.\n\n"
    "Records what happened about a check-in that was missed. \"Not needed\" takes a reason.",
    needs=Permission.SAFETY_WRITE, errors=(errors.CheckInNotMissed,),
)  # fmt: skip


@ops.query("/v1/staff-absences", out=PageOut[AbsenceOut], needs=Permission.COVER_SET)
async def list_absences(reading: Reading) -> Response:
    """List absences of staff who check in.

    Lists staff who are away now or will be, soonest first.
    """
    return replies.listing(await staff_absences.list_absences(reading))


@ops.command(
    "POST", "/v1/staff-absences", out=AbsenceRecordedOut, needs=NEEDS, status=201,
    errors=(StaffNotFound, errors.AwayUnsuitable),
)  # fmt: skip
async def record_absence(body: AbsenceIn, work: Work) -> Response:
    """Record an absence from check-ins.

    Records that you are away, or a colleague whose cover you arrange. The person who stands in for
    their check-ins is asked at once.
    """
    absence = await staff_absences.record_absence(work, body)
    facts = {name: getattr(absence, name) for name in ("id", "staff_id", "valid_from", "valid_to")}
    return replies.record(facts, status=201, version=absence.version)


@ops.command(
    "POST", "/v1/staff-absences/{absence_id}/end", out=None, needs=NEEDS, status=204, etag=False,
    errors=(errors.AwayNotFound,),
)  # fmt: skip
async def end_absence(absence_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """End an absence from check-ins.

    Records that somebody is back early. Check-ins that others have taken over stay theirs.
    """
    await staff_absences.end_absence(work, absence_id, if_match)
    return Response(status_code=204)

"""Marks of registration, and sanctions: sent by programs and offices, looked at by leads."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.attendance import (
    MarksIn,
    MarksTakenOut,
    SanctionIn,
    SanctionOut,
    SanctionReviewIn,
    SanctionTakenOut,
)
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest, FileLocked
from app.domain.record.attendance.commands import take_marks
from app.domain.safety.sanctions import commands, errors

ops = Operations("attendance")
router = ops.router
READ = (ChildNotFound, ConflictOfInterest, OutsideCohort, errors.SanctionNotFound)


@ops.command(
    "POST", "/v1/attendance-marks", out=MarksTakenOut, needs=Permission.ATTENDANCE_SEND, etag=False,
    no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def send_attendance_marks(body: MarksIn, work: Work) -> Response:
    """Send attendance marks.

    Sends registration marks. Cairn deletes the marks of pupils without active support or a social
    worker at once.

    The answer never shows which marks were kept.
    """
    result = await take_marks(work, body.marks)
    lines = [{"line": line, "code": code} for line, code in result.lines]
    return replies.record({"taken": result.taken, "lines": lines})


@ops.command(
    "POST", "/v1/children/{child_id}/sanctions", out=SanctionTakenOut,
    needs=Permission.ATTENDANCE_SEND, status=202, errors=(ChildNotFound,), etag=False,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def record_sanction(child_id: UUID, body: SanctionIn, work: Work) -> Response:
    """Record a sanction.

    Records that a pupil was sent out of class, sent home or given another sanction. The answer is
    always the same.

    Cairn keeps it if a lead has to review it, and deletes it at once if not.
    """
    await commands.record_sanction(work, child_id, body.kind, body.on, body.reason)
    return replies.record({"received": True}, status=202)


@ops.opening(
    "/v1/children/{child_id}/sanctions/{sanction_id}", out=SanctionOut,
    needs=Permission.SAFETY_READ, errors=READ,
)  # fmt: skip
async def open_sanction(
    child_id: UUID, sanction_id: UUID, work: Work, request: Request
) -> Response:
    """Open a sanction.

    Shows a sanction that a safeguarding lead is asked to review. Next: `review_sanction`.
    """
    row = await commands.open_sanction(work, child_id, sanction_id)
    return replies.record(commands.to_response(row), version=row.version, request=request)


@ops.command(
    "POST", "/v1/children/{child_id}/sanctions/{sanction_id}/review", out=SanctionOut,
    needs=Permission.SAFETY_WRITE, errors=(*READ, FileLocked, errors.SanctionLookedAt),
)  # fmt: skip
async def review_sanction(
    child_id: UUID, sanction_id: UUID, body: SanctionReviewIn, version: IfMatch, work: Work
) -> Response:
    """Review a sanction.

    Records what happens about the sanction, and why.
    """
    row = await commands.review_sanction(
        work, child_id, sanction_id, version, body.look, body.reason
    )
    return replies.record(commands.to_response(row), version=row.version)

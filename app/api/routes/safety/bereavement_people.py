"""People who may be affected by a death."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas import bereavement_people as schemas
from app.api.schemas.bereavement_people import AffectedPatch
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, StaffNotFound, StateConflict
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_dates import commands as bereavement_dates
from app.domain.safety.bereavement_dates.schemas import HardDayOut, HardDayPatch
from app.domain.safety.bereavement_people import commands as bereavement_people
from app.domain.safety.bereavement_people.schemas import AffectedIn

ops = Operations("bereavement")
router = ops.router
READ, WRITE = Permission.TASK_DO, Permission.BEREAVEMENT_WRITE
CASE = "/v1/bereavement-cases/{case_id}"
HERE = (errors.CaseNotFound, StateConflict)
PART = (*HERE, errors.PartNotFound)
PEOPLE = Records(
    ops, f"{CASE}/affected/{{person_id}}", schemas.AffectedOut, queries.person_whole,
    writes=WRITE, errors=PART,
)  # fmt: skip
DAYS = Records(
    ops,
    f"{CASE}/dates/{{date_id}}",
    HardDayOut,
    queries.date_whole,
    writes=WRITE,
    errors=PART,
)


@ops.opening(
    f"{CASE}/affected", out=PageOut[schemas.AffectedOut], needs=READ, errors=(errors.CaseNotFound,),
    etag=False,
)  # fmt: skip
async def list_affected(case_id: UUID, work: Work) -> Response:
    """List people affected by a death.

    Lists people who may be affected by the death, and why. The list is shown only in this case.
    """
    return replies.listing(await queries.list_people(work, case_id))


@ops.command(
    "POST", f"{CASE}/affected", out=schemas.AffectedOut, needs=WRITE, status=201,
    errors=(*HERE, ChildNotFound, StaffNotFound, errors.PersonNamed, DueTimePassed, DueTooFar),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_affected(case_id: UUID, body: AffectedIn, work: Work) -> Response:
    """Add a person affected by a death.

    Adds somebody who may be affected. The person who supports them has a task. For a pupil who
    moved to another school, a lead has a task to phone that school.
    """
    row = await bereavement_people.add_person(work, case_id, body)
    return await PEOPLE.made(work, row, f"/v1/bereavement-cases/{case_id}/affected")


PEOPLE.change(
    "", bereavement_people.change_person, AffectedPatch,
    "Update a person affected by a death.\n\n"
    "Records what was offered and how it went, who supports them, or that they want to be "
    "left alone.",
    name="update_affected", errors=(DueTimePassed, DueTooFar),
)  # fmt: skip
PEOPLE.change(
    "end", bereavement_people.end_person, ReasonIn,
    "End support for a person affected by a death.\n\n"
    "Records that support has ended, or that they were added by mistake, and why.",
    name="end_affected",
)  # fmt: skip


DAYS.change(
    "", bereavement_dates.change_date, HardDayPatch,
    "Update a hard day of a bereavement case.\n\n"
    "Moves the day, or gives it to another lead.",
    name="update_bereavement_date",
)  # fmt: skip
DAYS.change(
    "end", bereavement_dates.end_date, None,
    "End a hard day of a bereavement case.\n\n"
    "Records that this day needs no more support.",
    name="end_bereavement_date",
)  # fmt: skip

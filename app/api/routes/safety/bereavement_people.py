"""People who may be affected by a death."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.schemas import bereavement_people as schemas
from app.api.shapes import bereavement_cases as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, StaffNotFound, StateConflict
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_people import commands as bereavement_people
from app.domain.safety.bereavement_people.commands import AddPerson

ops = Operations("bereavement")
router = ops.router
READ, WRITE = Permission.TASK_DO, Permission.BEREAVEMENT_WRITE
CASE = "/v1/bereavement-cases/{case_id}"
HERE = (errors.CaseNotFound, StateConflict)
PART = (*HERE, errors.PartNotFound)


@ops.opening(
    f"{CASE}/affected",
    out=PageOut[schemas.AffectedOut],
    needs=READ,
    errors=(errors.CaseNotFound,),
    etag=False,
)
async def list_affected(case_id: UUID, work: Work) -> Response:
    """Who may be affected, and why: read in the case alone, and by nobody else."""
    return replies.listing(await queries.list_people(work, case_id))


@ops.command(
    "POST",
    f"{CASE}/affected",
    out=schemas.AffectedOut,
    needs=WRITE,
    status=201,
    errors=(*HERE, ChildNotFound, StaffNotFound, errors.PersonNamed, DueTimePassed, DueTooFar),
)
async def add_affected(case_id: UUID, body: schemas.AffectedIn, work: Work) -> Response:
    """Name somebody; their owner has to see to them, or a lead telephones the other school."""
    row = await bereavement_people.add_person(work, case_id, AddPerson(**body.model_dump()))
    return await shapes.person(work, row, status=201)


@ops.command(
    "PATCH",
    f"{CASE}/affected/{{person_id}}",
    out=schemas.AffectedOut,
    needs=WRITE,
    errors=(*PART, DueTimePassed, DueTooFar),
)
async def change_affected(
    case_id: UUID, person_id: UUID, body: schemas.AffectedPatch, version: IfMatch, work: Work
) -> Response:
    """Say what was offered and became of it, who sees to them, or that they are left alone."""
    row = await bereavement_people.change_person(
        work, case_id, person_id, version, shapes.fields(body)
    )
    return await shapes.person(work, row)


@ops.command(
    "POST",
    f"{CASE}/affected/{{person_id}}/end",
    out=schemas.AffectedOut,
    needs=WRITE,
    errors=PART,
)
async def end_affected(
    case_id: UUID, person_id: UUID, body: schemas.PartReasonIn, version: IfMatch, work: Work
) -> Response:
    """Say that they are not seen to any more, or were named by mistake, and why."""
    row = await bereavement_people.end_person(work, case_id, person_id, version, body.reason)
    return await shapes.person(work, row)

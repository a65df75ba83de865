"""Days that may be hard after a death."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.routes.safety.bereavement_people import CASE, HERE, PART, READ, WRITE
from app.api.schemas import bereavement_dates as schemas
from app.api.shapes import bereavement_cases as shapes
from app.core.schemas import PageOut
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_dates import commands as bereavement_dates
from app.domain.safety.bereavement_dates.commands import AddDate

ops = Operations("bereavement")
router = ops.router


@ops.opening(
    f"{CASE}/dates",
    out=PageOut[schemas.HardDayOut],
    needs=READ,
    errors=(errors.CaseNotFound,),
    etag=False,
)
async def list_bereavement_dates(case_id: UUID, work: Work) -> Response:
    """Days that may be hard, soonest first."""
    return replies.listing(await queries.list_dates(work, case_id))


@ops.command(
    "POST",
    f"{CASE}/dates",
    out=schemas.HardDayOut,
    needs=WRITE,
    status=201,
    errors=HERE,
)
async def create_bereavement_date(case_id: UUID, body: schemas.HardDayIn, work: Work) -> Response:
    """Set a day around which somebody looks quietly after everybody affected."""
    row = await bereavement_dates.add_date(work, case_id, AddDate(**body.model_dump()))
    return await shapes.day(work, row, status=201)


@ops.command(
    "PATCH",
    f"{CASE}/dates/{{date_id}}",
    out=schemas.HardDayOut,
    needs=WRITE,
    errors=PART,
)
async def update_bereavement_date(
    case_id: UUID, date_id: UUID, body: schemas.HardDayPatch, version: IfMatch, work: Work
) -> Response:
    """Move a day, or give it to another lead."""
    return await shapes.day(
        work,
        await bereavement_dates.change_date(work, case_id, date_id, version, shapes.fields(body)),
    )


@ops.command(
    "POST",
    f"{CASE}/dates/{{date_id}}/end",
    out=schemas.HardDayOut,
    needs=WRITE,
    errors=PART,
)
async def end_bereavement_date(
    case_id: UUID, date_id: UUID, version: IfMatch, work: Work
) -> Response:
    """Say that nobody needs to look on this day any more."""
    return await shapes.day(work, await bereavement_dates.end_date(work, case_id, date_id, version))

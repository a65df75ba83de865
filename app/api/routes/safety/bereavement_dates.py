"""Days that may be hard after a death."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.safety.bereavement_people import CASE, DAYS, HERE, READ, WRITE
from app.core.schemas import PageOut
from app.domain.safety.bereavement_cases import errors, queries
from app.domain.safety.bereavement_dates import commands as bereavement_dates
from app.domain.safety.bereavement_dates.schemas import HardDayIn, HardDayOut

ops = Operations("bereavement")
router = ops.router


@ops.opening(
    f"{CASE}/dates", out=PageOut[HardDayOut], needs=READ, errors=(errors.CaseNotFound,),
    etag=False,
)  # fmt: skip
async def list_bereavement_dates(case_id: UUID, work: Work) -> Response:
    """List the hard days of a bereavement case.

    Lists days that may be hard, soonest first.
    """
    return replies.listing(await queries.list_dates(work, case_id))


@ops.command(
    "POST", f"{CASE}/dates", out=HardDayOut, needs=WRITE, status=201, errors=HERE,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_bereavement_date(case_id: UUID, body: HardDayIn, work: Work) -> Response:
    """Add a hard day to a bereavement case.

    Adds a day on which somebody quietly checks on everyone affected.
    """
    row = await bereavement_dates.add_date(work, case_id, body)
    return await DAYS.made(work, row, f"/v1/bereavement-cases/{case_id}/dates")

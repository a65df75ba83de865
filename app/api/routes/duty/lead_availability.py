"""Whether somebody at school looks at what comes in now."""

from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.operations import Operations
from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.api.shapes import lead_availability
from app.core.words import Permission
from app.domain.duty.lead_availability.queries import read_lead_availability
from app.domain.errors import SchoolNotFound

ops = Operations("calendars")
router = ops.router


@ops.query(
    "/v1/lead-availability", out=LeadAvailabilityOut, needs=Permission.CONCERN_RAISE,
    errors=(SchoolNotFound,), by_password=True,
)  # fmt: skip
async def get_lead_availability(reading: Reading) -> Response:
    """Get lead availability.

    Shows whether a safeguarding lead is available now. If not, it shows from when, and which number
    to call.
    """
    availability = await read_lead_availability(reading.driver, reading.actor, reading.now)
    return replies.record(lead_availability.to_response(availability))

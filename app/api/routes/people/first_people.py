"""A trust's new schools, and the people they begin with."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.schools import SchoolOut
from app.core.words import Permission
from app.domain.errors import SchoolNotFound, SecondPersonNeeded
from app.domain.people.first_people import commands, queries
from app.domain.people.first_people.errors import SchoolAppoints
from app.domain.people.first_people.schemas import (
    FirstAppointmentIn,
    FirstPeopleOut,
    SchoolFoundingIn,
)
from app.domain.people.schools.errors import SchoolExists
from app.domain.people.schools.queries import read_school

ops = Operations("schools")
router = ops.router
FIRST_PEOPLE = "/v1/schools/{school_id}/first-people"


@ops.command(
    "POST", "/v1/schools", out=SchoolOut, needs=Permission.SCHOOL_FOUND, status=201,
    errors=(SchoolExists, SecondPersonNeeded), recent=True,
)  # fmt: skip
async def create_school(body: SchoolFoundingIn, work: Work) -> Response:
    """Create a school.

    Creates a school in your trust and invites its first people. You cannot name yourself.

    Two schools of a trust cannot share a name or URN. Next: `get_first_people`.
    """
    school_id = await commands.found_school(work, body)
    school = await read_school(await work.driver(), work.actor, school_id)
    return replies.record(
        school, status=201, version=school.pop("version"), location=f"/v1/schools/{school_id}"
    )


@ops.query(
    FIRST_PEOPLE, out=FirstPeopleOut, needs=Permission.SCHOOL_FOUND, errors=(SchoolNotFound,)
)
async def get_first_people(school_id: UUID, reading: Reading) -> Response:
    """Get the first people of a school.

    Shows whether the first people of a school in your trust have joined.

    It names only people who were invited and have not joined.
    """
    return replies.record(await queries.read_first_people(reading, school_id))


@ops.command(
    "POST", FIRST_PEOPLE, out=FirstPeopleOut, needs=Permission.SCHOOL_FOUND,
    errors=(SchoolNotFound, SchoolAppoints, SecondPersonNeeded), etag=False, recent=True,
    no_if_match=NoIfMatch.AT_ONCE,
)  # fmt: skip
async def invite_first_person(school_id: UUID, body: FirstAppointmentIn, work: Work) -> Response:
    """Invite one of a school's first people.

    Invites another first person to a school in your trust, or the same person again. Everyone else
    invited to that role loses it.

    You can do this until somebody with the role has joined, and while the school has no pupil
    records.
    """
    return replies.record(await commands.invite_first_person(work, school_id, body))

"""Schools: the reader's own, or those of their trust."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.kinds import Records, again
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.schools import SchoolCard, SchoolListIn, SchoolOut, SchoolPatch
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import SchoolNotFound
from app.domain.people.schools import commands, queries

ops = Operations("schools")
router = ops.router
SCHOOLS = Records(
    ops, "/v1/schools/{school_id}", SchoolOut, again(queries.read_school),
    writes=Permission.SCHOOL_CHANGE, errors=(SchoolNotFound,),
)  # fmt: skip


@ops.query("/v1/schools", out=PageOut[SchoolCard], needs=Permission.SCHOOL_READ)
async def list_schools(
    request: Request, reading: Reading, query: Annotated[SchoolListIn, Query()]
) -> Response:
    """List schools.

    Lists your school, or the schools of your trust, by name.
    """
    return replies.page(request, await queries.list_schools(reading, page_asked(query)))


@ops.query(
    "/v1/schools/{school_id}", out=SchoolOut, needs=Permission.SCHOOL_READ,
    errors=(SchoolNotFound,), etag=True,
)  # fmt: skip
async def get_school(school_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a school.

    Shows one school: its name, numbers, phone number and nation.
    """
    school = await queries.read_school(reading.driver, reading.actor, school_id)
    return replies.record(school, version=school.pop("version"), request=request)


SCHOOLS.change(
    "", commands.update_school, SchoolPatch,
    "Update my school.\n\n"
    "Changes your school with a merge patch. A new phone number or roster percentage waits "
    "(`list_proposed_changes`).",
)  # fmt: skip

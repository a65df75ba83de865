"""The agencies a school refers to and shares with."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.agencies import AgencyCard, AgencyIn, AgencyListIn, AgencyOut, AgencyPatch
from app.api.schemas.common import PageOut
from app.core.words import Permission
from app.domain.agencies import commands, queries
from app.domain.errors import AgencyNotFound

ops = Operations("agencies")
router = ops.router


@ops.query("/v1/agencies", out=PageOut[AgencyCard], needs=Permission.AGENCY_READ)
async def list_agencies(
    request: Request, reading: Reading, query: Annotated[AgencyListIn, Query()]
) -> Response:
    """Agencies in use, newest first; `retired=true` for the others."""
    found = await queries.list_agencies(reading, query.kind, query.retired, page_asked(query))
    return replies.page(request, found)


@ops.command("POST", "/v1/agencies", out=AgencyOut, needs=Permission.AGENCY_CHANGE, status=201)
async def add_agency(body: AgencyIn, work: Work) -> Response:
    """Add an agency."""
    agency = await commands.add_agency(work, commands.AddAgency(**body.model_dump()))
    found = await queries.read_agency(await work.driver(), work.actor, agency.id)
    location = f"/v1/agencies/{agency.id}"
    return replies.record(found, status=201, version=found.pop("version"), location=location)


@ops.query(
    "/v1/agencies/{agency_id}",
    out=AgencyOut,
    needs=Permission.AGENCY_READ,
    errors=(AgencyNotFound,),
    etag=True,
)
async def get_agency(agency_id: UUID, reading: Reading, request: Request) -> Response:
    """One agency."""
    found = await queries.read_agency(reading.driver, reading.actor, agency_id)
    return replies.record(found, version=found.pop("version"), request=request)


@ops.command(
    "PATCH",
    "/v1/agencies/{agency_id}",
    out=AgencyOut,
    needs=Permission.AGENCY_CHANGE,
    errors=(AgencyNotFound,),
)
async def change_agency(
    agency_id: UUID, body: AgencyPatch, work: Work, if_match: IfMatch
) -> Response:
    """Change an agency with a merge patch; `retired` takes it out of use."""
    fields = {name: getattr(body, name) for name in body.model_fields_set}
    await commands.change_agency(work, commands.ChangeAgency(agency_id, if_match, fields))
    found = await queries.read_agency(await work.driver(), work.actor, agency_id)
    return replies.record(found, version=found.pop("version"))

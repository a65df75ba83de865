"""Whom to turn to: Cairn's support services, the school's own, and authority contacts."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.schemas import support_services as shapes
from app.core import clock
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.safety.support_services import commands, errors, queries

ops = Operations("support services")
router = ops.router
ONE = "/v1/support-services/{support_service_id}"
AUTHORITY_CONTACTS = "/v1/authority-contacts/{authority}"
READ, CHANGE = Permission.SCHOOL_READ, Permission.SUPPORT_SERVICE_CHANGE
Authority = Annotated[shapes.Authority, Path(description="Local authority code, as you write it.")]


@ops.public("GET", "/v1/support-services", out=PageOut[shapes.PublicSupportServiceOut])
async def list_support_services(query: Annotated[shapes.SupportServicesIn, Query()]) -> Response:
    """List national support services.

    Lists national support services that anyone can turn to. It answers even when the database is
    down.
    """
    public = queries.list_public(clock.day_of(clock.now()), query.nation, query.audience)
    return replies.listing(public)


@ops.query("/v1/support-services/here", out=PageOut[shapes.SupportServiceOut], needs=READ)
async def list_support_services_here(
    query: Annotated[shapes.SupportServicesIn, Query()], reading: Reading
) -> Response:
    """List support services of my school.

    Lists the national services, and those your school has added and checked.
    """
    return replies.listing(await queries.list_here(reading, query.nation, query.audience))


@ops.command(
    "POST", "/v1/support-services", out=shapes.SupportServiceOut, needs=CHANGE, status=201,
    errors=(errors.SupportServiceAdopted,),
)  # fmt: skip
async def add_support_service(body: shapes.SupportServiceIn, work: Work) -> Response:
    """Add a support service.

    Adds one of the school's own services, or adopts a national one that somebody here has checked.
    """
    check = commands.Check(body.checked_on, body.check_by)
    command = commands.CreateSupportService(check, shapes.shown_of(body), body.national, body.id)
    made = await commands.add_support_service(work, command)
    return await _respond(work, made.id, status=201)


@ops.query(
    ONE, out=shapes.SupportServiceOut, needs=READ, errors=(errors.SupportServiceNotFound,),
    etag=True
)  # fmt: skip
async def get_support_service(
    support_service_id: UUID, reading: Reading, request: Request
) -> Response:
    """Get a support service.

    Shows one of your school's support services.
    """
    support_service = await queries.read_support_service(
        reading.driver, reading.actor, support_service_id
    )
    return replies.versioned(support_service, request=request)


@ops.command(
    "PATCH", ONE, out=shapes.SupportServiceOut, needs=CHANGE,
    errors=(errors.SupportServiceNotFound, errors.SupportServiceEnded),
)  # fmt: skip
async def update_support_service(
    support_service_id: UUID, body: shapes.SupportServicePatch, version: IfMatch, work: Work
) -> Response:
    """Update a support service.

    Changes what is shown, with a merge patch, or records that somebody checked it again. An
    administrator's change waits (`list_proposed_changes`).
    """
    fields, check = shapes.shown_of(body), shapes.check_of(body)
    await commands.update_support_service(work, support_service_id, version, fields, check)
    return await _respond(work, support_service_id)


@ops.command(
    "POST", f"{ONE}/end", out=shapes.SupportServiceOut, needs=CHANGE,
    errors=(errors.SupportServiceNotFound, errors.SupportServiceEnded),
)  # fmt: skip
async def end_support_service(
    support_service_id: UUID, body: shapes.EndSupportServiceIn, version: IfMatch, work: Work
) -> Response:
    """End a support service.

    Stops showing the service, with a reason.
    """
    await commands.end_support_service(work, support_service_id, version, body.reason)
    return await _respond(work, support_service_id)


@ops.query("/v1/authority-contacts", out=PageOut[shapes.AuthorityContactsOut], needs=READ)
async def list_authority_contacts(reading: Reading) -> Response:
    """List the contacts of local authorities.

    Lists contacts of the local authorities your school works with.
    """
    return replies.listing(await queries.list_authority_contacts(reading))


@ops.query(
    AUTHORITY_CONTACTS, out=shapes.AuthorityContactsOut, needs=READ,
    errors=(errors.AuthorityContactsNotFound,), etag=True
)  # fmt: skip
async def get_authority_contacts(
    authority: Authority, reading: Reading, request: Request
) -> Response:
    """Get the contacts of a local authority.

    Shows who the authority wants you to phone first, who not to phone yet, and its numbers.
    """
    authority_contacts = await queries.read_authority_contacts(
        reading.driver, reading.actor, authority
    )
    return replies.versioned(authority_contacts, request=request)


@ops.command("PUT", AUTHORITY_CONTACTS, out=shapes.AuthorityContactsOut, needs=CHANGE)
async def update_authority_contacts(
    authority: Authority, body: shapes.AuthorityContactsIn, version: IfMatch, work: Work
) -> Response:
    """Update the contacts of a local authority.

    Replaces all contacts of an authority. Send If-Match "0" if the school has none yet. An
    administrator's change waits (`list_proposed_changes`).
    """
    check = commands.Check(body.checked_on, body.check_by)
    await commands.update_authority_contacts(
        work, authority, version, shapes.authority_contacts_of(body), check
    )
    authority_contacts = await queries.read_authority_contacts(
        await work.driver(), work.actor, authority
    )
    return replies.versioned(authority_contacts)


async def _respond(work: Work, support_service_id: UUID, *, status: int = 200) -> Response:
    support_service = await queries.read_support_service(
        await work.driver(), work.actor, support_service_id
    )
    location = f"/v1/support-services/{support_service_id}" if status == 201 else None
    return replies.versioned(support_service, status=status, location=location)

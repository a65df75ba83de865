"""The agencies a school refers to and shares with."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.kinds import Records, again
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.agencies import (
    AgencyCard,
    AgencyKeyIn,
    AgencyKeyOut,
    AgencyKeySecretOut,
    AgencyListIn,
    AgencyOut,
    AgencyPatch,
    AgencyWebhookIn,
    AgencyWebhookOut,
)
from app.core.schemas import PageOut
from app.core.targets import Reach
from app.core.words import Permission
from app.domain.access.share_access.errors import AgencyNotFound
from app.domain.people.service_keys.errors import ServiceKeyNotFound
from app.domain.sharing.agencies import commands, queries
from app.domain.sharing.agencies.schemas import AgencyIn

ops = Operations("agencies")
router = ops.router
AGENCIES = Records(
    ops, "/v1/agencies/{agency_id}", AgencyOut, again(queries.read_agency),
    writes=Permission.AGENCY_CHANGE, errors=(AgencyNotFound,),
)  # fmt: skip


@ops.query("/v1/agencies", out=PageOut[AgencyCard], needs=Permission.AGENCY_READ)
async def list_agencies(
    request: Request, reading: Reading, query: Annotated[AgencyListIn, Query()]
) -> Response:
    """List agencies.

    Lists the agencies in use, newest first. Send `state=retired` for the others.
    """
    agencies = await queries.list_agencies(reading, query.kind, query.state, page_asked(query))
    return replies.page(request, agencies)


@ops.command("POST", "/v1/agencies", out=AgencyOut, needs=Permission.AGENCY_CHANGE, status=201)
async def add_agency(body: AgencyIn, work: Work) -> Response:
    """Add an agency.

    Adds an agency that referrals and shares can go to.
    """
    agency = await commands.add_agency(work, body)
    return await AGENCIES.made(work, agency)


@ops.query(
    "/v1/agencies/{agency_id}", out=AgencyOut, needs=Permission.AGENCY_READ,
    errors=(AgencyNotFound,), etag=True,
)  # fmt: skip
async def get_agency(agency_id: UUID, reading: Reading, request: Request) -> Response:
    """Get an agency.

    Shows the agency's name, kind, addresses and phone numbers.
    """
    agency = await queries.read_agency(reading.driver, reading.actor, agency_id)
    return replies.record(agency, version=agency.pop("version"), request=request)


AGENCIES.change(
    "", commands.update_agency, AgencyPatch,
    "Update an agency.\n\n"
    "Changes the agency with a merge patch. Set `state` to take it out of use.",
)  # fmt: skip


@ops.command(
    "POST", "/v1/agencies/{agency_id}/keys", out=AgencyKeySecretOut, needs=Permission.AGENCY_CHANGE,
    status=201, errors=(AgencyNotFound,), recent=True, secret=True, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def create_agency_key(agency_id: UUID, body: AgencyKeyIn, work: Work) -> Response:
    """Create a key for an agency.

    Creates a key for the agency's system, to read what was sent to the agency and to answer. The
    secret appears in this answer only.
    """
    made = await commands.create_agency_key(work, agency_id, **body.model_dump())
    content = {
        "id": made.key.id,
        "name": made.key.name,
        "secret": made.secret,
        "expires_at": made.key.expires_at,
    }
    location = f"/v1/agencies/{agency_id}/keys"
    return replies.record(content, status=201, version=made.key.version, location=location)


@ops.query(
    "/v1/agencies/{agency_id}/keys", out=PageOut[AgencyKeyOut], needs=Permission.AGENCY_CHANGE,
    errors=(AgencyNotFound,),
)  # fmt: skip
async def list_agency_keys(agency_id: UUID, reading: Reading) -> Response:
    """List an agency's keys.

    Lists the agency's keys, including those that have ended.
    """
    return replies.listing(await queries.list_agency_keys(reading, agency_id))


@ops.command(
    "DELETE", "/v1/agencies/{agency_id}/keys/{key_id}", out=None, needs=Permission.AGENCY_CHANGE,
    status=204, errors=(AgencyNotFound, ServiceKeyNotFound), etag=False,
)  # fmt: skip
async def revoke_agency_key(
    agency_id: UUID, key_id: UUID, work: Work, if_match: IfMatch
) -> Response:
    """Revoke an agency's key.

    Revokes the key permanently. Revoking it twice changes nothing, and an older ETag is accepted,
    so that nothing delays you.
    """
    await commands.revoke_agency_key(work, agency_id, key_id, if_match)
    return Response(status_code=204)


@ops.command(
    "PUT", "/v1/agencies/{agency_id}/webhook", out=AgencyWebhookOut, needs=Permission.AGENCY_CHANGE,
    errors=(AgencyNotFound,), recent=True, secret=True,
)  # fmt: skip
async def set_agency_webhook(
    agency_id: UUID, body: AgencyWebhookIn, work: Work, runtime: Served, if_match: IfMatch
) -> Response:
    """Set an agency's webhook.

    Sets the address where Cairn alerts the agency's system. Each call makes a new secret, shown in
    this answer only.
    """
    agency, secret = await commands.set_agency_webhook(
        work, agency_id, if_match, body.url, _reach(runtime), runtime.vault
    )
    content = {"webhook_url": agency.webhook_url, "secret": secret}
    return replies.record(content, version=agency.version)


@ops.command(
    "DELETE", "/v1/agencies/{agency_id}/webhook", out=None, needs=Permission.AGENCY_CHANGE,
    status=204, errors=(AgencyNotFound,), etag=False,
)  # fmt: skip
async def remove_agency_webhook(agency_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Remove an agency's webhook.

    Removes the address. Cairn sends the agency's system no more messages.
    """
    await commands.remove_agency_webhook(work, agency_id, if_match)
    return Response(status_code=204)


def _reach(runtime: Served) -> Reach:
    settings = runtime.settings
    return Reach.of(
        settings.webhook_allowed_networks, settings.webhook_ports, local=settings.unsafe_addresses
    )

"""Service keys: how programs sign in."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.kinds import Records, again
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.service_keys import (
    RotateServiceKeyIn,
    ServiceKeyCard,
    ServiceKeyIn,
    ServiceKeyListIn,
    ServiceKeyOut,
    ServiceKeyPatch,
    ServiceKeySecretOut,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.people.service_keys import commands, queries
from app.domain.people.service_keys.errors import (
    ScopeNotYours,
    ServiceKeyNotFound,
    ServiceKeyRevoked,
)

ops = Operations("service keys")
router = ops.router
CHANGES = (ServiceKeyNotFound, ServiceKeyRevoked, ScopeNotYours)
KEYS = Records(
    ops, "/v1/service-keys/{key_id}", ServiceKeyOut, again(queries.read_service_key),
    writes=Permission.KEY_CHANGE, errors=(ServiceKeyNotFound,),
)  # fmt: skip


@ops.query("/v1/service-keys", out=PageOut[ServiceKeyCard], needs=Permission.KEY_CHANGE)
async def list_service_keys(
    request: Request, reading: Reading, query: Annotated[ServiceKeyListIn, Query()]
) -> Response:
    """List service keys.

    Lists the keys in use, newest first. Send `state=revoked` for the others.
    """
    return replies.page(
        request, await queries.list_service_keys(reading, query.state, page_asked(query))
    )


@ops.command(
    "POST", "/v1/service-keys", out=ServiceKeySecretOut, needs=Permission.KEY_CHANGE, status=201,
    errors=(ScopeNotYours,), recent=True, secret=True,
)  # fmt: skip
async def create_service_key(body: ServiceKeyIn, work: Work) -> Response:
    """Create a service key.

    Creates a key for a program. Its secret appears in this answer only, so store it now.
    """
    made = await commands.create_service_key(work, commands.AddServiceKey(**body.model_dump()))
    return await _with_secret(work, made, status=201)


@ops.query(
    "/v1/service-keys/{key_id}", out=ServiceKeyOut, needs=Permission.KEY_CHANGE,
    errors=(ServiceKeyNotFound,), etag=True,
)  # fmt: skip
async def get_service_key(key_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a service key.

    Shows one key, without its secret.
    """
    service_key = await queries.read_service_key(reading.driver, reading.actor, key_id)
    return replies.record(service_key, version=service_key.pop("version"), request=request)


KEYS.change(
    "", commands.update_service_key, ServiceKeyPatch,
    "Update a service key.\n\n"
    "Changes the key's name, scopes, networks or expiry with a merge patch. Tokens already "
    "issued follow at once.",
    recent=True, errors=(ServiceKeyRevoked, ScopeNotYours),
)  # fmt: skip


@ops.command(
    "POST", "/v1/service-keys/{key_id}/rotate", out=ServiceKeySecretOut,
    needs=Permission.KEY_CHANGE, errors=CHANGES, recent=True, secret=True,
)  # fmt: skip
async def rotate_service_key(
    key_id: UUID, body: RotateServiceKeyIn, work: Work, if_match: IfMatch
) -> Response:
    """Rotate a service key's secret.

    Gives the key a new secret, shown in this answer only. The current one works for another
    `overlap_minutes`.
    """
    overlap = timedelta(minutes=body.overlap_minutes)
    return await _with_secret(
        work, await commands.rotate_service_key(work, key_id, if_match, overlap)
    )


KEYS.change(
    "revoke", commands.revoke_service_key, None,
    "Revoke a service key.\n\n"
    "Revokes the key and its tokens permanently. An older ETag is accepted, so that nothing "
    "delays you.",
)  # fmt: skip


async def _with_secret(work: Work, made: commands.WithSecret, *, status: int = 200) -> Response:
    service_key = await queries.read_service_key(await work.driver(), work.actor, made.key.id)
    version = service_key.pop("version")
    content = {**service_key, "client_id": made.key.id, "client_secret": made.secret}
    location = f"/v1/service-keys/{made.key.id}" if status == 201 else None
    return replies.record(content, status=status, version=version, location=location)

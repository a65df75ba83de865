"""Identifies the signer of a request before anything reads its body."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header
from starlette.requests import Request

from app.api.addresses import client_network
from app.api.deps import Served
from app.api.problems import BodyTooLarge
from app.domain.exchange.intake_sources.commands import Admitted, admit
from app.formats.standard_webhooks import Shown

LARGEST_ALERT = 65_536


async def raw_alert(request: Request) -> bytes:
    """The bytes of an alert. Raises `BodyTooLarge` beyond 64 kB."""
    body = await request.body()
    if len(body) > LARGEST_ALERT:
        raise BodyTooLarge
    return body


async def _admitted(
    source_id: UUID,
    request: Request,
    runtime: Served,
    webhook_id: Annotated[
        str, Header(description="Message ID, the same on each retry.", max_length=255)
    ],
    webhook_timestamp: Annotated[
        str, Header(description="Seconds since 1970, at most five minutes from now.", max_length=12)
    ],
    webhook_signature: Annotated[
        str,
        Header(
            description="`v1,` and the signature; separate several with spaces.", max_length=2000
        ),
    ],
) -> Admitted:
    body = await raw_alert(request)
    signature = Shown(webhook_id, webhook_timestamp, webhook_signature)
    network = client_network(request.scope)
    return await admit(runtime.database, runtime.vault, source_id, signature, body, network)


Signed = Annotated[Admitted, Depends(_admitted)]
RawAlert = Annotated[bytes, Depends(raw_alert)]

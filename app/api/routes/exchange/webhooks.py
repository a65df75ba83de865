"""Webhooks: events sent to endpoints of other programs."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.webhooks import (
    ReplayWebhookIn,
    ReplayWebhookOut,
    WebhookCard,
    WebhookDeliveryCard,
    WebhookDeliveryListIn,
    WebhookDeliveryOut,
    WebhookIn,
    WebhookListIn,
    WebhookOut,
    WebhookPatch,
    WebhookSecretOut,
)
from app.core.schemas import PageOut, given
from app.core.targets import Reach
from app.core.words import Permission
from app.domain.errors import StateConflict
from app.domain.exchange.webhook_deliveries import commands as webhook_deliveries
from app.domain.exchange.webhooks import commands as webhooks
from app.domain.exchange.webhooks import queries
from app.domain.exchange.webhooks.commands import WithSecret
from app.domain.exchange.webhooks.errors import (
    DeliveryNotFound,
    WebhookEnded,
    WebhookNotFound,
    WebhooksFull,
    WebhookWider,
)

ops = Operations("webhooks")
router = ops.router
NEEDED = Permission.WEBHOOK_CHANGE
LIVING = (WebhookNotFound, WebhookEnded)
WIDE = (*LIVING, WebhookWider)


@ops.query("/v1/webhooks", out=PageOut[WebhookCard], needs=NEEDED)
async def list_webhooks(
    request: Request, reading: Reading, query: Annotated[WebhookListIn, Query()]
) -> Response:
    """List webhooks.

    Lists webhooks, newest first. Send `state=ended` for those that were removed.
    """
    result = await queries.list_webhooks(reading, query.state, page_asked(query))
    return replies.page(request, result)


@ops.command(
    "POST", "/v1/webhooks", out=WebhookSecretOut, needs=NEEDED, status=201, errors=(WebhooksFull,),
    recent=True, secret=True,
)  # fmt: skip
async def add_webhook(body: WebhookIn, work: Work, runtime: Served) -> Response:
    """Add a webhook.

    Adds an endpoint. From now on Cairn sends it the events that your role may see, but never those
    of class K5 or of the adult register.

    The secret appears in this answer only, so store it now. To try the endpoint, call
    `test_webhook`.
    """
    made = await webhooks.add_webhook(work, _reach(runtime), runtime.vault, **body.model_dump())
    return await _with_secret(work, made, status=201)


@ops.query(
    "/v1/webhooks/{webhook_id}", out=WebhookOut, needs=NEEDED, errors=(WebhookNotFound,), etag=True
)
async def get_webhook(webhook_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a webhook.

    Shows one webhook, without its secret.
    """
    webhook = await queries.read_webhook(reading.driver, reading.actor, webhook_id)
    return replies.record(webhook, version=webhook.pop("version"), request=request)


@ops.command(
    "PATCH", "/v1/webhooks/{webhook_id}", out=WebhookOut, needs=NEEDED, errors=WIDE, recent=True
)
async def update_webhook(
    webhook_id: UUID, body: WebhookPatch, work: Work, if_match: IfMatch, runtime: Served
) -> Response:
    """Update a webhook.

    Changes the endpoint with a merge patch, pauses it, or switches it on again.

    The person who changes the address becomes responsible for what is sent there. If it receives
    more than your role may see, you can only pause it.
    """
    fields = given(body, but_not=("resume",))
    await webhooks.update_webhook(
        work, webhook_id, if_match, fields, body.resume == "from_now", _reach(runtime)
    )
    return await _respond(work, webhook_id)


@ops.command(
    "POST", "/v1/webhooks/{webhook_id}/rotate", out=WebhookSecretOut, needs=NEEDED, errors=WIDE,
    recent=True, secret=True,
)  # fmt: skip
async def rotate_webhook(
    webhook_id: UUID, work: Work, if_match: IfMatch, runtime: Served
) -> Response:
    """Rotate a webhook's secret.

    Gives the endpoint a new secret, shown in this answer only. For one day Cairn signs messages
    with both.
    """
    made = await webhooks.rotate_webhook(work, webhook_id, if_match, runtime.vault)
    return await _with_secret(work, made)


@ops.command(
    "DELETE", "/v1/webhooks/{webhook_id}", out=None, needs=NEEDED, status=204,
    errors=(WebhookNotFound,), etag=False,
)  # fmt: skip
async def remove_webhook(webhook_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Remove a webhook.

    Removes the webhook permanently. An older ETag is accepted, so that nothing delays you.
    """
    await webhooks.remove_webhook(work, webhook_id, if_match)
    return Response(status_code=204)


@ops.command(
    "POST", "/v1/webhooks/{webhook_id}/test", out=WebhookDeliveryCard, needs=NEEDED, status=202,
    errors=LIVING, etag=False, no_if_match=NoIfMatch.SENDS,
)  # fmt: skip
async def test_webhook(webhook_id: UUID, work: Work) -> Response:
    """Test a webhook.

    Sends `webhook.test` once, whatever state the endpoint is in. Its delivery shows the result:
    call `list_webhook_deliveries`.
    """
    delivery_id = await webhook_deliveries.test_webhook(work, webhook_id)
    delivery = await queries.read_card(await work.driver(), work.actor, webhook_id, delivery_id)
    location = f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"
    return replies.record(delivery, status=202, location=location)


@ops.command(
    "POST", "/v1/webhooks/{webhook_id}/replay", out=ReplayWebhookOut, needs=NEEDED, errors=WIDE,
    etag=False, no_if_match=NoIfMatch.SENDS,
)  # fmt: skip
async def replay_webhook(webhook_id: UUID, body: ReplayWebhookIn, work: Work) -> Response:
    """Replay a webhook's messages.

    Sends messages again, each with its original ID: the failed ones, or all since a given time.
    """
    replayed = await webhook_deliveries.replay_webhook(
        work, webhook_id, body.since, everything=body.everything
    )
    return replies.record({"replayed": replayed})


@ops.query(
    "/v1/webhooks/{webhook_id}/deliveries", out=PageOut[WebhookDeliveryCard], needs=NEEDED,
    errors=(WebhookNotFound, WebhookWider),
)  # fmt: skip
async def list_webhook_deliveries(
    webhook_id: UUID,
    request: Request,
    reading: Reading,
    query: Annotated[WebhookDeliveryListIn, Query()],
) -> Response:
    """List a webhook's deliveries.

    Lists what was sent or is still to be sent, newest first. You need a role that reads at least as
    much as the endpoint receives.
    """
    deliveries = await queries.list_deliveries(reading, webhook_id, query.state, page_asked(query))
    return replies.page(request, deliveries)


@ops.query(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", out=WebhookDeliveryOut, needs=NEEDED,
    errors=(WebhookNotFound, WebhookWider, DeliveryNotFound),
)  # fmt: skip
async def get_webhook_delivery(webhook_id: UUID, delivery_id: UUID, reading: Reading) -> Response:
    """Get a webhook delivery.

    Shows one message and its attempts: when each was made, how long it took and the result.
    """
    return replies.record(
        await queries.read_delivery(reading.driver, reading.actor, webhook_id, delivery_id)
    )


@ops.command(
    "POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", out=WebhookDeliveryOut,
    needs=NEEDED, errors=(*WIDE, DeliveryNotFound, StateConflict), etag=False,
    no_if_match=NoIfMatch.SENDS,
)  # fmt: skip
async def replay_webhook_delivery(webhook_id: UUID, delivery_id: UUID, work: Work) -> Response:
    """Replay a webhook message.

    Sends one message again with its original ID, whatever its earlier result.
    """
    await webhook_deliveries.replay_delivery(work, webhook_id, delivery_id)
    return replies.record(
        await queries.read_delivery(await work.driver(), work.actor, webhook_id, delivery_id)
    )


def _reach(runtime: Served) -> Reach:
    settings = runtime.settings
    return Reach.of(
        settings.webhook_allowed_networks, settings.webhook_ports, local=settings.unsafe_addresses
    )


async def _respond(work: Work, webhook_id: UUID) -> Response:
    webhook = await queries.read_webhook(await work.driver(), work.actor, webhook_id)
    return replies.record(webhook, version=webhook.pop("version"))


async def _with_secret(work: Work, made: WithSecret, *, status: int = 200) -> Response:
    webhook = await queries.read_webhook(await work.driver(), work.actor, made.webhook.id)
    version = webhook.pop("version")
    content = {**webhook, "secret": made.secret}
    location = f"/v1/webhooks/{made.webhook.id}" if status == 201 else None
    return replies.record(content, status=status, version=version, location=location)

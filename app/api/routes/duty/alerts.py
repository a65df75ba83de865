"""My inbox of alerts."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.alerts import (
    AlertCard,
    AlertListIn,
    AlertsAcknowledgedOut,
    AlertsAcknowledgeIn,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.duty.alerts import commands, queries
from app.domain.duty.alerts.errors import AlertNotFound

ops = Operations("alerts")
router = ops.router


@ops.query("/v1/alerts", out=PageOut[AlertCard], needs=Permission.ALERT_READ, by_password=True)
async def list_alerts(
    request: Request, reading: Reading, query: Annotated[AlertListIn, Query()]
) -> Response:
    """List my alerts.

    Lists your alerts, newest first. An alert says that something needs you, never what it is about.
    Next: open the record, then `acknowledge_alert`.
    """
    alerts = await queries.list_alerts(reading, query.state, page_asked(query))
    return replies.page(request, alerts)


@ops.command(
    "POST", "/v1/alerts/{alert_id}/acknowledge", out=AlertCard, needs=Permission.ALERT_READ,
    errors=(AlertNotFound,), by_password=True, no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def acknowledge_alert(alert_id: UUID, work: Work) -> Response:
    """Acknowledge an alert.

    Records that you have seen the alert, and stops it escalating. Acknowledging it twice changes
    nothing.
    """
    alert, version = await commands.acknowledge_alert(work, alert_id)
    return replies.record(alert, version=version)


@ops.command(
    "POST", "/v1/alerts/acknowledgements", out=AlertsAcknowledgedOut, needs=Permission.ALERT_READ,
    etag=False, by_password=True, no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def acknowledge_alerts(body: AlertsAcknowledgeIn, work: Work) -> Response:
    """Acknowledge several alerts.

    Acknowledges up to 200 of your alerts with one reason, as if you had acknowledged each one by
    itself.

    Each result comes beside its ID. One alert that you may not see does not stop the others.
    """
    results = await commands.acknowledge_alerts(work, body.alert_ids, body.reason)
    return replies.record({"results": results})

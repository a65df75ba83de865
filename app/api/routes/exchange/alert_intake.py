"""The door for filtering and monitoring tools: by service key, or signed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.problems import BodyTooLarge
from app.api.schemas.alert_intake import (
    AlertIn,
    FeedbackListIn,
    FeedbackOut,
    IntakeOut,
    SignedAlertIn,
)
from app.api.shapes import lead_availability
from app.api.signed import RawAlert, Signed
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.exchange.alert_intake import commands, queries
from app.domain.exchange.intake_sources.errors import IntakeSourceNotFound, SignatureRefused
from app.domain.exchange.monitoring_alerts.errors import (
    IntakeSourceNotYours,
    MonitoringVersionsFull,
)
from app.domain.record.concerns.errors import OccurredInFuture

ops = Operations("alert intake")
router = ops.router


@ops.command(
    "POST",
    "/v1/alert-intake",
    out=IntakeOut,
    needs=Permission.ALERT_INTAKE,
    status=202,
    errors=(
        IntakeSourceNotFound,
        IntakeSourceNotYours,
        MonitoringVersionsFull,
        OccurredInFuture,
        BodyTooLarge,
    ),
    etag=False,
)
async def send_monitoring_alert(body: AlertIn, raw: RawAlert, work: Work) -> Response:
    """Send a monitoring alert.

    Receives an alert from a monitoring tool that signs in with a service key. Cairn saves it before
    it answers.

    The same `external_id` again counts as the same alert (`duplicate`); if the body differs, Cairn
    keeps both versions. Cairn keeps nothing of an alert it refuses: correct it and send it again.
    """
    command = _command(body, raw, body.source)
    return _accepted(await commands.receive_alert(work, command))


@ops.query(
    "/v1/alert-intake/feedback", out=PageOut[FeedbackOut], needs=Permission.ALERT_INTAKE,
    errors=(IntakeSourceNotFound,),
)  # fmt: skip
async def list_alert_feedback(
    request: Request, reading: Reading, query: Annotated[FeedbackListIn, Query()]
) -> Response:
    """List feedback on alerts that were sent.

    Lists the tool's own alerts that people dismissed, oldest first and a minute behind. It names no
    people.
    """
    feedback = await queries.list_feedback(reading, query.since, query.source, page_asked(query))
    return replies.page(request, feedback)


@ops.public(
    "POST", "/v1/alert-intake/{source_id}", out=IntakeOut, status=202,
    errors=(SignatureRefused, MonitoringVersionsFull, OccurredInFuture, BodyTooLarge),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def send_signed_monitoring_alert(
    source_id: UUID, signed: Signed, body: SignedAlertIn, raw: RawAlert, runtime: Served
) -> Response:
    """Send a signed monitoring alert.

    Receives an alert signed with the source's secret, as Standard Webhooks describes. It needs no
    token.

    The signature covers `{webhook-id}.{webhook-timestamp}.{body}`, byte for byte.
    """
    command = _command(body, raw, str(source_id), signed.webhook_id)
    return _accepted(await commands.receive_signed(runtime.database, signed.school_id, command))


def _command(
    body: SignedAlertIn, raw: bytes, source: str, webhook_id: str | None = None
) -> commands.ReceiveAlert:
    named = {
        name: getattr(body, name)
        for name in (
            "external_id", "occurred_at", "detected_at", "severity", "source_severity",
            "category", "source_category",
        )
    }  # fmt: skip
    return commands.ReceiveAlert(
        source=source, body=dict(body), raw=raw, webhook_id=webhook_id, **named
    )


def _accepted(received: commands.Received) -> Response:
    content = {
        "id": received.id,
        "state": received.state,
        "matched": received.matched,
        "duplicate": received.duplicate,
        "received": True,
        "lead_availability": lead_availability.to_response(received.availability, saved=True),
    }
    return replies.record(content, status=202)

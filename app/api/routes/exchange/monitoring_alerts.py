"""The tray of monitoring alerts, where people decide what becomes of each."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.monitoring_alerts import (
    AssignMonitoringIn,
    DismissIn,
    MatchIn,
    MonitoringAlertOut,
    MonitoringCard,
    MonitoringListIn,
    TakeUpIn,
)
from app.api.shapes.monitoring_alerts import filter_of
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.conflicts.errors import StaffUnknown
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest
from app.domain.exchange.monitoring_alert_concerns import commands as monitoring_alert_concerns
from app.domain.exchange.monitoring_alert_concerns.commands import TakeUpAlert
from app.domain.exchange.monitoring_alerts import commands as monitoring_alerts
from app.domain.exchange.monitoring_alerts import errors as wrong
from app.domain.exchange.monitoring_alerts import queries
from app.domain.exchange.monitoring_alerts.commands import AssignAlert, DismissAlert, MatchAlert
from app.domain.record.concerns.errors import ConcernEnded

ops = Operations("monitoring alerts")
router = ops.router
ONE = "/v1/monitoring-alerts/{alert_id}"
STEP = (wrong.MonitoringAlertNotFound, wrong.MonitoringAlertDecided)


@ops.opening(
    "/v1/monitoring-alerts",
    out=PageOut[MonitoringCard],
    needs=Permission.MONITORING_READ,
    etag=False,
)
async def list_monitoring_alerts(
    query: Annotated[MonitoringListIn, Query()], work: Work, request: Request
) -> Response:
    """Alerts of monitoring tools, newest first; rows name the child and nothing captured."""
    found = await queries.list_alerts(work, filter_of(query), page_asked(query))
    return replies.page(request, found)


@ops.opening(
    ONE,
    out=MonitoringAlertOut,
    needs=Permission.MONITORING_READ,
    errors=(wrong.MonitoringAlertNotFound,),
)
async def open_monitoring_alert(alert_id: UUID, work: Work, request: Request) -> Response:
    """One alert with everything that was sent; opening it leaves a trace."""
    shown, version = await queries.open_alert(work, alert_id)
    return replies.record(shown, version=version, request=request)


@ops.command(
    "POST",
    f"{ONE}/match",
    out=MonitoringAlertOut,
    needs=Permission.MONITORING_READ,
    errors=(*STEP, ChildNotFound, ConflictOfInterest, OutsideCohort),
)
async def match_monitoring_alert(
    alert_id: UUID, body: MatchIn, work: Work, if_match: IfMatch
) -> Response:
    """Say which child it is about, or that it is about none; it can be said anew."""
    wish = MatchAlert(alert_id, if_match, body.child_id, body.reason)
    await monitoring_alerts.match_alert(work, wish)
    return await _shown(work, alert_id)


@ops.command(
    "POST",
    f"{ONE}/assign",
    out=MonitoringAlertOut,
    needs=Permission.MONITORING_READ,
    errors=(*STEP, wrong.ReviewerUnsuitable),
)
async def assign_monitoring_alert(
    alert_id: UUID, body: AssignMonitoringIn, work: Work, if_match: IfMatch
) -> Response:
    """Give it to another person who looks at such alerts; its due time stays."""
    await monitoring_alerts.assign_alert(work, AssignAlert(alert_id, if_match, body.owner_id))
    return await _shown(work, alert_id)


@ops.command(
    "POST",
    f"{ONE}/dismiss",
    out=MonitoringAlertOut,
    needs=Permission.MONITORING_READ,
    errors=STEP,
)
async def dismiss_monitoring_alert(
    alert_id: UUID, body: DismissIn, work: Work, if_match: IfMatch
) -> Response:
    """Decide that nothing more comes of it; the tool learns the reason and no more."""
    wish = DismissAlert(alert_id, if_match, body.reason, body.note)
    await monitoring_alerts.dismiss_alert(work, wish)
    return await _shown(work, alert_id)


@ops.command(
    "POST",
    f"{ONE}/take-up",
    out=MonitoringAlertOut,
    needs=Permission.MONITORING_READ,
    errors=(
        *STEP, wrong.MonitoringAlertUnmatched, wrong.ConcernAboutOthers, ConcernNotFound,
        ConcernEnded, StaffUnknown,
    ),
)  # fmt: skip
async def take_up_monitoring_alert(
    alert_id: UUID, body: TakeUpIn, work: Work, if_match: IfMatch
) -> Response:
    """Raise a concern from it, or add it to one about the same child."""
    fields = body.model_dump(exclude={"id"})
    wish = TakeUpAlert(alert_id, if_match, new_id=body.id, **fields)
    await monitoring_alert_concerns.take_up_alert(work, wish)
    return await _shown(work, alert_id)


async def _shown(work: Work, alert_id: UUID) -> Response:
    shown, version = await queries.show_alert(work, alert_id)
    return replies.record(shown, version=version)

"""The inbox of monitoring alerts, where people decide what becomes of each."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.monitoring_alerts import MonitoringAlertOut, MonitoringCard, MonitoringListIn
from app.api.shapes.filters import monitoring_alerts_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.conflicts.errors import StaffUnknown
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest
from app.domain.exchange.monitoring_alert_concerns import commands as monitoring_alert_concerns
from app.domain.exchange.monitoring_alert_concerns.schemas import TakeUpIn
from app.domain.exchange.monitoring_alerts import commands as monitoring_alerts
from app.domain.exchange.monitoring_alerts import errors as wrong
from app.domain.exchange.monitoring_alerts import queries
from app.domain.exchange.monitoring_alerts.schemas import AssignMonitoringIn, DismissIn, MatchIn
from app.domain.record.concerns.errors import ConcernEnded

ops = Operations("monitoring alerts")
router = ops.router
ONE = "/v1/monitoring-alerts/{alert_id}"
STEP = (wrong.MonitoringAlertNotFound, wrong.MonitoringAlertDecided)
ALERTS = Records(
    ops, ONE, MonitoringAlertOut, queries.show_alert,
    writes=Permission.MONITORING_READ, errors=STEP,
)  # fmt: skip


@ops.opening(
    "/v1/monitoring-alerts", out=PageOut[MonitoringCard], needs=Permission.MONITORING_READ,
    etag=False,
)  # fmt: skip
async def list_monitoring_alerts(
    query: Annotated[MonitoringListIn, Query()], work: Work, request: Request
) -> Response:
    """List monitoring alerts.

    Lists alerts from monitoring tools, newest first. A row names the child but shows nothing that
    was captured.
    """
    alerts = await queries.list_alerts(work, monitoring_alerts_asked(query), page_asked(query))
    return replies.page(request, alerts)


@ops.opening(
    ONE, out=MonitoringAlertOut, needs=Permission.MONITORING_READ,
    errors=(wrong.MonitoringAlertNotFound,),
)  # fmt: skip
async def open_monitoring_alert(alert_id: UUID, work: Work, request: Request) -> Response:
    """Open a monitoring alert.

    Shows one alert with everything the tool sent. The audit log records that you opened it. Next:
    `take_up_monitoring_alert` or `dismiss_monitoring_alert`.
    """
    alert, version = await queries.open_alert(work, alert_id)
    return replies.record(alert, version=version, request=request)


ALERTS.change(
    "match", monitoring_alerts.match_alert, MatchIn,
    "Match a monitoring alert to a child.\n\n"
    "Records which child the alert is about, or that it is about none. You can change this "
    "later.",
    name="match_monitoring_alert", errors=(ChildNotFound, ConflictOfInterest, OutsideCohort),
)  # fmt: skip
ALERTS.change(
    "assign", monitoring_alerts.assign_alert, AssignMonitoringIn,
    "Assign a monitoring alert.\n\n"
    "Gives the alert to another person who handles monitoring alerts. Its due time does not "
    "change.",
    name="assign_monitoring_alert", errors=(wrong.ReviewerUnsuitable,),
)  # fmt: skip
ALERTS.change(
    "dismiss", monitoring_alerts.dismiss_alert, DismissIn,
    "Dismiss a monitoring alert.\n\n"
    "Records that nothing more needs doing, and why. The tool receives the reason and "
    "nothing else.",
    name="dismiss_monitoring_alert",
)  # fmt: skip
ALERTS.change(
    "take-up", monitoring_alert_concerns.take_up_alert, TakeUpIn,
    "Take up a monitoring alert.\n\n"
    "Raises a concern from the alert, or adds the alert to a concern about the same child.",
    name="take_up_monitoring_alert",
    errors=(
        wrong.MonitoringAlertUnmatched, wrong.ConcernAboutOthers, ConcernNotFound, ConcernEnded,
        StaffUnknown,
    ),
)  # fmt: skip

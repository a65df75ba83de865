"""The kind of a monitoring alert: seen by alert reviewers, unless related to a child in it.

A concern made from it closes it, too: to people named there, where it is sealed, and to everybody
once it has moved.
"""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import MonitoringAlert
from app.db.visibility import of_reader
from app.domain import visibility
from app.domain.exchange.monitoring_alerts.errors import (
    MonitoringAlertDecided,
    MonitoringAlertNotFound,
)
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning
from app.domain.policy import Effect

P = Permission
CLASS = "K3"


def may_review(rights: Rights) -> bool:
    """Whether a role reviews monitoring alerts: it has the permission and reads their class."""
    return P.MONITORING_READ in rights.permissions and CLASS in rights.classes


REVIEWER = visibility.Rule(
    "class", of_reader(lambda reader: may_review(reader.rights)), Effect.ALLOW, Effect.DENY,
    yes=f"role reads class {CLASS}", no=f"role does not read class {CLASS}",
)  # fmt: skip
MONITORING_ALERT = kind(
    Kind(
        "monitoring_alert",
        MonitoringAlert,
        reads=P.MONITORING_READ,
        visible=visibility.Unless(
            (visibility.CHILD_CONFLICT, *visibility.CLOSED_BEHIND),
            visibility.First((REVIEWER,)),
        ),
        missing=MonitoringAlertNotFound,
        ended=MonitoringAlertDecided,
        opened=AuditEvent.MONITORING_OPENED,
        reassigned=AuditEvent.MONITORING_ASSIGNED,
        is_open=lambda row: row.state == "open",
        moves={
            "a monitoring tool sends it": {NEW: "open"},
            "it belongs to a burst": {"open": "collapsed"},
            "it is graver than its burst, or about another pupil": {
                "collapsed": ("open", "taken_up", "dismissed"),
                "taken_up": "open", "dismissed": "open",
            },
            "take_up_monitoring_alert": {"open": "taken_up"},
            "dismiss_monitoring_alert": {"open": "dismissed"},
        },
        events=(
            AuditEvent.MONITORING_RECEIVED, AuditEvent.MONITORING_MATCHED,
            AuditEvent.MONITORING_ASSIGNED,
            AuditEvent.MONITORING_DISMISSED, AuditEvent.MONITORING_TAKEN_UP,
        ),
        at_death="somebody else may have used the device",
        owning=Owning(
            lambda rights, _: may_review(rights),
            last=(Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN),
        ),
    )
)  # fmt: skip

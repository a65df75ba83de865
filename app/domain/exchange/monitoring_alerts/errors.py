"""How requests about monitoring alerts can be refused."""

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Retry


class IntakeSourceNotYours(Forbidden):
    code = "intake_source_not_yours"
    title = "Another service key speaks for this source of alerts."
    advice = "Use that key, or have the school change `service_key_id` of the source."


class MonitoringVersionsFull(Conflict):
    code = "monitoring_versions_full"
    title = "This alert has as many versions as are kept of one."
    advice = "Send what is new as an alert of its own, with another external_id."
    retry = Retry.CHANGED


class MonitoringAlertNotFound(NotFound):
    code = "monitoring_alert_not_found"
    title = "There is no such monitoring alert."


class MonitoringAlertDecided(Conflict):
    code = "monitoring_alert_decided"
    title = "This monitoring alert is closed."
    advice = "It was dismissed, taken up, or is part of another alert: read it again."


class MonitoringAlertUnmatched(Conflict):
    code = "monitoring_alert_unmatched"
    title = "It is not known yet which child this monitoring alert is about."
    advice = "Match it to a child first."
    retry = Retry.SAME


class ConcernAboutOthers(Invalid):
    code = "concern_about_others"
    title = "This concern is not about the child of the monitoring alert."
    advice = "Raise a new concern, or choose one about this child."


class ReviewerUnsuitable(Invalid):
    code = "reviewer_unsuitable"
    title = "This person cannot look at the monitoring alert."
    advice = "Choose a present lead, deputy or head who has no interest in the child."

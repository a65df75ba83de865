"""Refusals of requests about monitoring alerts."""

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Retry


class IntakeSourceNotYours(Forbidden):
    code = "intake_source_not_yours"
    title = "This source of alerts belongs to another service key."
    advice = "Use that key, or ask the school to change `service_key_id` of the source."


class MonitoringVersionsFull(Conflict):
    code = "monitoring_versions_full"
    title = "Cairn keeps no more versions of this alert."
    advice = "Send anything new as a separate alert, with another external_id."
    retry = Retry.CHANGED


class MonitoringAlertNotFound(NotFound):
    code = "monitoring_alert_not_found"
    title = "Cairn cannot find this monitoring alert."


class MonitoringAlertDecided(Conflict):
    code = "monitoring_alert_decided"
    title = "This monitoring alert is closed."
    advice = "Open it again: it was dismissed, taken up, or is part of another alert."


class MonitoringAlertUnmatched(Conflict):
    code = "monitoring_alert_unmatched"
    title = "This monitoring alert has not been matched to a child yet."
    advice = "Match it to a child first."
    retry = Retry.SAME


class ConcernAboutOthers(Invalid):
    code = "concern_about_others"
    title = "This concern is not about the child of the monitoring alert."
    advice = "Raise a new concern, or choose one about this child."


class ReviewerUnsuitable(Invalid):
    code = "reviewer_unsuitable"
    title = "This person cannot review the monitoring alert."
    advice = "Choose a lead, deputy or head who works here now and has no conflict of interest."

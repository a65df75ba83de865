"""How wishes about sources and monitoring alerts can be refused."""

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class IntakeSourceNotFound(NotFound):
    code = "intake_source_not_found"
    title = "There is no such source of alerts."
    advice = "Name the source by its id or name, as GET /v1/intake-sources lists it."


class IntakeSourceEnded(Conflict):
    code = "intake_source_ended"
    title = "This source of alerts has ended."
    advice = "Add the tool again as a new source."


class IntakeSourceNotYours(Forbidden):
    code = "intake_source_not_yours"
    title = "Another service key speaks for this source of alerts."
    advice = "Use that key, or have the school change `service_key_id` of the source."


class SpeakerUnknown(Invalid):
    code = "service_key_unknown"
    title = "There is no such service key."
    advice = "Use the id of a key that GET /v1/service-keys lists, or null."


class MonitoringVersionsFull(Conflict):
    code = "monitoring_versions_full"
    title = "This alert has as many versions as are kept of one."
    advice = "Send what is new as an alert of its own, with another external_id."


class SignatureRefused(Unauthenticated):
    code = "signature_refused"
    title = "No source of alerts signed this, or not just now."
    advice = (
        "Check the address, the secret, the clock (five minutes), and that the bytes sent are the "
        "bytes signed."
    )


class MonitoringAlertNotFound(NotFound):
    code = "monitoring_alert_not_found"
    title = "There is no such monitoring alert."


class MonitoringAlertDecided(Conflict):
    code = "monitoring_alert_decided"
    title = "This monitoring alert waits for nobody any more."
    advice = "It was dismissed, taken up, or is part of another alert: read it again."


class MonitoringAlertUnmatched(Conflict):
    code = "monitoring_alert_unmatched"
    title = "It is not known yet which child this monitoring alert is about."
    advice = "Match it to a child first."


class ConcernAboutOthers(Invalid):
    code = "concern_about_others"
    title = "This concern is not about the child of the monitoring alert."
    advice = "Raise a new concern, or choose one about this child."


class ReviewerUnsuitable(Invalid):
    code = "reviewer_unsuitable"
    title = "This person cannot look at the monitoring alert."
    advice = "Choose a present lead, deputy or head who has no interest in the child."

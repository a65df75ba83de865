"""How a request about a source can be refused."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry, Unauthenticated


class IntakeSourceNotFound(NotFound):
    code = "intake_source_not_found"
    title = "There is no such source of alerts."
    advice = "Name the source by its id or name, as GET /v1/intake-sources lists it."


class IntakeSourceEnded(Conflict):
    code = "intake_source_ended"
    title = "This source of alerts has ended."
    advice = "Add the tool again as a new source."


class SpeakerUnknown(Invalid):
    code = "service_key_unknown"
    title = "There is no such service key."
    advice = "Use the id of a key that GET /v1/service-keys lists, or null."


class SignatureRefused(Unauthenticated):
    code = "signature_refused"
    title = "The signature of this alert is not valid."
    advice = (
        "Check the address, the secret, the clock (five minutes), and that the bytes sent are the "
        "bytes signed."
    )
    retry = Retry.CHANGED

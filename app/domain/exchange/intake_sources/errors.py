"""Refusals of requests about sources."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry, Unauthenticated


class IntakeSourceNotFound(NotFound):
    code = "intake_source_not_found"
    title = "Cairn cannot find this source of alerts."
    advice = "Use the ID or name of a source that GET /v1/intake-sources lists."


class IntakeSourceEnded(Conflict):
    code = "intake_source_ended"
    title = "This source of alerts has ended."
    advice = "Add the tool again as a new source."


class SpeakerUnknown(Invalid):
    code = "service_key_unknown"
    title = "Cairn cannot find this service key."
    advice = "Use the ID of a key that GET /v1/service-keys lists, or null."


class SignatureRefused(Unauthenticated):
    code = "signature_refused"
    title = "The signature of this alert is not valid."
    advice = (
        "Check the address, the secret and the clock (within five minutes). Sign exactly the bytes"
        " that you send."
    )
    retry = Retry.CHANGED

"""Refusals of requests about reintegrations."""

from app.domain.errors import Conflict, Invalid, NotFound


class ReintegrationNotFound(NotFound):
    code = "reintegration_not_found"
    title = "Cairn cannot find this reintegration of the child."


class ReintegrationEnded(Conflict):
    code = "reintegration_ended"
    title = "This reintegration has ended."
    advice = "Start a new one for a new absence."


class ReintegrationAdultUnsuitable(Invalid):
    code = "reintegration_adult_unsuitable"
    title = "This person cannot see the pupil on the first days."
    advice = "Choose somebody who is here and has no conflict of interest."

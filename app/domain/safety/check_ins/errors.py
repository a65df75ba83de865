"""Errors of requests about check-ins."""

from app.domain.errors import Conflict, Invalid, NotFound


class CheckInNotFound(NotFound):
    code = "check_in_not_found"
    title = "Cairn cannot find this check-in."


class CheckInEnded(Conflict):
    code = "check_in_ended"
    title = "Somebody has already recorded what happened with this check-in."
    advice = "Open it again."


class CheckInNotMissed(Conflict):
    code = "check_in_not_missed"
    title = "There is still time for this check-in."
    advice = "Record how it went, or hand it to somebody else."


class CheckInNotOpen(Conflict):
    code = "check_in_not_open"
    title = "This check-in is for a later day, so nobody can say yet how it went."
    advice = "Record how it went on that day. If you are worried now, tell a lead now."


class NobodyAsked(Conflict):
    code = "nobody_asked"
    title = "Nobody is asking you to stand in for this check-in now."
    advice = "Open it again: somebody else may have it now."


class CheckInPersonUnsuitable(Invalid):
    code = "check_in_person_unsuitable"
    title = (
        "This person cannot take the check-in: they are away that day, or have a conflict of "
        "interest."
    )
    advice = "Choose two different people who are at school that day."


class AwayUnsuitable(Invalid):
    code = "away_unsuitable"
    title = "An absence must begin today or later, and end within a year."
    advice = "Choose other days."


class AwayNotFound(NotFound):
    code = "away_not_found"
    title = "Cairn cannot find this absence."

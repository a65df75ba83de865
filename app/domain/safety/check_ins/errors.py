"""What can be wrong with a request about a check-in."""

from app.domain.errors import Conflict, Invalid, NotFound


class CheckInNotFound(NotFound):
    code = "check_in_not_found"
    title = "There is no such check-in."


class CheckInEnded(Conflict):
    code = "check_in_ended"
    title = "Somebody has written down already what became of this check-in."
    advice = "Read it again."


class CheckInNotMissed(Conflict):
    code = "check_in_not_missed"
    title = "There is still time for this check-in."
    advice = "Say how it went, or give it to somebody else."


class CheckInNotOpen(Conflict):
    code = "check_in_not_open"
    title = "This check-in is for a later day, so nobody can say yet how it went."
    advice = "Write down on that day how it went. If you are worried now, tell a lead now."


class NobodyAsked(Conflict):
    code = "nobody_asked"
    title = "You are not asked to stand in for this check-in, or no longer."
    advice = "Read it again: somebody else may have it now."


class CheckInPersonUnsuitable(Invalid):
    code = "check_in_person_unsuitable"
    title = "This person cannot have it: they are not here that day, or have a conflict."
    advice = "Choose two different people who are at school that day."


class AwayUnsuitable(Invalid):
    code = "away_unsuitable"
    title = "An absence begins today or later and ends within a year."
    advice = "Choose other days."


class AwayNotFound(NotFound):
    code = "away_not_found"
    title = "There is no such absence."

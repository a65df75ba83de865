"""Refusals of requests about cases."""

from app.domain.errors import Conflict, Invalid, NotFound


class CaseNotFound(NotFound):
    code = "case_not_found"
    title = "Cairn cannot find this case."


class CaseEnded(Conflict):
    code = "case_ended"
    title = "This case has already been closed."
    advice = "Start a new one."


class CaseConcernUnsuitable(Invalid):
    code = "case_concern_unsuitable"
    title = "A case can hold only concerns about its child, or a confirmed brother or sister."
    advice = "Leave out concerns that are about others, are duplicates, or were entered in error."


class CaseOwnerUnsuitable(Invalid):
    code = "case_owner_unsuitable"
    title = "This person cannot lead the case: their role does not read every concern in it."
    advice = "Choose a lead who works here now, reads all of them and has no conflict of interest."

"""How a request about a case can be refused."""

from app.domain.errors import Conflict, Invalid, NotFound


class CaseNotFound(NotFound):
    code = "case_not_found"
    title = "There is no such case."


class CaseEnded(Conflict):
    code = "case_ended"
    title = "This case was closed already."
    advice = "Begin a new one."


class CaseConcernUnsuitable(Invalid):
    code = "case_concern_unsuitable"
    title = "A case holds concerns about its child, or a confirmed brother or sister."
    advice = "Leave out what is about others, was a duplicate, or was entered in error."


class CaseOwnerUnsuitable(Invalid):
    code = "case_owner_unsuitable"
    title = "This person cannot lead it: they do not read every concern in it by their role."
    advice = "Choose a present lead who reads all of them and has no conflict of interest."

"""What can be wrong with a request about a conflict of interest."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class ConflictNotFound(NotFound):
    code = "conflict_not_found"
    title = "There is no such conflict of interest."


class ConflictKnown(Conflict):
    code = "conflict_known"
    title = "This person is locked out from it already."
    advice = "Read the conflicts there are with GET /v1/conflicts."


class NobodyLeft(Conflict):
    code = "nobody_left"
    title = "No lead, deputy or head could read this file then."
    advice = "Appoint somebody without a conflict of interest first, then confirm it."
    retry = Retry.SAME


class StaffUnknown(Invalid):
    code = "staff_unknown"
    title = "A member of staff named here does not exist in this school."
    advice = "Search the person with GET /v1/staff and use their id."

"""Errors of requests about conflicts of interest."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class ConflictNotFound(NotFound):
    code = "conflict_not_found"
    title = "Cairn cannot find this conflict of interest."


class ConflictKnown(Conflict):
    code = "conflict_known"
    title = "This person is already locked out by a conflict of interest."
    advice = "Read the existing conflicts with GET /v1/conflicts."


class NobodyLeft(Conflict):
    code = "nobody_left"
    title = "This would leave no lead, deputy or head able to read this file."
    advice = "Appoint somebody without a conflict of interest first, then confirm it."
    retry = Retry.SAME


class StaffUnknown(Invalid):
    code = "staff_unknown"
    title = "Somebody named here is not on this school's staff."
    advice = "Find the person with GET /v1/staff and use their ID."

"""Errors of requests about safety records."""

from app.domain.errors import Conflict, Invalid, NotFound


class RecordNotFound(NotFound):
    code = "safety_record_not_found"
    title = "Cairn cannot find this record."


class RecordAmended(Conflict):
    code = "safety_record_amended"
    title = "Somebody has already amended this record."
    advice = "Open the newest version and amend that one."


class ConcernOfAnother(Invalid):
    code = "concern_of_another"
    title = "This concern is not about this child."
    advice = "Choose a concern about this child, or leave it out."

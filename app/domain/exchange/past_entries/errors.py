"""Refusals of requests about past entries."""

from app.domain.errors import Conflict, NotFound


class PastEntryNotFound(NotFound):
    code = "past_entry_not_found"
    title = "Cairn cannot find this past entry."


class PastEntryNotOpen(Conflict):
    code = "past_entry_not_open"
    title = "Only an entry that was still open can be taken up, and only once."
    advice = "Raise a concern as usual, and name the entry in it."

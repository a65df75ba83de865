"""Refusals of requests about chronologies."""

from app.domain.errors import NotFound


class EntryNotFound(NotFound):
    code = "chronology_entry_not_found"
    title = "Cairn cannot find this entry in the chronology."

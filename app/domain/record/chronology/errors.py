"""How a request about a chronology can be refused."""

from app.domain.errors import NotFound


class EntryNotFound(NotFound):
    code = "chronology_entry_not_found"
    title = "There is no such entry in this chronology."

"""How a request about a roster import can be refused."""

from app.domain.errors import NotFound


class RosterImportNotFound(NotFound):
    code = "roster_import_not_found"
    title = "There is no such roster import."

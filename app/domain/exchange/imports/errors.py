"""Refusals of requests about imports of any sort."""

from app.domain.errors import Conflict, NotFound


class ImportNotFound(NotFound):
    code = "import_not_found"
    title = "Cairn cannot find this import."


class ImportNotPlanned(Conflict):
    code = "import_not_planned"
    title = "You can do this only while the import is planned and not yet approved."
    advice = "Open the import: its state shows what happened to it."


class ImportNotApplied(Conflict):
    code = "import_not_applied"
    title = "Only an import that was applied can be undone."
    advice = "Open the import: its state shows what happened to it."


class UndoExpired(Conflict):
    code = "undo_expired"
    title = "This import can no longer be undone."
    advice = "Correct the records by hand, or send a corrected file."

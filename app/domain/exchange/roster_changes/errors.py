"""How undoing a roster import can be refused."""

from app.domain.errors import Conflict


class ImportNotApplied(Conflict):
    code = "import_not_applied"
    title = "Only an import that was applied can be undone."
    advice = "Read the import: its state says what happened to it."


class LaterImportApplied(Conflict):
    code = "later_import_applied"
    title = "A later import rests on this one."
    advice = "Undo the later import of the same source first."


class UndoExpired(Conflict):
    code = "undo_expired"
    title = "This import can no longer be undone."
    advice = "Correct the records by hand, or send a corrected roster."

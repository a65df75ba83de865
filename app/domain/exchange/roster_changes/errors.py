"""Refusals to undo a roster import."""

from app.domain.errors import Conflict


class LaterImportApplied(Conflict):
    code = "later_import_applied"
    title = "A later import depends on this one."
    advice = "Undo the later import of the same source first."

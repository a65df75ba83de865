"""How a request about an import of past entries can be refused."""

from app.domain.errors import Conflict, Forbidden, NotFound


class PastImportNotFound(NotFound):
    code = "past_import_not_found"
    title = "There is no such import of past entries."


class SourceChildNotFound(NotFound):
    code = "source_child_not_found"
    title = "The import names no such child."


class PastImportNotPlanned(Conflict):
    code = "past_import_not_planned"
    title = "This can be done only while the import is planned and not approved."
    advice = "Read the import; its state says what became of it."


class PastImportOnlyPlanned(Conflict):
    code = "past_import_only_planned"
    title = "The file was sent to be looked at, and not to come in."
    advice = "Send it again without plan_only."


class PastImportNotApplied(Conflict):
    code = "past_import_not_applied"
    title = "Only an import that was applied within the last 30 days can be undone."


class PastClassNotRead(Forbidden):
    code = "past_class_not_read"
    title = "The import holds a confidentiality class that you do not read."
    advice = "Ask a lead who reads it."

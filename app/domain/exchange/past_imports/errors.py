"""How a request about an import of past entries can be refused."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class SourceChildNotFound(NotFound):
    code = "source_child_not_found"
    title = "The import names no such child."


class ImportOnlyPlanned(Conflict):
    code = "import_only_planned"
    title = "The file was sent to be looked at, and not to come in."
    advice = "Send it again without plan_only."
    retry = Retry.CHANGED


class ImportOvertaken(Conflict):
    code = "import_overtaken"
    title = "The record has changed since the plan was made."
    advice = "Change the import with PATCH to plan it once more, and read the new plan."


class PastClassNotRead(Forbidden):
    code = "past_class_not_read"
    title = "The import holds a confidentiality class that you do not read."
    advice = "Ask a lead who reads it."

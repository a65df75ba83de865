"""Refusals of requests about imports of past entries."""

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class SourceChildNotFound(NotFound):
    code = "source_child_not_found"
    title = "The import has no such child in it."


class ImportOnlyPlanned(Conflict):
    code = "import_only_planned"
    title = "This file was sent only to see a plan, not to be imported."
    advice = "Send it again without plan_only."
    retry = Retry.CHANGED


class ImportOvertaken(Conflict):
    code = "import_overtaken"
    title = "The record has changed since the plan was made."
    advice = "Plan it again with PATCH to the import, then read the new plan."


class PastClassNotRead(Forbidden):
    code = "past_class_not_read"
    title = "The import contains a confidentiality class that you do not read."
    advice = "Ask a lead who reads it."

"""Errors of requests about incomplete reports."""

from app.domain.errors import Conflict, NotFound


class IncompleteReportNotFound(NotFound):
    code = "incomplete_report_not_found"
    title = "Cairn cannot find this report."


class IncompleteReportEnded(Conflict):
    code = "incomplete_report_ended"
    title = "Somebody has already dealt with this report."

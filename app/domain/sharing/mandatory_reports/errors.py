"""Refusals of mandatory reports."""

from app.domain.errors import NotFound


class MandatoryReportNotFound(NotFound):
    code = "mandatory_report_not_found"
    title = "Cairn cannot find this report among yours."

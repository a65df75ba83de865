"""Refusals of requests about exports of the school."""

from app.domain.errors import Conflict, Forbidden, NotFound


class SchoolExportNotFound(NotFound):
    code = "school_export_not_found"
    title = "Cairn cannot find this export, or another program ordered it."


class SchoolExportUnderWay(Conflict):
    code = "school_export_under_way"
    title = "An export of the school is already under way."
    advice = "Wait until it is ready, or cancel it."


class SchoolExportNotReady(Conflict):
    code = "school_export_not_ready"
    title = "There is no file to download."
    advice = "Open the export: `state` shows whether it is still being written, or has expired."


class SealedNotRead(Forbidden):
    code = "sealed_not_read"
    title = "One of the two people must be somebody who reads class K5."
    advice = "Ask the safeguarding lead to approve it."

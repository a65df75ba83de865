"""Refusals of requests for files."""

from app.domain.errors import NotFound


class FileRequestNotFound(NotFound):
    code = "file_request_not_found"
    title = "Cairn cannot find this request for a file."

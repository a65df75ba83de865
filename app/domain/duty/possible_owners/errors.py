"""Errors of requests for possible owners."""

from app.domain.errors import NotFound


class WorkNotFound(NotFound):
    """The record does not exist, or the actor may not open it."""

    code = "work_not_found"
    title = "Cairn cannot find this record among those you may open."
    advice = "Check the kind and the ID. You can own or hand over only records that you may open."

"""Errors of requests about notices."""

from app.domain.errors import NotFound


class NoticeNotFound(NotFound):
    code = "notice_not_found"
    title = "Cairn cannot find this notice."

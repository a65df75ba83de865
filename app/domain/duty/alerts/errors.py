"""Refusals of requests about alerts."""

from app.domain.errors import NotFound


class AlertNotFound(NotFound):
    code = "alert_not_found"
    title = "Cairn cannot find this alert among yours."

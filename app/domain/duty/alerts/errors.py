"""How a request about an alert can be refused."""

from app.domain.errors import NotFound


class AlertNotFound(NotFound):
    code = "alert_not_found"
    title = "Cairn cannot find this alert among yours."

"""Refusals of requests about drills."""

from datetime import datetime
from typing import Any

from app.core.moments import written
from app.domain.errors import Conflict, NotFound


class DrillNotFound(NotFound):
    code = "drill_not_found"
    title = "Cairn cannot find this drill."


class DrillRunning(Conflict):
    code = "drill_running"
    title = "A drill of this alert ladder is already running."
    advice = "Acknowledge its alert, or end it with POST /v1/drills/{drill_id}/end."


class DrillTooSoon(Conflict):
    code = "drill_too_soon"
    title = "A drill of this alert ladder started only minutes ago."
    advice = "Wait until `retry_at`, so that people do not learn to ignore drills."

    def __init__(self, retry_at: datetime) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"retry_at": written(retry_at)}


class DrillOver(Conflict):
    code = "drill_over"
    title = "This drill has ended."
    advice = "Read GET /v1/drills again."

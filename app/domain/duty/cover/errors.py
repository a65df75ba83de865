"""How a request about cover can be refused."""

from datetime import date
from typing import Any

from app.domain.errors import Conflict, NotFound, Retry


class CoverNotFound(NotFound):
    code = "cover_not_found"
    title = "There is no such cover."


class CoverOver(Conflict):
    code = "cover_over"
    title = "This cover has ended."
    advice = "Read GET /v1/cover again."


class CoverExists(Conflict):
    code = "cover_exists"
    title = "This person is away on just these days already."
    advice = "Read GET /v1/cover; end the present cover first to name other people."


class NobodyOnDuty(Conflict):
    code = "nobody_on_duty"
    title = "On one of these days no lead, no deputy and nobody standing in would be there."
    advice = "Name who stands in, or say why nobody does with uncovered_reason."
    retry = Retry.CHANGED

    def __init__(self, day: date) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"first_day_without": day.isoformat()}

"""Refusals of requests about cover."""

from datetime import date
from typing import Any

from app.domain.errors import Conflict, NotFound, Retry


class CoverNotFound(NotFound):
    code = "cover_not_found"
    title = "Cairn cannot find this cover."


class CoverOver(Conflict):
    code = "cover_over"
    title = "This cover has ended."
    advice = "Read GET /v1/cover again."


class CoverExists(Conflict):
    code = "cover_exists"
    title = "Somebody has already recorded this person's absence for exactly these days."
    advice = "Read GET /v1/cover. To name other people, end the present cover first."


class NobodyOnDuty(Conflict):
    code = "nobody_on_duty"
    title = "On one of these days there would be no lead, deputy or stand-in."
    advice = "Name who will stand in, or say in uncovered_reason why nobody will."
    retry = Retry.CHANGED

    def __init__(self, day: date) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"first_day_without": day.isoformat()}

"""Errors in a due time that a person chose."""

from datetime import date
from typing import Any

from app.domain.errors import Invalid


class DueTimePassed(Invalid):
    code = "due_time_passed"
    title = "The due time is in the past."
    advice = "Choose a time in the future."


class DueTooFar(Invalid):
    code = "due_too_far"
    title = "The due time is too far ahead."
    advice = (
        "Choose a time up to the end of the day `latest`. Set the next one when that day comes."
    )

    def __init__(self, latest: date) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"latest": latest.isoformat()}

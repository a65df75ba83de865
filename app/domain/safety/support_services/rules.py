"""Pure rules of support services: Cairn's own, read from data, and how long one stays confirmed."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from app.core.vocabularies.terms import DRAFT
from app.domain.common.deadlines.rules import furthest_day
from app.domain.duty.lead_availability.rules import ALWAYS
from app.domain.errors import FieldProblem
from app.formats.calendars import SchoolCalendar

FURTHEST: Final = "support_service.check_by"
"""The rule for how long a check holds."""
TASK: Final = "support_service_check"
FIXED: Final = ("name", "channels")
"""What a national service is called and where it answers: nobody changes it here."""
MUST_LOOK: Final = frozenset({"channels", "hours"})
"""Fields that nobody changes without a check."""

HERE = Path(__file__).parent
EVERYWHERE: Final = ("england", "wales", "scotland", "northern_ireland")
IDS: Final[Mapping[str, str]] = {"999": "emergency", "111": "nhs111_mh", "116 123": "samaritans"}
MENTAL_HEALTH: Final = ("england",)
"""Nations where 111 has the mental health option described here; elsewhere ask at 111."""


def is_confirmed(check_by: date | None, today: date) -> bool:
    """Whether someone has checked it recently enough."""
    return check_by is not None and today <= check_by


def latest_check(checked_on: date, calendar: SchoolCalendar) -> date:
    """The last day on which a check of a day still holds."""
    return furthest_day((FURTHEST,), _morning(checked_on, calendar), calendar)


def problems_of(
    checked_on: date, check_by: date, today: date, calendar: SchoolCalendar
) -> list[FieldProblem]:
    """Errors in the days of a check."""
    items = []
    if checked_on > today:
        items.append(FieldProblem("/checked_on", "in_future", "Nobody has looked yet."))
    latest = latest_check(checked_on, calendar)
    if check_by > latest:
        detail = f"Look again by {latest.isoformat()} at the latest."
        items.append(FieldProblem("/check_by", "too_far", detail))
    if check_by < checked_on:
        items.append(FieldProblem("/check_by", "too_early", "It is before the check."))
    return items


def _morning(day: date, calendar: SchoolCalendar) -> datetime:
    return calendar.at(day, time(12))


def always() -> list[dict[str, Any]]:
    """999, 111 and 116 123: compiled in, always confirmed."""
    return [
        _row(
            id=IDS[item.number], origin="always", name=item.who, about=item.when,
            audiences=["everyone", "worried_about_somebody"],
            channels=[{"kind": "phone", "contact": item.number}], hours="Day and night",
            nations=list(MENTAL_HEALTH if item.number == "111" else EVERYWHERE), languages=["en"],
            source="Known to everybody; part of the program", confirmed=True,
        )
        for item in ALWAYS
    ]  # fmt: skip


@lru_cache(maxsize=1)
def shipped() -> Sequence[Mapping[str, Any]]:
    """The rows of the file, unchanged."""
    rows: list[dict[str, Any]] = tomllib.loads((HERE / "national.toml").read_text())[
        "support_service"
    ]
    return tuple(rows)


def national(today: date) -> list[dict[str, Any]]:
    """Every support service of the program as shown on a day; compiled ones first."""
    return [
        *always(),
        *(
            _row(
                **row, origin="national", confirmed=is_confirmed(row.get("check_by"), today)
            )
            for row in shipped()
        ),
    ]  # fmt: skip


def known() -> Mapping[str, Mapping[str, Any]]:
    """Services that a school can adopt, by ID."""
    return {row["id"]: row for row in shipped()}


def suits(row: Mapping[str, Any], nation: str | None, audience: str | None) -> bool:
    """Whether a service suits a nation and an audience; services for everyone suit all."""
    here = nation is None or nation in row["nations"] or row["origin"] == "always"
    return here and (audience is None or bool({audience, "everyone"} & {*row["audiences"]}))


def _row(**given: Any) -> dict[str, Any]:
    return {"checked_on": None, "check_by": None, **given, "vocabulary_status": DRAFT}

"""Pure rules after a death: duties as data, the order of responsibility, and hard days."""

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

CASE, PERSON, DATE = "bereavement_case", "affected_person", "bereavement_date"
"""Subjects of tasks."""
DUTY, SEE, LOOK, REVIEW = (
    "bereavement_duty", "affected_person", "affected_date", "bereavement_review",
)  # fmt: skip
"""Kinds of tasks."""
PROPOSED, OPEN, CLOSED, TAKEN_BACK, UNDONE = "proposed", "open", "closed", "taken_back", "undone"
USUAL_WORDS: Final = "died suddenly"
AGREE_TO_CAUSE: Final = frozenset({"family", "police"})
CONFIRM, SECOND = "bereavement.confirm", "bereavement.second_person"
DAYS_BEFORE, DAYS_AFTER = 14, 7
ENGLAND: Final = "england"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of the team: its limit, its first owner, and whether the law requires it.

    `of_pupils`: only after the death of a pupil. `at_once`: the confirmation sets it; a person sets
    the others. `nations` empty: everywhere.
    """

    code: str
    rule_id: str
    role: str = "lead"
    of_pupils: bool = True
    at_once: bool = True
    urgent: bool = False
    nations: frozenset[str] = frozenset()


_ENGLAND: Final = frozenset({ENGLAND})
DUTIES: Final[Mapping[str, Duty]] = {
    duty.code: duty
    for duty in (
        Duty("first_call", "bereavement.first_call", of_pupils=False, urgent=True),
        Duty(
            "stop_elsewhere", "bereavement.stop_elsewhere", "messages_elsewhere", of_pupils=False,
            urgent=True,
        ),
        Duty("team_meets", "bereavement.same_day", of_pupils=False),
        Duty("family_contact", "bereavement.same_day", "family_contact", of_pupils=False),
        Duty("child_death_review", "bereavement.child_death_review", nations=_ENGLAND),
        Duty("joint_response", "bereavement.joint_response", "records", nations=_ENGLAND),
        Duty("community", "bereavement.community", "communications", of_pupils=False),
        Duty("governors", "bereavement.governors", of_pupils=False),
        Duty(
            "serious_incident", "bereavement.serious_incident", at_once=False, nations=_ENGLAND
        ),
        Duty("coroner_request", "set_by_person", "records", at_once=False),
        Duty(
            "prevention_report", "bereavement.prevention_report", at_once=False,
            nations=frozenset({ENGLAND, "wales"}),
        ),
    )
}  # fmt: skip
"""Every duty by its code."""
LOCAL_LAW: Final = Duty("local_law", "bereavement.local_law")
"""Replaces the duties of English law wherever another law applies."""
MONTHS: Final[Mapping[str, int]] = {"months_3": 3, "months_6": 6}
"""Month 12 is the first yearly anniversary of the death."""


def duties_of(person_died: str, nation: str) -> list[Duty]:
    """List the duties that a confirmation sets in a nation: each nation has its own law."""
    asked = [
        duty for duty in DUTIES.values()
        if duty.at_once and (person_died == "pupil" or not duty.of_pupils)
    ]  # fmt: skip
    here = [duty for duty in asked if not duty.nations or nation in duty.nations]
    return here if len(here) == len(asked) else [*here, LOCAL_LAW]


def days_of(died_on: date, born_on: date | None) -> list[tuple[str, date, bool]]:
    """The days a confirmation sets: their kind, when, and whether every year."""
    months = [(kind, months_after(died_on, count), False) for kind, count in MONTHS.items()]
    birthday = [("birthday", in_year(born_on, died_on.year), True)] if born_on else []
    return [*birthday, ("death", months_after(died_on, 12), True), *months]


def in_year(day: date, year: int) -> date:
    """The same day in another year; for a leap day, 28 February if needed."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def months_after(day: date, count: int) -> date:
    """The same day `count` months later, or the last day of that month."""
    year, month = divmod(day.month - 1 + count, 12)
    first = date(day.year + year, month + 1, 1)
    last = in_following_month(first) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def in_following_month(first: date) -> date:
    """The first day of the month after one."""
    return (first + timedelta(days=31)).replace(day=1)


def occurrence(
    falls_on: date, today: date, *, yearly: bool, before: int, after: int
) -> date | None:
    """The occurrence of a day whose window includes `today`, or None."""
    years = (today.year - 1, today.year, today.year + 1) if yearly else (falls_on.year,)
    for year in years:
        on = in_year(falls_on, year) if yearly else falls_on
        if on < falls_on:
            continue
        if on - timedelta(days=before) <= today <= on + timedelta(days=after):
            return on
    return None


def next_verbs(state: str, *, mine: bool, writes: bool) -> list[str]:
    """List what a reader may do next; `mine` if they proposed it."""
    if not writes:
        return []
    if state == PROPOSED:
        return ["withdraw_bereavement_case"] if mine else [
            "confirm_bereavement_case", "withdraw_bereavement_case",
        ]  # fmt: skip
    if state == OPEN:
        return ["close_bereavement_case", "undo_bereavement_case"]
    return ["undo_bereavement_case"] if state == CLOSED else []

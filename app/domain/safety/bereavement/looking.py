"""Around hard days: quiet tasks for whoever sees to somebody, and calls to other schools."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from app.core.behind import ANYONE
from app.db.repositories.safety import bereavement as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.safety.bereavement import rules
from app.formats.calendars import SchoolCalendar

NOON = time(12)
INQUEST = "inquest"


@dataclass(frozen=True, slots=True)
class Look:
    """Something to set once: by the name that says so."""

    name: str
    wish: SetTask


async def look_after(work: UnitOfWork) -> int:
    """Set what the days of this school ask for today; what was set before is not set again.

    Whoever asked to be left alone is left alone, and for who has moved a lead telephones. A day
    that comes every year comes for as long as somebody affected is on roll.
    """
    calendar = await calendar_of(work)
    today = calendar.local(work.now).date()
    driver, school_id = await work.driver(), work.actor.school_id
    days = await stored.live_dates(driver, school_id, today)
    if not days:
        return 0
    people = await stored.live_people(driver, school_id, sorted({row["case_id"] for row in days}))
    looks = [one for row in days for one in _of_day(row, people, today, work.now, calendar)]
    known = await stored.known(driver, school_id, [one.name for one in looks])
    new = [one for one in looks if one.name not in known]
    for one in new:
        await set_task(work, one.wish)
    return len(new)


def _of_day(
    day: Mapping[str, Any],
    people: Iterable[Mapping[str, Any]],
    today: date,
    now: datetime,
    calendar: SchoolCalendar,
) -> list[Look]:
    found = []
    if day["kind"] == INQUEST and day["falls_on"] <= today:
        found.append(_look_back(day, now, calendar))
    on = rules.occurrence(
        day["falls_on"], today, yearly=day["yearly"], before=day["days_before"],
        after=day["days_after"],
    )  # fmt: skip
    mine = [one for one in people if one["case_id"] == day["case_id"]]
    if on is None or (day["yearly"] and not any(_on_roll(one) for one in mine)):
        return found
    due_at = max(calendar.at(on, NOON), now + timedelta(days=1))
    for one in mine:
        if one["left_alone"]:
            continue
        found.append(_look(day, one, on, due_at))
    return found


def _on_roll(person: Mapping[str, Any]) -> bool:
    return person["staff_id"] is not None or person["roll_status"] == "on_roll"


def _look(day: Mapping[str, Any], person: Mapping[str, Any], on: date, due_at: datetime) -> Look:
    """To look quietly after somebody here, or to telephone the lead of where they went."""
    name = f"{rules.LOOK}:{day['id']}:{on.isoformat()}:{person['id']}"
    moved = person["moved_to"] is not None or not _on_roll(person)
    facts: dict[str, Any] = {"on": on.isoformat()}
    if moved:
        facts["call"] = "other_school"
    if person["staff_id"] is not None:
        facts["staff_id"] = str(person["staff_id"])
    return Look(
        name,
        SetTask(
            rules.LOOK, child_id=person["child_id"], about=(rules.PERSON, person["id"]),
            confidentiality=ANYONE, first=day["owner_id"] if moved else person["owner_id"],
            due_at=due_at, facts=facts, dedupe=name,
        ),
    )  # fmt: skip


def _look_back(day: Mapping[str, Any], now: datetime, calendar: SchoolCalendar) -> Look:
    name = f"{rules.REVIEW}:{day['id']}"
    return Look(
        name,
        SetTask(
            rules.REVIEW, about=(rules.CASE, day["case_id"]), confidentiality=ANYONE,
            first=day["owner_id"], since=min(calendar.at(day["falls_on"], NOON), now),
            facts={"look": "after_inquest"}, dedupe=name,
        ),
    )  # fmt: skip

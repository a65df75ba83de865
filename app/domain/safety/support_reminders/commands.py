"""Work that the support list sets for leads over time: end dates, holidays, hand-over, and load."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import Role
from app.db.repositories.safety import check_ins as stored
from app.db.repositories.safety import safety_plans, support_list, support_plans
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import Person
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.safety.check_ins.rules import AHEAD
from app.domain.safety.safety_plans.rules import HOLIDAY
from app.domain.safety.support_list.commands import NOUN, call_next_school
from app.domain.safety.support_plans.rules import most_carried
from app.formats.calendars import SchoolCalendar

NOON: Final = time(12)
LONG: Final = 3
"""Up to this many days without pupils are a weekend with a bank holiday; more are a holiday."""
BEFORE: Final = timedelta(days=3)
"""How long before a holiday leads hand over and agree who is in touch."""
SEARCH: Final = 14


async def mind(work: UnitOfWork) -> None:
    """Check the support list and plans of a school; repeating it sets nothing."""
    calendar = await calendar_of(work)
    await _end_dates(work)
    today = calendar.local(work.now).date()
    gap = gap_ahead(calendar, today)
    if gap is not None:
        last, off = gap
        if off > LONG and last - today < BEFORE:
            await _holiday(work, calendar, last)
        if _is_time(calendar, work.now, last, off):
            await _hand_over(work, calendar, last)
    await _leavers(work)
    await _load(work)


def gap_ahead(calendar: SchoolCalendar, today: date) -> tuple[date, int] | None:
    """The last school day before pupils are away for two days or more, and for how many."""
    days = [today + timedelta(days=number) for number in range(SEARCH)]
    school = [day for day in days if calendar.is_school_day(day)]
    for day in school:
        off = 0
        while off < SEARCH and not calendar.is_school_day(day + timedelta(days=off + 1)):
            off += 1
        if off > 1:
            return day, off
    return None


def _is_time(calendar: SchoolCalendar, now: datetime, last: date, off: int) -> bool:
    """Whether it is past noon on the last day before a weekend, or three days before a holiday."""
    here = calendar.local(now)
    if off > LONG and last - here.date() < BEFORE:
        return True
    return here.date() == last and here.time() >= NOON


async def _end_dates(work: UnitOfWork) -> None:
    """Ask someone to decide on an entry past its end date; it stays until then."""
    past_end = await support_list.list_past_end(work.session, work.actor.school_id, work.now)
    for entry in past_end:
        await set_task(
            work,
            SetTask(
                "support_list_end", child_id=entry.child_id, about=(NOUN, entry.id),
                facts={"reason_code": entry.reason_code},
                dedupe=f"support_list_end:{entry.id}:{entry.until.isoformat()}",
            ),
        )  # fmt: skip


async def _leavers(work: UnitOfWork) -> None:
    """Set calls between leads about pupils who have left; the old lead keeps them until then."""
    for child_id in await support_list.list_leavers(work.session, work.actor.school_id):
        await call_next_school(work, child_id)


async def _holiday(work: UnitOfWork, calendar: SchoolCalendar, last: date) -> None:
    """Set a task to agree who is in touch, for plans without a holiday arrangement.

    Asks about a safety plan unless a support plan has the arrangement, or is asked for it.
    """
    for plan in await support_plans.list_without_holiday(work.session, work.actor.school_id):
        await set_task(
            work,
            SetTask(
                "holiday_arrangement", child_id=plan.child_id, about=("support_plan", plan.id),
                due_at=_close(work, calendar, last), dedupe=f"holiday:{plan.id}:{last}",
            ),
        )  # fmt: skip
    school_id = work.actor.school_id
    for version in await safety_plans.list_alone_without_holiday(work.session, school_id):
        await set_task(
            work,
            SetTask(
                HOLIDAY, child_id=version.child_id, concern_id=version.concern_id,
                about=("safety_plan", version.id), confidentiality=version.confidentiality,
                first=version.lead_id, due_at=_close(work, calendar, last),
                dedupe=f"holiday:{version.id}:{last}",
            ),
        )  # fmt: skip


async def _hand_over(work: UnitOfWork, calendar: SchoolCalendar, last: date) -> None:
    if await support_list.is_anybody_on_it(work.session, work.actor.school_id):
        await set_task(
            work,
            SetTask(
                "support_list_hand_over", about=("support_list", work.actor.school_id),
                due_at=_close(work, calendar, last), dedupe=f"support_list_hand_over:{last}",
            ),
        )  # fmt: skip


def _close(work: UnitOfWork, calendar: SchoolCalendar, day: date) -> datetime | None:
    """When school closes on a day; None if it has closed: then the usual limit counts."""
    closes = calendar.at(day, calendar.closes)
    return closes if closes > work.now else None


async def _load(work: UnitOfWork) -> None:
    """Alert the head to people with too much work, without naming a child."""
    carried = await stored.carried(await work.driver(), work.actor.school_id, work.now + AHEAD)
    least = most_carried(lead=False)
    over = {person: number for person, number in carried.items() if number > least}
    if not over:
        return
    leads = await people_here(work)
    for person, number in over.items():
        maximum = most_carried(lead=_leads(leads, person))
        if number > maximum:
            await _tell_head(work, leads, person, number, maximum)


def _leads(people: Sequence[Person], person: UUID) -> bool:
    roles = {role for item in people if item.id == person for role in item.roles}
    return not roles.isdisjoint({Role.DSL.value, Role.DEPUTY_DSL.value})


async def _tell_head(
    work: UnitOfWork, people: Sequence[Person], person: UUID, number: int, maximum: int
) -> None:
    if await open_tasks(work, kinds=["capacity"], about_id=person):
        return
    week = work.today.isocalendar()
    heads = [item.id for item in people if Role.HEADTEACHER.value in item.roles]
    await set_task(
        work,
        SetTask(
            "capacity", about=("staff", person), confidentiality=ANYONE,
            first=next(iter(heads), None), facts={"tasks": number, "most": maximum},
            dedupe=f"capacity:{person}:{week.year}-{week.week}",
        ),
    )  # fmt: skip

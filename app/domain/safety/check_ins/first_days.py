"""The first school days of a reintegration: a check-in on each, with an adult and a cover."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from app.db.models import CheckIn, Reintegration, SupportPlan
from app.db.repositories.repository import change_rows
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.doing import drop_all
from app.domain.safety.check_ins.making import Meeting, make_row
from app.domain.safety.check_ins.people import Here, who_is_here

WINDOW: Final = timedelta(minutes=60)
"""From when school opens; today, from now."""


async def make_first_days(work: UnitOfWork, row: Reintegration, days: Sequence[date]) -> None:
    """Make one on each of the days that has none, with its adult, else the plan's.

    Those that an earlier day of return had made and that lie ahead are taken out. Whoever has
    them is told once.
    """
    await work.session.flush()
    await drop_first_days(work, row.id)
    plan = await _plan(work, row.child_id)
    adults = [row.adult_id, *([plan.adult_id, plan.cover_id] if plan else [])]
    here = await who_is_here(work, adults, work.now + rules.AHEAD)
    here = here.for_concern(row.concern_id)
    taken = await _days_taken(work, row.child_id, here)
    rows = []
    for day in days:
        span = None if day in taken else _span(here, plan, day, work.now)
        if span is None:
            continue
        cover = next((one for one in adults[1:] if one and one != row.adult_id), None)
        place = plan.place if plan else None
        wish = Meeting(
            row.child_id, *span, adults, cover, place, row.set_by, reintegration_id=row.id
        )
        rows.append(await make_row(work, wish, here))
    if not rows:
        return
    await change_rows(work.session, insert(CheckIn).values(rows))
    for person in dict.fromkeys(one["owner_id"] for one in rows):
        mine = [one for one in rows if one["owner_id"] == person]
        if person != work.actor.id:
            about = (rules.NOUN, mine[0]["id"])
            counts = {"open_check_ins": len(mine)}
            tell(work, person, "work_handed_over", about=about, counts=counts)


def _span(
    here: Here, plan: SupportPlan | None, day: date, now: datetime
) -> tuple[datetime, datetime] | None:
    """When on a day: as agreed in a plan, else in the first hour; today, while school is open."""
    calendar = here.calendar
    closes = calendar.at(day, calendar.closes)
    if closes <= now:
        return None
    opens = calendar.at(day, calendar.opens)
    span = (opens, min(opens + WINDOW, closes))
    if plan is not None:
        begins, ends = rules.span_of(plan.windows[0])
        span = (calendar.at(day, begins), calendar.at(day, ends))
    return span if span[1] > now else (now, min(now + WINDOW, closes))


async def _plan(work: UnitOfWork, child_id: UUID) -> SupportPlan | None:
    found: SupportPlan | None = await work.session.scalar(
        select(SupportPlan).where(
            SupportPlan.school_id == work.actor.school_id, SupportPlan.child_id == child_id,
            SupportPlan.ended_at.is_(None),
        )
    )  # fmt: skip
    return found


async def _days_taken(work: UnitOfWork, child_id: UUID, here: Here) -> set[date]:
    """Days on which the pupil has a check-in already: one in a day is enough."""
    today = here.calendar.at(here.day_of(work.now), time())
    found = await work.session.scalars(
        select(CheckIn.opens_at).where(
            CheckIn.school_id == work.actor.school_id, CheckIn.child_id == child_id,
            CheckIn.opens_at >= today, CheckIn.state != rules.DROPPED,
        )
    )  # fmt: skip
    return {here.day_of(one) for one in found}


async def drop_first_days(work: UnitOfWork, reintegration_id: UUID) -> None:
    """Take out those of a reintegration that have not begun."""
    await drop_all(work, await _ahead(work, CheckIn.reintegration_id == reintegration_id))


async def give_way(work: UnitOfWork, child_id: UUID, here: Here) -> None:
    """A support plan has check-ins of its own by now: one in a day is enough."""
    planned = await _ahead(work, CheckIn.child_id == child_id, CheckIn.plan_id.is_not(None))
    days = {here.day_of(one.opens_at) for one in planned}
    first = await _ahead(work, CheckIn.child_id == child_id, CheckIn.reintegration_id.is_not(None))
    await drop_all(work, [one for one in first if here.day_of(one.opens_at) in days])


async def _ahead(work: UnitOfWork, *of: Any) -> list[CheckIn]:
    """Open check-ins whose window has not opened, locked."""
    found = await work.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.school_id == work.actor.school_id, CheckIn.ended_at.is_(None),
            CheckIn.opens_at > work.now, *of,
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return list(found)

"""Make check-ins ahead from plans and reintegrations, and leave none without an adult."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import CheckIn, Reintegration, SupportPlan
from app.db.repositories.safety import check_ins as stored
from app.db.repositories.safety import support_plans
from app.db.unit_of_work import UnitOfWork
from app.domain.access.closed_files.queries import frozen_since
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.safety.check_in_covers.commands import ask, lead_has_it
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.commands import drop_all, record_moved, tell_lead
from app.domain.safety.check_ins.queries import Here, who_is_here
from app.domain.steps import new, record_row

STORED = (
    "school_id", "id", "child_id", "plan_id", "reintegration_id", "owner_id", "cover_id",
    "opens_at",
    "due_at", "due_rule", "place", "state", "made_at", "version", "changed_at",
)  # fmt: skip

WINDOW: Final = timedelta(minutes=60)
"""Window from the opening of school; today, from now."""


async def make_ahead(
    work: UnitOfWork, plans: Sequence[SupportPlan], here: Here, of: Mapping[UUID, UUID | None]
) -> None:
    """Make the missing check-ins of the next days; repeating it makes none.

    `of` is the concern behind each plan, if any.
    """
    ids, today = [plan.id for plan in plans], here.calendar.at(here.day_of(work.now), time())
    await work.session.flush()
    made = await stored.moments_made(work.session, work.actor.school_id, ids, today)
    # keep the adult of the latest one if the chosen one has gone
    latest = await stored.latest_owners(work.session, work.actor.school_id, ids)
    for plan in plans:
        able = here.for_concern(of.get(plan.id))
        await make_for(work, plan, able, made.get(plan.id, ()), latest.get(plan.id))


async def make_for(
    work: UnitOfWork,
    plan: SupportPlan,
    here: Here,
    made: Collection[datetime] = (),
    latest: UUID | None = None,
) -> None:
    """Make a plan's check-ins, except those that open at these moments."""
    rows = [
        await _row(work, plan, here, opens, closes, latest)
        for opens, closes in _windows(plan, here, work.now)
        if opens not in made
    ]
    if rows:
        await work.session.flush()
        await stored.add_check_ins(work.session, rows)


def _windows(plan: SupportPlan, here: Here, now: datetime) -> list[tuple[datetime, datetime]]:
    calendar, today = here.calendar, here.day_of(now)
    first, last = max(today, plan.began_on), today + rules.AHEAD
    days = rules.days_of(plan.cadence, plan.began_on, first, last, calendar)
    items = [_span(here, day, window) for day in days for window in plan.windows]
    return [(opens, closes) for opens, closes in items if closes > now]


def _span(here: Here, day: date, window: Mapping[str, str]) -> tuple[datetime, datetime]:
    begins, ends = rules.span_of(window)
    return here.calendar.at(day, begins), here.calendar.at(day, ends)


async def _row(
    work: UnitOfWork, plan: SupportPlan, here: Here, opens: datetime, closes: datetime,
    latest: UUID | None,
) -> dict[str, Any]:  # fmt: skip
    """A new check-in of a plan as it is stored."""
    command = Meeting(
        plan.child_id, opens, closes, (plan.adult_id, latest), plan.cover_id, plan.place,
        otherwise=plan.adult_id, plan_id=plan.id,
    )  # fmt: skip
    return await make_row(work, command, here)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A check-in to make: possible owners in order, and who would stand in."""

    child_id: UUID
    opens: datetime
    closes: datetime
    adults: Sequence[UUID | None]
    cover: UUID | None
    place: str | None
    otherwise: UUID
    """The owner if nobody who may have it is here."""
    plan_id: UUID | None = None
    reintegration_id: UUID | None = None


async def make_row(work: UnitOfWork, command: Meeting, here: Here) -> dict[str, Any]:
    """A new check-in as stored, with its clock and log entry; a lead if nobody else can."""
    child_id = command.child_id
    owner = _first(here, child_id, command.adults, ()) or here.lead(child_id, command.closes)
    owner = owner or command.otherwise
    cover = _first(here, child_id, (command.cover,), (owner,))
    cover = cover or here.lead(child_id, command.closes, but=[owner]) or command.cover or owner
    check_in = new(
        work, CheckIn, command, child_id=child_id, owner_id=owner, cover_id=cover,
        opens_at=command.opens, state=rules.OPEN,
    )  # fmt: skip
    await start_clock(work, check_in, rules.WINDOW, since=command.closes)
    record_row(
        work, AuditEvent.CHECK_IN_MADE, check_in, child_id=child_id,
        details={"owner_id": str(owner), "cover_id": str(cover)},
    )  # fmt: skip
    return {name: getattr(check_in, name) for name in STORED}


def _first(
    here: Here, child_id: UUID, people: Sequence[UUID | None], but: Sequence[UUID]
) -> UUID | None:
    able = (
        person for person in people if person and person not in but and here.suits(person, child_id)
    )
    return next(able, None)


async def make_first_days(work: UnitOfWork, row: Reintegration, days: Sequence[date]) -> None:
    """Make one on each of the days without one, with its adult. Default: the plan's.

    Future ones made for an earlier day of return are removed. Their owners are alerted once.
    """
    await work.session.flush()
    await drop_first_days(work, row.id)
    plan = await support_plans.plan_of(work.session, work.actor.school_id, row.child_id)
    adults = [row.adult_id, *([plan.adult_id, plan.cover_id] if plan else [])]
    here = await who_is_here(work, adults, work.now + rules.AHEAD)
    here = here.for_concern(row.concern_id)
    taken = await _days_taken(work, row.child_id, here)
    rows = []
    for day in days:
        span = None if day in taken else _span_of_day(here, plan, day, work.now)
        if span is None:
            continue
        cover = next((adult for adult in adults[1:] if adult and adult != row.adult_id), None)
        place = plan.place if plan else None
        command = Meeting(
            row.child_id, *span, adults, cover, place, row.set_by, reintegration_id=row.id
        )
        rows.append(await make_row(work, command, here))
    if not rows:
        return
    await stored.add_check_ins(work.session, rows)
    for person in dict.fromkeys(item["owner_id"] for item in rows):
        mine = [item for item in rows if item["owner_id"] == person]
        if person != work.actor.id:
            about = (rules.NOUN, mine[0]["id"])
            counts = {"open_check_ins": len(mine)}
            tell(work, person, "work_handed_over", about=about, counts=counts)


def _span_of_day(
    here: Here, plan: SupportPlan | None, day: date, now: datetime
) -> tuple[datetime, datetime] | None:
    """Time on a day: as agreed in a plan, or in the first hour; today, while school is open."""
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


async def _days_taken(work: UnitOfWork, child_id: UUID, here: Here) -> set[date]:
    """Days on which the pupil has a check-in already: one in a day is enough."""
    today = here.calendar.at(here.day_of(work.now), time())
    school_id = work.actor.school_id
    moments = await stored.moments_of_child(work.session, school_id, child_id, today)
    return {here.day_of(moment) for moment in moments}


async def drop_first_days(work: UnitOfWork, reintegration_id: UUID) -> None:
    """Remove the check-ins of a reintegration that have not begun."""
    school_id = work.actor.school_id
    ahead = await stored.lock_ahead_of_reintegration(
        work.session, school_id, reintegration_id, work.now
    )
    await drop_all(work, ahead)


async def give_way(work: UnitOfWork, child_id: UUID, here: Here) -> None:
    """Remove check-ins that a support plan now covers: one a day is enough."""
    of_child = (work.session, work.actor.school_id, child_id, work.now)
    planned = await stored.lock_ahead_by_plans(*of_child)
    days = {here.day_of(item.opens_at) for item in planned}
    first = await stored.lock_ahead_by_reintegrations(*of_child)
    await drop_all(work, [item for item in first if here.day_of(item.opens_at) in days])


# Everything here can run again at any moment: the rows show what was done.
async def keep_going(work: UnitOfWork) -> None:
    """Look through the plans and check-ins of a school."""
    await work.organisations.lock_own()
    plans = await _plans(work)
    waiting = await _open(work)
    named = [plan.adult_id for plan in plans] + [plan.cover_id for plan in plans]
    for item in waiting:
        named += [item.owner_id, item.cover_id, *([item.asked_id] if item.asked_id else [])]
    here = await who_is_here(work, named, work.now + rules.AHEAD)
    of = await stored.concerns_behind(
        await work.driver(), work.actor.school_id, [item.id for item in (*plans, *waiting)]
    )
    if plans:
        await make_ahead(work, plans, here, of)
        await _find_adults(work, plans, here, of)
    children = {item.child_id for item in waiting}
    left = await stored.children_left(work.session, work.actor.school_id, children)
    for check_in in waiting:
        able = here.for_concern(of.get(check_in.id))
        if check_in.due_at > work.now:
            await look_for_cover(work, check_in, able, left=check_in.child_id in left)
            _keep_two(work, check_in, able)
        else:
            await _missed(work, check_in, able)


async def _plans(work: UnitOfWork) -> list[SupportPlan]:
    """Plans in use, except for children who have left or died."""
    plans = await support_plans.lock_plans_in_use(work.session, work.actor.school_id)
    if plans and await frozen_since(work, [plan.child_id for plan in plans]) is not None:
        plans = [item for item in plans if await frozen_since(work, [item.child_id]) is None]
    return plans


async def _open(work: UnitOfWork) -> list[CheckIn]:
    """Open check-ins by due time; locked by ID, as everywhere, to prevent deadlocks."""
    lock_open_check_ins = await stored.lock_open_check_ins(work.session, work.actor.school_id)
    return sorted(
        lock_open_check_ins,
        key=lambda lock_open_check_in: (lock_open_check_in.due_at, lock_open_check_in.id),
    )


async def look_for_cover(
    work: UnitOfWork, check_in: CheckIn, here: Here, *, left: bool = False
) -> None:
    """If its owner is not here that day, ask the cover; without an answer, give it to a lead.

    If the day is no longer a school day, or the pupil has `left`, a lead gets it and decides what
    is possible.
    """
    if check_in.asked_id is not None:
        if check_in.answer_by is not None and check_in.answer_by <= work.now:
            await lead_has_it(work, check_in, here)
        return
    is_open = not left and here.calendar.is_school_day(here.day_of(check_in.due_at))
    if is_open and here.is_there(check_in.owner_id, check_in.child_id, check_in.due_at):
        return
    if is_open and check_in.asked_at is None and _can_stand_in(check_in, here):
        await ask(work, check_in, check_in.cover_id, here)
        return
    lead = here.lead(check_in.child_id, check_in.due_at)
    if lead is not None and lead != check_in.owner_id:
        await lead_has_it(work, check_in, here)


def _keep_two(work: UnitOfWork, check_in: CheckIn, here: Here) -> None:
    """Keep a second person as cover who is here that day; by default, a lead."""
    if _can_stand_in(check_in, here):
        return
    other = here.lead(check_in.child_id, check_in.due_at, but=[check_in.owner_id])
    if other is not None and other != check_in.cover_id:
        check_in.cover_id = other
        record_moved(work, check_in, "stands_in", other)


def _can_stand_in(check_in: CheckIn, here: Here) -> bool:
    there = here.is_there(check_in.cover_id, check_in.child_id, check_in.due_at)
    return there and check_in.cover_id != check_in.owner_id


async def _missed(work: UnitOfWork, check_in: CheckIn, here: Here) -> None:
    """Ask the cover at once when the window has closed, then alert a lead."""
    if check_in.missed_at is None and check_in.asked_at is None and _can_stand_in(check_in, here):
        await ask(work, check_in, check_in.cover_id, here)
    rule = rule_on(rules.LEAD, here.day_of(check_in.due_at))
    if rule.due(check_in.due_at, here.calendar) > work.now:
        return
    if check_in.asked_id is not None and (check_in.answer_by or work.now) <= work.now:
        await lead_has_it(work, check_in, here)
    if check_in.missed_at is None:
        await tell_lead(work, check_in)


async def _find_adults(
    work: UnitOfWork, plans: Sequence[SupportPlan], here: Here, of: Mapping[UUID, UUID | None]
) -> None:
    """If a plan names someone unsuitable or gone, set a task to ask the pupil for another adult."""
    for plan in plans:
        for person in (plan.adult_id, plan.cover_id):
            if not here.for_concern(of.get(plan.id)).suits(person, plan.child_id):
                await set_task(
                    work,
                    SetTask(
                        "find_adult", child_id=plan.child_id, about=("support_plan", plan.id),
                        facts={"person_id": str(person)}, dedupe=f"find_adult:{plan.id}:{person}",
                    ),
                )  # fmt: skip

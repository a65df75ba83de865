"""Making check-ins ahead from the cadence of a plan, inside the school's own days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import CheckIn, SupportPlan
from app.db.repositories.repository import change_rows
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import start_clock
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.people import Here

STORED = (
    "school_id", "id", "child_id", "plan_id", "reintegration_id", "owner_id", "cover_id",
    "opens_at",
    "due_at", "due_rule", "place", "state", "made_at", "version", "changed_at",
)  # fmt: skip


async def make_ahead(
    work: UnitOfWork, plans: Sequence[SupportPlan], here: Here, of: Mapping[UUID, UUID | None]
) -> None:
    """Make what is missing of the next days; a second time makes nothing.

    `of` is the concern behind each plan, where there is one.
    """
    made = await _made(work, plans, here)
    latest = await _latest_owners(work, plans)
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
    """Make those of a plan that do not open at one of these moments."""
    rows = [
        await _row(work, plan, here, opens, closes, latest)
        for opens, closes in _windows(plan, here, work.now)
        if opens not in made
    ]
    if rows:
        await work.session.flush()
        await change_rows(work.session, insert(CheckIn).values(rows))


def _windows(plan: SupportPlan, here: Here, now: datetime) -> list[tuple[datetime, datetime]]:
    calendar, today = here.calendar, here.day_of(now)
    first, last = max(today, plan.began_on), today + rules.AHEAD
    days = rules.days_of(plan.cadence, plan.began_on, first, last, calendar)
    found = [_span(here, day, window) for day in days for window in plan.windows]
    return [(opens, closes) for opens, closes in found if closes > now]


def _span(here: Here, day: date, window: Mapping[str, str]) -> tuple[datetime, datetime]:
    begins, ends = rules.span_of(window)
    return here.calendar.at(day, begins), here.calendar.at(day, ends)


async def _made(
    work: UnitOfWork, plans: Sequence[SupportPlan], here: Here
) -> dict[UUID, set[datetime]]:
    today = here.calendar.at(here.day_of(work.now), time())
    await work.session.flush()
    rows = await work.session.execute(
        select(CheckIn.plan_id, CheckIn.opens_at).where(
            CheckIn.school_id == work.actor.school_id,
            CheckIn.plan_id.in_([plan.id for plan in plans]),
            CheckIn.opens_at >= today,
            CheckIn.state != rules.DROPPED,
        )
    )
    found: dict[UUID, set[datetime]] = {}
    for plan_id, opens_at in rows:
        if plan_id is not None:
            found.setdefault(plan_id, set()).add(opens_at)
    return found


async def _latest_owners(work: UnitOfWork, plans: Sequence[SupportPlan]) -> dict[UUID, UUID]:
    """Who has the latest open check-in of each plan: they go on where the chosen adult is gone."""
    rows = await work.session.execute(
        select(CheckIn.plan_id, CheckIn.owner_id)
        .where(
            CheckIn.school_id == work.actor.school_id,
            CheckIn.plan_id.in_([plan.id for plan in plans]),
            CheckIn.ended_at.is_(None),
        )
        .order_by(CheckIn.due_at)
    )
    return {plan_id: owner_id for plan_id, owner_id in rows if plan_id is not None}


async def _row(
    work: UnitOfWork, plan: SupportPlan, here: Here, opens: datetime, closes: datetime,
    latest: UUID | None,
) -> dict[str, Any]:  # fmt: skip
    """A new check-in of a plan as it is stored."""
    wish = Meeting(
        plan.child_id, opens, closes, (plan.adult_id, latest), plan.cover_id, plan.place,
        otherwise=plan.adult_id, plan_id=plan.id,
    )  # fmt: skip
    return await make_row(work, wish, here)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One check-in to be made: who could have it, the first one first, and who would stand in."""

    child_id: UUID
    opens: datetime
    closes: datetime
    adults: Sequence[UUID | None]
    cover: UUID | None
    place: str | None
    otherwise: UUID
    """Who has it where nobody is here who may."""
    plan_id: UUID | None = None
    reintegration_id: UUID | None = None


async def make_row(work: UnitOfWork, wish: Meeting, here: Here) -> dict[str, Any]:
    """A new check-in as it is stored, with its clock and trace; a lead where nobody else can."""
    child_id = wish.child_id
    owner = _first(here, child_id, wish.adults, ()) or here.lead(child_id, wish.closes)
    owner = owner or wish.otherwise
    cover = _first(here, child_id, (wish.cover,), (owner,))
    cover = cover or here.lead(child_id, wish.closes, but=[owner]) or wish.cover or owner
    check_in = CheckIn(
        school_id=work.actor.school_id, id=new_id(), child_id=child_id, plan_id=wish.plan_id,
        reintegration_id=wish.reintegration_id, owner_id=owner, cover_id=cover, opens_at=wish.opens,
        place=wish.place, state=rules.OPEN, made_at=work.now, version=1, changed_at=work.now,
    )  # fmt: skip
    await start_clock(work, check_in, rules.WINDOW, since=wish.closes)
    work.record(
        AuditEvent.CHECK_IN_MADE, rules.NOUN, check_in.id, child_id=child_id,
        details={"owner_id": str(owner), "cover_id": str(cover)},
    )  # fmt: skip
    return {name: getattr(check_in, name) for name in STORED}


def _first(
    here: Here, child_id: UUID, people: Sequence[UUID | None], but: Sequence[UUID]
) -> UUID | None:
    able = (one for one in people if one and one not in but and here.suits(one, child_id))
    return next(able, None)

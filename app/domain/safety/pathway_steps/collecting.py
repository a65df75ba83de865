"""Where nobody has spoken with a pupil an hour before school closes, reception sees that they

leave with an adult: no reason, and no kind of worry.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import Role
from app.db.models import Task
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.clocks.rules import rule_on
from app.domain.duty.owners.rules import OwnedResource, Person, next_owner, why_not
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks.rules import NOUN, rule_of
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.safety.self_harm.pathway import named_in
from app.domain.safety.self_harm.rules import CHECK, COLLECT
from app.formats.calendars import SchoolCalendar


async def collect_by_adult(work: UnitOfWork) -> None:
    """Ask reception once a day for each pupil of a concern; a second time sets nothing.

    It ends by a step of the pathway or by a person, never by the end of the day.
    """
    calendar = await calendar_of(work)
    day = calendar.local(work.now).date()
    closes = calendar.at(day, calendar.closes)
    if not calendar.is_school_day(day) or not _last_hour(calendar, work.now) <= work.now < closes:
        return
    waiting = await _not_seen(work, closes)
    people = await people_here(work) if waiting else []
    for task in waiting:
        assert task.concern_id is not None  # noqa: S101 - the statement asks for it
        barred = await named_in(work, task.concern_id)
        wish = SetTask(
            COLLECT, task.child_id, task.concern_id, confidentiality=ANYONE, due_at=closes,
            owner_id=_office(people, task, barred), barred=barred, urgent=True,
            dedupe=f"{COLLECT}:{task.concern_id}:{task.child_id}:{day}",
        )  # fmt: skip
        await set_task(work, wish)


def _last_hour(calendar: SchoolCalendar, now: datetime) -> datetime:
    """From when on a check of that day is late."""
    day = calendar.local(now).date()
    return rule_on(rule_of(CHECK), day).due(calendar.at(day, calendar.opens), calendar)


async def _not_seen(work: UnitOfWork, closes: datetime) -> list[Task]:
    """Open checks of pupils who are known and here, that were due by the end of the day."""
    found = await work.session.scalars(
        select(Task)
        .where(
            Task.school_id == work.actor.school_id, Task.kind == CHECK, Task.ended_at.is_(None),
            Task.child_id.is_not(None), Task.concern_id.is_not(None), Task.due_at <= closes,
        )
        .order_by(Task.due_at, Task.id)
    )  # fmt: skip
    return list(found)


def _office(people: list[Person], task: Task, barred: list[UUID]) -> UUID | None:
    """The first of the office who is here and has no interest in it, else the next by the rules."""
    about = frozenset(one for one in (task.child_id, task.concern_id) if one is not None)
    thing = OwnedResource(NOUN, new_id(), None, ANYONE, task.concern_id, about, frozenset(barred))
    able = [one for one in people if why_not(one, thing) is None and not one.away]
    office = [one.id for one in able if Role.SCHOOL_ADMIN.value in one.roles]
    return next(iter(office), None) or next_owner(people, thing)

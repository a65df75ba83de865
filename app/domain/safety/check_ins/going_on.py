"""What happens to check-ins as time passes: made ahead, stood in for, and never left undone.

Everything here can be run again at any moment: what was done is seen in the rows.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.db.models import CheckIn, Child, SupportPlan
from app.db.repositories.safety import check_ins as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.locks import frozen_since
from app.domain.clocks.rules import rule_on
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.covering import ask, lead_has_it, touch
from app.domain.safety.check_ins.making import make_ahead
from app.domain.safety.check_ins.missing import tell_lead
from app.domain.safety.check_ins.people import Here, who_is_here


async def keep_going(work: UnitOfWork) -> None:
    """Look through the plans and check-ins of a school."""
    await work.organisations.lock_own()
    plans = await _plans(work)
    waiting = await _open(work)
    named = [plan.adult_id for plan in plans] + [plan.cover_id for plan in plans]
    for one in waiting:
        named += [one.owner_id, one.cover_id, *([one.asked_id] if one.asked_id else [])]
    here = await who_is_here(work, named, work.now + rules.AHEAD)
    of = await stored.concerns_behind(
        await work.driver(), work.actor.school_id, [one.id for one in (*plans, *waiting)]
    )
    if plans:
        await make_ahead(work, plans, here, of)
        await _find_adults(work, plans, here, of)
    left = await _left(work, waiting)
    for check_in in waiting:
        able = here.for_concern(of.get(check_in.id))
        if check_in.due_at > work.now:
            await look_for_cover(work, check_in, able, left=check_in.child_id in left)
            _keep_two(work, check_in, able)
        else:
            await _missed(work, check_in, able)


async def _plans(work: UnitOfWork) -> list[SupportPlan]:
    """Plans in use, but for those of children who have left or died."""
    found = await work.session.scalars(
        select(SupportPlan)
        .join(
            Child,
            (Child.school_id == SupportPlan.school_id) & (Child.id == SupportPlan.child_id),
        )
        .where(
            SupportPlan.school_id == work.actor.school_id,
            SupportPlan.ended_at.is_(None),
            Child.roll_status != "left",
        )
        .order_by(SupportPlan.id)
        .with_for_update(of=SupportPlan, key_share=True)
        .execution_options(populate_existing=True)
    )
    plans = list(found)
    if plans and await frozen_since(work, [plan.child_id for plan in plans]) is not None:
        plans = [one for one in plans if await frozen_since(work, [one.child_id]) is None]
    return plans


async def _open(work: UnitOfWork) -> list[CheckIn]:
    """Open check-ins by due time: locked by id, as everywhere, so that nobody waits in a circle."""
    found = await work.session.scalars(
        select(CheckIn)
        .where(CheckIn.school_id == work.actor.school_id, CheckIn.ended_at.is_(None))
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
        .execution_options(populate_existing=True)
    )
    return sorted(found, key=lambda one: (one.due_at, one.id))


async def _left(work: UnitOfWork, waiting: Sequence[CheckIn]) -> set[UUID]:
    """Children of these check-ins who have left the school."""
    found = await work.session.scalars(
        select(Child.id).where(
            Child.school_id == work.actor.school_id, Child.roll_status == "left",
            Child.id.in_({one.child_id for one in waiting}),
        )
    )  # fmt: skip
    return set(found)


async def look_for_cover(
    work: UnitOfWork, check_in: CheckIn, here: Here, *, left: bool = False
) -> None:
    """Where its owner is not there that day the cover is asked; else, or unanswered, a lead has it.

    On a day that is no school day any more, and of a pupil who has `left`, a lead has it: they see
    what is possible.
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
    """Who stands in is somebody else, and there that day; where nobody was named, a lead."""
    if _can_stand_in(check_in, here):
        return
    other = here.lead(check_in.child_id, check_in.due_at, but=[check_in.owner_id])
    if other is not None and other != check_in.cover_id:
        check_in.cover_id = other
        touch(work, check_in, "stands_in", other)


def _can_stand_in(check_in: CheckIn, here: Here) -> bool:
    there = here.is_there(check_in.cover_id, check_in.child_id, check_in.due_at)
    return there and check_in.cover_id != check_in.owner_id


async def _missed(work: UnitOfWork, check_in: CheckIn, here: Here) -> None:
    """The window has closed: the cover is asked at once, then a lead is told."""
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
    """A plan names somebody who has left or may not: the pupil is asked whom they choose now."""
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

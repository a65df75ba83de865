"""Asking a second person to confirm a conflict of interest, and leaving nobody's file unread."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.words import Permission, Role
from app.db.models import Conflict
from app.db.repositories.access import conflicts as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.moving import candidates_for
from app.domain.access.conflicts.rules import LEAD_ORDER, stays_led
from app.domain.duty.owners.rules import Person
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks.setting import SetTask, finish_all, open_tasks, set_task
from app.domain.errors import ServiceUnavailable

CHECK: Final = "conflict_check"
NOUN: Final = "conflict"
GONE: Final = "ground_gone"
IN_FORCE, SUGGESTED = "in_force", "suggested"
JUDGES: Final = (Permission.ACCESS_GRANT, Permission.ACCESS_REVIEW)
"""Any of these lets somebody confirm or end a conflict."""


async def leaves_nobody(work: UnitOfWork, row: Conflict, besides: UUID | None = None) -> bool:
    """Whether a conflict would leave no lead, deputy or head to read the child's file or concern.

    Also not by breaking glass. Never so for somebody who is none of them: nothing is lost then.
    `besides` does not count as one who is left: who locks others out is never the last reader.
    """
    if row.concern_id is not None:
        children = await work.concerns.child_ids(row.concern_id)
        people = await candidates_for(work, row.concern_id, children)
        return not stays_led(people, row.staff_id)
    leads = [one.id for one in await candidates_for(work, None, []) if one.role in LEAD_ORDER]
    if row.child_id is None or row.staff_id not in leads:
        return False
    left = [one for one in leads if one != besides]
    driver = await work.driver()
    return await stored.leaves_nobody(
        driver, work.actor.school_id, row.staff_id, row.child_id, left
    )


async def begin(work: UnitOfWork, row: Conflict) -> None:
    """Add a conflict that somebody stated, in force unless it would leave nobody.

    Then it locks nobody out and a second person is asked.
    """
    if row.state == IN_FORCE and await leaves_nobody(work, row):
        row.state = SUGGESTED
    work.concerns.add(row)
    await work.session.flush()  # the next one is judged with this one
    if row.state == SUGGESTED:
        await ask_to_confirm(work, row)


async def ask_to_confirm(work: UnitOfWork, row: Conflict, *, tells: bool = True) -> None:
    """Give somebody a due time to confirm or end a suggestion: not who typed it.

    Not the person it is about either, unless nobody else may and it names no concern. A school
    that has nobody at all is found by the look for work without an owner.
    """
    judges = _judges(await people_here(work), row)
    first = next(iter(judges), None)
    hidden = [] if first == row.staff_id else [row.staff_id]
    wish = SetTask(
        CHECK, child_id=row.child_id, concern_id=row.concern_id, about=(NOUN, row.id),
        first=first, barred=hidden, tells=tells,
    )  # fmt: skip
    try:
        await set_task(work, wish)
    except ServiceUnavailable:
        return


def _judges(people: Sequence[Person], row: Conflict) -> list[UUID]:
    """Who may say whether it is so, those it is not about first, leads before heads."""
    able = [
        one
        for one in people
        if any(rights.permissions & set(JUDGES) for rights in one.rights)
        and one.id not in row.typed_by
        and not one.locked_out & {row.child_id, row.concern_id}
    ]
    others = [one for one in able if one.id != row.staff_id]
    others.sort(key=lambda one: (one.away, Role.DSL.value not in one.roles))
    themselves = [one for one in able if one.id == row.staff_id and row.concern_id is None]
    return [one.id for one in (*others, *themselves)]


async def say_ground(work: UnitOfWork, conflict_id: UUID, *, gone: bool) -> None:
    """Who is asked sees that what a suggestion rests on is gone, or is there again."""
    for task in await open_tasks(work, kinds=[CHECK], about_id=conflict_id):
        facts = {name: fact for name, fact in task.facts.items() if name != GONE}
        task.facts = facts | ({GONE: True} if gone else {})
        task.version += 1
        task.changed_at = work.now


async def answered(work: UnitOfWork, conflict_id: UUID, outcome: str) -> None:
    """Nobody is asked about it any more."""
    await finish_all(work, [CHECK], outcome=outcome, about_id=conflict_id)

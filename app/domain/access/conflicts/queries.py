"""Reads of conflicts of interest: who is locked out, who could take over, and what to check."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.cards import picked
from app.db.models import Conflict
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import conflicts as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import access_filter
from app.domain.access.conflicts import rules
from app.domain.access.conflicts.errors import ConflictNotFound
from app.domain.access.conflicts.rules import LEAD_ORDER, stays_led
from app.domain.common.owners.rules import Person
from app.domain.duty.tasks.commands import open_tasks
from app.domain.etags import etag
from app.domain.steps import touch

MOST_SUGGESTED: Final = 50

CHECK: Final = "conflict_check"
NOUN: Final = "conflict"
GONE: Final = "ground_gone"
IN_FORCE, SUGGESTED, ENDED = "in_force", "suggested", "ended"
JUDGES: Final = (Permission.ACCESS_GRANT, Permission.ACCESS_REVIEW)
"""Either of these permissions lets someone confirm or end a conflict."""


def sees_all(actor: Actor) -> bool:
    """Whether the actor sees other people's conflicts."""
    return bool(
        policy.may(actor, Permission.ACCESS_GRANT) or policy.may(actor, Permission.ACCESS_REVIEW)
    )


async def list_conflicts(
    reading: Reading, asked: dict[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """List all conflicts for those who decide on access; for others, their own about children."""
    policy.require(reading.actor, Permission.CONFLICT_DECLARE)
    rows = await stored.page_of_conflicts(
        reading.driver,
        access_filter(reading.actor),
        asked,
        paging,
        all_of_them=sees_all(reading.actor),
    )
    return page_of(
        rows, paging, key="created_at", shape=lambda row: to_response(row, reading.actor)
    )


async def read_conflict(driver: Driver, actor: Actor, conflict_id: UUID) -> dict[str, Any]:
    """Get one conflict as its reader sees it. Raises `ConflictNotFound`."""
    rows = await stored.page_of_conflicts(
        driver, access_filter(actor), {"id": conflict_id}, PageOf(1), all_of_them=sees_all(actor)
    )
    if not rows:
        raise ConflictNotFound
    return to_response(rows[0], actor)


async def suggested_about(
    driver: Driver, actor: Actor, children: Sequence[UUID], concern_id: UUID | None
) -> list[dict[str, Any]]:
    """List suggestions about children or a concern, for those who may confirm them."""
    if not sees_all(actor):
        return []
    concerns = [] if concern_id is None else [concern_id]
    asked = {"state": "suggested", "about": (list(children), concerns)}
    rows = await stored.page_of_conflicts(
        driver, access_filter(actor), asked, PageOf(MOST_SUGGESTED), all_of_them=True
    )
    return [to_response(row, actor) for row in rows[:MOST_SUGGESTED]]


def to_response(row: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """A conflict as its reader sees it."""
    child = concern = None
    if row["child_id"] is not None:
        child = {"id": row["child_id"], "name": row["child_name"]}
    if row["concern_id"] is not None:
        concern = {"id": row["concern_id"], "reference": row["reference"]}
    verbs = []
    decides = row["state"] != SUGGESTED or rules.is_second(
        actor.id, row["staff_id"], row["typed_by"]
    )
    if sees_all(actor) and row["ended_at"] is None and decides:
        verbs += ["confirm_conflict"] if row["state"] != "in_force" else []
        verbs += ["end_conflict"] if row["staff_id"] != actor.id else []
    return {
        **picked(
            row, "id", "kind", "reason", "contact_id", "created_at", "ground_gone_at",
            "ended_at", "end_reason",
        ),
        "state": row["state"] if row["ended_at"] is None else ENDED,
        "person": {"id": row["staff_id"], "name": row["staff_name"]}, "child": child,
        "concern": concern, "etag": etag(row["version"]), "permissions": verbs,
    }  # fmt: skip


async def list_suggestions(reading: Reading) -> list[dict[str, Any]]:
    """Staff and contacts with the same name and phone, for a lead to confirm or not."""
    policy.require(reading.actor, Permission.ACCESS_GRANT)
    rows = await stored.suggested(reading.driver, reading.actor.school_id, reading.today)
    return [
        {
            "person": {"id": row["staff_id"], "name": row["staff_name"]},
            "child": {"id": row["child_id"], "name": row["child_name"]},
            "contact_id": row["contact_id"],
            "contact_kind": row["contact_kind"],
            "reason_code": "same_name_and_phone",
        }
        for row in rows
        if row["child_id"] not in reading.actor.conflicts.children
    ]


async def read_named(driver: Driver, actor: Actor, conflict_id: UUID) -> dict[str, Any]:
    """Get what a person who named someone sees, even if they read nothing else of the concern."""
    row = await stored.one_conflict(driver, actor.school_id, conflict_id)
    return to_response(row, actor)


async def is_locked_out(
    work: UnitOfWork, person: UUID, *concerns: UUID, children: Sequence[UUID] = ()
) -> bool:
    """Whether a person has a conflict of interest about any of the concerns or children."""
    driver = await work.driver()
    return await stored.is_in_conflict(driver, work.actor.school_id, person, concerns, children)


async def candidates_for(
    work: UnitOfWork, concern_id: UUID | None, children: Sequence[UUID]
) -> list[rules.Candidate]:
    """List possible owners, with those who are locked out marked."""
    return await candidates_at(
        await work.driver(), work.actor.school_id, work.today, concern_id, children
    )


async def candidates_at(
    driver: Driver, school_id: UUID, day: date, concern_id: UUID | None, children: Sequence[UUID]
) -> list[rules.Candidate]:
    """List possible owners on a day, with those who are locked out marked."""
    roles = [role.value for role in rules.ROLES]
    rows = await stored.candidates(driver, school_id, concern_id, children, roles, day)
    return [
        rules.Candidate(row["staff_id"], row["role"], row["in_conflict"], row["away"])
        for row in rows
    ]


async def leaves_nobody(work: UnitOfWork, row: Conflict, besides: UUID | None = None) -> bool:
    """Whether a conflict would leave no lead, deputy or head to read the file or concern.

    Emergency access counts as reading. Always False for people in none of these roles. `besides`
    does not count as a remaining reader: a person who locks others out is never last.
    """
    if row.concern_id is not None:
        children = await work.concerns.child_ids(row.concern_id)
        people = await candidates_for(work, row.concern_id, children)
        return not stays_led(people, row.staff_id)
    leads = [
        candidate.id
        for candidate in await candidates_for(work, None, [])
        if candidate.role in LEAD_ORDER
    ]
    if row.child_id is None or row.staff_id not in leads:
        return False
    left = [lead for lead in leads if lead != besides]
    driver = await work.driver()
    return await stored.leaves_nobody(
        driver, work.actor.school_id, row.staff_id, row.child_id, left
    )


def judges_among(people: Sequence[Person], row: Conflict) -> list[UUID]:
    """List who may decide it: people it is not about first, leads before heads."""
    able = [
        person
        for person in people
        if any(rights.permissions & set(JUDGES) for rights in person.rights)
        and person.id not in row.typed_by
        and not person.locked_out & {row.child_id, row.concern_id}
    ]
    others = [item for item in able if item.id != row.staff_id]
    others.sort(key=lambda item: (item.away, Role.DSL.value not in item.roles))
    themselves = [item for item in able if item.id == row.staff_id and row.concern_id is None]
    return [item.id for item in (*others, *themselves)]


async def say_ground(work: UnitOfWork, conflict_id: UUID, *, gone: bool) -> None:
    """Show the person asked that a suggestion's grounds have gone or are back."""
    for task in await open_tasks(work, kinds=[CHECK], about_id=conflict_id):
        facts = {name: fact for name, fact in task.facts.items() if name != GONE}
        task.facts = facts | ({GONE: True} if gone else {})
        touch(work, task)

"""Open a child: banner facts, contacts to call, and open work, in one view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.paging import PageOf
from app.db.reading import Reading
from app.db.repositories.duty.overview import About, open_about
from app.db.repositories.record.chronology import ChronologyFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.duty.overview.queries import overview_access
from app.domain.record.children.commands import open_child
from app.domain.record.children.queries import has_ended
from app.domain.record.chronology.queries import entries
from app.domain.record.contacts.commands import to_response
from app.domain.record.next_steps.queries import get_next_steps_of_child
from app.domain.record.statuses.commands import classes_of
from app.domain.record.statuses.queries import status_record

LATEST = 5
"""Entries of the chronology that are shown at once."""


@dataclass(frozen=True, slots=True)
class ChildSummary:
    """The summary; None for what the reader's role does not read."""

    child: Mapping[str, Any]
    statuses: Sequence[Mapping[str, Any]]
    contacts: Sequence[Mapping[str, Any]]
    open: About
    """Open work, its owners, and who outside the school knows."""
    next_steps: Sequence[Mapping[str, Any]] | None
    latest: Sequence[str] | None
    """JSON texts."""


async def open_child_summary(work: UnitOfWork, child_id: UUID) -> ChildSummary:
    """Open the first view of a child, logged as one view.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`, `ConflictOfInterest`.
    """
    policy.require(work.actor, Permission.CHILD_OPEN)
    child, _ = await open_child(work, child_id, part="summary")
    child_id = child["id"]  # for a merged child, the remaining one
    contacts, closed = await work.children.contacts_and_file(child_id)
    statuses = await work.children.statuses_of(child_id, classes_of(work.actor))
    driver = await work.driver()
    about = await open_about(driver, overview_access(work.actor), child_id)
    return ChildSummary(
        child=child,
        statuses=[
            status_record(item, added_by, work.actor, closed)
            for item, added_by in statuses
            if not has_ended(item.valid_to, work.today)
        ],
        contacts=[
            to_response(work, contact, contacts, closed=closed)
            for contact in contacts
            if not has_ended(contact.valid_to, work.today)
        ],
        open=about,
        next_steps=await _next_steps(work, child_id),
        latest=await _latest(work, child_id),
    )


async def _next_steps(work: UnitOfWork, child_id: UUID) -> Sequence[Mapping[str, Any]] | None:
    if not policy.may(work.actor, Permission.CONCERN_READ):
        return None
    reading = Reading(work.actor, await work.driver(), work.now)
    return await get_next_steps_of_child(reading, child_id)


async def _latest(work: UnitOfWork, child_id: UUID) -> Sequence[str] | None:
    if not policy.may(work.actor, Permission.CHRONOLOGY_READ):
        return None
    page, _ = await entries(work, child_id, ChronologyFilter(), PageOf(LATEST))
    return page.items

"""Queries and rows of linked concerns and of what stands beside them to filters and answers."""

from typing import Any

from app.api.schemas.linked_concerns import CalendarNoteListIn, LinkedConcernListIn
from app.db.models import NamedContent
from app.db.repositories.duty.calendars import NoteFilter
from app.db.repositories.safety.child_groups import names_of
from app.db.repositories.safety.linked_concerns import LinkedConcernFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.linked_concerns import commands


def asked(query: LinkedConcernListIn) -> LinkedConcernFilter:
    """The filters of the list."""
    return LinkedConcernFilter(query.state == "ended", query.rule_id)


def notes_asked(query: CalendarNoteListIn) -> NoteFilter:
    """The filters of notes of the calendar."""
    return NoteFilter(query.since, query.until, query.kind)


async def named(work: UnitOfWork, row: NamedContent) -> dict[str, Any]:
    """Something that is named, with who noted it."""
    names = await names_of(await work.driver(), work.actor.school_id, [row.stated_by])
    return commands.to_response(row, names[row.stated_by])

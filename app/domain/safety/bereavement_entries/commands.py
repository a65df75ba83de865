"""Add entries to a case: immutable, amended by new entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import BereavementCase, BereavementEntry
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import (
    AnotherPersonReads,
    CauseNotAgreed,
    EntryAmended,
    NotRead,
    PartNotFound,
)
from app.domain.safety.bereavement_cases.queries import case_to_decide, open_case_for
from app.domain.steps import new, record_row, touch

WORDS, READ, SENT, CAUSE = (
    "communication", "communication_approved", "communication_sent", "cause_wording",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AddEntry:
    """An entry to add to a case; an amendment names the entry that it corrects."""

    id: UUID | None
    kind: str
    content: Mapping[str, Any]
    about_id: UUID | None = None
    amends_id: UUID | None = None


async def add_entry(work: UnitOfWork, case_id: UUID, command: AddEntry) -> BereavementEntry:
    """Add an entry, as a lead, a head or a member of the team.

    Raises as `open_case_for`, `PartNotFound`, `EntryAmended`.
    """
    case = await open_case_for(work, case_id)
    if command.about_id is not None:
        await _entry(work, case, command.about_id)
    if command.amends_id is not None:
        await _check_amendable(work, case, command)
    return _add(work, case, command)


async def _check_amendable(work: UnitOfWork, case: BereavementCase, command: AddEntry) -> None:
    assert command.amends_id is not None  # noqa: S101 - asked before
    before = await _entry(work, case, command.amends_id)
    if before.kind != command.kind:
        problem = FieldProblem(
            "/amends_id", "another_kind", "An amendment must be of the same kind."
        )
        raise ValidationFailed(problems=[problem])
    if await stored.is_amended(work.session, case.school_id, command.amends_id):
        raise EntryAmended


def _add(work: UnitOfWork, case: BereavementCase, command: AddEntry) -> BereavementEntry:
    row = new(work, BereavementEntry, command, case_id=case.id, content=dict(command.content))
    work.concerns.add(row)
    record_row(
        work, AuditEvent.BEREAVEMENT_ADDED, case, after={"content": row.content},
        details={"part": "entry", "entry_id": str(row.id), "kind": row.kind},
    )  # fmt: skip
    return row


async def _entry(work: UnitOfWork, case: BereavementCase, entry_id: UUID) -> BereavementEntry:
    row = await work.concerns.find(BereavementEntry, entry_id)
    if row is None or row.case_id != case.id:
        raise PartNotFound
    return row


async def approve_communication(
    work: UnitOfWork, case_id: UUID, entry_id: UUID
) -> BereavementEntry:
    """Approve a wording for use, as another person than its writer.

    Raises as `open_case_for`, `PartNotFound`, `EntryAmended`, `AnotherPersonReads`.
    """
    case = await open_case_for(work, case_id)
    words = await _newest_words(work, case, entry_id)
    if words.by_id == work.actor.id:
        raise AnotherPersonReads
    return _add(work, case, AddEntry(None, READ, {}, about_id=words.id))


async def _newest_words(
    work: UnitOfWork, case: BereavementCase, entry_id: UUID
) -> BereavementEntry:
    words = await _entry(work, case, entry_id)
    if words.kind != WORDS:
        raise PartNotFound
    if await stored.is_amended(work.session, case.school_id, words.id):
        raise EntryAmended
    return words


async def note_sent(
    work: UnitOfWork, case_id: UUID, entry_id: UUID, content: Mapping[str, Any]
) -> BereavementEntry:
    """Record that someone sent or said the words: Cairn itself sends nothing.

    Raises as `approve_communication`, `NotRead`, `CauseNotAgreed`.
    """
    case = await open_case_for(work, case_id)
    words = await _newest_words(work, case, entry_id)
    if not await stored.is_approved_by_another(work.session, words):
        raise NotRead
    if words.content.get("names_cause") and not has_agreed(case.cause_approvals):
        raise CauseNotAgreed
    return _add(work, case, AddEntry(None, SENT, content, about_id=words.id))


async def word_cause(
    work: UnitOfWork,
    case_id: UUID,
    version: int,
    wording: str,
    approvals: list[dict[str, Any]],
) -> BereavementCase:
    """Choose the words for the cause; family and police have to agree to unusual ones.

    Raises as `case_to_decide`, `CauseNotAgreed`.
    """
    case = await case_to_decide(work, case_id, version, rules.OPEN, rules.CLOSED)
    if wording != rules.USUAL_WORDS and not has_agreed(approvals):
        raise CauseNotAgreed
    case.cause_wording, case.cause_approvals = wording, approvals
    touch(work, case)
    _add(work, case, AddEntry(None, CAUSE, {"text": wording, "approvals": approvals}))
    return case


def has_agreed(approvals: list[dict[str, Any]]) -> bool:
    """Whether both family and police agreed."""
    return {approval["who"] for approval in approvals} >= rules.AGREE_TO_CAUSE


def moment(value: datetime) -> str:
    """A moment as entries keep it."""
    return written(value)

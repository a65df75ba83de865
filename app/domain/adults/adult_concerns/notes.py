"""What is added to a concern about an adult beside its originals: notes and amendments."""

from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import AdultConcern, AdultNote
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import AdultConcernNotFound
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.adults.adult_concerns.sight import adult_concern_for
from app.domain.adults.adult_concerns.steps import NOUN, take_step, touch
from app.domain.errors import PermissionMissing
from app.domain.record.concerns.errors import StatementUnknown
from app.domain.steps import facts_of


async def add_adult_note(
    work: UnitOfWork, concern_id: UUID, note_id: UUID | None, text: str
) -> AdultNote:
    """Write down what was done or found; on one that was assessed, work has then begun."""
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if not rules.may_decide(work.actor, manages=work.actor.id in facts.holders):
        raise PermissionMissing
    note = _note(work, concern, note_id, kind="note", text=text)
    if concern.state in rules.WORKED_ON and not concern.pending:
        take_step(work, concern, AuditEvent.ADULT_RESUMED, state="in_progress")
    else:
        touch(work, concern)
    work.record(
        AuditEvent.ADULT_NOTED, NOUN, concern.id, after={"text": text},
        details={"note_id": str(note.id)}, register="adults",
    )  # fmt: skip
    return note


@dataclass(frozen=True, slots=True)
class AmendAdultConcern:
    """A correction or addition; the original stays as it is."""

    id: UUID | None
    kind: str
    statement_id: UUID | None
    text: str
    reason: str


async def amend_adult_concern(
    work: UnitOfWork, concern_id: UUID, wish: AmendAdultConcern
) -> AdultNote:
    """Put a correction or addition beside the original: its reporter may, and its readers.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `StatementUnknown`.
    """
    policy.require(work.actor, Permission.ADULT_RAISE)
    concern = await work.adults.lock(AdultConcern, concern_id)
    if concern is None or not (
        concern.reporter_id == work.actor.id
        or ADULT_CONCERN.shows(
            work.actor, (await facts_of(work, ADULT_CONCERN, concern_id)).get(concern_id)
        )
    ):
        raise AdultConcernNotFound
    if wish.statement_id is not None and not await work.adults.has_statement(
        concern.id, wish.statement_id
    ):
        raise StatementUnknown
    note = _note(
        work, concern, wish.id, kind=wish.kind, text=wish.text,
        statement_id=wish.statement_id, reason=wish.reason,
    )  # fmt: skip
    touch(work, concern)
    work.record(
        AuditEvent.ADULT_AMENDED, NOUN, concern.id, after={"text": wish.text,
        "reason": wish.reason},
        details={"note_id": str(note.id), "kind": wish.kind}, register="adults",
    )  # fmt: skip
    return note


def _note(
    work: UnitOfWork,
    concern: AdultConcern,
    note_id: UUID | None,
    *,
    kind: str,
    text: str,
    statement_id: UUID | None = None,
    reason: str | None = None,
) -> AdultNote:
    note = AdultNote(
        school_id=concern.school_id,
        id=note_id or new_id(),
        concern_id=concern.id,
        statement_id=statement_id,
        kind=kind,
        text=text,
        reason=reason,
        author_id=work.actor.id,
        recorded_at=work.now,
    )
    work.adults.add(note)
    return note

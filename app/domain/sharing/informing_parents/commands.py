"""A person's decision about telling parents: saved, never sent, and reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.vocabularies import term
from app.core.words import AuditEvent, Permission
from app.db.models import Child, Concern, Contact, Decision, SafetyRecord
from app.db.repositories.sharing import sharing_exceptions as stored_exceptions
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.deadlines.commands import check_furthest
from app.domain.common.deadlines.errors import DueTimePassed
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.staff.queries import member_of_staff
from app.domain.record.concern_notes.commands import keep_decision, record_decision
from app.domain.record.concern_notes.schemas import AdviceIn, DecisionIn
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.record.concerns.rules import WRONG_PLACE
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.record.contacts.queries import Somebody, as_somebody, hard_marks, may_be_told_among
from app.domain.safety.records.commands import KeepRecord, check_moment, keep_record
from app.domain.safety.self_harm import commands as self_harm
from app.domain.safety.self_harm.rules import PARENTS, PARENTS_DECIDED, SOCIAL_CARE
from app.domain.sharing.informing_parents import rules
from app.domain.sharing.informing_parents.errors import SecondLeadUnsuitable
from app.domain.sharing.informing_parents.queries import child_of
from app.domain.sharing.parents_guards import rules as guards
from app.domain.sharing.parents_guards.queries import Home, home_of, word_of
from app.domain.sharing.parents_guards.rules import Word
from app.domain.sharing.share_recipients.queries import family_meant
from app.domain.steps import record_row, touch

KIND: Final = "parents_decision"
REVIEW, REVIEW_TASK = "sh.parents_review", "sh_parents_review"
QUESTION: Final = "Whether and how parents are told"
AGREED, LIFE_AT_RISK, ALREADY_TOLD = "agreed", "life_at_risk", "already_told"
TELLS: Final = "tell_parents"
WRITE_WHY: Final = "parents_reason"
BECAUSE: Final = "Set with a decision about telling parents: harm may come from there."


@dataclass(frozen=True, slots=True)
class DecideParents:
    """A decision; `content` is everything else as sent, none of it required."""

    outcome: str
    reason: str
    content: Mapping[str, Any]
    id: UUID | None = None
    child_id: UUID | None = None
    at: datetime | None = None
    review_at: datetime | None = None
    second_lead_id: UUID | None = None
    source_of_harm: Sequence[UUID] = field(default=())
    told_under: str = AGREED

    @property
    def rows(self) -> Sequence[str]:
        """Rows of the table that were thought of."""
        rows: Sequence[str] = self.content.get("rows", ())
        return rows

    @property
    def words(self) -> list[Word]:
        """Advice from people outside about telling home."""
        return [word_of(item) for item in self.content.get("advice", ()) if item.get("adviser")]


async def decide_parents(
    work: UnitOfWork, concern_id: UUID, command: DecideParents
) -> SafetyRecord:
    """Save a decision as a record and as a decision of the concern; the pathway advances.

    If harm may come from parents, they may no longer be told, and social care has to be asked
    today. Nothing is sent to anyone. Raises `PermissionMissing`, `ConcernNotFound`, `ConcernEnded`
    for a duplicate and one entered in error, `ChildToName`, `ValidationFailed`,
    `SecondLeadUnsuitable`, `DueTimePassed`, `DueTooFar`, `ParentsGuarded`.
    """
    concern = await concern_to_work_on(work, concern_id, Permission.SAFETY_WRITE)
    if concern.state in WRONG_PLACE:
        raise ConcernEnded
    child = await child_of(work, concern, command.child_id, Permission.SAFETY_WRITE)
    check_moment(work, command.at)
    await _check_second_lead(work, command.second_lead_id)
    contacts = await _contacts(work, child, command)
    await _check_tellers(work, command)
    await _check_review(work, command)
    though_barred = await _told_though_barred(work, child, command, contacts)
    though_guarded = await _told_though_guarded(work, concern, child, command, contacts)
    decision = await keep_decision(work, concern, _decision(command))
    content = {
        **command.content,
        "outcome": command.outcome,
        "reason": command.reason,
        "review_at": command.review_at and written(command.review_at),
        "second_lead_id": command.second_lead_id and str(command.second_lead_id),
        "source_of_harm": [str(item) for item in command.source_of_harm],
        "told_though_barred": though_barred,
        "told_under": command.told_under if command.outcome == rules.TOLD else None,
        "told_though_guarded": though_guarded,
        "decision_id": str(decision.id),
    }
    record = await keep_record(
        work, child,
        KeepRecord(KIND, content, summary_of(content), id=command.id or new_id(),
                   concern_id=concern.id, occurred_at=command.at),
        of=concern,
    )  # fmt: skip
    await work.session.flush()
    await self_harm.advance(
        work, concern.id, PARENTS_DECIDED, {"record_id": record.id, "kind": command.outcome},
        at=record.occurred_at, child_id=child.id,
    )  # fmt: skip
    earlier = await self_harm.is_earlier(work, concern.id, command.at)
    ended = [PARENTS, REVIEW_TASK, WRITE_WHY]
    for task in await open_tasks(work, kinds=ended, concern_id=concern.id):
        if task.child_id == child.id and not earlier:
            finish(work, task, outcome=command.outcome)
    await _look_again(work, concern, child, record, command)
    _bar(work, child, [contacts[item] for item in command.source_of_harm])
    if though_guarded:
        await _ask(work, concern, child, record, WRITE_WHY)
    if command.source_of_harm or though_barred or though_guarded or rules.HARM in command.rows:
        await _ask(work, concern, child, record, SOCIAL_CARE)
    await work.session.flush()
    return record


async def decide(work: UnitOfWork, concern_id: UUID, body: DecisionIn) -> Decision:
    """Record a decision about a concern; a decision to tell home must have no open guard.

    To tell home despite a guard, use `decide_on_parents`, which records who advised and who agreed.
    Raises as `record_decision`, and `ParentsGuarded`.
    """
    decision = await record_decision(work, concern_id, body)
    if body.kind == TELLS:
        for child_id in await self_harm.subjects_of(work, concern_id):
            home = await home_of(work, child_id, [concern_id])
            home.check(home.guards(None), reason=True, second=False)
    return decision


async def _check_second_lead(work: UnitOfWork, staff_id: UUID | None) -> None:
    """Raise `SecondLeadUnsuitable` unless it is another person who reads these records."""
    if staff_id is None:
        return
    people = await people_here(work, [staff_id])
    reads = any(
        Permission.SAFETY_READ in rights.permissions
        for person in people
        for rights in person.rights
    )
    if staff_id == work.actor.id or not reads:
        raise SecondLeadUnsuitable


async def _contacts(
    work: UnitOfWork, child: Child, command: DecideParents
) -> Mapping[UUID, Contact]:
    """The child's contacts, if any is named. Raises `ValidationFailed` for anyone else."""
    named = [
        (f"/source_of_harm/{index}", item) for index, item in enumerate(command.source_of_harm)
    ] + [
        (f"/{name}/{index}/contact_id", UUID(item["contact_id"]))
        for name in ("told_to", "orders_read")
        for index, item in enumerate(command.content.get(name, ()))
        if item.get("contact_id")
    ]
    if not named and not command.content.get("told_to"):
        return {}
    contacts = {contact.id: contact for contact in await work.children.contacts_of(child.id)}
    problems = [
        FieldProblem(pointer, "unknown_contact", "Cairn cannot find this contact of the child.")
        for pointer, item in named
        if item not in contacts
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    return contacts


async def _check_tellers(work: UnitOfWork, command: DecideParents) -> None:
    """Raise `ValidationFailed` if the person who told them is not staff of this school."""
    for index, item in enumerate(command.content.get("told_to", ())):
        if item.get("by_id"):
            await member_of_staff(work, UUID(item["by_id"]), f"/told_to/{index}/by_id")


async def _check_review(work: UnitOfWork, command: DecideParents) -> None:
    """Waiting is for a week at most. Raises `DueTimePassed`, `DueTooFar`."""
    if command.review_at is None:
        return
    if command.review_at <= work.now:
        raise DueTimePassed
    if command.outcome == rules.NOT_YET:
        await check_furthest(work, command.review_at, REVIEW)


async def _told_though_barred(
    work: UnitOfWork, child: Child, command: DecideParents, contacts: Mapping[UUID, Contact]
) -> list[str]:
    """Contacts who were told despite a bar without a sharing exception.

    It has happened, so it is recorded like everything else.
    """
    marks: dict[str, set[str]] = {}
    for item in _notified(command, contacts):
        bars = hard_marks(item, contacts.values(), work.today)
        ids = [item.contact_id] if item.contact_id else [bar.partition(":")[0] for bar in bars]
        marks |= {str(id_): bars for id_ in ids if bars}
    if not marks:
        return []
    excepted = await stored_exceptions.excepted(
        await work.driver(), work.actor.school_id, child.id, work.now
    )
    return [id_ for id_, bars in marks.items() if not bars <= excepted.marks]


def _notified(command: DecideParents, contacts: Mapping[UUID, Contact]) -> list[Somebody]:
    """People who were told: contacts, and others as written down."""
    return [
        as_somebody(contacts[UUID(item["contact_id"])])
        if item.get("contact_id")
        else Somebody.written(item.get("name"))
        for item in command.content.get("told_to", ())
    ]


def _of_family(somebody: Somebody, contacts: Mapping[UUID, Contact]) -> Sequence[UUID | None]:
    """Family contacts who are meant; None for someone who is not a contact.

    A professional counts as the family contact with the same name or the same details.
    """
    if result := family_meant(contacts.values(), [somebody]):
        return result
    return [] if somebody.contact_id else [None]


async def _told_though_guarded(
    work: UnitOfWork, concern: Concern, child: Child, command: DecideParents,
    contacts: Mapping[UUID, Contact],
) -> list[str]:  # fmt: skip
    """Codes of the guards despite which home was told.

    What has happened is saved; if a life is at risk, someone who may be told learns of it at once.
    Anything else is prevented: raises `ParentsGuarded`. Other leads are alerted when it took a
    second person, and so is that person.
    """
    for word in command.words:
        check_moment(work, word.at)
    if command.outcome != rules.TOLD:
        return []
    home = (await home_of(work, child.id, [concern.id])).advised(concern.id, command.words)
    notified = _notified(command, contacts) or [Somebody()]
    family = list(dict.fromkeys(id_ for item in notified for id_ in _of_family(item, contacts)))
    items = [guard for contact_id in family for guard in home.guards(contact_id)]
    if family and rules.HARM in command.rows:
        items.append(home.harm_thought_of(concern.id))
    second = command.second_lead_id is not None
    held = guards.held(items, reason=True, second=second)
    permitted = all(_is_permitted(item, contacts, home, work) for item in family)
    at_once = command.told_under == LIFE_AT_RISK and permitted
    if held and not at_once and command.told_under != ALREADY_TOLD:
        raise home.refusal(held, reason=True, second=second)
    if guards.marks(items):
        named = [command.second_lead_id] if command.second_lead_id else []
        await tell_of_telling(work, [child.id], also=named)
    return sorted({item.code for item in held})


def _is_permitted(
    contact_id: UUID | None, contacts: Mapping[UUID, Contact], home: Home, work: UnitOfWork
) -> bool:
    """Whether it is a parent who may be told and is not a feared source of harm."""
    if contact_id is None or contact_id in home.feared:
        return False
    return may_be_told_among(contacts[contact_id], contacts.values(), work.today).value


def _decision(command: DecideParents) -> DecisionIn:
    kind = TELLS if command.outcome == rules.TOLD else "not_tell_parents"
    label = term("parents_outcomes", command.outcome).label
    advice = [
        AdviceIn.model_validate(
            {"from": item["who"], "at": item.get("at"), "text": item.get("words")}
        )
        for item in command.content.get("advice", ())
    ]
    return DecisionIn(
        kind=kind, question=QUESTION, decision=label, reason=command.reason, advice=advice,
        decided_at=command.at,
    )  # fmt: skip


async def _look_again(
    work: UnitOfWork, concern: Concern, child: Child, record: SafetyRecord, command: DecideParents
) -> None:
    """Set a review for the person who decided to wait, by the chosen day or the rule."""
    if command.outcome != rules.NOT_YET and command.review_at is None:
        return
    await set_task(
        work,
        SetTask(
            REVIEW_TASK, child_id=child.id, concern_id=concern.id, about=("record", record.id),
            confidentiality=concern.confidentiality, owner_id=work.actor.id,
            due_at=command.review_at, rule_id=REVIEW,
        ),
    )  # fmt: skip


def _bar(work: UnitOfWork, child: Child, contacts: Sequence[Contact]) -> None:
    """Mark contacts as not to be told; existing marks stay."""
    for contact in contacts:
        if contact.may_be_told is False:
            continue
        before = {"may_be_told": contact.may_be_told}
        contact.may_be_told, contact.may_be_told_reason = False, BECAUSE
        touch(work, contact)
        record_row(
            work, AuditEvent.CONTACT_CHANGED, contact, child_id=child.id, before=before,
            after={"may_be_told": False}, reason=BECAUSE,
            details={"fields": ["may_be_told", "may_be_told_reason"]},
        )  # fmt: skip


async def _ask(
    work: UnitOfWork, concern: Concern, child: Child, record: SafetyRecord, kind: str
) -> None:
    """Set a task for today that follows from the decision."""
    if await open_tasks(work, kinds=[kind], concern_id=concern.id, child_id=child.id):
        return
    await set_task(
        work,
        SetTask(
            kind, child_id=child.id, concern_id=concern.id, about=("record", record.id),
            confidentiality=concern.confidentiality, owner_id=work.actor.id, urgent=True,
        ),
    )  # fmt: skip


def summary_of(content: Mapping[str, Any]) -> str:
    """Chronology text; the details stay in the record."""
    label = term("parents_outcomes", content["outcome"]).label
    parts = [f"Telling parents: {label}."]
    if content.get("left_out"):
        parts.append("Something was left out.")
    if content.get("source_of_harm"):
        parts.append("Social care is to be asked first.")
    return " ".join(parts)

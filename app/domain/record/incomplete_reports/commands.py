"""Save an urgent report that could not be accepted, give it to a lead, and resolve it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.words import AuditEvent, Permission, Role
from app.db.models import AdultConcern, Concern, IncompleteReport, Staff
from app.db.repositories.duty.tasks import owner_of
from app.db.repositories.record import incomplete_reports as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import concern_for
from app.domain.adults.adult_concerns.commands import HEAD, find_place, tell_people
from app.domain.adults.adult_concerns.rules import (
    Placement,
    danger_advice,
    may_mean_head,
    names_head,
    says_name,
)
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.common.owners.queries import people_here
from app.domain.duty.lead_availability.queries import read_lead_availability
from app.domain.duty.lead_availability.rules import LeadAvailability
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.etags import check_version
from app.domain.kinds import HandsOver, hands_over
from app.domain.record.incomplete_reports import rules
from app.domain.record.incomplete_reports.errors import IncompleteReportEnded
from app.domain.record.incomplete_reports.queries import incomplete_report_for
from app.domain.record.incomplete_reports.schemas import ResolveIncompleteReportIn
from app.domain.steps import new, record_row, touch

KEEPERS = (HEAD, Role.CHAIR_OF_GOVERNORS.value, Role.SCHOOL_ADMIN.value)

LEADS = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})

DECIDES: Final[Mapping[rules.Register, Permission]] = {
    "children": Permission.SAFETY_WRITE,
    "adults": Permission.ADULT_DECIDE,
}
BY_REASON: Final = "A report about an adult must end with a reason: say there what you raised."


async def find_owner(
    work: UnitOfWork, row: IncompleteReport, body: Any, *, known: AdultConcern | None
) -> Placement:
    """Give a new report to people who may read it, and alert them; `body` None: unreadable.

    Nobody its words may name gets it. If its subject is unclear, it is treated as one about a
    head: no head reads it. `known` is the concern it adds to.
    """
    fields = body if isinstance(body, dict) else {}
    about = rules.adult_of(fields)
    words = " ".join(text for _, text in rules.texts_of(about)) if about else row.body
    row.barred = sorted({*row.barred, *await _named_keepers(work, words)})
    if known is None:
        row.about_head = await _may_be_about_head(work, about, fields)
    else:
        heads = await work.adults.names_of_heads(work.today, clock.day_of(known.occurred_at))
        row.about_head = known.about_head or may_mean_head(row.body, heads)
    keepers = await keepers_of(work, row)
    row.owner_id = keepers.owner_id
    await start_clock(work, row, rules.ADULT_RULES["now" if row.urgent else "today"])
    tell_people(
        work, keepers.notified, urgent=row.urgent, readable=keepers.readable, matter_id=row.id
    )
    return keepers


async def keepers_of(work: UnitOfWork, row: IncompleteReport) -> Placement:
    """Find the people who may read one, among those who hold a role today."""
    heads = await work.adults.people([HEAD], work.today)
    about_head = row.about_head or any(person in row.barred for person, _ in heads)
    return await find_place(
        work, about_head=about_head, kept_out=row.barred, reporter_id=row.reporter_id,
        away=await work.adults.away(work.today),
    )  # fmt: skip


async def settle_incomplete_reports(work: UnitOfWork, some: Collection[UUID] | None = None) -> int:
    """Move open ones, some or all, whose keeper may not read them; returns how many moved."""
    moved = 0
    if some is None:
        some = await stored.open_about_adults(await work.driver(), work.actor.school_id)
    for incomplete_report_id in some:
        row = await work.concerns.lock(IncompleteReport, incomplete_report_id)
        if row is None or row.state != rules.OPEN:
            continue
        keepers = await keepers_of(work, row)
        if row.owner_id not in {keepers.owner_id, *(keepers.notified if keepers.readable else ())}:
            _pass_on(work, row, keepers, "The owner may not read it.")
            moved += 1
    return moved


def _pass_on(work: UnitOfWork, row: IncompleteReport, to: Placement, reason: str) -> None:
    details = {"from": str(row.owner_id), "to": str(to.owner_id)}
    row.owner_id = to.owner_id
    touch(work, row)
    record_row(
        work, AuditEvent.ADULT_ASSIGNED, row, reason=reason, details=details, register="adults"
    )
    tell_people(work, to.notified, urgent=row.urgent, readable=to.readable, matter_id=row.id)


async def _why_not(work: UnitOfWork, id_: UUID, to: UUID | None) -> str | None:
    """Why someone cannot have a report about an adult; None if they can."""
    row = await incomplete_report_for(work, id_, lock=True)
    if to is None:
        return "no_receiver"
    if to in row.barred:
        return "conflict"
    keepers = await keepers_of(work, row)
    return None if keepers.readable and to in keepers.notified else "may_not"


async def _give(work: UnitOfWork, id_: UUID, to: UUID, reason: str) -> None:
    """Give a report about an adult to someone who may read it."""
    row = await incomplete_report_for(work, id_, lock=True)
    _pass_on(work, row, Placement(to, None, (to,), readable=True), reason)


hands_over(rules.NOUN, HandsOver(_why_not, _give, settle_incomplete_reports))


async def _may_be_about_head(
    work: UnitOfWork, about: Mapping[str, Any] | None, fields: Mapping[str, Any]
) -> bool:
    """Whether its adult is a head, or may be one as far as anyone can read."""
    then, named = rules.day_of(fields.get("occurred_at"), work.today), rules.named_in(fields)
    if about is None and not named:
        return True
    for person in named:
        subject = await work.adults.subject(person, work.today, then)
        if subject is None or subject.is_head:
            return True
    if about is None:
        return False
    heads = await work.adults.names_of_heads(work.today, then)
    if any(names_head(text, heads) for _, text in rules.texts_of(about)):
        return True
    staff_id, name = rules.id_of(about.get("staff_id")), about.get("name")
    if staff_id is None:
        return not (isinstance(name, str) and name.strip())
    subject = await work.adults.subject(staff_id, work.today, then)
    return subject is None or subject.is_head


async def _named_keepers(work: UnitOfWork, words: str) -> list[UUID]:
    """Possible keepers whose name matches its adult."""
    people = await work.adults.people(KEEPERS, work.today)
    names = await work.adults.names_of([person for person, _ in people])
    return [person for person, name in names.items() if says_name(words, name)]


def register_of(row: IncompleteReport) -> rules.Register:
    """The register to which a saved report belongs."""
    return "adults" if row.register == "adults" else "children"


# A report about an adult goes to the people who keep the adult register, never to a lead.
@dataclass(frozen=True, slots=True)
class Sent:
    """A report as sent, its sender, and the operation.

    `body` is the parsed `raw`, if it can be read. `signed_in` is False if the reporter is known
    only by one of our tokens that no longer counts.
    """

    reporter_id: UUID
    operation: str
    resource_id: UUID | None
    raw: bytes
    body: Any
    asks: Sequence[str]
    urgency: rules.Urgency
    signed_in: bool = True

    @property
    def text(self) -> str:
        """The report as text, as far as possible."""
        return self.raw.decode("utf-8", "replace")

    @property
    def digest(self) -> bytes:
        """Hash that identifies the report when it is sent again; each operation has its own."""
        parts = (self.operation, str(self.resource_id), str(self.signed_in))
        return hashlib.sha256("\0".join(parts).encode() + b"\0" + self.raw).digest()


@dataclass(frozen=True, slots=True)
class Kept:
    """Answer to the reporter: where the report is, whether a lead has it, and who checks.

    `advice`: for an adult, if a child may be at risk, what to do at once.
    """

    id: UUID
    register: rules.Register
    lead_told: bool
    availability: LeadAvailability
    advice: str | None = None


async def keep_incomplete(work: UnitOfWork, sent: Sent) -> Kept | None:
    """Save a refused report and alert a lead; None for a stranger, or outside a school.

    The same report by the same person within minutes is saved once, if it says who or what it is
    about. The people it names, and those close to a child in it, do not get it. Raises
    `ServiceUnavailable` if nobody can have it.
    """
    own = await work.organisations.lock_own()  # two attempts at once are one report
    if own is None or own.kind != "school" or not await _is_staff(work, sent.reporter_id):
        return None
    known_again = sent.resource_id is not None or rules.can_be_known_again(sent.text, sent.body)
    row = await _sent_before(work, sent) if known_again else None
    placement: Placement | None = None
    if row is None:
        about = await _adult_concern_of(work, sent)
        words = (await calendar_of(work)).own_categories
        common = rules.in_common_codes(sent.body, words)
        if common != sent.body and rules.urgency_of(common) == "now":
            sent = replace(sent, urgency="now")
        row = _new(work, sent, about, words)
        row.barred = await _locked_out(work, row, sent, about)
        placement = await _hand_over(work, row, sent, about)
    else:
        row.times += 1
        row.last_at = row.changed_at = work.now
        row.version += 1
    record_row(
        work, AuditEvent.INCOMPLETE_REPORT_KEPT, row,
        details={
            "times": row.times, "operation": row.operation, "reporter_id": str(row.reporter_id),
            "signed_in": row.signed_in,
        },
        register=register_of(row),
    )  # fmt: skip
    return await _saved_report(work, row, placement)


async def _saved_report(
    work: UnitOfWork, row: IncompleteReport, placement: Placement | None
) -> Kept:
    availability = await read_lead_availability(await work.driver(), work.actor, work.now)
    register = register_of(row)
    if register == "children":
        return Kept(row.id, register, await _has_lead(work, row.id), availability)
    placement = placement or await keepers_of(work, row)
    advice = danger_advice(placement, about_head=row.about_head) if row.urgent else None
    return Kept(row.id, register, placement.readable, availability, advice)


async def _is_staff(work: UnitOfWork, person: UUID) -> bool:
    return await work.concerns.find(Staff, person) is not None


async def _sent_before(work: UnitOfWork, sent: Sent) -> IncompleteReport | None:
    since = work.now - rules.AGAIN
    return await stored.sent_before(
        work.session, work.actor.school_id, sent.reporter_id, sent.digest, since
    )


async def _adult_concern_of(work: UnitOfWork, sent: Sent) -> AdultConcern | None:
    """The adult register record that the address names; a moved concern keeps its ID."""
    if sent.resource_id is None:
        return None
    return await work.adults.find(AdultConcern, sent.resource_id)


def _new(
    work: UnitOfWork,
    sent: Sent,
    about: AdultConcern | None,
    own: Mapping[str, Mapping[str, Any]],
) -> IncompleteReport:
    text = rules.readable(sent.text)
    register = rules.register_of(sent.operation, sent.body, sent.text, own)
    return new(
        work, IncompleteReport, reporter_id=sent.reporter_id,
        register=register if about is None else "adults", about_head=False,
        operation=sent.operation, thing_id=sent.resource_id, signed_in=sent.signed_in,
        body=text[: rules.LONGEST], cut=len(text) > rules.LONGEST, digest=sent.digest,
        asks=[rules.readable(item)[:300] for item in sent.asks[: rules.MOST_ASKS]],
        urgent=sent.urgency == "now", barred=[], received_at=work.now, times=1, last_at=work.now,
        state=rules.OPEN,
    )  # fmt: skip


async def _hand_over(
    work: UnitOfWork, row: IncompleteReport, sent: Sent, about: AdultConcern | None
) -> Placement | None:
    """Set a task for a lead; for an adult alert its keepers, since leads could see a task."""
    if row.register == "adults":
        result = await find_owner(work, row, sent.body, known=about)
        work.concerns.add(row)
        return result
    work.concerns.add(row)
    await set_task(
        work,
        SetTask(
            rules.KIND, about=(rules.NOUN, row.id), confidentiality=rules.CLASS,
            barred=row.barred, rule_id=rules.RULES[sent.urgency], urgent=row.urgent,
        ),
    )  # fmt: skip
    return None


async def _locked_out(
    work: UnitOfWork, row: IncompleteReport, sent: Sent, about: AdultConcern | None
) -> list[UUID]:
    """List the staff that the report names, and those close to a child it is about.

    For a record of the adult register, also its adult and everyone excluded from it. Reporters may
    name themselves, and are not barred from their own report about a child.
    """
    ids = rules.ids_in(sent.text, sent.body)
    if sent.resource_id is not None:
        ids += [sent.resource_id]
    if about is not None:
        ids += [*about.children, *about.locked_out, *filter(None, [about.staff_id])]
    if not ids:
        return []
    named = await stored.named_in_incomplete_report(await work.driver(), work.actor.school_id, ids)
    return [item for item in named if row.register == "adults" or item != sent.reporter_id]


async def _has_lead(work: UnitOfWork, incomplete_report_id: UUID) -> bool:
    """Whether its task is with someone who leads, never claimed if not so."""
    owner = await owner_of(work.session, work.actor.school_id, rules.KIND, incomplete_report_id)
    people = await people_here(work, [owner] if owner else [])
    return any(LEADS.intersection(person.roles) for person in people)


async def completed_by(
    work: UnitOfWork, incomplete_report_id: UUID | None, concern_id: UUID
) -> None:
    """End the report and its task if the reporter's new concern covers it.

    If the concern is less urgent, or lacks a child that the report names, it is linked, and the
    report stays with the lead. A report that is another person's, or already dealt with, is left
    alone and never refuses a concern.
    """
    if incomplete_report_id is None:
        return
    row = await work.concerns.lock(IncompleteReport, incomplete_report_id)
    if row is None or row.reporter_id != work.actor.id or row.state != rules.OPEN:
        return
    if row.register == "adults":
        return
    if await _is_all_there(work, row, concern_id):
        await end(work, row, concern_id=concern_id)
        return
    row.concern_id = concern_id
    touch(work, row)
    record_row(
        work, AuditEvent.INCOMPLETE_REPORT_KEPT, row,
        details={"times": row.times, "concern_id": str(concern_id)},
    )  # fmt: skip


async def _is_all_there(work: UnitOfWork, row: IncompleteReport, concern_id: UUID) -> bool:
    """Whether a concern is as urgent as an incomplete report, and about every child named there.

    Only children of the school count.
    """
    await work.session.flush()
    immediacy = await work.concerns.immediacy_of(concern_id)
    if not rules.is_as_urgent(immediacy or "", urgent=row.urgent):
        return False
    ids = rules.ids_in(row.body, rules.parsed(row.body))
    named = await stored.children_among(work.session, row.school_id, ids)
    return named <= set(await work.concerns.child_ids(concern_id))


async def end(
    work: UnitOfWork,
    row: IncompleteReport,
    *,
    concern_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """End an open, locked incomplete report with its task."""
    row.state, row.concern_id, row.reason = rules.RESOLVED, concern_id, reason
    row.ended_at, row.ended_by = work.now, work.actor.id
    touch(work, row)
    record_row(
        work, AuditEvent.INCOMPLETE_REPORT_ENDED, row, reason=reason,
        details={"concern_id": concern_id and str(concern_id)}, register=register_of(row),
    )  # fmt: skip
    stop_clock(work, row, row.state)
    await finish_all(work, [rules.KIND], about_id=row.id)


async def resolve_incomplete_report(
    work: UnitOfWork, incomplete_report_id: UUID, version: int, body: ResolveIncompleteReportIn
) -> IncompleteReport:
    """Resolve a refused report: name the concern raised instead, or say why there is none.

    One about an adult ends with a reason alone: nothing outside its register names its records.
    Raises `IncompleteReportNotFound`, `VersionStale`, `IncompleteReportEnded`, `ConcernNotFound`,
    `ValidationFailed`.
    """
    policy.require_any(work.actor, *DECIDES.values())
    if body.concern_id is not None:  # first, as in a move, which takes along its reports
        await work.concerns.lock(Concern, body.concern_id)
    row = await incomplete_report_for(work, incomplete_report_id, lock=True)
    policy.require(work.actor, DECIDES[register_of(row)])
    check_version(row, version)
    if row.state != rules.OPEN:
        raise IncompleteReportEnded
    if body.concern_id is not None and row.register == "adults":
        problem = FieldProblem("/concern_id", "unexpected", BY_REASON)
        raise ValidationFailed(problems=[problem])
    if body.concern_id is not None:
        await concern_for(work, body.concern_id, Permission.CONCERN_READ)
    await end(work, row, concern_id=body.concern_id, reason=body.reason)
    return row

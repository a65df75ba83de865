"""Keeping an urgent report that could not be taken, and telling a lead at once.

A report about an adult goes to the people who keep the adult register, and to no lead.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Child, Concern, IncompleteReport, Staff, Task
from app.db.repositories.safety import reintegrations as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.rules import Placement, danger_advice
from app.domain.duty.lead_availability.queries import read_lead_availability
from app.domain.duty.lead_availability.rules import LeadAvailability
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks.setting import SetTask, finish_all, set_task
from app.domain.record.incomplete_reports import adults, rules

LEADS = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


@dataclass(frozen=True, slots=True)
class Sent:
    """What came, its sender, and the operation.

    `body` is what `raw` says, if it can be read. `signed_in` is False where all that is known of
    the reporter is that a token of ours, which no longer counts, was issued to them.
    """

    reporter_id: UUID
    operation: str
    thing_id: UUID | None
    raw: bytes
    body: Any
    asks: Sequence[str]
    urgency: rules.Urgency
    signed_in: bool = True

    @property
    def text(self) -> str:
        """What came, as far as it is text."""
        return self.raw.decode("utf-8", "replace")

    @property
    def digest(self) -> bytes:
        """By which the same is known when it is sent again; of another operation it is another."""
        parts = (self.operation, str(self.thing_id), str(self.signed_in))
        return hashlib.sha256("\0".join(parts).encode() + b"\0" + self.raw).digest()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the reporter is told: where it is, whether a lead has it, and who is watching.

    `advice`: about an adult, where a child may be at risk, what to do at once.
    """

    id: UUID
    register: rules.Register
    lead_told: bool
    availability: LeadAvailability
    advice: str | None = None


async def keep_incomplete(work: UnitOfWork, sent: Sent) -> Kept | None:
    """Keep a report that was refused, and tell a lead; None for a stranger, or outside a school.

    The same from the same person within minutes is the same report, where it says who or what it
    is about. The people it names, and those close to a child it is about, do not get it. Raises
    `ServiceUnavailable` where nobody can have it.
    """
    own = await work.organisations.lock_own()  # two attempts at once are one report
    if own is None or own.kind != "school" or not await _is_staff(work, sent.reporter_id):
        return None
    known_again = sent.thing_id is not None or rules.can_be_known_again(sent.text, sent.body)
    row = await _sent_before(work, sent) if known_again else None
    found: Placement | None = None
    if row is None:
        row = _new(work, sent, await _barred(work, sent))
        found = await _hand_over(work, row, sent)
    else:
        row.times += 1
        row.last_at = row.changed_at = work.now
        row.version += 1
    work.record(
        AuditEvent.INCOMPLETE_REPORT_KEPT, rules.NOUN, row.id,
        details={
            "times": row.times, "operation": row.operation, "reporter_id": str(row.reporter_id),
            "signed_in": row.signed_in,
        },
        register=rules.register_of(row.operation),
    )  # fmt: skip
    return await _kept(work, row, found)


async def _kept(work: UnitOfWork, row: IncompleteReport, found: Placement | None) -> Kept:
    availability = await read_lead_availability(await work.driver(), work.actor, work.now)
    register = rules.register_of(row.operation)
    if register == "children":
        return Kept(row.id, register, await _has_lead(work, row.id), availability)
    found = found or await adults.keepers_of(work, row)
    advice = danger_advice(found, about_head=row.about_head) if row.urgent else None
    return Kept(row.id, register, found.readable, availability, advice)


async def _is_staff(work: UnitOfWork, person: UUID) -> bool:
    return await work.concerns.find(Staff, person) is not None


async def _sent_before(work: UnitOfWork, sent: Sent) -> IncompleteReport | None:
    found: IncompleteReport | None = await work.session.scalar(
        select(IncompleteReport)
        .where(
            IncompleteReport.school_id == work.actor.school_id,
            IncompleteReport.reporter_id == sent.reporter_id,
            IncompleteReport.digest == sent.digest,
            IncompleteReport.ended_at.is_(None),
            IncompleteReport.received_at > work.now - rules.AGAIN,
        )
        .order_by(IncompleteReport.received_at.desc())
        .limit(1)
    )
    return found


def _new(work: UnitOfWork, sent: Sent, barred: list[UUID]) -> IncompleteReport:
    text = rules.readable(sent.text)
    return IncompleteReport(
        school_id=work.actor.school_id, id=new_id(), reporter_id=sent.reporter_id,
        register=rules.register_of(sent.operation), about_head=False,
        operation=sent.operation, thing_id=sent.thing_id, signed_in=sent.signed_in,
        body=text[: rules.LONGEST], cut=len(text) > rules.LONGEST, digest=sent.digest,
        asks=[rules.readable(one)[:300] for one in sent.asks[: rules.MOST_ASKS]],
        urgent=sent.urgency == "now", barred=barred, received_at=work.now, times=1,
        last_at=work.now, state=rules.OPEN, version=1, changed_at=work.now,
    )  # fmt: skip


async def _hand_over(work: UnitOfWork, row: IncompleteReport, sent: Sent) -> Placement | None:
    """A task for a lead; about an adult no task, which a lead could see: its keepers are told."""
    if rules.register_of(row.operation) == "adults":
        found = await adults.place(work, row, sent.body)
        work.concerns.add(row)
        return found
    work.concerns.add(row)
    await set_task(
        work,
        SetTask(
            rules.KIND, about=(rules.NOUN, row.id), confidentiality=rules.CLASS,
            barred=row.barred, rule_id=rules.RULES[sent.urgency], urgent=row.urgent,
        ),
    )  # fmt: skip
    return None


async def _barred(work: UnitOfWork, sent: Sent) -> list[UUID]:
    """The staff that the report names, and those close to a child that it is about.

    The reporter may name themselves, and is not barred from what they said about a child.
    """
    ids = rules.ids_in(sent.text, sent.body)
    if sent.thing_id is not None:
        ids += [sent.thing_id]
    if not ids:
        return []
    found = await stored.named_in_incomplete_report(await work.driver(), work.actor.school_id, ids)
    about_adult = sent.operation in rules.ADULTS
    return [one for one in found if about_adult or one != sent.reporter_id]


async def _has_lead(work: UnitOfWork, incomplete_report_id: UUID) -> bool:
    """Whether its task is with somebody who leads; never said where it is not so."""
    owner = await work.session.scalar(
        select(Task.owner_id).where(
            Task.school_id == work.actor.school_id, Task.about_id == incomplete_report_id,
            Task.kind == rules.KIND,
        )
    )  # fmt: skip
    people = await people_here(work, [owner] if owner else [])
    return any(LEADS.intersection(one.roles) for one in people)


async def completed_by(
    work: UnitOfWork, incomplete_report_id: UUID | None, concern_id: UUID
) -> None:
    """The reporter has now raised the concern: their report and its task end if it is all there.

    A concern that is less urgent, or lacks a child whom the report names, is put beside it, and
    the report stays with the lead. A report that is not theirs, or was seen to already, is left
    alone and never refuses a concern.
    """
    if incomplete_report_id is None:
        return
    row = await work.concerns.lock(IncompleteReport, incomplete_report_id)
    if row is None or row.reporter_id != work.actor.id or row.state != rules.OPEN:
        return
    if row.operation in rules.ADULTS:
        return
    if await _is_all_there(work, row, concern_id):
        await end(work, row, concern_id=concern_id)
        return
    row.concern_id = concern_id
    row.version += 1
    row.changed_at = work.now
    work.record(
        AuditEvent.INCOMPLETE_REPORT_KEPT, rules.NOUN, row.id,
        details={"times": row.times, "concern_id": str(concern_id)},
    )  # fmt: skip


async def _is_all_there(work: UnitOfWork, row: IncompleteReport, concern_id: UUID) -> bool:
    """Whether a concern is as urgent as an incomplete report, and about every child named there.

    Only children of the school count.
    """
    await work.session.flush()
    immediacy = await work.session.scalar(
        select(Concern.immediacy).where(
            Concern.school_id == row.school_id, Concern.id == concern_id
        )
    )
    if not rules.is_as_urgent(immediacy or "", urgent=row.urgent):
        return False
    named = await work.session.scalars(
        select(Child.id).where(
            Child.school_id == row.school_id,
            Child.id.in_(rules.ids_in(row.body, rules.parsed(row.body))),
        )
    )
    return set(named) <= set(await work.concerns.child_ids(concern_id))


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
    row.version += 1
    row.changed_at = work.now
    work.record(
        AuditEvent.INCOMPLETE_REPORT_ENDED, rules.NOUN, row.id, reason=reason,
        details={"concern_id": concern_id and str(concern_id)},
        register=rules.register_of(row.operation),
    )  # fmt: skip
    await finish_all(work, [rules.KIND], about_id=row.id)

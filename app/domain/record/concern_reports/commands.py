"""Raise a concern in ninety seconds of a teacher's time, saved whole or not at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.schemas import distinct
from app.core.words import AuditEvent, Permission
from app.db.repositories.record.concern_reports import (
    Raising,
    RaisingFacts,
    facts_for_raising,
    raise_in_one_statement,
)
from app.db.unit_of_work import ALERTS_PRIORITY, URGENT_PRIORITY, Job, UnitOfWork, content_hash
from app.domain import disclosures, policy
from app.domain.access.concern_access.queries import keep_opened
from app.domain.access.conflicts.commands import keep_named
from app.domain.common.alerts.rules import HEAD_TOLD
from app.domain.common.category_rules import rules as category_rules
from app.domain.common.category_rules.rules import Following
from app.domain.common.deadlines.commands import calendar_from, deadline
from app.domain.common.deadlines.rules import acknowledge_rule, rule_on
from app.domain.duty.lead_availability.rules import (
    LeadAvailability,
    care_of,
    lead_availability_at,
    matter_of,
    phones_of,
)
from app.domain.duty.milestones.commands import Around, happened
from app.domain.duty.milestones.rules import of_categories
from app.domain.record.chronology.commands import is_late
from app.domain.record.concern_reports.queries import KeptReport, find_repeated
from app.domain.record.concern_reports.rules import (
    FIRST_CLASS,
    LEADS,
    MOST_ALIKE,
    Question,
    Report,
    ask_next,
    check_children,
    check_named,
    first_owner,
    fit_to_tell,
    heads_among,
    one_part_each,
    recipients,
)
from app.domain.record.concerns import rules as concerns_rules
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.self_harm_concerns import commands as self_harm_concerns
from app.domain.safety.self_harm_messages.rules import after_raising, first_words


@dataclass(frozen=True, slots=True)
class Raised:
    """Answer to the reporter: their own submission and its state."""

    id: UUID
    reference: str
    recorded_at: datetime
    availability: LeadAvailability | None
    """None if no lead is alerted."""
    immediacy: str
    """The urgency that counts, whatever was sent."""
    first: Sequence[str]
    """What the adult with the child does first."""
    never: Sequence[str]
    """What nobody may do."""
    ask_next: Sequence[Question]
    """Questions to the reporter now that their words are safe."""
    after: str
    """Shown once their words are safe."""
    in_adult_register: bool = False
    alike: Sequence[tuple[UUID, str]] = ()
    """Concerns that the reporter may open, and that may be the same: id and reference."""


NOTHING_MORE: Mapping[str, Any] = {"told_already": [], "also_named": []}
"""Values of the optional parts in a minimal report."""


@dataclass(frozen=True, slots=True)
class RaiseConcern:
    """A concern as reported; every part is saved exactly as it came."""

    id: UUID | None
    children: Sequence[tuple[UUID, str]]
    account: Sequence[dict[str, Any]]
    occurred_at: datetime | None
    """None: about now."""
    occurred_precision: str
    reported: Mapping[str, Any]
    """The columns that are kept as they were sent: see `Concern.__reported__`."""
    immediacy: str
    categories: Sequence[str]
    body_map: Sequence[dict[str, Any]]
    staff_named: Sequence[UUID] = ()
    """Staff that the concern is about or names; they are locked out of it."""
    self_harm: Mapping[str, Any] | None = None
    """Disclosure of self-harm or suicide, as it came; puts the concern on the pathway."""
    unmatched: Mapping[str, Any] | None = None
    """A child the reporter has no record of."""
    follows: Following = category_rules.NOTHING_NAMED
    """Effects of its categories at this school."""
    confidentiality: str = FIRST_CLASS
    """More closed than the first class only if it is made out of a record that is."""

    @property
    def source(self) -> str:
        """How the reporter found out."""
        text: str = self.reported["source"]
        return text

    @property
    def effective_immediacy(self) -> str:
        """Never less than its categories, talk of suicide and something swallowed require."""
        soon = category_rules.immediacy_of(self.follows, self.immediacy)
        if self.self_harm is None:
            return soon
        return disclosures.immediacy_of(self.self_harm["kind"], soon, self.self_harm)

    @property
    def rings(self) -> bool:
        """Whether every lead is alerted at once, at any hour."""
        danger = self.effective_immediacy == self_harm_concerns.URGENT_NOW
        disclosed = self.self_harm is not None and self.self_harm["kind"] in disclosures.RINGING
        return danger or disclosed or self.follows.is_urgent

    def with_rules(self, own: Mapping[str, Any]) -> "RaiseConcern":
        """Copy with the effects at a school, whose rules `own` may be stricter.

        It is on the pathway if its categories alone indicate self-harm.
        """
        kind = disclosures.kind_of(self.categories)
        disclosure = self.self_harm
        if disclosure is not None or kind is not None:
            disclosure = {"kind": kind or disclosures.UNSAID, **(disclosure or {})}
        about = (
            self.categories
            if disclosure is None
            else disclosures.named_by(disclosure["kind"], self.categories)
        )
        harm_from = self.reported.get("alleged_source_of_harm")
        follows = category_rules.following(about, own, harm_from=harm_from)
        return replace(self, follows=follows, self_harm=disclosure)

    def about(self, merged: Mapping[UUID, UUID]) -> "RaiseConcern":
        """Copy with remaining children in place of those merged into them, each once."""
        named = [(merged.get(child_id, child_id), role) for child_id, role in self.children]
        marks = [
            {**item, "child_id": str(merged.get(UUID(item["child_id"]), item["child_id"]))}
            for item in self.body_map
        ]
        return replace(self, children=one_part_each(named), body_map=marks)

    @property
    def as_sent(self) -> Report:
        """What its reporter said, to compare with what a concern holds."""
        return Report(
            account=[*self.account],
            body_map=[*self.body_map],
            categories=[*self.categories],
            children=sorted((str(child_id), role) for child_id, role in self.children),
            immediacy=self.effective_immediacy,
            occurred_at=self.occurred_at,
            reported={"reported_own_categories": [], **NOTHING_MORE, **self.reported},
            self_harm=self.self_harm and {**self.self_harm},
            staff_named={*self.staff_named},
            unmatched={**(self.unmatched or {})},
        )

    @property
    def takes_unknown(self) -> bool:
        """Whether an unknown child id must not hold it up: a lead finds out who it is."""
        return (
            self.self_harm is not None
            or self.unmatched is not None
            or self.immediacy == "immediate_danger"
        )


async def raise_concern(work: UnitOfWork, command: RaiseConcern) -> Raised:
    """Record a concern about one or more children and alert the safeguarding leads.

    Nobody with a conflict of interest, and nobody named in it, is alerted or made its owner. Raises
    `ChildUnknown`, `StaffUnknown`, `OccurredInFuture`.
    """
    policy.require(work.actor, Permission.CONCERN_RAISE)
    if command.occurred_at is not None:
        concerns_rules.check_occurred(command.occurred_at, work.now)
    command, facts = await with_facts(work, command)
    calendar = calendar_from(*facts.calendar)
    command = command.with_rules(calendar.categories)
    if facts.sent_before and (before := await find_repeated(work, command.id, command.as_sent)):
        return _raised(work, command, facts, before)
    concern_id = command.id or new_id()
    document = _document(work, command, concern_id, facts)
    known = [(child_id, role) for child_id, role in command.children if child_id in facts.children]
    subject = known[0][0] if known else None
    _start_clock(work, command, concern_id, document["concern"], facts)
    work.record(
        AuditEvent.CONCERN_RAISED, "concern", concern_id, child_id=subject,
        details={"children": [str(child_id) for child_id, _ in known]},
    )  # fmt: skip
    _add_pathway(work, command, document, facts, known)
    for alert in document["alerts"]:
        work.record(
            AuditEvent.ALERT_RAISED, "alert", UUID(alert["id"]),
            details={"recipient_id": alert["recipient_id"]},
        )  # fmt: skip
    if _is_soon(command):
        job = {"concern_id": str(concern_id)}
        work.enqueue(Job("alert.send", job, queue="alerts", priority=_urgency(command)))
    if command.self_harm is not None:
        queue_link_check(work)
    pending = work.take_pending()
    raised = next(entry for entry in pending["trail"] if entry["verb"] == AuditEvent.CONCERN_RAISED)
    raised["after_hash"] = content_hash(document)
    reference = await raise_in_one_statement(
        await work.driver(), {**document, **pending}, work.acting()
    )
    for person in command.staff_named:
        keep_named(work, concern_id, person, "Named when the concern was raised.")
    if command.self_harm is not None:
        await self_harm_concerns.support(
            work, concern_id, known, facts.planned, command.staff_named
        )
    await _start_milestones(work, command, concern_id, document["concern"], known)
    said = document["account"]
    return _raised(work, command, facts, KeptReport(concern_id, reference, work.now, said))


def _raised(
    work: UnitOfWork, command: RaiseConcern, facts: RaisingFacts, saved: KeptReport
) -> Raised:
    """The answer to the reporter, the same if they send their report again."""
    matter = matter_of(command.categories, self_harm=command.self_harm is not None)
    lead_availability = _lead_availability(work.now, facts, command.staff_named).about(matter)
    follows = replace(command.follows, immediacy=command.effective_immediacy)
    return Raised(
        saved.id, saved.reference, saved.recorded_at, lead_availability, follows.immediacy,
        _first(command, follows, facts.calendar[1], lead_availability), follows.never,
        ask_next(follows.questions, command.categories, saved.account),
        after_raising(lead_availability.said_from, available=lead_availability.available),
        alike=[alike for alike in facts.alike if alike[0] != saved.id],
    )  # fmt: skip


async def with_facts(work: UnitOfWork, command: RaiseConcern) -> tuple[RaiseConcern, RaisingFacts]:
    """Read the facts needed to raise it, and replace merged children by the remaining ones.

    Raises `ChildUnknown`, `StaffUnknown`.
    """
    facts = await _facts_for(work, command)
    merged: dict[UUID, UUID] = {}
    for child_id in {child_id for child_id, _ in command.children} - facts.children:
        if (goes_on := await work.children.goes_on_as(child_id)) is not None:
            merged[child_id] = goes_on
    if merged or not distinct(child_id for child_id, _ in command.children):
        command = command.about(merged)
        facts = await _facts_for(work, command)
    if not command.with_rules(calendar_from(*facts.calendar).categories).takes_unknown:
        check_children([child_id for child_id, _ in command.children], facts.children)
    check_named(command.staff_named, facts.named)
    return command, facts


async def _facts_for(work: UnitOfWork, command: RaiseConcern) -> RaisingFacts:
    raising = Raising(
        self_harm_concerns.subjects(command.children), command.categories,
        command.occurred_at or work.now,
        MOST_ALIKE, partial(keep_opened, work.actor), command.id,
    )  # fmt: skip
    children = [child_id for child_id, _ in command.children]
    return await facts_for_raising(
        await work.driver(), work.actor.school_id, children, work.today, command.staff_named,
        raising,
    )  # fmt: skip


def _first(
    command: RaiseConcern, follows: Following, nation: str, availability: LeadAvailability
) -> Sequence[str]:
    if command.self_harm is not None:
        return first_words(command.self_harm)
    return follows.first(nation, availability.tell_a_lead, command.source)


async def _start_milestones(
    work: UnitOfWork,
    command: RaiseConcern,
    concern_id: UUID,
    concern: Mapping[str, Any],
    known: Sequence[tuple[UUID, str]],
) -> None:
    """Start the clocks of its categories, and of other children who are named."""
    named = ["children.named"] if concern["also_named"] else []
    around = Around(
        self_harm_concerns.subjects(known), concern["occurred_at"], concern_id,
        confidentiality=concern["confidentiality"], first=UUID(concern["owner_id"]),
        reporter_id=work.actor.id, locked_out=command.staff_named,
    )  # fmt: skip
    await happened(work, around, *of_categories(command.categories), *named)


def _add_pathway(
    work: UnitOfWork,
    command: RaiseConcern,
    document: dict[str, Any],
    facts: RaisingFacts,
    known: Sequence[tuple[UUID, str]],
) -> None:
    """Add to the document the effects of self-harm or of an unmatched child."""
    there = {str(child_id) for child_id, _ in known}
    unknown = [
        {"child_id": str(child_id), "role": role}
        for child_id, role in command.children
        if str(child_id) not in there
    ]
    unmatched = None
    nobody = command.self_harm is not None and not self_harm_concerns.subjects(known)
    if command.unmatched is not None or unknown or nobody:
        unmatched = {**(command.unmatched or {}), "unknown": unknown}
    concern = document["concern"]
    begun = self_harm_concerns.Beginning(
        concern_id=UUID(concern["id"]),
        children=known,
        disclosure=command.self_harm,
        unmatched=unmatched,
        marks=[item for item in document["body_map"] if item["child_id"] not in there],
        immediacy=command.effective_immediacy,
        sent_immediacy=command.immediacy,
        harm_at_home=command.reported.get("alleged_source_of_harm") in category_rules.HOME,
        owner_id=UUID(concern["owner_id"]),
        barred=command.staff_named,
    )
    document["body_map"] = [item for item in document["body_map"] if item["child_id"] in there]
    document |= self_harm_concerns.parts(work, begun, facts, calendar_from(*facts.calendar))
    document["alerts"] += self_harm_concerns.alerts(work, begun, facts, document["tasks"])


def _lead_availability(
    now: datetime, facts: RaisingFacts, named: Collection[UUID]
) -> LeadAvailability:
    """Whether a lead who is not away, or someone who stands in for one, checks now.

    Only leads who are alerted count: nobody is sent to a lead named in it.
    """
    leads = {person for person, role in facts.people if role in LEADS}
    leads -= facts.locked_out.union(named)
    phones = phones_of(orjson.loads(facts.calendar[2]))
    care = care_of(orjson.loads(facts.care))
    calendar = calendar_from(*facts.calendar)
    there = bool(leads - facts.away)
    lead_availability = lead_availability_at(
        calendar, now, somebody=there, phones=phones, care=care
    )
    return replace(lead_availability, lead_free=bool(leads))


def _start_clock(
    work: UnitOfWork,
    command: RaiseConcern,
    concern_id: UUID,
    concern: dict[str, Any],
    facts: RaisingFacts,
) -> None:
    """Start the clock for acknowledgement, by the school's calendar."""
    work.know_calendar(*facts.calendar)
    calendar = calendar_from(*facts.calendar)
    on_pathway = command.self_harm is not None
    rule_id = acknowledge_rule(command.effective_immediacy, on_pathway=on_pathway)
    rule = rule_on(rule_id, calendar.local(work.now).date(), calendar.nation)
    due_at = rule.due(work.now, calendar)
    concern |= {"due_at": due_at, "due_rule": rule.id}
    work.keep_time(deadline("concern", concern_id, rule, calendar, started=work.now, due_at=due_at))


def _is_soon(command: RaiseConcern) -> bool:
    """Whether leads are mailed at once: a digest may come tomorrow."""
    return command.rings or command.effective_immediacy != "routine"


def _urgency(command: RaiseConcern) -> int:
    return URGENT_PRIORITY if command.rings else ALERTS_PRIORITY


def _document(
    work: UnitOfWork, command: RaiseConcern, concern_id: UUID, facts: RaisingFacts
) -> dict[str, Any]:
    locked_out = facts.locked_out.union(command.staff_named)
    tells_head, away, class_ = command.follows.tells_head, facts.away, command.confidentiality
    owner = first_owner(facts.people, work.actor.id, locked_out, away, class_)
    told = fit_to_tell(facts.people, owner, locked_out, class_)
    notified = recipients(told, owner, locked_out, tells_head, away)
    as_head = heads_among(notified, facts.people, away)
    occurred_at, precision = command.occurred_at or work.now, command.occurred_precision
    if command.occurred_at is None and precision == "exact":
        precision = "about"
    return {
        "year": work.now.year,
        "late": is_late(occurred_at, work.now),
        "author_role": work.actor.role_name,
        "event_id": str(new_id()),
        "concern": {
            "id": str(concern_id),
            "reporter_id": str(work.actor.id),
            "occurred_at": occurred_at,
            "occurred_precision": precision,
            **NOTHING_MORE,
            **command.reported,
            "immediacy": command.effective_immediacy,
            "categories": list(command.categories),
            "confidentiality": class_,
            "primary_category": concerns_rules.primary_of(command.categories),
            "owner_id": str(owner),
        },
        "children": [
            {"child_id": str(child_id), "role": role, "position": index, "entry_id": str(new_id())}
            for index, (child_id, role) in enumerate(command.children)
            if child_id in facts.children
        ],
        "account": [
            {**statement, "id": str(new_id()), "position": index}
            for index, statement in enumerate(command.account)
        ],
        "body_map": [
            {**mark, "id": str(new_id()), "position": index}
            for index, mark in enumerate(command.body_map)
        ],
        "alerts": [
            {
                "id": str(new_id()),
                "recipient_id": str(person),
                "kind": HEAD_TOLD if person in as_head else None,
                "urgent": command.rings,
                "matter_id": str(concern_id),
                "mail": "at_once" if _is_soon(command) else "digest",
            }
            for person in notified
        ],
    }

"""Explain who sees a record now, why, and what would change it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.core.pointers import pointer
from app.core.words import Actor, AuditEvent, Permission
from app.db import facts as row_facts
from app.db.models import Agency, Child, Contact
from app.db.repositories.concern_facts import ConcernAccess, Pupil
from app.db.repositories.people.staff import members_of
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_steps
from app.domain.access.concern_access.queries import opening_steps
from app.domain.access.conflicts.queries import suggested_about
from app.domain.access.explanations import rules
from app.domain.access.explanations.errors import PreviewUnknown, ResourceUnknown
from app.domain.access.explanations.rules import FOR_RECORDS, Change, Named
from app.domain.errors import ChildNotFound, ConcernNotFound, NotFound, StaffNotFound, require_row
from app.domain.kinds import KINDS, children_of, every_kind
from app.domain.policy import Step
from app.domain.record.contacts.queries import RESTRICTED_PERSON, as_somebody, restricted_match

Members = Sequence[tuple[str, Actor]]
SHARED = "exactly what is chosen and approved, other children as `another pupil`"


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """The rules that decide on one record, and its children."""

    judge: Callable[[Actor], tuple[Step, ...]]
    children: tuple[UUID, ...]
    missing: type[NotFound]


async def row_named(work: UnitOfWork, name: str, id_: UUID) -> ExplainedRow:
    """Load the rules that decide on one record. Raises the kind's `missing`."""
    kind = KINDS[name]
    rows = await row_facts.facts_of(await work.driver(), work.actor.school_id, kind.model, [id_])
    if (facts := rows.get(id_)) is None:
        raise kind.missing
    return ExplainedRow(
        lambda actor: kind.reasons(actor, facts), tuple(children_of(facts)), kind.missing
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person sees of a record, and the rules that decided it."""

    sees: str
    """`whole`, `particulars` (of a child, a pupil's steps), `own` (a submission) or `nothing`."""
    steps: tuple[policy.Step, ...]


class Resource(Protocol):
    """A record that can be explained."""

    @property
    def missing(self) -> type[NotFound]:
        """The error for a record that does not exist."""

    @property
    def children(self) -> tuple[UUID, ...]:
        """The children it is about."""

    def judge(self, actor: Actor) -> Verdict:
        """Judge what an actor sees of the record."""

    def after(self, change: Change) -> "Resource":
        """The record as it would be after a change to it."""


@dataclass(frozen=True, slots=True)
class ConcernResource:
    """A concern."""

    row: ConcernAccess
    children: tuple[UUID, ...]
    missing: type[NotFound] = ConcernNotFound

    def judge(self, actor: Actor) -> Verdict:
        steps = opening_steps(actor, self.row)
        sees = "own" if steps[-1].rule == "own" else "whole"
        return _verdict(steps, sees)

    def after(self, change: Change) -> Resource:
        if change.confidentiality is not None:
            return replace(self, row=replace(self.row, confidentiality=change.confidentiality))
        if change.kind == "owner":
            return replace(self, row=replace(self.row, owner_id=change.id))
        return self


@dataclass(frozen=True, slots=True)
class ChildResource:
    """A child's record."""

    id: UUID
    year_group: str | None
    registration_group: str | None
    children: tuple[UUID, ...]
    missing: type[NotFound] = ChildNotFound

    def judge(self, actor: Actor) -> Verdict:
        steps = child_steps(actor, Pupil(self.id, self.year_group, self.registration_group))
        whole = policy.may(actor, Permission.CHILD_OPEN)
        return _verdict(steps, "whole" if whole else "particulars")

    def after(self, change: Change) -> Resource:
        return self


@dataclass(frozen=True, slots=True)
class RowResource:
    """A record attached to a child or a concern, such as a task or a safety plan."""

    thing: ExplainedRow

    @property
    def missing(self) -> type[NotFound]:
        return self.thing.missing

    @property
    def children(self) -> tuple[UUID, ...]:
        return self.thing.children

    def judge(self, actor: Actor) -> Verdict:
        steps = self.thing.judge(actor)
        return _verdict(steps, "particulars" if steps[-1].rule == "chosen" else "whole")

    def after(self, change: Change) -> Resource:
        return self


def _verdict(steps: tuple[policy.Step, ...], sees: str) -> Verdict:
    return Verdict(sees if policy.decided(steps) else "nothing", steps)


async def load(work: UnitOfWork, named: Named) -> Resource:
    """Load the record. Raises `ResourceUnknown`, or its kind's error if there is none here."""
    if named.kind not in {item.name for item in every_kind()}:
        raise ResourceUnknown
    if named.kind not in FOR_RECORDS:
        return RowResource(await row_named(work, named.kind, named.id))
    return await _load(work, named)


async def _load(work: UnitOfWork, named: Named) -> Resource:
    if named.kind == "concern":
        access = require_row(await work.concerns.access_to(named.id), ConcernNotFound)
        return ConcernResource(access, access.children)
    child = require_row(await work.children.find(Child, named.id), ChildNotFound)
    return ChildResource(child.id, child.year_group, child.registration_group, (child.id,))


@dataclass(frozen=True, slots=True)
class Question:
    """A question about access. `subject` None asks for everyone who sees it; `change` previews."""

    resource: str
    subject: UUID | None = None
    change: str | None = None


async def explain_access(work: UnitOfWork, question: Question) -> dict[str, Any]:
    """Explain who sees a record, or why one person does or not, by the rules that decide it.

    The asker has to see the record. Anyone may ask about themselves and a child, since everyone
    here knows of the children, except people related to the child, who learn nothing. Raises
    `PermissionMissing`, `ResourceUnknown`, `PreviewUnknown`, the record's own error,
    `StaffNotFound`.
    """
    about = rules.resource_named(question.resource)
    own = question.subject == work.actor.id and question.change is None
    if not own:
        policy.require(work.actor, Permission.ACCESS_EXPLAIN)
    resource = await load(work, about)
    related = about.id in work.actor.conflicts.children
    of_child = own and about.kind == "child" and not related
    if resource.judge(work.actor).sees == "nothing" and not of_child:
        raise resource.missing
    driver = await work.driver()
    members = await members_of(driver, work.actor.school_id, work.now, question.subject)
    if question.subject is not None and not members:
        raise StaffNotFound
    answer: dict[str, Any] = {
        "resource": pointer(about.kind, about.id),
        "at": work.now,
        "people": [_seen(name, actor, resource.judge(actor)) for name, actor in members
                   if question.subject is not None or resource.judge(actor).sees != "nothing"],
        "suggested_conflicts": await suggested_about(
            driver, work.actor, resource.children, about.id if about.kind == "concern" else None
        ),
    }  # fmt: skip
    if question.change is not None:
        change = rules.change_named(question.change, about)
        answer["preview"] = await _preview(work, about, resource, change, members)
    work.record(
        AuditEvent.ACCESS_EXPLAINED, about.kind, about.id,
        child_id=about.id if about.kind == "child" else None,
        details={"subject": question.subject and str(question.subject), "if": question.change},
    )  # fmt: skip
    return answer


def _seen(name: str, actor: Actor, verdict: Verdict) -> dict[str, Any]:
    last = verdict.steps[-1]
    return {
        "person": {"id": actor.id, "name": name},
        "role": actor.role_name,
        "sees": verdict.sees,
        "rule": last.code,
        "reason": last.reason,
        "steps": [
            {"rule": step.code, "effect": step.effect.value, "reason": step.reason}
            for step in verdict.steps
        ],
    }


async def _preview(
    work: UnitOfWork, about: rules.Named, resource: Resource, change: rules.Change, members: Members
) -> dict[str, Any]:
    if change.kind == "share":
        return {"gains": [], "loses": [], "recipient": await _recipient(work, resource, change)}
    later = resource.after(change)
    gains, loses = [], []
    for name, actor in members:
        before = resource.judge(actor)
        after = later.judge(rules.actor_after(actor, about, change))
        if rules.RANK[after.sees] > rules.RANK[before.sees]:
            gains.append(_seen(name, actor, after))
        elif rules.RANK[after.sees] < rules.RANK[before.sees]:
            loses.append(_seen(name, actor, after))
    return {"gains": gains, "loses": loses, "recipient": None}


async def _recipient(work: UnitOfWork, resource: Resource, change: rules.Change) -> dict[str, Any]:
    """Recipient that a share would admit: a contact of one of its children, or an agency."""
    if change.id is None:
        raise PreviewUnknown
    contact = await work.children.find(Contact, change.id)
    if contact is not None and contact.child_id in resource.children:
        return {
            "id": contact.id, "kind": contact.kind, "name": contact.name, "sees": SHARED,
            "warnings": _warnings(contact, await work.children.contacts_of(contact.child_id),
                                  work.today),
        }  # fmt: skip
    agency = require_row(await work.sharing.find(Agency, change.id), PreviewUnknown)
    retired = ["retired"] if agency.retired_at is not None else []
    return {
        "id": agency.id, "kind": agency.kind, "name": agency.name, "sees": SHARED,
        "warnings": retired,
    }  # fmt: skip


def _warnings(contact: Contact, contacts: Sequence[Contact], today: date) -> list[str]:
    items = []
    if restricted_match(as_somebody(contact), contacts, today):
        items.append(RESTRICTED_PERSON)
    if contact.alleged_source_of_harm:
        items.append("alleged_source_of_harm")
    if contact.may_be_told is False:
        items.append("may_not_be_told")
    if contact.valid_to is not None:
        items.append("ended")
    return items

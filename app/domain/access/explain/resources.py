"""Records as explanations see them: loaded once, judged for any actor by the deciding rules."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.facts import Pupil
from app.db.models import Child
from app.db.repositories.concern_sight import SightRow
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_steps
from app.domain.access.checks.concerns import opening_steps
from app.domain.access.explain.errors import ResourceUnknown
from app.domain.access.explain.rules import FOR_RECORDS, Change, Named
from app.domain.access.explain.things import Thing, thing_named
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    NotFound,
)
from app.domain.kinds import every_kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody sees of a record, and the rules that decided it."""

    sees: str
    """`whole`, `particulars` (of a child, a pupil's steps), `own` (a submission) or `nothing`."""
    steps: tuple[policy.Step, ...]


class Resource(Protocol):
    """A record that can be explained."""

    @property
    def missing(self) -> type[NotFound]:
        """The failure that says there is no such record."""

    @property
    def children(self) -> tuple[UUID, ...]:
        """The children it is about."""

    def judge(self, actor: Actor) -> Verdict:
        """What an actor sees of it."""

    def after(self, change: Change) -> "Resource":
        """The record as it would be after a change of its own."""


@dataclass(frozen=True, slots=True)
class ConcernResource:
    """A concern."""

    row: SightRow
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
class ThingResource:
    """What hangs on a child or a concern, such as a task or a safety plan."""

    thing: Thing

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
    """The record. Raises `ResourceUnknown`, or the failure of its kind where there is none here."""
    if named.kind not in {one.name for one in every_kind()}:
        raise ResourceUnknown
    if named.kind not in FOR_RECORDS:
        return ThingResource(await thing_named(work, named.kind, named.id))
    return await _load(work, named)


async def _load(work: UnitOfWork, named: Named) -> Resource:
    if named.kind == "concern":
        sight = await work.concerns.sight_of(named.id)
        if sight is None:
            raise ConcernNotFound
        return ConcernResource(sight, sight.children)
    child = await work.children.find(Child, named.id)
    if child is None:
        raise ChildNotFound
    return ChildResource(child.id, child.year_group, child.registration_group, (child.id,))

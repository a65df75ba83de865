"""Who is told of an event, by the very rules that open the record it is about.

`Sight` decides for one reader and page; what a rule does not allow, and what is not known any
more, is not told.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, Permission
from app.db.facts import Pupil
from app.db.repositories.concern_sight import SightRow
from app.db.repositories.exchange.event_reads import ADULT_LOG
from app.domain import policy
from app.domain.access.checks.children import opens_child
from app.domain.access.checks.concerns import in_conflict, opening_steps, reads_concern
from app.domain.exchange.events.facts import Entry, Facts, Thing
from app.domain.exchange.events.kinds import By
from app.domain.kinds import KINDS as RECORDS
from app.domain.policy import Effect
from app.domain.record.children.relationships import may_see

P = Permission


class Told(StrEnum):
    """How much of an event its reader is told."""

    NOTHING = "nothing"
    PROGRESS = "progress"
    """That something moved in a concern of their own, and no more."""
    WHOLE = "whole"


SEALED: Final = "K5"
NO_CASEWORK: Final = frozenset({"webhook", "failed_job"})
"""What alerts may be about without being about a record."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One reader's sight of the events of one page."""

    actor: Actor
    facts: Facts
    sponsor_id: UUID | None = None
    """Who stands for the reader where that is an endpoint, which hears of others' alerts too."""

    def of(self, entry: Entry) -> Told:
        """What the reader is told of one event, by what is known of them and of it now."""
        if entry.kind.by is By.CONCERN:
            return self._concern_step(entry)
        return Told.WHOLE if RULES[entry.kind.by](self, entry) else Told.NOTHING

    def _concern_step(self, entry: Entry) -> Told:
        row = self._concern(entry.noun_id)
        if row is None or not self._may_any(P.CONCERN_RAISE, P.CONCERN_READ):
            return Told.NOTHING
        last = opening_steps(self.actor, row)[-1]
        if last.effect is not Effect.ALLOW:
            return Told.NOTHING
        if last.rule != "own":
            return Told.WHOLE
        moved = (row.id, entry.kind.did.value, entry.at) in self.facts.progress
        return Told.PROGRESS if moved else Told.NOTHING

    def _kind(self, entry: Entry) -> bool:
        return self._sees(entry.kind.noun, entry.noun_id)

    def _sees(self, noun: str, id_: UUID | None) -> bool:
        """The chain that opens it decides; without facts nobody gets the event."""
        return RECORDS[noun].shows(self.actor, self.facts.records.get((noun, id_ or NIL)))

    def _alert(self, entry: Entry) -> bool:
        """One's own, unless it is about a concern one is locked out from."""
        thing = self._thing("alert", entry.noun_id)
        if thing is None or not policy.may(self.actor, P.ALERT_READ):
            return False
        if self.sponsor_id is not None:
            return self._rings_through(entry, thing, self.sponsor_id)
        if thing.person_id != self.actor.id:
            return False
        row = self._concern(thing.concern_id)
        return row is None or self._is_told_alert_of(row)

    def _is_told_alert_of(self, row: SightRow) -> bool:
        """Of a sealed concern only who may still open it, or has something to do of it."""
        if in_conflict(self.actor, row.id, row.children):
            return False
        if row.confidentiality != SEALED or self.actor.id in row.action_owners:
            return True
        return opening_steps(self.actor, row)[-1].effect is (Effect.ALLOW)

    def _rings_through(self, entry: Entry, alert: Thing, sponsor_id: UUID) -> bool:
        """Whether an endpoint may ring somebody: about what it sees, or its sponsor's own."""
        if entry.place.log == ADULT_LOG:
            return False
        about = self.facts.deadlines.get(entry.noun_id or NIL)
        if about is None or about[0] in NO_CASEWORK:
            return alert.person_id == sponsor_id
        named = alert.concern_id is None or self._reads_concern(alert.concern_id)
        return named and self._is_told_of(*about)

    def _grant(self, entry: Entry) -> bool:
        thing = self._thing("access_grant", entry.noun_id)
        if thing is None or thing.person_id != self.actor.id:
            return False
        conflicts = self.actor.conflicts
        return thing.child_id not in conflicts.children and (
            thing.concern_id not in conflicts.concerns
        )

    def _relationship(self, entry: Entry) -> bool:
        if entry.other_child_id is not None and self._is_related(entry.other_child_id):
            return False
        if entry.relation is not None and not may_see(self.actor, entry.relation):
            return False
        may = policy.may(self.actor, P.CHILD_OPEN)
        return bool(may) and self._opens_child(entry.child_id)

    def _deadline(self, entry: Entry) -> bool:
        found = self.facts.deadlines.get(entry.noun_id or NIL)
        return found is not None and self._is_told_of(*found)

    def _is_told_of(self, noun: str, thing_id: UUID) -> bool:
        """Whether the reader may see the thing whose due time it is; no other kind is told."""
        return noun in RECORDS and self._sees(noun, thing_id)

    def _permission(self, entry: Entry) -> bool:
        if entry.child_id is not None and self._is_related(entry.child_id):
            return False
        needs = entry.kind.needs
        return needs is not None and bool(policy.may(self.actor, needs))

    def _reads_concern(self, concern_id: UUID | None) -> bool:
        return reads_concern(self.actor, self._concern(concern_id))

    def _opens_child(self, child_id: UUID | None) -> bool:
        groups = self.facts.children.get(child_id or NIL)
        if child_id is None or groups is None:
            return False
        return opens_child(self.actor, Pupil(child_id, *groups))

    def _is_related(self, child_id: UUID) -> bool:
        return child_id in self.actor.conflicts.children

    def _may_any(self, *permissions: Permission) -> bool:
        return any(policy.may(self.actor, one) for one in permissions)

    def _concern(self, concern_id: UUID | None) -> SightRow | None:
        return self.facts.concerns.get(concern_id or NIL)

    def _thing(self, noun: str, id_: UUID | None) -> Thing | None:
        return self.facts.things.get((noun, id_ or NIL))


RULES: Final[Mapping[By, Callable[[Sight, Entry], bool]]] = {
    By.KIND: Sight._kind,
    By.ALERT: Sight._alert,
    By.GRANT: Sight._grant,
    By.RELATIONSHIP: Sight._relationship,
    By.DEADLINE: Sight._deadline,
    By.PERMISSION: Sight._permission,
}


def named_in(facts: Facts) -> frozenset[UUID]:
    """Everybody to whom an event of the page may be something else than to others in their role."""
    return frozenset(_named(facts))


def _named(facts: Facts) -> Iterator[UUID]:
    yield from (one.person_id for one in facts.things.values() if one.person_id is not None)
    for record in facts.records.values():
        yield from record.people
    for row in facts.concerns.values():
        yield row.reporter_id
        yield from (row.owner_id,) if row.owner_id else ()
        yield from row.action_owners


def comparable_actor(actor: Actor) -> Actor:
    """The actor without what tells one holder of a role from another.

    Who is not named in a page's facts is told exactly what their likeness is told.
    """
    return replace(actor, id=NIL, session_id=None, address=None, scopes=(), amr=(), auth_time=None)

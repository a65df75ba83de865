"""Access to an event, by the rules that open its record, loaded once for a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor, Permission
from app.db.relationship_facts import RelationshipFacts, relationships_of
from app.db.repositories.concern_facts import ConcernAccess, access_to_each
from app.db.repositories.duty.alerts import alerts_of
from app.db.repositories.duty.ladder import roles_held
from app.db.repositories.exchange import events
from app.db.repositories.exchange.events import ADULT_LOG, Place
from app.db.session import Driver
from app.domain import policy
from app.domain.access.concern_access.queries import in_conflict, opening_steps, reads_concern
from app.domain.access.relationship_access.queries import is_told_of
from app.domain.duty.alerts.queries import Behind, about_of, keys_of
from app.domain.exchange.event_audiences.kind import By, Kind, told_kinds
from app.domain.kinds import Key, facts_by_key, registry
from app.domain.policy import Effect
from app.domain.record.concerns.rules import progress_for_reporter

P = Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit log entry that may be an event."""

    place: Place
    id: UUID
    at: datetime
    kind: Kind
    resource_type: str
    """Type of the record in the audit log."""
    resource_id: UUID | None
    child_id: UUID | None
    concern_id: UUID | None


@dataclass(frozen=True, slots=True)
class RowFacts:
    """Deciding facts of an action, alert, status, file or similar record."""

    concern_id: UUID | None
    child_id: UUID | None
    person_id: UUID | None


@dataclass(slots=True)
class Facts:
    """Everything that decides who sees the events of one page."""

    deadlines: Mapping[UUID, Key] = field(default_factory=dict)
    """What is due, by the ID of an entry about a due time."""
    alerts: Mapping[UUID, Any] = field(default_factory=dict)
    behind: Behind = field(default_factory=Behind)
    """Deciding facts of alerts, as for the inbox, and of concerns and other records."""
    things: Mapping[UUID, RowFacts] = field(default_factory=dict)
    """Records that alerts and grants name, by their IDs."""
    relationships: Mapping[UUID, RelationshipFacts] = field(default_factory=dict)
    progress: frozenset[tuple[UUID, str, datetime]] = frozenset()
    """Steps that change the reporter's progress: concern, verb and time."""


def entry_of(row: Mapping[str, Any]) -> Entry:
    """An entry from a row of the scan."""
    return Entry(
        Place(row["xid"], row["log"], row["seq"]),
        row["id"],
        row["at"],
        told_kinds()[row["verb"]],
        row["noun"],
        row["noun_id"],
        row["child_id"],
        _id(row["concern_id"]),
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


async def facts_for(driver: Driver, school_id: UUID, entries: Sequence[Entry]) -> Facts:
    """Load what decides about the entries, one statement for each type of record."""
    by: dict[By, list[Entry]] = {}
    for entry in entries:
        by.setdefault(entry.kind.by, []).append(entry)
    deadlines = await _deadlines(driver, school_id, by.get(By.DEADLINE, ()))
    alerts = await _alerts(driver, school_id, by.get(By.ALERT, ()))
    things = {
        id_: RowFacts(row["concern_id"], None, row["recipient_id"]) for id_, row in alerts.items()
    } | await _grants(driver, school_id, by.get(By.GRANT, ()))
    concerns = await access_to_each(driver, school_id, _concern_ids(entries, things))
    pairs = sorted({item.resource_id for item in by.get(By.RELATIONSHIP, ()) if item.resource_id})
    relationships = await relationships_of(driver, school_id, pairs)
    progress = await _progress(driver, school_id, by.get(By.CONCERN, ()))
    kept = [
        (entry.kind.resource_type, entry.resource_id)
        for entry in by.get(By.KIND, ()) if entry.resource_id
    ]  # fmt: skip
    records = await facts_by_key(
        driver, school_id, [*kept, *deadlines.values(), *keys_of(alerts.values()),
        *filter(None, map(about_of, alerts.values()))],
    )  # fmt: skip
    recipients = {row["recipient_id"] for row in alerts.values()}
    roles = await roles_held(driver, school_id, clock.now(), recipients) if recipients else {}
    behind = Behind(records, roles, concerns)
    return Facts(deadlines, alerts, behind, things, relationships, progress)


async def _alerts(driver: Driver, school_id: UUID, entries: Sequence[Entry]) -> dict[UUID, Any]:
    ids = {entry.resource_id for entry in entries if entry.resource_id}
    return {row["id"]: row for row in await alerts_of(driver, school_id, sorted(ids))}


async def _deadlines(
    driver: Driver, school_id: UUID, entries: Sequence[Entry]
) -> dict[UUID, tuple[str, UUID]]:
    """The things whose due times the entries are about, by the id an entry has."""
    clocks = [
        entry.resource_id
        for entry in entries
        if entry.resource_id and entry.resource_type == "deadline"
    ]
    others = {
        entry.resource_id: (entry.resource_type, entry.resource_id)
        for entry in entries
        if entry.resource_id
    }
    return others | await events.deadlines_of(driver, school_id, clocks)


async def _grants(
    driver: Driver, school_id: UUID, entries: Sequence[Entry]
) -> dict[UUID, RowFacts]:
    ids = {entry.resource_id for entry in entries if entry.resource_id}
    rows = await events.grants_of(driver, school_id, sorted(ids))
    return {
        row["id"]: RowFacts(row["concern_id"], row["child_id"], row["staff_id"]) for row in rows
    }


def _concern_ids(entries: Iterable[Entry], things: Mapping[UUID, RowFacts]) -> list[UUID]:
    items = {entry.resource_id for entry in entries if entry.kind.by is By.CONCERN}
    items |= {thing.concern_id for thing in things.values()}
    return sorted(item for item in items if item is not None)


async def _progress(
    driver: Driver, school_id: UUID, entries: Sequence[Entry]
) -> frozenset[tuple[UUID, str, datetime]]:
    """Steps that advance a concern's content-free progress."""
    ids = sorted({entry.resource_id for entry in entries if entry.resource_id})
    rows = await events.steps_of(driver, school_id, ids, [entry.at for entry in entries])
    return frozenset(
        (row["concern_id"], f"concern.{row['verb']}", row["at"])
        for row in rows
        if row["from_state"] is None
        or progress_for_reporter(row["from_state"]) != progress_for_reporter(row["to_state"])
    )


# `EventReader` decides for one reader and page; what a rule does not allow, and what is not known
# any more, is not told. The very chain that opens a concern or a record decides who hears of it.
class EventDetail(StrEnum):
    """How much of an event its reader sees."""

    NOTHING = "nothing"
    PROGRESS = "progress"
    """Only that something changed in a concern of their own."""
    WHOLE = "whole"


OF_RECIPIENT: Final = frozenset({"webhook", "failed_job", "child"})
"""Records in alerts that only their recipient sees.

They are not casework, or are a child's record as such, which administrators open too.
"""


@dataclass(frozen=True, slots=True)
class EventReader:
    """One reader's access to the events of one page."""

    actor: Actor
    facts: Facts
    sponsor_id: UUID | None = None
    """The person who answers for the reader if it is an endpoint, which sees others' alerts too."""

    def of(self, entry: Entry) -> EventDetail:
        """Decide what the reader sees of one event, by the present facts of both."""
        if entry.kind.by is By.CONCERN:
            return self._concern_step(entry)
        return EventDetail.WHOLE if RULES[entry.kind.by](self, entry) else EventDetail.NOTHING

    def _concern_step(self, entry: Entry) -> EventDetail:
        row = self._concern(entry.resource_id)
        if row is None:
            return EventDetail.NOTHING
        last = opening_steps(self.actor, row)[-1]
        if last.effect is not Effect.ALLOW:
            return EventDetail.NOTHING
        if last.rule != "own":
            return EventDetail.WHOLE
        moved = (row.id, entry.kind.did.value, entry.at) in self.facts.progress
        return EventDetail.PROGRESS if moved else EventDetail.NOTHING

    def _kind(self, entry: Entry) -> bool:
        return self._sees(entry.kind.resource_type, entry.resource_id)

    def _sees(self, resource_type: str, id_: UUID | None) -> bool:
        """Whether the chain that opens the record allows the reader; False without facts."""
        kind = registry()[resource_type]
        return kind.register == "children" and kind.shows(
            self.actor, self.facts.behind.records.get((resource_type, id_ or NIL))
        )

    def _alert(self, entry: Entry) -> bool:
        """Whether it is the reader's own alert, and the inbox still shows it."""
        row = self.facts.alerts.get(entry.resource_id or NIL)
        if row is None or not policy.may(self.actor, P.ALERT_READ):
            return False
        if self.sponsor_id is not None:
            return self._rings_through(entry, row, self.sponsor_id)
        own = row["recipient_id"] == self.actor.id
        return own and not self.facts.behind.hides(self.actor, row)

    def _rings_through(self, entry: Entry, alert: Any, sponsor_id: UUID) -> bool:
        """Whether an endpoint may ring someone: about what it sees, or its sponsor's own."""
        if entry.place.log == ADULT_LOG:
            return False
        about = about_of(alert)
        if about is None or about[0] in OF_RECIPIENT:
            return bool(alert["recipient_id"] == sponsor_id)
        named = alert["concern_id"] is None or self._reads_concern(alert["concern_id"])
        return named and self._is_told_of(*about)

    def _grant(self, entry: Entry) -> bool:
        """Whether it is the reader's own grant: leads list all, but it is news to its holder."""
        thing = self.facts.things.get(entry.resource_id or NIL)
        if thing is None or thing.person_id != self.actor.id:
            return False
        if thing.child_id is not None and self._is_related(thing.child_id):
            return False
        concern = self._concern(thing.concern_id)
        return concern is None or not in_conflict(self.actor, concern.id, concern.children)

    def _relationship(self, entry: Entry) -> bool:
        return is_told_of(self.actor, self.facts.relationships.get(entry.resource_id or NIL))

    def _deadline(self, entry: Entry) -> bool:
        result = self.facts.deadlines.get(entry.resource_id or NIL)
        return result is not None and self._is_told_of(*result)

    def _is_told_of(self, resource_type: str, resource_id: UUID) -> bool:
        """Whether the reader may see the record that is due; other kinds are not reported."""
        return resource_type in registry() and self._sees(resource_type, resource_id)

    def _permission(self, entry: Entry) -> bool:
        if entry.child_id is not None and self._is_related(entry.child_id):
            return False
        needs = entry.kind.needs
        return needs is not None and bool(policy.may(self.actor, needs))

    def _reads_concern(self, concern_id: UUID | None) -> bool:
        return reads_concern(self.actor, self._concern(concern_id))

    def _is_related(self, child_id: UUID) -> bool:
        return child_id in self.actor.conflicts.children

    def _concern(self, concern_id: UUID | None) -> ConcernAccess | None:
        return self.facts.behind.concerns.get(concern_id or NIL)


RULES: Final[Mapping[By, Callable[[EventReader, Entry], bool]]] = {
    By.KIND: EventReader._kind,
    By.ALERT: EventReader._alert,
    By.GRANT: EventReader._grant,
    By.RELATIONSHIP: EventReader._relationship,
    By.DEADLINE: EventReader._deadline,
    By.PERMISSION: EventReader._permission,
}


def named_in(facts: Facts) -> frozenset[UUID]:
    """Everyone who may see an event of the page differently from others in their role."""
    return frozenset(_named(facts))


def _named(facts: Facts) -> Iterator[UUID]:
    yield from (thing.person_id for thing in facts.things.values() if thing.person_id is not None)
    for record in facts.behind.records.values():
        yield from record.people
    for row in facts.behind.concerns.values():
        yield row.reporter_id
        yield from (row.owner_id,) if row.owner_id else ()
        yield from row.action_owners


def comparable_actor(actor: Actor) -> Actor:
    """The actor without anything that distinguishes holders of a role.

    A person not named in a page's facts sees exactly what this actor sees.
    """
    return replace(actor, id=NIL, session_id=None, address=None, scopes=(), amr=(), auth_time=None)

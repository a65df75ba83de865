"""Climb the ladder: alert the next people to whatever is overdue and unacknowledged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent
from app.db.repositories.duty import ladder as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.commands import register_of
from app.domain.common.alerts.rules import APPOINTMENT_NEEDED
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.ladder import rules
from app.domain.duty.ladder.queries import team_of, things_of
from app.domain.duty.ladder.rules import Climb, Ladder, OverdueResource, Team, ladders, rings_at
from app.domain.kinds import audit_log_of
from app.formats.calendars import SchoolCalendar

BATCH = 50
"""Clocks in one transaction."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Results of one check of a school's clocks."""

    looked: int = 0
    escalated: int = 0
    put_off: int = 0
    waited: timedelta = timedelta()
    """Longest time that a clock had been due to ring."""
    nobody: tuple[UUID, ...] = ()
    """Clocks for which not even an administrator could be alerted."""
    inconsistent: tuple[UUID, ...] = ()
    """Clocks without an open record."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """One clock that rings: its row, ladder, resource and round."""

    row: Any
    ladder: Ladder
    thing: OverdueResource
    round: int
    from_step: int
    promised: bool
    """Whether an earlier round was acknowledged, and its owner has not changed since."""

    def climb(self, team: Team, trust: Team | None) -> tuple[Climb, bool]:
        """The next step, and whether it depends on who is in the trust."""
        asked, absent = False, False

        def ask(step: str) -> tuple[UUID, ...]:
            nonlocal asked
            if step != rules.TRUST:
                return rules.told_on(step, self.thing, team, absent=absent)
            asked = True
            return rules.told_in_trust(trust or Team())

        result = self._step(ask)
        if result.nobody:
            absent = True
            result = self._step(ask)
            result = replace(result, absent=not result.nobody)
        return result, asked

    def _step(self, ask: Callable[[str], tuple[UUID, ...]]) -> Climb:
        if self.promised:
            return rules.climb_again(self.ladder, self.round, ask)
        return rules.climb(self.ladder, self.from_step, ask)


@dataclass(slots=True)
class Alerts:
    """Alerts to send, in the school and in its trust."""

    trust_id: UUID | None
    here: list[dict[str, Any]] = field(default_factory=list)
    trust: list[dict[str, Any]] = field(default_factory=list)


async def ring_due(work: UnitOfWork, *, limit: int = BATCH, only: UUID | None = None) -> Pass:
    """Ring what is due in this school; clocks that others have locked are left to them.

    Runs as Cairn itself. Writes the alerts of the trust's leads in the same transaction.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    due = await stored.lock_due(driver, school_id, work.now, limit, only)
    if not due:
        return Pass()
    calendar = await calendar_of(work)
    later = {row["id"]: at for row in due if (at := _rings_at(row, calendar, work.now)) > work.now}
    if later:
        await stored.put_off(driver, school_id, later)
    now = [row for row in due if row["id"] not in later]
    done = await _ring(work, now, calendar) if now else Pass()
    waited = max((work.now - row["next_at"] for row in now), default=timedelta())
    return Pass(len(due), len(now), len(later), waited, done.nobody, done.inconsistent)


def ladder_of(name: str) -> Ladder:
    """Get a ladder by name; one no longer in the book climbs like a routine one."""
    return ladders().get(name, ladders()["routine"])


def _rings_at(row: Any, calendar: SchoolCalendar, now: datetime) -> datetime:
    return rings_at(ladder_of(row["ladder"]).rings, calendar, now)


async def _ring(work: UnitOfWork, rows: Sequence[Any], calendar: SchoolCalendar) -> Pass:
    driver, school_id = await work.driver(), work.actor.school_id
    keys = [(row["noun"], row["thing_id"]) for row in rows]
    things = await things_of(driver, school_id, keys)
    owners = {thing.owner_id for thing in things.values() if thing.owner_id}
    team = await _team(work, owners)
    result = {row["id"]: things.get((row["noun"], row["thing_id"])) for row in rows}
    ringing = [_ringing(row, thing) for row in rows if (thing := result[row["id"]])]
    climbs, trust_id = await _climbs(work, ringing, team)
    inconsistent = tuple(id_ for id_, thing in result.items() if thing is None)
    if inconsistent:
        later = work.now + rules.LOOKED_AT_AGAIN
        await stored.put_off(driver, school_id, dict.fromkeys(inconsistent, later))
    alerts, nobody, steps = Alerts(trust_id), [], []
    for item, climb in zip(ringing, climbs, strict=True):
        asked = rules.appointers(item.thing, team) if climb.nobody or climb.absent else ()
        appointers = [person for person in asked if person not in climb.notified]
        nobody += [] if appointers or climb.notified or climb.trust else [item.row["id"]]
        _alert(alerts, school_id, item, climb, appointers)
        _note(work, item, climb, [*climb.notified, *appointers])
        steps.append(_step(item, climb, calendar, work.now))
    await _write(work, alerts, steps)
    return Pass(nobody=tuple(nobody), inconsistent=inconsistent)


def _ringing(row: Any, thing: OverdueResource) -> Ringing:
    """Begin a new round at the first ring, and if an acknowledged resource is still overdue."""
    begins = row["rung"] == 0 or row["acknowledged_at"] is not None
    return Ringing(
        row, ladder_of(row["ladder"]), thing,
        round=row["round"] + 1 if begins else row["round"],
        from_step=0 if begins else row["rung"],
        promised=begins and row["rung"] > 0,
    )  # fmt: skip


async def _team(work: UnitOfWork, owners: set[UUID]) -> Team:
    """Load who works in this organisation today, and who is away."""
    return await team_of(await work.driver(), work.actor.school_id, work.now, owners)


async def _climbs(
    work: UnitOfWork, ringing: Sequence[Ringing], team: Team
) -> tuple[list[Climb], UUID | None]:
    """Work out the step of each; the trust's people are read only if one step needs them."""
    items = [item.climb(team, None) for item in ringing]
    trust_id = None
    if any(asked for _, asked in items):
        trust_id = await stored.trust_of(await work.driver(), work.actor.school_id)
    if trust_id is None:
        return [climb for climb, _ in items], None
    school = work.actor
    await work.rescope(Actor.system(trust_id))
    trust = await _team(work, set())
    await work.rescope(school)
    return [item.climb(team, trust)[0] for item in ringing], trust_id


def _alert(
    alerts: Alerts, school_id: UUID, ringing: Ringing, climb: Climb, appointers: Sequence[UUID]
) -> None:
    thing, is_drill = ringing.thing, ringing.thing.resource_type == rules.DRILL

    def add(people: Sequence[UUID], kind: str, **about: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": new_id(), "recipient_id": person, "kind": kind,
                "urgent": thing.urgent and not is_drill, "matter_id": thing.id,
                "deadline_id": ringing.row["id"], "round": ringing.round, "rung": climb.step,
                "mail": "at_once", "rings": True, "register": register_of(kind), **about,
            }
            for person in people
        ]  # fmt: skip

    about = {"concern_id": thing.concern_id, "action_id": thing.action_id}
    alerts.here += add(climb.notified, thing.kind, **about)
    alerts.here += add(appointers, _kind_for_nobody(thing))
    in_trust = rules.DRILL if is_drill else rules.SCHOOL_OVERDUE
    alerts.trust += add(climb.trust, in_trust, about_id=school_id)


def _kind_for_nobody(thing: OverdueResource) -> str:
    if thing.resource_type == rules.DRILL:
        return rules.DRILL
    return APPOINTMENT_NEEDED if thing.in_adult_register else rules.NOBODY_TO_TELL


def _note(work: UnitOfWork, ringing: Ringing, climb: Climb, notified: Sequence[UUID]) -> None:
    first = ringing.round == 1 and ringing.from_step == 0
    work.record(
        AuditEvent.DEADLINE_MISSED if first else AuditEvent.DEADLINE_CLIMBED,
        "deadline",
        ringing.row["id"],
        details={
            "noun": ringing.thing.resource_type,
            "round": ringing.round,
            "rung": climb.step,
            "name": climb.name,
            "recipients": [str(person) for person in notified],
            "in_trust": [str(person) for person in climb.trust],
        },
        register=audit_log_of(ringing.thing.resource_type),
    )


def _step(
    ringing: Ringing, climb: Climb, calendar: SchoolCalendar, now: datetime
) -> dict[str, Any]:
    at = rules.rings_after(ringing.ladder, calendar, now, climb.wait)
    return {"id": ringing.row["id"], "rung": climb.step, "round": ringing.round, "next_at": at}


async def _write(work: UnitOfWork, alerts: Alerts, steps: Sequence[Mapping[str, Any]]) -> None:
    """Write alerts, log entries, messages and clocks, here and in the trust, in one transaction."""
    school = work.actor
    for alert in alerts.here:
        work.alerts.tell(alert)
    if steps:
        await stored.move_on(await work.driver(), school.school_id, steps)
    if alerts.trust and alerts.trust_id:
        await work.save()
        await work.rescope(Actor.system(alerts.trust_id))
        for alert in alerts.trust:
            work.alerts.tell(alert)
        await work.save()
        await work.rescope(school)

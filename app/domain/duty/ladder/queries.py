"""Read what is overdue, who works on a day, and who could be alerted next."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.words import Actor, Permission
from app.db.facts import Facts
from app.db.repositories.duty import alerts, cover
from app.db.repositories.duty import ladder as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.common.alerts.rules import ADULT_KINDS
from app.domain.duty.ladder.rules import (
    CHILD,
    DRILL,
    HOLDS,
    TRUST,
    OverdueResource,
    Team,
    ladders,
    told_on,
)
from app.domain.kinds import Key, Kind, facts_by_key, registry

FIRST: Final = ("owner", "leads", "head")
"""Order of people before anything rings: the owner, then those alerted without an answer."""


async def team_of(
    driver: Driver, organisation_id: UUID, now: datetime, owners: Collection[UUID]
) -> Team:
    """Load everyone who could be alerted today, including the owners, and who is away."""
    day = clock.day_of(now)
    people = await stored.people_of(driver, organisation_id, now, owners)
    absences = await cover.absences_of(driver, organisation_id, day, day + timedelta(days=1))
    away: dict[UUID, list[UUID]] = {}
    for row in absences:
        away.setdefault(row["away_id"], []).extend(row["covered_by"])
    heard = {person.id for person in people if policy.may(person, Permission.CONCERN_READ)}
    sure = {row["away_id"] for row in absences if row["said_by"] in {row["away_id"], *heard}}
    return Team(people, away, frozenset(away) - sure)


# People who are alerted must be able to open it: each reader is checked by the opening rules.
async def things_of(
    driver: Driver, school_id: UUID, keys: Sequence[Key]
) -> dict[Key, OverdueResource]:
    """Get those resources, by noun and ID, that are open; the chain that opens one decides.

    Raises RuntimeError before every kind is registered.
    """
    rows = await facts_by_key(driver, school_id, keys)
    return {key: thing_of(key, facts) for key, facts in rows.items() if facts.is_open}


def thing_of(key: Key, facts: Facts) -> OverdueResource:
    """Make one resource, open or ended, from its facts."""
    kind = registry()[key[0]]
    return OverdueResource(
        kind.name, facts.id, facts.owner_id, facts.urgent,
        opens=partial(_shows, kind, facts),
        keeps_out=partial(_locks_out, kind, facts),
        concern_id=facts.named_concern,
        action_id=facts.id if kind.name == "action" else None,
        in_adult_register=kind.register == "adults",
    )  # fmt: skip


def _shows(kind: Kind[Any], facts: Facts, actor: Actor) -> bool:
    return kind.shows(actor, facts)


def _locks_out(kind: Kind[Any], facts: Facts, actor: Actor) -> bool:
    return kind.locks_out(actor, facts)


async def next_people(
    driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime
) -> dict[UUID, dict[str, Any]]:
    """Find for each open alert who is next, is here and may know of it, and their number.

    Never includes its subjects, anyone with an interest in it, or readers of the adult register.
    """
    asked = {row["id"]: key for row in rows if (key := _key(row)) is not None}
    if not asked:
        return {}
    things = await things_of(driver, actor.school_id, list(set(asked.values())))
    owners = {thing.owner_id for thing in things.values() if thing.owner_id}
    team = await team_of(driver, actor.school_id, now, owners)
    chosen: dict[UUID, UUID] = {}
    for row in rows:
        thing = things.get(asked[row["id"]]) if row["id"] in asked else None
        person = _next(actor, row, thing, team) if thing is not None else None
        if person is not None:
            chosen[row["id"]] = person
    reached = await alerts.reached_by(driver, actor.school_id, set(chosen.values()))
    return {alert: reached[person] for alert, person in chosen.items() if person in reached}


def _key(row: Any) -> Key | None:
    """The subject of an open alert, in the reader's own school."""
    if row["state"] != "open" or row["about_id"] is not None:
        return None
    if row["kind"] in ADULT_KINDS or row["noun"] == DRILL or row["told_noun"] == CHILD:
        return None
    for resource_type, id_ in ((row["noun"], row["thing_id"]), (row["told_noun"], row["told_id"])):
        if id_ is not None:
            return resource_type, id_
    return ("concern", row["concern_id"]) if row["concern_id"] is not None else None


def _next(actor: Actor, row: Any, thing: OverdueResource, team: Team) -> UUID | None:
    """The next people after the reader: on a rung above the one that rang, or on any."""
    for step in _order(row):
        for person in told_on(step, thing, team):
            if person != actor.id:
                return person
    return None


def _order(row: Any) -> Sequence[str]:
    ladder = ladders().get(row["ladder"] or "")
    if ladder is None or row["rung"] is None:
        return FIRST
    rungs = [*ladder.rungs[row["rung"] :], *ladder.rungs[: row["rung"]]]
    return [step for step in rungs if step == "owner" or (step in HOLDS and step != TRUST)]

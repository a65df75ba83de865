"""Whom somebody who was alerted can telephone, where they cannot act themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor
from app.db.repositories.duty import alert_reads
from app.db.session import Driver
from app.domain.alerts.rules import ADULT_KINDS
from app.domain.clocks.rules import ladders
from app.domain.duty.escalation.rules import CHILD, DRILL, HOLDS, TRUST, Team, Thing, told_on
from app.domain.duty.escalation.teams import team_of
from app.domain.duty.escalation.things import Key, things_of

FIRST: Final = ("owner", "leads", "head")
"""Where nothing rings yet: whose it is, then those who are told when nobody answers."""


async def next_people(
    driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime
) -> dict[UUID, dict[str, Any]]:
    """By alert that still waits: who comes next who is here and may know of it, and their number.

    Never whom it is about or who has an interest in it, and nobody of the adult register.
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
    reached = await alert_reads.reached_by(driver, actor.school_id, set(chosen.values()))
    return {alert: reached[person] for alert, person in chosen.items() if person in reached}


def _key(row: Any) -> Key | None:
    """What an alert that waits is about, in the reader's own school."""
    if row["acknowledged_at"] is not None or row["settled"] or row["about_id"] is not None:
        return None
    if row["kind"] in ADULT_KINDS or row["noun"] == DRILL or row["told_noun"] == CHILD:
        return None
    for noun, id_ in ((row["noun"], row["thing_id"]), (row["told_noun"], row["told_id"])):
        if id_ is not None:
            return noun, id_
    return ("concern", row["concern_id"]) if row["concern_id"] is not None else None


def _next(actor: Actor, row: Any, thing: Thing, team: Team) -> UUID | None:
    """Whoever is told after the reader: on a rung above the one that rang, else on any."""
    for rung in _order(row):
        for person in told_on(rung, thing, team):
            if person != actor.id:
                return person
    return None


def _order(row: Any) -> Sequence[str]:
    ladder = ladders().get(row["ladder"] or "")
    if ladder is None or row["rung"] is None:
        return FIRST
    rungs = [*ladder.rungs[row["rung"] :], *ladder.rungs[: row["rung"]]]
    return [one for one in rungs if one == "owner" or (one in HOLDS and one != TRUST)]

"""What is overdue, read once for many, each with the rule of who may be told of it.

People who are told must be able to open it: the rules of opening are asked of every reader.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db import facts as row_facts
from app.db.session import Driver
from app.domain.duty.escalation.rules import Thing
from app.domain.kinds import KINDS, Kind

Key = tuple[str, UUID]


async def things_of(
    driver: Driver, school_id: UUID, keys: Sequence[Key], *, ended: bool = False
) -> dict[Key, Thing]:
    """Those of the things, by noun and id, that are open.

    `ended` has those that are not open any more, too.
    """
    wanted: dict[str, list[UUID]] = {}
    for noun, id_ in keys:
        wanted.setdefault(noun, []).append(id_)
    found: dict[Key, Thing] = {}
    for noun in wanted.keys() & KINDS.keys():
        found |= await _of_kind(driver, school_id, KINDS[noun], wanted[noun], ended=ended)
    return found


async def _of_kind(
    driver: Driver, school_id: UUID, kind: Kind[Any], ids: Sequence[UUID], *, ended: bool
) -> dict[Key, Thing]:
    """Rows of a registered kind; the chain that opens one decides who is alerted."""
    rows = await row_facts.facts_of(driver, school_id, kind.model, ids)
    return {
        (kind.name, facts.id): Thing(
            kind.name, facts.id, facts.owner_id, facts.urgent,
            opens=partial(_shows, kind, facts),
            keeps_out=partial(_locks_out, kind, facts),
            concern_id=facts.named_concern,
            action_id=facts.id if kind.name == "action" else None,
        )
        for facts in rows.values()
        if facts.is_open or ended
    }  # fmt: skip


def _shows(kind: Kind[Any], facts: row_facts.Facts, actor: Actor) -> bool:
    return kind.shows(actor, facts)


def _locks_out(kind: Kind[Any], facts: row_facts.Facts, actor: Actor) -> bool:
    return kind.locks_out(actor, facts)

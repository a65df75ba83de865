"""What is overdue, read once for many, each with the rule of who may be told of it.

Whoever is told must be able to open it: the rules are those of opening, asked of every reader.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db import facts as row_facts
from app.db.repositories import escalation as stored
from app.db.repositories import open_things, sharing_reads
from app.db.repositories.concern_sight import SightRow
from app.db.repositories.sharing_reads import ItemRow
from app.db.session import Driver
from app.domain import policy
from app.domain.access.concerns import facts_of, in_conflict
from app.domain.access.sharing import chosen, file_facts, with_source
from app.domain.escalation.rules import Thing
from app.domain.kinds import KINDS, Kind
from app.domain.owners.rules import OWN_DUTY
from app.domain.tasks.rules import may_see_task

P = Permission
Opens = Callable[[Actor], bool]
Key = tuple[str, UUID]

MADE_FOR = ("task", "check_in")
FILES: Mapping[str, Permission] = {"share": P.SHARE_READ, "referral": P.REFERRAL_READ}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read about a batch of things."""

    sights: Mapping[UUID, SightRow]
    files: Mapping[UUID, Any]
    items: Mapping[tuple[str, UUID], ItemRow]


async def things_of(
    driver: Driver, school_id: UUID, keys: Sequence[Key], *, ended: bool = False
) -> dict[Key, Thing]:
    """Those of the things, by noun and id, that are open.

    `ended` has those that are not open any more, too.
    """
    wanted: dict[str, list[UUID]] = {}
    for noun, id_ in keys:
        wanted.setdefault(noun, []).append(id_)
    rows = [
        row
        for noun, ids in wanted.items()
        if noun in open_things.OPEN and noun not in KINDS
        for row in await open_things.open_with_facts(driver, school_id, noun, ids, ended=ended)
    ]
    facts = await _facts_of(driver, school_id, rows)
    found = {(row["noun"], row["id"]): _thing(row, facts) for row in rows}
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
            concern_id=facts.concern.id if facts.concern else None,
            action_id=facts.id if kind.name == "action" else None,
        )
        for facts in rows.values()
        if facts.is_open or ended
    }  # fmt: skip


def _shows(kind: Kind[Any], facts: row_facts.Facts, actor: Actor) -> bool:
    return kind.shows(actor, facts)


def _locks_out(kind: Kind[Any], facts: row_facts.Facts, actor: Actor) -> bool:
    return kind.locks_out(actor, facts)


async def _facts_of(driver: Driver, school_id: UUID, rows: Sequence[Any]) -> Facts:
    concerns = {one for row in rows for one in _concerns_of(row)}
    files = [row["id"] for row in rows if row["noun"] in FILES]
    found = await stored.files_of(driver, school_id, files) if files else ()
    items = [
        item for row in found for item in with_source(orjson.loads(row["items"]), row["concern_id"])
    ]
    return Facts(
        await stored.sights_of(driver, school_id, concerns) if concerns else {},
        {row["id"]: row for row in found},
        await sharing_reads.items_of(driver, school_id, None, chosen(items)) if items else {},
    )


def _concerns_of(row: Any) -> set[UUID]:
    """Its concern; of a task or check-in also those behind it, which it does not name."""
    behind = row["told"] or () if row["noun"] in MADE_FOR else ()
    return {row["concern_id"], *behind} - {None}


def _sights(row: Any, facts: Facts) -> list[SightRow]:
    return [facts.sights[one] for one in sorted(_concerns_of(row)) if one in facts.sights]


def _thing(row: Any, facts: Facts) -> Thing:
    noun = row["noun"]
    return Thing(
        noun, row["id"], row["owner_id"], row["urgent"],
        opens=_opens(row, facts),
        keeps_out=_keeps_out(row, facts),
        concern_id=row["concern_id"],
    )  # fmt: skip


def _keeps_out(row: Any, facts: Facts) -> Opens:
    """Whom it is about, and whoever has an interest in its concern or child."""
    barred = frozenset(row["barred"] or ())
    sights, child = _sights(row, facts), row["child_id"]

    def keeps_out(actor: Actor) -> bool:
        if actor.id in barred or child in actor.conflicts.children:
            return True
        return any(in_conflict(actor, one.id, one.children) for one in sights)

    return keeps_out


def _opens(row: Any, facts: Facts) -> Opens:
    noun = row["noun"]
    if noun in (*MADE_FOR, *FILES):
        return _opens_file(row, facts) if noun in FILES else _opens_task(row, facts)
    sight = facts.sights[row["concern_id"]]
    return lambda actor: bool(policy.may_see_concern(actor, facts_of(actor, sight)))


def _opens_task(row: Any, facts: Facts) -> Opens:
    sights, owner, keeps_out = _sights(row, facts), row["owner_id"], _keeps_out(row, facts)
    narrowest = max((one.confidentiality for one in sights), default=None)

    def opens(actor: Actor) -> bool:
        mine = actor.id == owner
        return may_see_task(
            actor, row["confidentiality"], None, (), mine=mine, of_concern=narrowest
        ) and not keeps_out(actor)

    return opens


def _opens_file(row: Any, facts: Facts) -> Opens:
    """A share or a referral: whoever may see every item of it."""
    file = facts.files[row["id"]]
    items = with_source(orjson.loads(file["items"]), file["concern_id"])
    rows = [facts.items.get((item["kind"], UUID(item["id"]))) for item in items]
    permission, child_id = FILES[row["noun"]], file["child_id"]
    own = row["owner_id"] if row["confidentiality"] == OWN_DUTY else None

    def opens(actor: Actor) -> bool:
        if actor.id == own:
            return True
        found = file_facts(actor, child_id, rows)
        return bool(policy.decided(policy.file_chain(actor, permission, found)))

    return opens

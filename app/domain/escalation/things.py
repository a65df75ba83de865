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
from app.domain.access.concerns import in_conflict, reads_concern
from app.domain.access.sharing import chosen, file_facts, with_source
from app.domain.escalation.rules import Thing
from app.domain.kinds import KINDS, Kind
from app.domain.owners.rules import OWN_DUTY

P = Permission
Opens = Callable[[Actor], bool]
Key = tuple[str, UUID]

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
    concerns = {row["concern_id"] for row in rows} - {None}
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
    sight, child = facts.sights.get(row["concern_id"]), row["child_id"]

    def keeps_out(actor: Actor) -> bool:
        if actor.id in barred or child in actor.conflicts.children:
            return True
        return sight is not None and in_conflict(actor, sight.id, sight.children)

    return keeps_out


def _opens(row: Any, facts: Facts) -> Opens:
    noun = row["noun"]
    if noun in FILES:
        return _opens_file(row, facts)
    sight = facts.sights.get(row["concern_id"])
    if sight is None:
        return _opens_of_child(row)
    return lambda actor: reads_concern(actor, sight)


def _opens_of_child(row: Any) -> Opens:
    """About a child, or about nobody: its owner, and who reads its class."""
    child, confidentiality, owner = row["child_id"], row["confidentiality"], row["owner_id"]
    if child is None:
        return lambda _actor: True

    def opens(actor: Actor) -> bool:
        if actor.id == owner or confidentiality is None:
            return True
        return bool(policy.may_see_class(actor, confidentiality, child))

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

"""Sorts a child's whole file: what travels, what stays, and who sees all of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db.models import Transfer
from app.db.repositories import shared_items
from app.db.repositories.shared_items import Chosen, ItemRow, keys_of
from app.db.repositories.sharing import child_files as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.access.share_access.errors import ItemsHidden
from app.domain.access.share_access.queries import passes_on, rows_of, sees
from app.domain.access.share_access.rules import STAYS, goes
from app.domain.adults.moved_work.commands import ADULTS_ONLY
from app.domain.alerts.commands import tell
from app.domain.owners.queries import people_here
from app.domain.owners.rules import ORDER, Person
from app.domain.sharing.record_redaction.rules import highest_class
from app.domain.sharing.transfers import rules

LEAST = "K2"
OF_CONCERN = ("action", "attachment", "record", "meeting")
"""What stays where its concern does."""
QUARANTINED = "quarantined"
NOT_LOOKED_AT = (QUARANTINED, "held")
"""States of a file that is not let out: malware in it, or nobody has looked yet."""

DUE = "transfer_due"
Key = tuple[str, UUID]
Rows = Mapping[Key, ItemRow | None]
MayRead = Callable[[Actor, ItemRow], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a file; `why` says why it stays, None where it travels."""

    item: rules.Item
    concern_id: UUID | None
    reference: str | None
    state: str | None
    is_open: bool
    size: int
    why: str | None
    made_of: Sequence[tuple[str, UUID]] = ()
    """The concerns, decisions and statuses that sight of it asks for."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A child's file, part by part."""

    parts: Sequence[Part]
    of_adults: frozenset[UUID] = frozenset()
    """Concerns in the adult register of which something else in the file tells: that is no part."""

    def travelling(self, kind: str) -> list[UUID]:
        """Ids of what travels of a kind."""
        return [part.item.id for part in self.parts if part.item.kind == kind and part.why is None]

    def all_of(self, kind: str) -> list[UUID]:
        """Ids of everything of a kind, whether it travels or not."""
        return [part.item.id for part in self.parts if part.item.kind == kind]

    def only(self, ids: frozenset[UUID]) -> "Sorted":
        """The file with nothing travelling but some things and what belongs to them."""
        return Sorted(
            [
                part
                if {part.item.id, part.concern_id} & ids
                else replace(part, why=part.why or "with_the_file")
                for part in self.parts
            ],
            self.of_adults,
        )

    def class_of(self, kind: str, id_: UUID) -> str:
        """The class of one part."""
        return next(
            part.item.confidentiality
            for part in self.parts
            if part.item.kind == kind and part.item.id == id_
        )


async def sort_file(
    driver: Driver, school_id: UUID, child_id: UUID, items: Sequence[Mapping[str, Any]]
) -> Sorted:
    """Everything in the child's file; `items` are those that a lead chose to let travel."""
    rows = await stored.contents(driver, school_id, child_id)
    gates = await _gates(driver, school_id, child_id, rows)
    moved = [(row, _in_adult_register(row, gates)) for row in rows]
    rows = [row for row, concerns in moved if not concerns]
    chosen = rules.chosen_of(items)
    parts = [replace(_part(row, gates, chosen), made_of=_keys(row)) for row in rows]
    staying = {part.item.id: part.why for part in parts if part.item.kind == "concern" and part.why}
    of_adults = frozenset[UUID]().union(*(concerns for _, concerns in moved))
    return Sorted([_with_concern(part, staying) for part in parts], of_adults)


def _in_adult_register(row: Mapping[str, Any], gates: Mapping[Key, ItemRow]) -> frozenset[UUID]:
    """Concerns in the adult register of which a share, a referral or a decision tells."""
    return frozenset(
        gate.access.id
        for key in _keys(row)
        if key in gates
        for gate in gates[key].gates
        if gate.access is not None and gate.confidentiality == ADULTS_ONLY
    )


def _part(
    row: Mapping[str, Any],
    gates: Mapping[tuple[str, UUID], ItemRow],
    chosen: frozenset[tuple[str, UUID]],
) -> Part:
    item = rules.Item(row["kind"], row["id"], _class(row, gates), row["several"])
    of_concern = row["kind"] in ("concern", "action", "attachment")
    wrong = of_concern and row["state"] == "entered_in_error"
    why = "entered_in_error" if wrong else rules.stays(item, chosen)
    if item.kind == "record" and not goes(str(row["state"])):
        why = STAYS
    if row["kept"] in NOT_LOOKED_AT and not wrong:
        return Part(
            item, row["concern_id"], row["reference"], row["state"], False, row["size"], row["kept"]
        )
    if item.kind in ("action", "attachment") and why == "sealed":
        why = None  # as its concern does
    if item.kind == "attachment" and why is None:
        why = rules.stays(rules.Item("attachment", item.id, LEAST, item.several), chosen)
    return Part(
        item, row["concern_id"], row["reference"], row["state"], row["is_open"], row["size"], why
    )


def _with_concern(part: Part, staying: Mapping[UUID, str]) -> Part:
    """What belongs to a concern that stays does stay, too."""
    if part.concern_id is None or part.item.kind not in OF_CONCERN or part.why == STAYS:
        return part
    why = staying.get(part.concern_id)
    if why is None:
        return part
    return replace(part, why=why)


def _class(row: Mapping[str, Any], gates: Mapping[tuple[str, UUID], ItemRow]) -> str:
    if row["confidentiality"] is not None:
        return str(row["confidentiality"])
    items = [
        gate.confidentiality
        for key in _keys(row)
        if key in gates
        for gate in gates[key].gates
        if gate.confidentiality is not None
    ]
    return highest_class(items)


def _keys(row: Mapping[str, Any]) -> list[tuple[str, UUID]]:
    """The items that a thing is as strict as."""
    if row["kind"] in ("decision", "status", "record"):
        return [(row["kind"], row["id"])]
    keys = [(item["kind"], UUID(item["id"])) for item in orjson.loads(row["items"] or "[]")]
    return [*keys, ("concern", row["concern_id"])] if row["concern_id"] else keys


async def _gates(
    driver: Driver, school_id: UUID, child_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, UUID], ItemRow]:
    items = [item for row in rows if row["items"] for item in orjson.loads(row["items"])]
    items += [
        {"kind": "decision", "id": str(row["id"])} for row in rows if row["kind"] == "decision"
    ]
    concerns = [
        row["concern_id"] for row in rows if row["kind"] == "referral" and row["concern_id"]
    ]
    asked = Chosen.of(keys_of(items), concerns)
    if not any(asked.values):
        return {}
    return await shared_items.items_of(driver, school_id, child_id, asked)


async def file_of(work: UnitOfWork, transfer: Transfer) -> Sorted:
    """The child's file as this transfer sorts it now."""
    driver = await work.driver()
    return await sort_file(driver, transfer.school_id, transfer.child_id, transfer.items)


async def seen_parts(work: UnitOfWork, child_id: UUID, parts: Sequence[Part]) -> list[Part]:
    """Those of the parts that this reader may see, by class and by every concern behind them."""
    rows = await _rows(work, parts)
    return [part for part in parts if _is_seen(work.actor, child_id, part, rows, sees)]


async def check_whole(work: UnitOfWork, transfer: Transfer, result: Sorted | None = None) -> None:
    """Raise `ItemsHidden` unless the actor sees everything that travels, and not by a grant.

    Somebody who does is told, so that the file is not left lying.
    """
    result = result or await file_of(work, transfer)
    going = [part for part in result.parts if part.why is None]
    rows = await _rows(work, going)
    if all(_is_seen(work.actor, transfer.child_id, item, rows, passes_on) for item in going):
        return
    other = await _who_sees(work, transfer, going, rows)
    if other is not None and other != transfer.owner_id:
        async with open_work(work.database, Actor.system(transfer.school_id)) as apart:
            tell(apart, other, DUE, about=(rules.TRANSFER, transfer.id))
    raise ItemsHidden(transfer.id)


async def tell_who_sees(work: UnitOfWork, transfer: Transfer) -> None:
    """Tell somebody else of a transfer whose owner may not see the whole file."""
    file = await file_of(work, transfer)
    going = [part for part in file.parts if part.why is None]
    other = await _who_sees(work, transfer, going, await _rows(work, going))
    if other is not None and other != transfer.owner_id:
        tell(work, other, DUE, about=(rules.TRANSFER, transfer.id))


async def other_leads(work: UnitOfWork, transfer: Transfer) -> list[UUID]:
    """All others who read transfers hear of it, because one person alone decided."""
    items = {
        item.id
        for item in await people_here(work)
        if transfer.child_id not in item.locked_out
        and any(Permission.TRANSFER_READ in rights.permissions for rights in item.rights)
    }
    return sorted(items - {work.actor.id})


async def _rows(work: UnitOfWork, parts: Sequence[Part]) -> Rows:
    keys = list({key: None for part in parts for key in part.made_of})
    items = [{"kind": kind, "id": str(id_)} for kind, id_ in keys]
    return dict(zip(keys, await rows_of(work, items), strict=True))


def _is_seen(actor: Actor, child_id: UUID, part: Part, rows: Rows, may: MayRead) -> bool:
    behind = [rows[key] for key in part.made_of]
    if not all(row is not None and may(actor, row) for row in behind):
        return False
    return bool(behind) or bool(policy.may_see_class(actor, part.item.confidentiality, child_id))


async def _who_sees(
    work: UnitOfWork, transfer: Transfer, going: Sequence[Part], rows: Rows
) -> UUID | None:
    """The owner where they see all of it; otherwise who is next by role; None where nobody does."""
    concerns = [gate.access for row in rows.values() if row for gate in row.gates if gate.access]
    about = {transfer.child_id, *(concern.id for concern in concerns)}
    about |= {child for concern in concerns for child in concern.children}
    classes = {item.item.confidentiality for item in going}
    able = [item for item in await people_here(work) if _sees_all(item, classes, about)]
    if any(item.id == transfer.owner_id for item in able):
        return transfer.owner_id
    order = {str(role): place for place, role in enumerate(ORDER)}
    able.sort(key=lambda item: (item.away, min(order.get(role, 9) for role in item.roles)))
    return able[0].id if able else None


def _sees_all(person: Person, classes: set[str], about: set[UUID]) -> bool:
    """Whether somebody may approve transfers, reads all classes, and is locked out of nothing."""
    return person.locked_out.isdisjoint(about) and any(
        Permission.TRANSFER_APPROVE in rights.permissions and classes <= rights.classes
        for rights in person.rights
    )

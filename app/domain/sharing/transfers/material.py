"""Sorts a child's file into what travels and what stays, with the reason for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from app.db.repositories import shared_items
from app.db.repositories.shared_items import Chosen, ItemRow, keys_of
from app.db.repositories.sharing import transfer_reads as stored
from app.db.session import Driver
from app.domain.sharing.leaving.kinds import STAYS, goes
from app.domain.sharing.shares.rules import highest_class
from app.domain.sharing.transfers import rules

LEAST = "K2"
OF_CONCERN = ("action", "attachment", "record")
"""What stays where its concern does."""
QUARANTINED = "quarantined"
NOT_LOOKED_AT = (QUARANTINED, "held")
"""States of a file that is not let out: malware in it, or nobody has looked yet."""


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

    def travelling(self, kind: str) -> list[UUID]:
        """Ids of what travels of a kind."""
        return [one.item.id for one in self.parts if one.item.kind == kind and one.why is None]

    def all_of(self, kind: str) -> list[UUID]:
        """Ids of everything of a kind, whether it travels or not."""
        return [one.item.id for one in self.parts if one.item.kind == kind]

    def only(self, ids: frozenset[UUID]) -> "Sorted":
        """The file with nothing travelling but some things and what belongs to them."""
        return Sorted(
            [
                one
                if {one.item.id, one.concern_id} & ids
                else replace(one, why=one.why or "with_the_file")
                for one in self.parts
            ]
        )

    def class_of(self, kind: str, id_: UUID) -> str:
        """The class of one part."""
        return next(
            one.item.confidentiality
            for one in self.parts
            if one.item.kind == kind and one.item.id == id_
        )


async def sort_file(
    driver: Driver, school_id: UUID, child_id: UUID, items: Sequence[Mapping[str, Any]]
) -> Sorted:
    """Everything in the child's file; `items` are those that a lead chose to let travel."""
    rows = await stored.contents(driver, school_id, child_id)
    gates = await _gates(driver, school_id, child_id, rows)
    chosen = rules.chosen_of(items)
    parts = [replace(_part(row, gates, chosen), made_of=_keys(row)) for row in rows]
    staying = {one.item.id: one.why for one in parts if one.item.kind == "concern" and one.why}
    return Sorted([_with_concern(one, staying) for one in parts])


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
    found = [
        gate.confidentiality
        for key in _keys(row)
        if key in gates
        for gate in gates[key].gates
        if gate.confidentiality is not None
    ]
    return highest_class(found)


def _keys(row: Mapping[str, Any]) -> list[tuple[str, UUID]]:
    """The items that a thing is as strict as."""
    if row["kind"] in ("decision", "status", "record"):
        return [(row["kind"], row["id"])]
    keys = [(one["kind"], UUID(one["id"])) for one in orjson.loads(row["items"] or "[]")]
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

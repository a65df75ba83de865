"""Sort a child's whole file: what travels, what stays, and who sees all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.core.words import Actor, Conflicts, Permission, Rights, Role
from app.db.facts import Facts, facts_of
from app.db.models import Transfer
from app.db.repositories.sharing import child_files as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.access.share_access.errors import ItemsHidden
from app.domain.access.share_access.rules import STAYS, goes
from app.domain.adults.moved_work.commands import ADULTS_ONLY
from app.domain.common.alerts.commands import tell
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import Person, rank
from app.domain.kinds import registry
from app.domain.sharing.record_redaction.rules import highest_class
from app.domain.sharing.transfers import rules

LEAST = "K2"
QUARANTINED = "quarantined"
NOT_LOOKED_AT = (QUARANTINED, "held")
"""States of an attachment that may not leave: it holds malware, or has not been scanned."""
WRONG = "entered_in_error"
DUE = "transfer_due"


@dataclass(frozen=True, slots=True)
class Part:
    """One record of a file; `why` is the reason it stays, None if it travels."""

    item: rules.Item
    concern_id: UUID | None
    reference: str | None
    state: str | None
    is_open: bool
    size: int
    why: str | None
    facts: Facts
    """Facts that decide who sees it, by the rule of its kind."""

    @property
    def ids(self) -> frozenset[UUID]:
        """Its own ID and that of its concern."""
        return frozenset(id_ for id_ in (self.item.id, self.concern_id) if id_ is not None)


@dataclass(frozen=True, slots=True)
class Sorted:
    """A child's file, part by part."""

    parts: Sequence[Part]
    of_adults: frozenset[UUID] = frozenset()
    """Adult register concerns that other records of the file mention; they are not parts of it."""

    @property
    def going(self) -> list[Part]:
        """Parts that travel."""
        return [part for part in self.parts if part.why is None]

    def travelling(self, kind: str) -> list[UUID]:
        """IDs of the travelling parts of a kind."""
        return [part.item.id for part in self.parts if part.item.kind == kind and part.why is None]

    def all_of(self, kind: str) -> list[UUID]:
        """Ids of everything of a kind, whether it travels or not."""
        return [part.item.id for part in self.parts if part.item.kind == kind]

    def only(self, ids: frozenset[UUID]) -> "Sorted":
        """The file with only some parts travelling, and what belongs to them."""
        return Sorted(
            [
                part if part.ids & ids else replace(part, why=part.why or "with_the_file")
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
    """Load everything in the child's file; `items` are those a lead chose to let travel."""
    rows = await stored.contents(driver, school_id, child_id)
    facts = await _facts(driver, school_id, rows)
    chosen = rules.chosen_of(items)
    of_adults = {row["id"]: _in_adult_register(facts[row["id"]]) for row in rows}
    parts = [_part(row, facts[row["id"]], chosen) for row in rows if not of_adults[row["id"]]]
    staying = {part.item.id: part.why for part in parts if part.item.kind == "concern" and part.why}
    return Sorted(
        [_with_concern(part, staying) for part in parts],
        frozenset[UUID]().union(*of_adults.values()),
    )


async def _facts(
    driver: Driver, school_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> Mapping[UUID, Facts]:
    """Facts of each record of the file, by its ID: one statement for each kind."""
    ids: dict[str, list[UUID]] = {}
    for row in rows:
        ids.setdefault(row["kind"], []).append(row["id"])
    known = registry()
    result: dict[UUID, Facts] = {}
    for name, of_kind in ids.items():
        result |= await facts_of(driver, school_id, known[name].model, of_kind)
    return result


def _in_adult_register(facts: Facts) -> frozenset[UUID]:
    """Concerns in the adult register of which a share, a referral or a decision tells."""
    return frozenset(of.id for of in facts.item_concerns if of.confidentiality == ADULTS_ONLY)


def _part(row: Mapping[str, Any], facts: Facts, chosen: frozenset[tuple[str, UUID]]) -> Part:
    item = rules.Item(row["kind"], row["id"], _class(row, facts), row["several"])
    return Part(
        item, row["concern_id"], row["reference"], row["state"], row["is_open"], row["size"],
        _why_it_stays(row, item, chosen), facts,
    )  # fmt: skip


def _why_it_stays(
    row: Mapping[str, Any], item: rules.Item, chosen: frozenset[tuple[str, UUID]]
) -> str | None:
    if row["state"] == WRONG:
        return WRONG
    if row["kept"] in NOT_LOOKED_AT:
        return str(row["kept"])
    if item.kind == "record" and not goes(str(row["state"])):
        return STAYS
    if registry()[item.kind].model.hangs_on_concern() and item.confidentiality == "K5":
        item = replace(item, confidentiality=LEAST)  # released with the chosen concern
    return rules.stays(item, chosen)


def _with_concern(part: Part, staying: Mapping[UUID, str]) -> Part:
    """Keep back what belongs to a concern that stays.

    A record made of items does not belong to one of them: it is as strict as all of them.
    """
    made_of_items = registry()[part.item.kind].model.stored().items
    if part.concern_id is None or made_of_items or part.why == STAYS:
        return part
    return replace(part, why=staying.get(part.concern_id, part.why))


def _class(row: Mapping[str, Any], facts: Facts) -> str:
    """Its class; a record made of items has the strictest class among them."""
    if row["confidentiality"] is not None:
        return str(row["confidentiality"])
    gates = [gate for made in facts.items if made is not None for gate in made.gates]
    return highest_class([gate.confidentiality for gate in gates if gate.confidentiality])


async def file_of(work: UnitOfWork, transfer: Transfer) -> Sorted:
    """The child's file as this transfer sorts it now."""
    driver = await work.driver()
    return await sort_file(driver, transfer.school_id, transfer.child_id, transfer.items)


def seen_parts(actor: Actor, parts: Sequence[Part]) -> list[Part]:
    """Parts that a reader may open, each by the rule of its kind."""
    return [part for part in parts if _is_seen(actor, part)]


def _is_seen(actor: Actor, part: Part) -> bool:
    return registry()[part.item.kind].shows(actor, part.facts)


def _sees_all(actor: Actor, parts: Sequence[Part]) -> bool:
    """Whether someone sees everything without a grant: a copy would make a grant permanent."""
    apart = replace(actor, grants=())
    return all(_is_seen(apart, part) for part in parts)


async def _travelling(
    work: UnitOfWork, transfer: Transfer, result: Sorted | None = None
) -> list[Part] | None:
    """What travels; a packet that is already made counts with all that is in it.

    None if the packet tells of a concern that has since moved to the adult register.
    """
    driver, school_id = await work.driver(), transfer.school_id
    if await stored.tells_of_adults(driver, school_id, transfer.packet_id):
        return None
    result = result or await file_of(work, transfer)
    packed = await stored.packed(driver, school_id, transfer.packet_id)
    return [part for part in result.parts if part.why is None or packed & part.ids]


async def sees_whole(work: UnitOfWork, transfer: Transfer) -> bool:
    """Whether the actor sees everything that travels without a grant."""
    going = await _travelling(work, transfer)
    return going is not None and _sees_all(work.actor, going)


async def check_whole(work: UnitOfWork, transfer: Transfer, result: Sorted | None = None) -> None:
    """Raise `ItemsHidden` unless the actor sees everything that travels without a grant.

    Someone who does see it is alerted, so that the file is not left. Nobody opens a packet with a
    concern that has since moved to the adult register: another is made.
    """
    going = await _travelling(work, transfer, result)
    if going is None:
        raise ItemsHidden(transfer.id)
    if _sees_all(work.actor, going):
        return
    other = await _who_sees(work, transfer, going)
    if other is not None and other != transfer.owner_id:
        async with open_work(work.database, Actor.system(transfer.school_id)) as apart:
            tell(apart, other, DUE, about=(rules.TRANSFER, transfer.id))
    raise ItemsHidden(transfer.id)


async def tell_who_sees(work: UnitOfWork, transfer: Transfer) -> None:
    """Alert another person to a transfer whose owner may not see the whole file."""
    other = await _who_sees(work, transfer, (await file_of(work, transfer)).going)
    if other is not None and other != transfer.owner_id:
        tell(work, other, DUE, about=(rules.TRANSFER, transfer.id))


async def other_leads(work: UnitOfWork, transfer: Transfer) -> list[UUID]:
    """Other people who read transfers, alerted because one person decided alone."""
    readers = {
        person.id
        for person in await people_here(work)
        if transfer.child_id not in person.locked_out
        and any(Permission.TRANSFER_READ in rights.permissions for rights in person.rights)
    }
    return sorted(readers - {work.actor.id})


async def _who_sees(work: UnitOfWork, transfer: Transfer, going: Sequence[Part]) -> UUID | None:
    """The owner if they see all of it, otherwise the next by role; None if nobody does."""
    able = [person for person in await people_here(work) if _may_let_go(person, transfer, going)]
    if any(person.id == transfer.owner_id for person in able):
        return transfer.owner_id
    able.sort(key=lambda person: (person.away, rank(person)))
    return able[0].id if able else None


def _may_let_go(person: Person, transfer: Transfer, going: Sequence[Part]) -> bool:
    """Whether someone may approve transfers and would see all of this one."""
    return transfer.child_id not in person.locked_out and any(
        Permission.TRANSFER_APPROVE in rights.permissions
        and _sees_all(_as_reader(person, rights, transfer.school_id), going)
        for rights in person.rights
    )


def _as_reader(person: Person, rights: Rights, school_id: UUID) -> Actor:
    """A person as a reader with the rights of one of their roles."""
    return Actor(
        person.id, school_id, Role.CUSTOM, rights=rights,
        conflicts=Conflicts(person.locked_out, person.locked_out),
    )  # fmt: skip

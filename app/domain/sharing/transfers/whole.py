"""Who sees the whole of a file: they alone let it go, and open what was made of it."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Transfer
from app.db.repositories.shared_items import ItemRow
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.access.checks.items import passes_on, sees
from app.domain.access.checks.sharing import ItemsHidden, rows_of
from app.domain.alerts.telling import tell
from app.domain.duty.owners.rules import ORDER, Person
from app.domain.duty.owners.settling import people_here
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.material import Part, Sorted, sort_file

DUE = "transfer_due"
Key = tuple[str, UUID]
Rows = Mapping[Key, ItemRow | None]
MayRead = Callable[[Actor, ItemRow], bool]


async def file_of(work: UnitOfWork, transfer: Transfer) -> Sorted:
    """The child's file as this transfer sorts it now."""
    driver = await work.driver()
    return await sort_file(driver, transfer.school_id, transfer.child_id, transfer.items)


async def seen_parts(work: UnitOfWork, child_id: UUID, parts: Sequence[Part]) -> list[Part]:
    """Those of the parts that this reader may see, by class and by every concern behind them."""
    rows = await _rows(work, parts)
    return [one for one in parts if _is_seen(work.actor, child_id, one, rows, sees)]


async def check_whole(work: UnitOfWork, transfer: Transfer, found: Sorted | None = None) -> None:
    """Raise `ItemsHidden` unless the actor sees everything that travels, and not by a grant.

    Somebody who does is told, so that the file is not left lying.
    """
    found = found or await file_of(work, transfer)
    going = [one for one in found.parts if one.why is None]
    rows = await _rows(work, going)
    if all(_is_seen(work.actor, transfer.child_id, one, rows, passes_on) for one in going):
        return
    other = await _who_sees(work, transfer, going, rows)
    if other is not None and other != transfer.owner_id:
        async with open_work(work.database, Actor.system(transfer.school_id)) as apart:
            tell(apart, other, DUE, about=(rules.TRANSFER, transfer.id))
    raise ItemsHidden(transfer.id)


async def tell_who_sees(work: UnitOfWork, transfer: Transfer) -> None:
    """Tell somebody else of a transfer whose owner may not see the whole file."""
    found = await file_of(work, transfer)
    going = [one for one in found.parts if one.why is None]
    other = await _who_sees(work, transfer, going, await _rows(work, going))
    if other is not None and other != transfer.owner_id:
        tell(work, other, DUE, about=(rules.TRANSFER, transfer.id))


async def other_leads(work: UnitOfWork, transfer: Transfer) -> list[UUID]:
    """All others who read transfers hear of it, because one person alone decided."""
    told = {
        one.id
        for one in await people_here(work)
        if transfer.child_id not in one.locked_out
        and any(Permission.TRANSFER_READ in rights.permissions for rights in one.rights)
    }
    return sorted(told - {work.actor.id})


async def _rows(work: UnitOfWork, parts: Sequence[Part]) -> Rows:
    keys = list({key: None for one in parts for key in one.made_of})
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
    """The owner where they see all of it; else who is next by role; None where nobody does."""
    sights = [gate.sight for row in rows.values() if row for gate in row.gates if gate.sight]
    about = {transfer.child_id, *(one.id for one in sights)}
    about |= {child for one in sights for child in one.children}
    classes = {one.item.confidentiality for one in going}
    able = [one for one in await people_here(work) if _sees_all(one, classes, about)]
    if any(one.id == transfer.owner_id for one in able):
        return transfer.owner_id
    order = {str(role): place for place, role in enumerate(ORDER)}
    able.sort(key=lambda one: (one.away, min(order.get(role, 9) for role in one.roles)))
    return able[0].id if able else None


def _sees_all(person: Person, classes: set[str], about: set[UUID]) -> bool:
    """Whether somebody may approve transfers, reads all classes, and is locked out of nothing."""
    return person.locked_out.isdisjoint(about) and any(
        Permission.TRANSFER_APPROVE in rights.permissions and classes <= rights.classes
        for rights in person.rights
    )

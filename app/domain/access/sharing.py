"""Who reaches agencies, shares and referrals, and the items they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Agency, Referral, Share
from app.db.reading import Reading
from app.db.repositories import sharing_reads
from app.db.repositories.sharing_reads import Chosen, Gate, ItemRow
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import facts_of
from app.domain.errors import (
    AgencyNotFound,
    FieldProblem,
    Forbidden,
    ReferralNotFound,
    ShareNotFound,
    ValidationFailed,
    VersionStale,
)

Item = Mapping[str, Any]


class ItemsHidden(Forbidden):
    code = "items_hidden"
    title = "It holds items that you may not see."
    advice = "Ask a safeguarding lead who may see all of them."

    def __init__(self, noun_id: UUID | None = None) -> None:
        super().__init__()
        self.noun_id = noun_id


async def agency_for(
    work: UnitOfWork, agency_id: UUID, permission: Permission, *, lock: bool = False
) -> Agency:
    """The agency. Raises `PermissionMissing`, `AgencyNotFound`."""
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Agency, agency_id)
    if found is None:
        raise AgencyNotFound
    return found


async def share_for(
    work: UnitOfWork, share_id: UUID, permission: Permission, *, lock: bool = False
) -> Share:
    """The share. Raises `PermissionMissing`, `ShareNotFound`,

    `ItemsHidden` (what is written in it tells of an item that may not be seen).
    """
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Share, share_id)
    if found is None:
        raise ShareNotFound
    await _require_all_visible(work, found.id, found.items)
    return found


async def referral_for(
    work: UnitOfWork, referral_id: UUID, permission: Permission, *, lock: bool = False
) -> Referral:
    """The referral. Raises `PermissionMissing`, `ReferralNotFound`,

    `ItemsHidden` (it comes from a concern, or holds an item, that may not be seen).
    """
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Referral, referral_id)
    if found is None:
        raise ReferralNotFound
    await _require_all_visible(work, found.id, with_source(found.items, found.concern_id))
    return found


def check_version(row: Share | Referral | Agency, seen: int) -> None:
    """Raise `VersionStale` unless the writer saw the present version."""
    if row.version != seen:
        raise VersionStale


async def decision_for(work: UnitOfWork, child_id: UUID, decision_id: UUID) -> UUID:
    """The id of a decision about the child that this person may see.

    Raises `ValidationFailed`.
    """
    if not await _reaches(work, child_id, {"kind": "decision", "id": str(decision_id)}):
        problem = FieldProblem("/decision_id", "unknown_decision", "There is no such decision.")
        raise ValidationFailed(problems=[problem])
    return decision_id


async def check_concern(work: UnitOfWork, child_id: UUID, concern_id: UUID) -> None:
    """Raise `ValidationFailed` unless it is a concern about the child that may be seen."""
    if not await _reaches(work, child_id, {"kind": "concern", "id": str(concern_id)}):
        problem = FieldProblem("/concern_id", "unknown_concern", "This child has no such concern.")
        raise ValidationFailed(problems=[problem])


async def _require_all_visible(work: UnitOfWork, noun_id: UUID, items: Sequence[Item]) -> None:
    """Raise `ItemsHidden` unless this person may see every item."""
    if not all(_may_see(work.actor, row) for row in await _look_up(work, None, items)):
        raise ItemsHidden(noun_id)


async def seen_whole(reading: Reading, found: Mapping[UUID, Sequence[Item]]) -> dict[UUID, bool]:
    """Whether this person may see every item of each share or referral, by its id."""
    ids = chosen([item for items in found.values() for item in items])
    rows = await sharing_reads.items_of(reading.driver, reading.actor.school_id, None, ids)
    return {
        id_: all(
            _may_see(reading.actor, rows.get((item["kind"], UUID(item["id"])))) for item in items
        )
        for id_, items in found.items()
    }


def with_source(items: Sequence[Item], concern_id: UUID | None) -> Sequence[Item]:
    """The items of a referral, and the concern that it comes from."""
    return items if concern_id is None else [*items, {"kind": "concern", "id": str(concern_id)}]


async def check_items(work: UnitOfWork, child_id: UUID, items: Sequence[Item]) -> None:
    """Every item exists, is about the child and may be seen; else `ValidationFailed`.

    One that may not be seen is answered like one that does not exist.
    """
    found = await _look_up(work, child_id, items)
    lengths = await _lengths(work, items)
    problems: list[FieldProblem] = []
    for place, (item, row) in enumerate(zip(items, found, strict=True)):
        pointer = f"/items/{place}"
        if row is None or not row.about or not _may_see(work.actor, row):
            problems.append(
                FieldProblem(f"{pointer}/id", "unknown_item", "This child has no such item.")
            )
        else:
            texts = lengths.get(UUID(item["id"]), {})
            problems.extend(_outside(pointer, item.get("redactions") or (), texts))
    if problems:
        raise ValidationFailed(problems=problems)


async def _lengths(work: UnitOfWork, items: Sequence[Item]) -> dict[UUID, dict[UUID, int]]:
    """How long the texts are in which something is redacted, by concern."""
    redacted = [UUID(item["id"]) for item in items if item.get("redactions")]
    return await work.sharing.text_lengths(redacted) if redacted else {}


def _outside(
    pointer: str, redactions: Sequence[Mapping[str, Any]], lengths: Mapping[UUID, int]
) -> list[FieldProblem]:
    """Redactions that do not lie within a text of their concern."""
    return [
        FieldProblem(
            f"{pointer}/redactions/{place}",
            "redaction_outside",
            "It does not lie within a statement of this concern.",
        )
        for place, redaction in enumerate(redactions)
        if not 0
        <= redaction["start"]
        < redaction["end"]
        <= lengths.get(UUID(redaction["statement_id"]), -1)
    ]


def chosen(items: Sequence[Item], also: Sequence[UUID] = ()) -> Chosen:
    """The ids of the items by kind; `also` are further concerns. Each id once."""
    ids: dict[str, dict[UUID, None]] = {"concern": {}, "decision": {}, "status": {}}
    for item in items:
        ids[item["kind"]][UUID(item["id"])] = None
    concerns = {**ids["concern"], **dict.fromkeys(also)}
    return Chosen((*concerns,), (*ids["decision"],), (*ids["status"],))


async def _look_up(
    work: UnitOfWork, child_id: UUID | None, items: Sequence[Item]
) -> list[ItemRow | None]:
    """What decides about each item, in the items' order; None where there is no such item."""
    if not items:
        return []
    driver = await work.driver()
    found = await sharing_reads.items_of(driver, work.actor.school_id, child_id, chosen(items))
    return [found.get((item["kind"], UUID(item["id"]))) for item in items]


async def _reaches(work: UnitOfWork, child_id: UUID, item: Item) -> bool:
    """Whether an item is about the child and may be seen."""
    (row,) = await _look_up(work, child_id, [item])
    return row is not None and row.about and _may_see(work.actor, row)


def _may_see(actor: Actor, row: ItemRow | None) -> bool:
    return row is not None and all(_opens(actor, gate) for gate in row.gates)


def _opens(actor: Actor, gate: Gate) -> bool:
    if gate.sight is not None:
        return bool(policy.may_see_concern(actor, facts_of(actor, gate.sight)))
    return gate.own_class is None or bool(policy.may_see_class(actor, gate.own_class))

"""Who reaches agencies, shares and referrals, and the items they are made of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Agency, Referral, Share
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import sharing_reads
from app.db.repositories.sharing_reads import Chosen, Gate, ItemRow
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import in_conflict, reads_concern
from app.domain.errors import (
    AgencyNotFound,
    FieldProblem,
    Forbidden,
    NotFound,
    ReferralNotFound,
    ShareNotFound,
    ValidationFailed,
    VersionStale,
)
from app.domain.leaving import kinds as going

Item = Mapping[str, Any]
FOR_READING = "You were given sight of it to read it: somebody who reads it by role passes it on."


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
    """The share. Raises `PermissionMissing`, `ShareNotFound` (also for a conflict of interest),

    `ItemsHidden` (what is written in it tells of an item that may not be seen).
    """
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Share, share_id)
    if found is None:
        raise ShareNotFound
    await _check_file(work, permission, found, found.items, ShareNotFound)
    return found


async def referral_for(
    work: UnitOfWork, referral_id: UUID, permission: Permission, *, lock: bool = False
) -> Referral:
    """The referral. Raises `PermissionMissing`, `ReferralNotFound` (also for a conflict),

    `ItemsHidden` (it comes from a concern, or holds an item, that may not be seen).
    """
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Referral, referral_id)
    if found is None:
        raise ReferralNotFound
    items = with_source(found.items, found.concern_id)
    await _check_file(work, permission, found, items, ReferralNotFound)
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
    """Raise `ValidationFailed` unless it is a concern about the child that may be passed on."""
    (row,) = await _look_up(work, child_id, [{"kind": "concern", "id": str(concern_id)}])
    if row is None or not row.about or not sees(work.actor, row):
        problem = FieldProblem("/concern_id", "unknown_concern", "This child has no such concern.")
        raise ValidationFailed(problems=[problem])
    if not passes_on(work.actor, row):
        raise ValidationFailed(
            problems=[FieldProblem("/concern_id", "for_reading_only", FOR_READING)]
        )


async def _check_file(
    work: UnitOfWork,
    permission: Permission,
    found: Share | Referral,
    items: Sequence[Item],
    missing: type[NotFound],
) -> None:
    """Raise `missing` for somebody locked out or where it holds something sealed from them,

    `ItemsHidden` unless they may see every item.
    """
    rows = await _look_up(work, None, items)
    facts = file_facts(work.actor, found.child_id, rows)
    last = policy.file_chain(work.actor, permission, facts)[-1]
    if facts.in_conflict or any(_is_sealed(work.actor, row) for row in rows):
        raise missing
    if last.effect is policy.Effect.DENY:
        raise ItemsHidden(found.id)


def file_facts(actor: Actor, child_id: UUID, rows: Sequence[ItemRow | None]) -> policy.FileFacts:
    """What decides about opening a share or a referral, from the rows of its items."""
    sights = [gate.sight for row in rows if row for gate in row.gates if gate.sight]
    related = child_id in actor.conflicts.children
    return policy.FileFacts(
        in_conflict=related or any(in_conflict(actor, one.id, one.children) for one in sights),
        hidden=sum(not sees(actor, row) for row in rows),
    )


async def seen_whole(reading: Reading, found: Mapping[UUID, Sequence[Item]]) -> dict[UUID, bool]:
    """Whether this person may see every item of each share or referral, by its id.

    One that holds something sealed from them is missing.
    """
    ids = chosen([item for items in found.values() for item in items])
    rows = await sharing_reads.items_of(reading.driver, reading.actor.school_id, None, ids)
    made_of = {
        id_: [rows.get((item["kind"], UUID(item["id"]))) for item in items]
        for id_, items in found.items()
    }
    return {
        id_: all(sees(reading.actor, row) for row in items)
        for id_, items in made_of.items()
        if not any(_is_sealed(reading.actor, row) for row in items)
    }


async def page_of_files(
    reading: Reading,
    asked: PageOf,
    fetch: Callable[[PageOf], Awaitable[Sequence[Any]]],
    items: Callable[[Any], Sequence[Item]],
) -> Page[dict[str, Any]]:
    """Cards of the shares or referrals that hold nothing sealed from this person."""
    kept: list[Any] = []
    whole: dict[UUID, bool] = {}
    part = asked
    while True:
        rows = await fetch(part)
        seen = await seen_whole(reading, {row["id"]: items(row) for row in rows})
        whole |= seen
        kept += [row for row in rows if row["id"] in seen]
        if len(rows) < part.fetch or len(kept) >= asked.fetch:
            break
        part = replace(asked, after=Cursor(rows[-1]["drafted_at"], rows[-1]["id"]))
    return page_of(
        kept[: asked.fetch],
        asked,
        key=lambda row: Cursor(row["drafted_at"], row["id"]),
        shape=lambda row: _card_of(row, whole[row["id"]]),
    )


def _card_of(row: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    """A row of a list of shares or referrals, without what it is made of."""
    kept = {name: value for name, value in row.items() if name not in ("items", "concern_id")}
    return {**kept, "all_items_shown": whole}


def with_source(items: Sequence[Item], concern_id: UUID | None) -> Sequence[Item]:
    """The items of a referral, and the concern that it comes from."""
    return items if concern_id is None else [*items, {"kind": "concern", "id": str(concern_id)}]


async def check_items(work: UnitOfWork, child_id: UUID, items: Sequence[Item]) -> None:
    """Every item exists, is about the child and may be passed on; else `ValidationFailed`.

    One that may not be seen is answered like one that does not exist. What is seen by a grant
    or by broken glass alone is for reading.
    """
    found = await _look_up(work, child_id, items)
    lengths = await _lengths(work, items)
    problems: list[FieldProblem] = []
    for place, (item, row) in enumerate(zip(items, found, strict=True)):
        pointer = f"/items/{place}"
        if row is None or not row.about or not sees(work.actor, row):
            problems.append(
                FieldProblem(f"{pointer}/id", "unknown_item", "This child has no such item.")
            )
        elif not passes_on(work.actor, row):
            problems.append(FieldProblem(f"{pointer}/id", "for_reading_only", FOR_READING))
        elif row.record and not going.goes(row.record):
            problems.append(FieldProblem(f"{pointer}/id", going.STAYS, going.WHY))
        else:
            texts = lengths.get(UUID(item["id"]), {})
            problems.extend(_outside(pointer, item.get("redactions") or (), texts))
    if problems:
        raise ValidationFailed(problems=problems)


async def may_pass_on(work: UnitOfWork, child_id: UUID, items: Sequence[Item]) -> list[bool]:
    """Whether each item is about the child and may be passed on, in the items' order."""
    found = await _look_up(work, child_id, items)
    return [row is not None and row.about and passes_on(work.actor, row) for row in found]


async def may_go_out(work: UnitOfWork, items: Sequence[Item]) -> list[bool]:
    """Whether others may learn from the actor that each item is there: never of class K5."""
    found = await _look_up(work, None, items)
    return [
        row is not None
        and passes_on(work.actor, row)
        and all(gate.confidentiality != "K5" for gate in row.gates)
        for row in found
    ]


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
    ids: dict[str, dict[UUID, None]] = {"concern": {}, "decision": {}, "status": {}, "record": {}}
    for item in items:
        ids[item["kind"]][UUID(item["id"])] = None
    concerns = {**ids["concern"], **dict.fromkeys(also)}
    return Chosen((*concerns,), (*ids["decision"],), (*ids["status"],), (*ids["record"],))


async def _look_up(
    work: UnitOfWork, child_id: UUID | None, items: Sequence[Item]
) -> list[ItemRow | None]:
    """What decides about each item, in the items' order; None where there is no such item."""
    if not items:
        return []
    driver = await work.driver()
    found = await sharing_reads.items_of(driver, work.actor.school_id, child_id, chosen(items))
    return [found.get((item["kind"], UUID(item["id"]))) for item in items]


async def rows_of(work: UnitOfWork, items: Sequence[Item]) -> list[ItemRow | None]:
    """What decides about each item, in the items' order; None where there is no such item."""
    return await _look_up(work, None, items)


async def _reaches(work: UnitOfWork, child_id: UUID, item: Item) -> bool:
    """Whether an item is about the child and may be seen."""
    (row,) = await _look_up(work, child_id, [item])
    return row is not None and row.about and sees(work.actor, row)


def sees(actor: Actor, row: ItemRow | None) -> bool:
    """Whether the actor may read an item."""
    if row is None or (row.record and not policy.may(actor, Permission.SAFETY_READ)):
        return False
    return all(_opens(actor, gate) for gate in row.gates)


def passes_on(actor: Actor, row: ItemRow) -> bool:
    """Whether the actor sees an item without any grant: none can be made to last in a copy."""
    return sees(replace(actor, grants=()), row)


def _is_sealed(actor: Actor, row: ItemRow | None) -> bool:
    """Whether an item is of class K5 and not for this person: not even that it is there."""
    gates = row.gates if row else ()
    return any(gate.confidentiality == "K5" and not _opens(actor, gate) for gate in gates)


def _opens(actor: Actor, gate: Gate) -> bool:
    if gate.sight is not None:
        return reads_concern(actor, gate.sight)
    return gate.own_class is None or bool(policy.may_see_class(actor, gate.own_class))

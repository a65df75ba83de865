"""Finds agencies, shares and referrals for people who may reach them, and their items."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.cards import with_people
from app.db.facts import Facts
from app.db.item_visibility import for_opening
from app.db.models import Agency, Referral, Share
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import shared_items
from app.db.repositories.concern_facts import Pupil
from app.db.repositories.people import service_keys
from app.db.repositories.shared_items import Chosen, Gate, ItemRow, keys_of
from app.db.repositories.sharing import sharing_exceptions as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Reader
from app.domain import policy, visibility
from app.domain.access.share_access import rules
from app.domain.access.share_access.errors import (
    AgencyNotFound,
    ItemNotOfChild,
    ItemsHidden,
    ReferralNotFound,
    ShareNotFound,
    TellingBlocked,
)
from app.domain.errors import FieldProblem, PermissionMissing, StateConflict, ValidationFailed
from app.domain.kinds import KINDS
from app.domain.policy import Effect

Item = Mapping[str, Any]
UNKNOWN = ("unknown_item", "Cairn cannot find this item about the child.")
FOR_READING = (
    "You were given access only to read it. Ask a colleague whose role reads it to pass it on."
)

IN_ERROR = "A concern in it was entered in error: take it back."
NO_LONGER_READ = frozenset({"closed", "withdrawn"})
"""States in which an agency's link or key no longer reads a referral."""


GoesOut = Callable[[str], bool]
"""Whether someone outside receives it by a step taken in a state."""


def _stays(_state: str) -> bool:
    return False


def sees(actor: Actor, row: ItemRow | None) -> bool:
    """Whether the actor may open an item and everything behind it, by the rule of each."""
    return row is not None and all(_opens(actor, gate) for gate in row.gates)


def _opens(actor: Actor, gate: Gate) -> bool:
    facts = Facts(
        gate.id, own_class=gate.own_class, concern=gate.access, child=gate.child, marks=gate.marks
    )
    return KINDS[gate.kind].shows(actor, facts)


def passes_on(actor: Actor, row: ItemRow) -> bool:
    """Whether the actor sees an item without a grant: a copy would make a grant permanent."""
    return sees(replace(actor, grants=()), row)


def is_sealed(actor: Actor, row: ItemRow | None) -> bool:
    """Whether an item is sealed from this person, who must not even know that it exists.

    This differs from `sees`, and a list asks it of every row: it depends on the class alone
    (`app.db.item_visibility` asks it in SQL).
    """
    if row is None or "K5" in policy.readable_classes(actor):
        return False
    return any(
        gate.confidentiality in policy.SEALED and not _was_granted(actor, gate)
        for gate in row.gates
    )


def _was_granted(actor: Actor, gate: Gate) -> bool:
    of = gate.access
    return of is not None and bool(
        policy.granted_for(actor, "K5", concern_id=of.id, children=of.children)
    )


def _hidden(reader: Reader, facts: Facts) -> int:
    return sum(not sees(reader.actor, row) for row in facts.items)


EVERY_ITEM: visibility.Chain = visibility.First((
    visibility.Rule(
        "items", for_opening(lambda reader, facts: not _hidden(reader, facts)),
        Effect.ALLOW, Effect.DENY, yes="every item in it may be seen",
        no=lambda reader, facts: f"it holds {_hidden(reader, facts)} items that may not be seen",
    ),
))  # fmt: skip
"""Open what is made of items, whose text reveals every item."""


async def agency_for(
    work: UnitOfWork, agency_id: UUID, permission: Permission, *, lock: bool = False
) -> Agency:
    """The agency. Raises `PermissionMissing`, `AgencyNotFound`."""
    policy.require(work.actor, permission)
    result = await (work.sharing.lock if lock else work.sharing.find)(Agency, agency_id)
    if result is None:
        raise AgencyNotFound
    return result


async def share_for(
    work: UnitOfWork,
    share_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    goes_out: GoesOut = _stays,
) -> Share:
    """Find a share.

    Raises `PermissionMissing`, `ShareNotFound` (also for a conflict of interest), `ItemsHidden`
    (its text reveals an item the actor may not see), `ItemNotOfChild` (it `goes_out` in its state,
    and a correction gave an item to another child), `StateConflict` (an item is in error).
    """
    policy.require(work.actor, permission)
    result = await (work.sharing.lock if lock else work.sharing.find)(Share, share_id)
    if result is None:
        raise ShareNotFound
    rows = await _check_file(work, "share", result, lock=lock)
    if goes_out(result.state):
        _check_right(rows, drafted=result.state == "draft")
    return result


async def referral_for(
    work: UnitOfWork,
    referral_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    goes_out: GoesOut = _stays,
) -> Referral:
    """Find a referral.

    Raises `PermissionMissing`, `ReferralNotFound` (also for a conflict), `ItemsHidden` (it comes
    from a concern, or holds an item, that the actor may not see), `ItemNotOfChild` (as
    `share_for`).
    """
    policy.require(work.actor, permission)
    result = await (work.sharing.lock if lock else work.sharing.find)(Referral, referral_id)
    if result is None:
        raise ReferralNotFound
    rows = await _check_file(work, "referral", result, lock=lock)
    if goes_out(result.state):
        _check_right(rows, drafted=result.state == "draft")
    return result


async def decision_for(work: UnitOfWork, child_id: UUID, decision_id: UUID) -> UUID:
    """The id of a decision about the child that this person may see.

    Raises `ValidationFailed`.
    """
    if not await _reaches(work, child_id, {"kind": "decision", "id": str(decision_id)}):
        problem = FieldProblem(
            "/decision_id", "unknown_decision", "Cairn cannot find this decision."
        )
        raise ValidationFailed(problems=[problem])
    return decision_id


async def check_concern(work: UnitOfWork, child_id: UUID, concern_id: UUID) -> None:
    """Raise `ValidationFailed` unless it is a concern about the child that may be passed on."""
    item = {"kind": "concern", "id": str(concern_id)}
    (row,) = await _look_up(work, child_id, [item], hold=True)
    if row is None or not row.about or not sees(work.actor, row):
        problem = FieldProblem(
            "/concern_id", "unknown_concern", "Cairn cannot find this concern of the child."
        )
        raise ValidationFailed(problems=[problem])
    if not passes_on(work.actor, row):
        raise ValidationFailed(
            problems=[FieldProblem("/concern_id", "for_reading_only", FOR_READING)]
        )


async def _check_file(
    work: UnitOfWork, resource_type: str, share: Share | Referral, *, lock: bool
) -> Sequence[ItemRow | None]:
    """Raise `missing` for people who may not know of it, `ItemsHidden` if any item is hidden.

    An open share or referral itself keeps its concerns from moving.
    """
    hold = lock and share.ended_at is not None
    kind, reader = KINDS[resource_type], visibility.reader_of(work.actor)
    made_of = tuple(await _made_of(work, share, hold=hold))
    facts = Facts(share.id, child=Pupil(share.child_id, None, None), items=made_of)
    if not policy.decided(kind.visible.steps(reader, facts)):
        raise kind.missing
    if kind.whole is not None and not policy.decided(kind.whole.steps(reader, facts)):
        raise ItemsHidden(share.id)
    return made_of


async def _seen_whole(reading: Reading, found: Mapping[UUID, Sequence[Item]]) -> dict[UUID, bool]:
    """Whether this person may see every item of each share or referral, by its id."""
    keys = {id_: keys_of(items) for id_, items in found.items()}
    ids = Chosen.of(key for some in keys.values() for key in some)
    rows = await shared_items.items_of(reading.driver, reading.actor.school_id, None, ids)
    return {
        id_: all(sees(reading.actor, rows.get(key)) for key in some) for id_, some in keys.items()
    }


async def page_of_files(
    reading: Reading,
    asked: PageOf,
    rows: Sequence[Any],
    items: Callable[[Any], Sequence[Item]],
) -> Page[dict[str, Any]]:
    """Cards of the shares or referrals that this person may know of, from rows of their list."""
    whole = await _seen_whole(reading, {row["id"]: items(row) for row in rows})
    return page_of(rows, asked, key="drafted_at", shape=lambda row: _card_of(row, whole[row["id"]]))


def _card_of(row: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    """A row of a list of shares or referrals, without its items."""
    share = with_people(row, "owner")
    facts = {name: value for name, value in share.items() if name not in ("items", "concern_id")}
    return {**facts, "all_items_shown": whole}


def with_source(items: Sequence[Item], concern_id: UUID | None) -> Sequence[Item]:
    """The items of a referral, and its source concern."""
    return items if concern_id is None else [*items, {"kind": "concern", "id": str(concern_id)}]


async def check_items(work: UnitOfWork, child_id: UUID, items: Sequence[Item]) -> None:
    """Raise `ValidationFailed` unless each item exists, is about the child and may be passed on.

    A hidden item is answered like one that does not exist. Items seen only by grant or emergency
    access are for reading.
    """
    rows = await _look_up(work, child_id, items, hold=True)
    lengths = await _lengths(work, items)
    problems: list[FieldProblem] = []
    for index, (item, row) in enumerate(zip(items, rows, strict=True)):
        pointer = f"/items/{index}"
        if (why := why_it_stays(work.actor, row)) is not None:
            problems.append(FieldProblem(f"{pointer}/id", *why))
        else:
            texts = lengths.get(UUID(item["id"]), {})
            problems.extend(_outside(pointer, item.get("redactions") or (), texts))
    if problems:
        raise ValidationFailed(problems=problems)


def why_it_stays(actor: Actor, row: ItemRow | None) -> tuple[str, str] | None:
    """Why the actor may not put an item into a share or referral, as a code and a sentence."""
    if row is None or not row.about or not sees(actor, row):
        return UNKNOWN
    if not passes_on(actor, row):
        return "for_reading_only", FOR_READING
    return (rules.STAYS, rules.WHY) if row.record and not rules.goes(row.record) else None


async def _made_of(
    work: UnitOfWork, share: Share | Referral, *, hold: bool = False
) -> list[ItemRow | None]:
    items = with_source(share.items, getattr(share, "concern_id", None))
    return await _look_up(work, share.child_id, items, hold=hold)


def _check_right(rows: Sequence[ItemRow | None], *, drafted: bool) -> None:
    """Raise `ItemNotOfChild`; `StateConflict` for a concern in error that was frozen before.

    The approval of a draft points at each, and nothing delays an emergency.
    """
    if not _is_still_about(rows):
        raise ItemNotOfChild
    if not drafted and any(row is not None and row.in_error for row in rows):
        raise StateConflict(IN_ERROR)


def _is_still_about(rows: Iterable[ItemRow | None]) -> bool:
    """Whether no correction gave any of these items to another child."""
    return all(row is not None and row.about for row in rows)


async def may_pass_on(
    work: UnitOfWork, child_id: UUID, items: Sequence[Item], *, hold: bool = False
) -> list[bool]:
    """Whether each item is about the child and may be passed on, in the items' order.

    `hold` for items about to leave: none moves to the adult register meanwhile.
    """
    rows = await _look_up(work, child_id, items, hold=hold)
    return [row is not None and row.about and passes_on(work.actor, row) for row in rows]


async def may_go_out(work: UnitOfWork, items: Sequence[Item]) -> list[bool]:
    """Whether others may learn from the actor that each item is there: never of class K5."""
    rows = await _look_up(work, None, items)
    return [
        row is not None
        and passes_on(work.actor, row)
        and all(gate.confidentiality != "K5" for gate in row.gates)
        for row in rows
    ]


async def _lengths(work: UnitOfWork, items: Sequence[Item]) -> dict[UUID, dict[UUID, int]]:
    """Lengths of the texts with redactions, by concern."""
    redacted = [UUID(item["id"]) for item in items if item.get("redactions")]
    return await work.sharing.text_lengths(redacted) if redacted else {}


def _outside(
    pointer: str, redactions: Sequence[Mapping[str, Any]], lengths: Mapping[UUID, int]
) -> list[FieldProblem]:
    """Redactions that do not lie within a text of their concern."""
    return [
        FieldProblem(
            f"{pointer}/redactions/{index}",
            "redaction_outside",
            "This is not within a statement of this concern.",
        )
        for index, redaction in enumerate(redactions)
        if not 0
        <= redaction["start"]
        < redaction["end"]
        <= lengths.get(UUID(redaction["statement_id"]), -1)
    ]


async def _look_up(
    work: UnitOfWork, child_id: UUID | None, items: Sequence[Item], *, hold: bool = False
) -> list[ItemRow | None]:
    """Load what decides on each item, in the items' order; None for an unknown item."""
    if not items:
        return []
    driver, school_id, keys = await work.driver(), work.actor.school_id, keys_of(items)
    result = await shared_items.items_of(driver, school_id, child_id, Chosen.of(keys))
    if hold and not await shared_items.hold_concerns(driver, school_id, result.values()):
        result = await shared_items.items_of(driver, school_id, child_id, Chosen.of(keys))
    return [result.get(key) for key in keys]


async def _reaches(work: UnitOfWork, child_id: UUID, item: Item) -> bool:
    """Whether an item is about the child and may be seen."""
    (row,) = await _look_up(work, child_id, [item])
    return row is not None and row.about and sees(work.actor, row)


async def blocked(work: UnitOfWork, child_id: UUID, marks: Iterable[str]) -> bool:
    """Whether one of these marks (contact and reason) blocks while a pathway is open.

    For people who do not read pathways it always blocks: the answer must not reveal a pathway or a
    sharing exception.
    """
    return bool(await blocked_among(work, child_id, {child_id: marks}))


async def blocked_among(
    work: UnitOfWork, child_id: UUID, marks: Mapping[UUID, Iterable[str]]
) -> frozenset[UUID]:
    """As `blocked`, for several people, each with their marks; returns those who are blocked."""
    wanted = {id_: known for id_, of in marks.items() if (known := frozenset(of))}
    if not wanted or not _knows(work.actor):
        return frozenset(wanted)
    excepted = await stored.excepted(await work.driver(), work.actor.school_id, child_id, work.now)
    if excepted.since is None:
        return frozenset()
    return frozenset(id_ for id_, of in wanted.items() if not of <= excepted.marks)


def _knows(actor: Actor) -> bool:
    """Whether the actor's answer may depend on it: a link shows what was decided."""
    outside = actor.is_system or actor.role is Role.RECIPIENT
    return outside or policy.may(actor, Permission.SAFETY_READ).allowed


async def check_not_blocked(work: UnitOfWork, child_id: UUID, marks: Iterable[str]) -> None:
    """Raise `TellingBlocked` if `blocked`."""
    if await blocked(work, child_id, marks):
        raise TellingBlocked


async def sent_referral_for(work: UnitOfWork, referral_id: UUID) -> Referral:
    """Lock a referral that was sent to the actor.

    Starting the session proved whose link it is. Raises `PermissionMissing`, `ReferralNotFound`
    (also for a draft, for one sent to another agency or a retired one, for one closed or withdrawn,
    and if a concern in it is about another child).
    """
    require_agency(work.actor)
    referral = await work.sharing.lock(Referral, referral_id)
    if referral is None or referral.sent_at is None or referral.snapshot_id is None:
        raise ReferralNotFound
    if referral.state in NO_LONGER_READ or not _is_still_about(await _made_of(work, referral)):
        raise ReferralNotFound
    if work.actor.is_service and referral.agency_id != await agency_of_key(
        await work.driver(), work.actor
    ):
        raise ReferralNotFound
    return referral


def require_agency(actor: Actor) -> None:
    """Raise `PermissionMissing` unless the actor is an agency's key or behind a link."""
    if actor.is_service:
        policy.require(actor, Permission.REFERRAL_ANSWER)
    elif actor.role is not Role.RECIPIENT:
        raise PermissionMissing


async def agency_of_key(driver: Driver, actor: Actor) -> UUID | None:
    """Agency that a key belongs to; None once it is retired."""
    return await service_keys.agency_of(driver, actor.school_id, actor.id)

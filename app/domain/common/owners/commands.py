"""Give open work to another owner: lock it, record each change, and alert without content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.db.models import Concern, ConcernEvent, Referral, ReferralEvent
from app.db.repositories.duty import owners as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.common.owners import rules
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, counted
from app.domain.kinds import KINDS, handing_over, owned_kinds
from app.domain.steps import new

REASONS: Mapping[str, str] = {
    "conflict_of_interest": "The owner has a conflict of interest.",
    "membership_ended": "The owner's role ended.",
    "class_changed": "The owner may no longer read it.",
    "role_narrowed": "The owner's role may no longer do it.",
    "suspended": "The owner was suspended.",
    "deprovisioned": "The owner left the staff.",
    "owner_gone": "The owner can no longer act.",
    "handed_over": "The owner handed their work over.",
}
TOLD_EACH = 3
"""Up to this many concerns and actions get one alert each; more get one alert with counts."""


@dataclass(frozen=True, slots=True)
class Move:
    """A resource and its next owner."""

    thing: OwnedResource
    to: UUID


@dataclass(frozen=True, slots=True)
class Settled:
    """What got another owner, and what nobody can take."""

    moved: Sequence[Move]
    stuck: Sequence[OwnedResource]


async def settle_things(
    work: UnitOfWork, things: Sequence[OwnedResource], *, reason: str
) -> Settled:
    """Give each of the things to its next owner by the rules."""
    if not things:
        return Settled((), ())
    people = await people_here(work)
    of_concern = await _owners_of_concerns(work, things)
    moves: list[Move] = []
    stuck: list[OwnedResource] = []
    for thing in sorted(things, key=lambda item: item.resource_type != "concern"):
        first = of_concern.get(thing.concern_id) if thing.concern_id else None
        owner = rules.next_owner(people, thing, first)
        if owner is None or owner == thing.owner_id:
            stuck.append(thing)
            continue
        moves.append(Move(thing, owner))
        if thing.resource_type == "concern":
            of_concern[thing.id] = owner  # its actions and reviews follow it
    return Settled(await give(work, moves, reason), stuck)


async def settle_left(work: UnitOfWork, things: Sequence[OwnedResource], *, reason: str) -> Settled:
    """Give each to its next owner by the rules, in the adult register by rules of its own."""
    apart: dict[str, list[UUID]] = {}
    for thing in things:
        if rules.is_apart(thing.resource_type):
            apart.setdefault(thing.resource_type, []).append(thing.id)
    for resource_type, ids in apart.items():
        await handing_over(resource_type).settle(work, ids)
    rest = [item for item in things if not rules.is_apart(item.resource_type)]
    return await settle_things(work, rest, reason=reason)


async def _owners_of_concerns(
    work: UnitOfWork, things: Sequence[OwnedResource]
) -> dict[UUID, UUID]:
    concerns = [
        thing.concern_id
        for thing in things
        if thing.resource_type in ("action", "review") and thing.concern_id
    ]
    if not concerns:
        return {}
    return await stored.owners_of(await work.driver(), work.actor.school_id, concerns)


async def give(
    work: UnitOfWork, moves: Sequence[Move], cause: str, reason: str | None = None
) -> list[Move]:
    """Give each resource to its new owner and alert them; returns what was moved.

    Skips what ended or changed hands meanwhile. `reason` is a person's own words.
    """
    concerns = await _lock_concerns(work, moves)
    done: list[Move] = []
    for kind in owned_kinds():
        wanted = {move.thing.id: move for move in moves if move.thing.resource_type == kind.name}
        if not wanted:
            continue
        rows: Mapping[UUID, Any] = concerns
        if kind.name != "concern":
            rows = await _lock(work, kind.model, list(wanted))
        for id_ in sorted(wanted):
            row, move = rows.get(id_), wanted[id_]
            if row is None or not kind.is_open(row) or row.owner_id != move.thing.owner_id:
                continue
            _give(work, move, row, cause, reason or REASONS[cause])
            done.append(move)
    _touch_concerns(work, concerns, done)
    await work.session.flush()  # what locks a row next reads it again
    _tell(work, done)
    return done


def _touch_concerns(
    work: UnitOfWork, concerns: Mapping[UUID, Concern], done: Sequence[Move]
) -> None:
    """Give a concern a new version when its actions move: it shows their owners."""
    moved = {move.thing.id for move in done}
    changed = {move.thing.concern_id for move in done if move.thing.resource_type == "action"}
    for id_ in changed - moved:
        if id_ is not None and id_ in concerns:
            _touch(work, concerns[id_])


async def _lock_concerns(work: UnitOfWork, moves: Sequence[Move]) -> dict[UUID, Concern]:
    """Lock the concerns that move, and those whose actions move."""
    ids = [
        move.thing.concern_id
        for move in moves
        if move.thing.resource_type in ("concern", "action") and move.thing.concern_id is not None
    ]
    return await _lock(work, Concern, ids) if ids else {}


async def _lock(work: UnitOfWork, model: Any, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Rows by id, locked in the order of their ids."""
    return {row.id: row for row in await work.concerns.lock_all(model, list(ids))}


def _give(work: UnitOfWork, move: Move, row: Any, cause: str, reason: str) -> None:
    thing, before = move.thing, row.owner_id
    row.owner_id = move.to
    _touch(work, row)
    if isinstance(row, Concern):
        _note_step(work, row, move.to, cause, reason)
    if isinstance(row, Referral) and row.duty_of == before and row.sent_at is None:
        _note_duty(work, row, move.to, reason)
    work.record(
        KINDS[thing.resource_type].reassigned, thing.resource_type, thing.id,
        child_id=getattr(row, "child_id", None), reason=reason,
        before={"owner_id": before}, after={"owner_id": move.to},
        details={"from": before and str(before), "to": str(move.to), "because": cause},
    )  # fmt: skip


def _touch(work: UnitOfWork, row: Any) -> None:
    row.version += 1
    if hasattr(row, "changed_at"):
        row.changed_at = work.now


def _note_step(work: UnitOfWork, concern: Concern, owner: UUID, cause: str, reason: str) -> None:
    """Add a step to the concern's history. The system is not a member of staff and adds none."""
    if work.actor.is_system or work.actor.is_service:
        return
    row = new(
        work, ConcernEvent, concern_id=concern.id, verb="assigned", from_state=concern.state,
        to_state=concern.state, reason=reason, details={"owner_id": str(owner), "because": cause},
    )  # fmt: skip
    work.concerns.add(row)


def _note_duty(work: UnitOfWork, referral: Referral, owner: UUID, reason: str) -> None:
    """Record in a referral's events that its personal duty to report moved to another person."""
    work.sharing.add(
        ReferralEvent(
            school_id=work.actor.school_id,
            id=new_id(),
            referral_id=referral.id,
            kind="duty_moved",
            at=work.now,
            recorded_at=work.now,
            by_kind="system",
            text=reason,
            details={"to_staff": str(owner)},
        )
    )


def _tell(work: UnitOfWork, done: Sequence[Move]) -> None:
    """Alert each new owner except the actor: a few singly, many as one alert with counts.

    An unread concern with immediate danger always gets its own alert.
    """
    for person in dict.fromkeys(move.to for move in done):
        if person == work.actor.id:
            continue
        things = [move.thing for move in done if move.to == person]
        single = [item for item in things if item.resource_type in ("concern", "action")]
        each = single if len(single) <= TOLD_EACH else [item for item in single if item.urgent]
        for thing in each:
            _tell_of(work, person, thing)
        rest = [item for item in things if item not in each]
        if rest:
            urgent = any(item.urgent for item in rest)
            only = (rest[0].resource_type, rest[0].id) if len(rest) == 1 else None
            tell(work, person, "work_handed_over", urgent=urgent, about=only, counts=counted(rest))


def _tell_of(work: UnitOfWork, person: UUID, thing: OwnedResource) -> None:
    kind = thing.resource_type
    tell(
        work, person, f"{kind}_assigned", urgent=thing.urgent, concern_id=thing.concern_id,
        action_id=thing.id if kind == "action" else None, about=(kind, thing.id),
    )  # fmt: skip

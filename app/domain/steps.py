"""Declared changes of a record: the code that every change shares.

A step declares its permission, its audit verb and the state it leads to; its body holds only its
own work. It runs in five beats: find and lock the record, check version and state, change, record,
keep the clock. The route is made from the same declaration, so nobody can write a step without
If-Match or with undescribed failures.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Permission
from app.db import facts as row_facts
from app.db.facts import Facts
from app.db.models import Concern, SchoolRow, noun_of
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Atom
from app.domain import policy, visibility
from app.domain.common.deadlines.commands import stop_clock
from app.domain.errors import (
    CairnError,
    FileFrozen,
    FileLocked,
    Forbidden,
    PermissionMissing,
    VersionStale,
)
from app.domain.kinds import Kind, Row, children_of

ONLY_READING = "What you see through a grant or emergency access is for reading only."
Body = TypeVar("Body", bound=BaseModel)
UNRECORDED = frozenset({"version", "changed_at"})
MADE_AT = ("at", "set_at", "created_at", "made_at", "added_at", "recorded_at", "changed_at")
MADE_BY = ("by_id", "set_by", "created_by", "made_by", "added_by")
"""Columns that hold when a row was made and who made it."""
OURS = frozenset({"school_id", "by_role", "version"})
"""Columns of a new row that never come from a body or command, even with a field of that name."""
Details = Mapping[str, Any] | None
"""Further details for the audit log: ids, codes and field names, never a narrative."""


@dataclass(frozen=True, slots=True)
class Target(Generic[Row]):
    """A record that the actor may see, with the facts behind that decision."""

    kind: Kind[Row]
    row: Row
    facts: Facts
    concern: Concern | None = None
    """Its concern, locked for a change."""


Run = Callable[[UnitOfWork, Target[Row], Body], Awaitable[Details]]


@dataclass(frozen=True, slots=True)
class Step(Generic[Row, Body]):
    """One declared change."""

    kind: Kind[Row]
    name: str
    did: AuditEvent
    permission: Permission
    run: Run[Row, Body]
    body: type[Body]
    description: str
    ends: str | None = None
    """Ends the record: the reason its clock stops and, if the kind has states, its last state."""
    who: Atom | None = None
    refused: type[Forbidden] | None = None
    """`who` narrows the holders of the permission; everyone else gets `refused`."""
    errors: tuple[type[CairnError], ...] = ()
    """Errors its body raises. Missing, ended, stale, locked and forbidden need not be listed."""
    path: str = ""
    """Last part of its address. Empty for a change of fields (PATCH)."""
    by_password: bool = False
    """Whether a password alone is enough, as for everything that all staff may do."""

    def failures(self) -> tuple[type[CairnError], ...]:
        """List the step's own failures, for the description."""
        own = (self.refused,) if self.refused else ()
        return (self.kind.missing, self.kind.ended, *own, *self.errors)

    def may_take(self, actor: Actor, facts: Facts) -> bool:
        """Whether the actor could take the step on an open record that they may work on."""
        allowed = bool(policy.may(actor, self.permission))
        return allowed and self._is_for(actor, facts)

    async def __call__(self, work: UnitOfWork, id_: UUID, version: int, body: Body) -> Row:
        """Take the step; HTTP, jobs and the command line all call this.

        Raises `PermissionMissing`, `VersionStale`, the kind's `missing` and `ended`, what its
        guard raises, `refused` and `errors`.
        """
        policy.require(work.actor, self.permission)
        target = await find_target(work, self.kind, id_, lock=True)
        await check_may_work_on(work, target)
        row: Any = target.row
        if row.version != version:
            raise VersionStale
        if not self.kind.is_open(row):
            raise self.kind.ended
        if self.refused and not self._is_for(work.actor, target.facts):
            raise self.refused
        before = columns_of(row)
        details = await self.run(work, target, body)
        if self.ends is not None:
            end(work, row, self.ends)
        touch(work, row)
        if target.concern is not None:
            touch(work, target.concern)
        record_change(work, self.did, target, before, details)
        await work.session.flush()
        return target.row

    def _is_for(self, actor: Actor, facts: Facts) -> bool:
        return self.who is None or self.who.holds(visibility.reader_of(actor), facts)


def step(
    kind: Kind[Row], did: AuditEvent, permission: Permission, *, body: type[Body], **traits: Any
) -> Callable[[Run[Row, Body]], Step[Row, Body]]:
    """Declare a change of a kind; `traits` are the further fields of `Step`."""

    def declare(run: Run[Row, Body]) -> Step[Row, Body]:
        name: str = run.__name__
        traits.setdefault("path", name.removesuffix(f"_{kind.name}"))
        made = Step(kind, name, did, permission, run, body, run.__doc__ or "", **traits)
        kind.steps.append(made)
        return made

    return declare


async def find_target(
    work: UnitOfWork, kind: Kind[Row], id_: UUID, *, lock: bool = False
) -> Target[Row]:
    """Find a record that the actor may see; for a change, lock its concern, then the record.

    The concern is locked only if the kind has declared changes: they raise its version.

    Raises `PermissionMissing`, and the kind's `missing` for a row that the actor may not see.
    """
    kind.require(work.actor)
    concerns, concern = work.concerns, None
    of_concern = bool(kind.steps) and "concern_id" in kind.model.__table__.columns
    row = None if lock and not of_concern else await concerns.find(kind.model, id_)
    if lock and of_concern and row is not None:
        concern_id = row.concern_id  # type: ignore[attr-defined]
        concern = await concerns.lock(Concern, concern_id) if concern_id else None
    if lock and (row is not None or not of_concern):
        row = await concerns.lock(kind.model, id_)
    if row is None:
        raise kind.missing
    facts = (await facts_of(work, kind, id_)).get(id_)
    if facts is None or not kind.shows(work.actor, facts):
        raise kind.missing
    return Target(kind, row, facts, concern)


async def after_change(work: UnitOfWork, kind: Kind[Row], row: Row) -> Target[Row]:
    """Reload a record after a change, which may have ended the actor's own view of it."""
    return Target(kind, row, (await facts_of(work, kind, row.id))[row.id])


async def facts_of(work: UnitOfWork, kind: Kind[Any], id_: UUID) -> dict[UUID, Facts]:
    """Read the facts that decide on one row, by its ID. Empty if there is no such row."""
    return await row_facts.facts_of(await work.driver(), work.actor.school_id, kind.model, [id_])


async def sees(
    work: UnitOfWork, kind: Kind[Any], id_: UUID, chain: visibility.Chain | None = None
) -> bool:
    """Whether the actor may open a record, by `chain` if given, or by the kind's own rules."""
    facts = (await facts_of(work, kind, id_)).get(id_)
    if facts is None:
        return False
    *_, last = (chain or kind.opening).steps(visibility.reader_of(work.actor), facts)
    return last.effect is policy.Effect.ALLOW


async def known_among(work: UnitOfWork, kind: Kind[Any], ids: Sequence[UUID]) -> frozenset[UUID]:
    """IDs of the rows that a refusal may tell the actor of (`Kind.known`)."""
    if not ids:
        return frozenset()
    driver, reader = await work.driver(), visibility.reader_of(work.actor)
    facts = await row_facts.facts_of(driver, work.actor.school_id, kind.model, ids)
    return frozenset(
        id_ for id_, one in facts.items() if policy.decided(kind.known.steps(reader, one)).allowed
    )


def may_work_on(actor: Actor, target: Target[Any]) -> bool:
    """Whether the actor sees it by their role and not only by a grant."""
    return _sees_by_role(actor, target.kind, target.facts)


def _sees_by_role(actor: Actor, kind: Kind[Any], facts: Facts) -> bool:
    without_grants = visibility.reader_of(replace(actor, grants=()))
    return policy.decided(kind.visible.steps(without_grants, facts)).allowed


async def check_may_work_on(work: UnitOfWork, target: Target[Any]) -> None:
    """Raise `PermissionMissing` for people who may only read it, and the errors of its guard."""
    if not may_work_on(work.actor, target):
        raise PermissionMissing(ONLY_READING)
    if target.kind.guard is not None:
        await target.kind.guard(work, target.row)


async def check_changes(work: UnitOfWork, kind: Kind[Row], row: Row) -> None:
    """Check a row that a hand-written command has locked: the actor sees it, and may work on it.

    Raises the kind's `missing`, and as `check_may_work_on`.
    """
    facts = (await facts_of(work, kind, row.id)).get(row.id)
    if facts is None or not kind.shows(work.actor, facts):
        raise kind.missing
    await check_may_work_on(work, Target(kind, row, facts))


async def only_reads(work: UnitOfWork, kind: Kind[Any], ids: Collection[UUID]) -> set[UUID]:
    """Which of these visible rows the actor sees by a grant or emergency access alone."""
    if not work.actor.grants or not ids:
        return set()
    rows = await row_facts.facts_of(
        await work.driver(), work.actor.school_id, kind.model, sorted(ids)
    )
    return {id_ for id_, facts in rows.items() if not _sees_by_role(work.actor, kind, facts)}


async def lets_work_on(work: UnitOfWork, target: Target[Any]) -> bool:
    """Whether `check_may_work_on` lets the actor pass, for the `permissions` of an answer."""
    try:
        await check_may_work_on(work, target)
    except (PermissionMissing, FileLocked, FileFrozen):
        return False
    return True


def touch(work: UnitOfWork, row: Any) -> None:
    """Give a changed row a new version."""
    row.version += 1
    row.changed_at = work.now


def end(work: UnitOfWork, row: Any, reason: str) -> None:
    """End a row: the person and time, its state if it has one, and its clock."""
    row.ended_at, row.ended_by = work.now, work.actor.id
    if hasattr(row, "state"):
        row.state = reason
    stop_clock(work, row, reason)


def columns_of(row: SchoolRow) -> dict[str, Any]:
    """Every column except those that each change moves."""
    return {name: getattr(row, name) for name in set(row.__table__.columns.keys()) - UNRECORDED}


def record_change(
    work: UnitOfWork,
    did: AuditEvent,
    target: Target[Any],
    before: Mapping[str, Any],
    details: Details,
) -> None:
    """Add one entry to the audit log: every changed column, before and after."""
    now = columns_of(target.row)
    after = {name: value for name, value in now.items() if value != before[name]}
    concern_id = getattr(target.row, "concern_id", None)
    of_concern = {"concern_id": str(concern_id)} if concern_id else {}
    work.record(
        did, target.kind.name, target.row.id, child_id=getattr(target.row, "child_id", None),
        before={name: before[name] for name in after}, after=after,
        details={**of_concern, **(details or {})}, register=target.kind.register,
    )  # fmt: skip


def record_row(work: UnitOfWork, did: AuditEvent, row: SchoolRow, **more: Any) -> None:
    """Add one entry to the audit log about a row and about its child."""
    more.setdefault("child_id", getattr(row, "child_id", None))
    work.record(did, noun_of(type(row)), row.id, **more)


async def open_record(
    work: UnitOfWork, kind: Kind[Row], id_: UUID, *, part: str | None = None
) -> Target[Row]:
    """Open a record or a part of it, and log the view for each child it is about."""
    target = await find_target(work, kind, id_)
    concern_id = target.facts.named_concern
    decided = kind.reasons(work.actor, target.facts)[-1]
    details = {"as": "reader", "rule": decided.rule, **({"part": part} if part else {})}
    if concern_id is not None and concern_id != id_:
        details["concern_id"] = str(concern_id)
    if kind.opened is not None:
        for child_id in children_of(target.facts) or (None,):
            work.record(
                kind.opened, kind.name, id_,
                child_id=child_id, details=details, register=kind.register,
            )  # fmt: skip
    return target


async def offered(work: UnitOfWork, target: Target[Any]) -> list[str]:
    """List the operations that this actor could do next, for `permissions` of the record."""
    actor = work.actor
    if not target.kind.is_open(target.row) or not await lets_work_on(work, target):
        return []
    return [step.name for step in target.kind.steps if step.may_take(actor, target.facts)]


def new(work: UnitOfWork, model: type[Row], asked: Any = None, /, **given: Any) -> Row:
    """Make a row from the columns that a body or command names, with maker, time and version 1."""
    columns = model.__table__.columns.keys()
    sort = type(asked)
    fields: Any = getattr(sort, "model_fields", None) or getattr(sort, "__dataclass_fields__", ())
    named = {name: getattr(asked, name) for name in fields if name in columns and name not in OURS}
    if "id" not in given:
        named["id"] = named.get("id") or new_id()
    stamps = {
        **dict.fromkeys(MADE_AT, work.now), **dict.fromkeys(MADE_BY, work.actor.id),
        "school_id": work.actor.school_id, "by_role": work.actor.role_name, "version": 1,
    }  # fmt: skip
    stamped = {name: value for name, value in stamps.items() if name in columns}
    return model(**{**stamped, **named, **given})

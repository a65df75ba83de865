"""Reads of the audit log, of its checkpoints and proofs, and of one child's access log."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import about
from app.core.verbs import LOOKS
from app.core.words import Actor, AuditEvent, Permission
from app.db.cards import picked
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import audit
from app.db.repositories.access.audit import page_of_log
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.audit.errors import (
    CheckpointNotFound,
    EntryNotFound,
    EntryNotSealed,
    ProofUnavailable,
)
from app.domain.access.child_access.queries import child_for
from app.domain.access.child_searches.commands import end_searches
from app.domain.access.concern_access.queries import access_filter
from app.domain.access.entry_access.queries import keep_unbarred, readable_page
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.steps import record_row
from app.formats.trail_log.entries import canonical
from app.formats.trail_log.merkle import (
    Range,
    Wanted,
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    leaf_hash,
    range_hash,
    root_of_inclusion,
    wanted_for,
)

EntryFilter = audit.EntryFilter
SHOWN = (
    "id", "at", "actor_id", "actor_role", "session_id", "request_id", "verb",
    "child_id", "reason", "before_hash", "after_hash", "index",
)  # fmt: skip


async def open_audit(work: UnitOfWork, asked: EntryFilter, page: PageOf) -> Page[dict[str, Any]]:
    """List entries, newest first, leaving out people the reader has a conflict about.

    Searches that go on are listed, too. Raises `PermissionMissing`.
    """
    policy.require(work.actor, Permission.AUDIT_READ)
    await end_searches(work, every=True)
    driver = await work.driver()
    hidden, reader = await hidden_from(driver, work.actor), log_reader(work.actor)

    async def fetch(of: PageOf) -> Sequence[Any]:
        return await audit.entries(driver, work.actor.school_id, asked, hidden, reader, of)

    rows = await readable_page(driver, work.actor, hidden, page, fetch)
    work.record(
        AuditEvent.AUDIT_READ, "trail", None, child_id=asked.child_id,
        details={"asked": asked.details()},
    )  # fmt: skip
    return page_of(rows, page, key="at", shape=_entry)


def _entry(row: Any) -> dict[str, Any]:
    return {
        **picked(row, *SHOWN), "about": about(row["noun"], row["noun_id"]),
        "details": orjson.loads(row["details"]),
    }  # fmt: skip


async def prove_entry(work: UnitOfWork, entry_id: UUID) -> dict[str, Any]:
    """Prove that an entry is in the log: the bytes that were hashed and the newest checkpoint.

    Raises `PermissionMissing`, `EntryNotFound`, `EntryNotSealed`, `ProofUnavailable`.
    """
    policy.require(work.actor, Permission.AUDIT_READ)
    driver, school_id = await work.driver(), work.actor.school_id
    hidden, reader = await hidden_from(driver, work.actor), log_reader(work.actor)

    async def fetch(_: PageOf) -> Sequence[Any]:
        row = await audit.entry(driver, school_id, entry_id, hidden, reader)
        return [] if row is None else [row]

    result = await readable_page(driver, work.actor, hidden, PageOf(1), fetch)
    if not result:
        raise EntryNotFound
    (row,) = result
    if row["index"] is None:
        raise EntryNotSealed
    content = canonical(row)
    checkpoint = await _newest(driver, school_id)
    index, size = row["index"], checkpoint["size"]
    proof = await _hashes(driver, school_id, inclusion_ranges(index, size))
    leaf = leaf_hash(content)
    if root_of_inclusion(leaf, index, size, proof) != checkpoint["root"]:
        raise ProofUnavailable
    work.record(AuditEvent.AUDIT_READ, "trail", entry_id, details={"part": "proof"})
    return {
        "entry_id": entry_id,
        "entry": content.decode(),
        "leaf_hash": _text(leaf),
        "index": index,
        "size": size,
        "hashes": [_text(item) for item in proof],
        "checkpoint": _shaped(checkpoint),
    }


async def prove_consistency(reading: Reading, first: int, asked: int | None) -> dict[str, Any]:
    """Prove that the log of `asked` entries, or all of it, only grew from the first `first`.

    Raises `PermissionMissing`, `CheckpointNotFound`, `ValidationFailed`, `ProofUnavailable`.
    """
    policy.require(reading.actor, Permission.AUDIT_READ)
    driver, school_id = reading.driver, reading.actor.school_id
    size = (await _newest(driver, school_id))["size"]
    second = size if asked is None else asked
    if not first <= second <= size:
        raise ValidationFailed(
            problems=[
                FieldProblem(
                    "/query/to_size",
                    "no_such_size",
                    f"Sizes must rise, and the log ends at {size}.",
                )
            ]
        )
    proof = await _hashes(driver, school_id, consistency_ranges(first, second))
    old, new = await _hashes(driver, school_id, [(0, first), (0, second)])
    if not is_consistent(first, old, second, new, proof):
        raise ProofUnavailable
    return {
        "from_size": first,
        "to_size": second,
        "from_root": _text(old),
        "to_root": _text(new),
        "hashes": [_text(item) for item in proof],
    }


async def list_checkpoints(reading: Reading, page: PageOf) -> Page[dict[str, Any]]:
    """Checkpoints, the newest first. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.AUDIT_READ)
    before = None if page.after is None else min(page.after.id.int, 2**63 - 1)
    rows = await audit.checkpoints(reading.driver, reading.actor.school_id, before, page.fetch)
    return page_of(
        rows,
        page,
        key=lambda row: Cursor(row["sealed_at"], UUID(int=row["number"])),
        shape=_shaped,
    )


async def latest_checkpoint(reading: Reading) -> dict[str, Any]:
    """The newest checkpoint. Raises `PermissionMissing`, `CheckpointNotFound`."""
    policy.require(reading.actor, Permission.AUDIT_READ)
    return _shaped(await _newest(reading.driver, reading.actor.school_id))


async def _newest(driver: Driver, school_id: UUID) -> Any:
    rows = await audit.checkpoints(driver, school_id, None, 1)
    if not rows:
        raise CheckpointNotFound
    return rows[0]


def log_reader(actor: Actor) -> audit.Reader:
    """The reader, for the statements that read the audit log."""
    return audit.Reader(actor.id, partial(keep_unbarred, actor))


async def hidden_from(driver: Driver, actor: Actor) -> Sequence[UUID]:
    """The children and concerns that the actor has a conflict of interest about."""
    conflicts = actor.conflicts
    if not conflicts:
        return ()
    return await audit.hidden_from(
        driver, actor.school_id, sorted(conflicts.children), sorted(conflicts.concerns)
    )


async def _hashes(driver: Driver, school_id: UUID, parts: Sequence[Range]) -> list[bytes]:
    """The hashes of parts of the tree, from at most one read of each kept level."""
    wanted = {item for part in parts for item in wanted_for(part)}
    hashes_by_level: dict[int, Mapping[int, bytes]] = {}
    for level in sorted({item.level for item in wanted}):
        indexes = _indexes(item for item in wanted if item.level == level)
        hashes_by_level[level] = await audit.hashes(driver, school_id, level, indexes)

    def lookup(item: Wanted) -> list[bytes]:
        level = hashes_by_level[item.level]
        return [level[item.first + offset] for offset in range(item.count)]

    try:
        return [range_hash(part, lookup) for part in parts]
    except KeyError:
        raise ProofUnavailable from None


def _indexes(wanted: Iterable[Wanted]) -> list[int]:
    return sorted({item.first + offset for item in wanted for offset in range(item.count)})


def _shaped(row: Any) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("number", "size", "sealed_at", "epoch", "note")},
        "root": _text(row["root"]),
        "previous_root": _text(row["previous"]),
        "key": row["key_name"],
    }


def _text(content: bytes) -> str:
    return b64encode(content).decode()


async def read_access_log(
    work: UnitOfWork, child_id: UUID, asked: Mapping[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """Everything done with the child's file, newest first, and searches that showed the child.

    Searches that go on are shown, too.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    child = await child_for(work, child_id, Permission.ACCESS_LOG)
    await end_searches(work, every=True)
    driver = await work.driver()
    hidden, reader = await hidden_from(driver, work.actor), log_reader(work.actor)
    access = access_filter(work.actor)

    async def fetch(of: PageOf) -> Sequence[Any]:
        return await page_of_log(
            driver, access, child.id, asked, of, hidden, child.merged_from, reader=reader
        )

    rows = await readable_page(driver, work.actor, hidden, paging, fetch)
    record_row(work, AuditEvent.ACCESS_LOG_READ, child, child_id=child.id)
    return page_of(rows, paging, key="at", shape=_looked)


def _looked(row: Mapping[str, Any]) -> dict[str, Any]:
    by = {"id": row["actor_id"], "name": row["name"]} if row["name"] is not None else None
    return {
        **picked(row, "id", "at", "verb", "part", "session_id"),
        "about": about(row["noun"], row["noun_id"]),
        "kind": "look" if row["verb"] in LOOKS else "change", "by": by,
        "role": row["actor_role"], "reason_code": row["rule"],
    }  # fmt: skip

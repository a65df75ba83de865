"""Operators' work with the audit log: export it, accept known cuts, and release a copy."""

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent
from app.db.reading import Reading, open_reading
from app.db.repositories import holds
from app.db.repositories.access import audit_seals
from app.db.repositories.access.audit_seals import LOGS, TrailLog
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.audit.errors import NotHeld
from app.domain.access.audit_seals.queries import Outside, check_database
from app.formats.trail_log.bundles import BundleWriter
from app.formats.trail_log.checking import LogCheck, Wrong
from app.formats.trail_log.entries import canonical
from app.formats.trail_log.notes import PublicKey, parts_of


async def export_bundle(
    database: Database, school_id: UUID, target: Path, keys: Iterable[PublicKey]
) -> int:
    """Write every sealed entry and return how many there were. Nothing is held in memory."""
    actor = Actor.system(school_id)
    async with open_work(database, actor) as work:
        work.record(
            AuditEvent.AUDIT_EXPORTED, "trail", None, details={"logs": [log.name for log in LOGS]}
        )
    async with open_reading(database, actor) as reading:
        writer = BundleWriter(target, str(school_id), [log.name for log in LOGS], reading.now)
        try:
            writer.keys(keys)
            sizes = [await _write_log(reading, school_id, log, writer) for log in LOGS]
        finally:
            writer.close()
    return sum(sizes)


async def _write_log(reading: Reading, school_id: UUID, log: TrailLog, writer: BundleWriter) -> int:
    """Write one log up to its newest checkpoint now, whatever is sealed meanwhile."""
    driver = reading.driver
    until = await audit_seals.newest(driver, school_id, log)
    size = 0

    async def notes() -> AsyncIterator[str]:
        nonlocal size
        async for row in audit_seals.checkpoints(driver, school_id, log, until):
            size = row["size"]
            yield row["note"]

    async def entries() -> AsyncIterator[bytes | None]:
        next_index = 0
        async for leaf, entry in audit_seals.leaves(driver, school_id, log):
            if leaf["index"] >= size:
                return
            for _ in range(leaf["index"] - next_index):
                yield None
            next_index = leaf["index"] + 1
            yield canonical(entry) if entry is not None else None

    await writer.checkpoints(log.name, notes())
    await writer.entries(log.name, entries())
    await writer.leaves(log.name, audit_seals.hashes(driver, school_id, log, size))
    return size


async def accept_cuts(
    database: Database, keys: Mapping[str, PublicKey], outside: Outside, reason: str
) -> list[str]:
    """Record that every cut log is known to be cut; returns their origins.

    Other faults of a log stay faults, and so does a later cut.
    """
    cut = [
        checked.check
        async for checked in check_database(database, keys, outside)
        if any(finding.wrong is Wrong.TRUNCATED for finding in checked.check.findings)
    ]
    for check in cut:
        await _accept(database, check, outside, reason)
    return [check.origin for check in cut]


async def _accept(database: Database, check: LogCheck, outside: Outside, reason: str) -> None:
    known = outside[check.origin]
    until = max(known)
    school_id, log = parts_of(check.origin)
    async with open_work(database, Actor.system(school_id)) as work:
        work.record(
            AuditEvent.CUT_KNOWN, "trail", None, reason=reason,
            details={
                "log": log, "first": check.cut_from, "until": until, "size": known[until].size,
                "root": known[until].root.hex(),
            },
        )  # fmt: skip


async def release_copy(database: Database, reason: str) -> int:
    """Record in every school's audit log that the copy is released, and let it work.

    Returns the number of schools. Raises `NotHeld`.
    """
    async with open_reading(database, Actor.system(NIL)) as reading:
        if not await holds.is_held(reading.driver):
            raise NotHeld
        schools = await audit_seals.schools_since(reading.driver, audit_seals.CHILDREN, None)
    for school_id in schools:
        async with open_work(database, Actor.system(school_id)) as work:
            work.record(AuditEvent.RESTORE_RELEASED, "school", school_id, reason=reason)
    async with open_work(database, Actor.system(NIL)) as work:
        driver = await work.driver()
        await driver.write(holds.ADD, new_id(), "released", work.now, reason)
    return len(schools)

"""Writes the logs of one organisation into a bundle, and says in the trail that it was done."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from uuid import UUID

from app.core.words import Actor, AuditEvent
from app.db.reading import Reading, open_reading
from app.db.repositories.access import trail_checks
from app.db.repositories.access.trail_logs import LOGS, TrailLog
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.formats.trail_log.bundles import BundleWriter
from app.formats.trail_log.entries import canonical
from app.formats.trail_log.notes import PublicKey


async def export_bundle(
    database: Database, school_id: UUID, target: Path, keys: Iterable[PublicKey]
) -> int:
    """Write every sealed entry; answers how many there were. Nothing is kept in memory."""
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
    """As far as the newest checkpoint reaches now, whatever is sealed meanwhile."""
    driver = reading.driver
    until = await trail_checks.newest(driver, school_id, log)
    size = 0

    async def notes() -> AsyncIterator[str]:
        nonlocal size
        async for row in trail_checks.checkpoints(driver, school_id, log, until):
            size = row["size"]
            yield row["note"]

    async def entries() -> AsyncIterator[bytes | None]:
        next_index = 0
        async for leaf, entry in trail_checks.leaves(driver, school_id, log):
            if leaf["index"] >= size:
                return
            for _ in range(leaf["index"] - next_index):
                yield None
            next_index = leaf["index"] + 1
            yield canonical(entry) if entry is not None else None

    await writer.checkpoints(log.name, notes())
    await writer.entries(log.name, entries())
    await writer.leaves(log.name, trail_checks.hashes(driver, school_id, log, size))
    return size

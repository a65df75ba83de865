"""Says in the trail that checkpoints kept outside are lost with a restore, and why."""

from collections.abc import Mapping

from app.core.words import Actor, AuditEvent
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.audit.checking import Outside, check_database
from app.formats.trail_log.checking import LogCheck, Wrong
from app.formats.trail_log.notes import PublicKey, parts_of


async def accept_cuts(
    database: Database, keys: Mapping[str, PublicKey], outside: Outside, reason: str
) -> list[str]:
    """Say of every log that is cut that this is known; answers their origins.

    What else is wrong with a log stays wrong, and so does a cut that comes later.
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

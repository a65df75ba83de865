"""SQL for scans of stored files: which wait, which are next, and how far a round is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.core.ids import NIL
from app.db.session import Driver

SCHOOLS = """
select schools_in_attachment() as id union select schools_in_received_attachment()
union select schools_in_past_file()
"""
WAITING = """
select w.id from (
  (select a.id, a.recorded_at from attachment a
   where a.school_id = $1 and a.state = 'quarantined' and a.recorded_at < $2
   order by a.recorded_at, a.id limit $3)
  union all
  (select f.id, f.recorded_at from past_file f
   where f.school_id = $1 and f.state = 'quarantined' and f.recorded_at < $2
   order by f.recorded_at, f.id limit $3)) w
order by w.recorded_at, w.id limit $3
"""
NEXT = """
(select a.id from attachment a where a.school_id = $1 and a.id > $2 order by a.id limit $3)
union all
(select r.id from received_attachment r where r.school_id = $1 and r.id > $2
 order by r.id limit $3)
union all
(select f.id from past_file f where f.school_id = $1 and f.id > $2 order by f.id limit $3)
order by id limit $3
"""
"""Files of concerns, files received from other schools, and files of past entries."""
STORED = """
select a.key, a.sha256, a.state, a.scan_result from attachment a
where a.school_id = $1 and a.id = $2
union all
select r.key, r.sha256, r.state, r.scan_result from received_attachment r
where r.school_id = $1 and r.id = $2
union all
select f.key, f.sha256, f.state, f.scan_result from past_file f
where f.school_id = $1 and f.id = $2
"""
RUNNING = """
select r.id, r.signature_version, r.after_school, r.after_file, r.done, r.failed from scan_round r
where r.ended_at is null order by r.begun_at limit 1
"""
LAST_VERSION = """
select r.signature_version from scan_round r order by r.begun_at desc limit 1
"""
BEGIN = """
insert into scan_round
  (id, signature_version, begun_at, after_school, after_file, done, failed)
values ($1, $2, $3, $4, $4, 0, 0)
"""
MOVE = """
update scan_round set after_school = $2, after_file = $3, done = $4, failed = $5, ended_at = $6
where id = $1
"""


class StoredFile(NamedTuple):
    """Where a file is, its expected hash, and its known facts."""

    key: str
    sha256: str
    state: str
    scan_result: str


class Round(NamedTuple):
    """A round; it has done every file up to `after_file` of `after_school`, in round order."""

    id: UUID
    signature_version: str
    after_school: UUID = NIL
    after_file: UUID = NIL
    done: int = 0
    failed: int = 0


async def schools(driver: Driver) -> list[UUID]:
    """Every school with a file, in the order of rounds."""
    return sorted([row["id"] for row in await driver.rows(SCHOOLS)])


async def waiting_in(
    driver: Driver, school_id: UUID, before: datetime, limit: int
) -> Sequence[UUID]:
    """Files in quarantine that were added before a moment, oldest first."""
    return [row["id"] for row in await driver.rows(WAITING, school_id, before, limit)]


async def next_files(driver: Driver, school_id: UUID, after: UUID, limit: int) -> Sequence[UUID]:
    """The next files of a school, by id."""
    return [row["id"] for row in await driver.rows(NEXT, school_id, after, limit)]


async def stored_file(driver: Driver, school_id: UUID, attachment_id: UUID) -> StoredFile | None:
    """A file, or None."""
    row = await driver.row(STORED, school_id, attachment_id)
    return StoredFile(*row.values()) if row else None


async def running_round(driver: Driver) -> Round | None:
    """The round that has not ended, or None."""
    row = await driver.row(RUNNING)
    return Round(*row.values()) if row else None


async def last_version(driver: Driver) -> str | None:
    """The signatures of the newest round's beginning."""
    text: str | None = await driver.value(LAST_VERSION)
    return text


async def begin_round(driver: Driver, begun: Round, now: datetime) -> None:
    """Begin a round before the first file of the first school."""
    await driver.write(BEGIN, begun.id, begun.signature_version, now, NIL)


async def move_round(driver: Driver, place: Round, ended_at: datetime | None) -> None:
    """Save how far a round is."""
    await driver.write(
        MOVE, place.id, place.after_school, place.after_file, place.done, place.failed, ended_at
    )

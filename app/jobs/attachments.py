"""Has the scanner look at files: new ones at once, those left waiting, and all after an update."""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import structlog

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Actor
from app.db.fence import TakenOver
from app.db.reading import open_reading
from app.db.repositories.record import attachments as stored
from app.db.repositories.record.attachments import Round, StoredFile
from app.db.session import Driver
from app.db.unit_of_work import open_work
from app.domain.record.attachments import rules
from app.domain.record.attachments.commands import SCAN as SCAN_TASK
from app.domain.record.attachments.commands import note_scan
from app.domain.record.attachments.rules import Scan
from app.integrations.antivirus import Antivirus, AntivirusUnavailable
from app.integrations.storage import StorageError
from app.jobs.runner import Adapters, Backoff, JobImpossible, Run, Task, TryLater

log = structlog.get_logger()

TICK_SECONDS = 240.0
"""How long one tick looks at files; the next one goes on where it stopped."""
LEFT_WAITING = timedelta(minutes=5)
"""A file that still waits after this is looked at by the tick, whatever became of its own job."""
MOST_LEFT = 200
AT_ONCE = 20
"""Files between two notes of how far a round is."""


class Damaged(Exception):
    """The stored bytes are not those that were sent: a look at them says nothing."""


async def scan_one(run: Run) -> None:
    """Look at one new file. Raises `JobImpossible`, `TryLater`."""
    attachment_id = run.id("attachment_id")
    outcome = await _stored_file(run.adapters, run.id("school_id"), attachment_id)
    if outcome is None:
        raise JobImpossible("there is no such file")
    if outcome.state != rules.QUARANTINED:
        return
    try:
        scanner = _scanner(run.adapters)
        result = await _scan(run.adapters, scanner, run.id("school_id"), attachment_id)
    except (AntivirusUnavailable, StorageError, Damaged) as error:
        raise TryLater(REASONS.get(type(error), LOST)) from error
    if result == rules.FAILED:
        raise TryLater("the scanner cannot cope with the file")


LOST = "the stored file cannot be read"
REASONS: dict[type[Exception], str] = {
    AntivirusUnavailable: "the scanner does not answer",
    Damaged: "the stored file is not what was sent",
}


async def rescan(run: Run) -> None:
    """Look at what was left waiting, then go on with the round over all stored files.

    A round begins where the scanner names other signatures than the last one began with. One
    file that cannot be read stops nobody. Raises `TryLater` where the scanner is away.
    """
    if run.adapters.antivirus is None:
        return
    walk = Walk(run.adapters, run.adapters.antivirus, time.monotonic() + TICK_SECONDS)
    try:
        await walk.look_at_waiting()
        await walk.go_on()
    except AntivirusUnavailable as away:
        raise TryLater("the scanner does not answer") from away


class Walk:
    """What one tick does, until its time is over."""

    def __init__(self, adapters: Adapters, scanner: Antivirus, until: float) -> None:
        self._adapters = adapters
        self._scanner = scanner
        self._until = until

    @property
    def _is_over(self) -> bool:
        return time.monotonic() >= self._until

    async def look_at_waiting(self) -> None:
        """Every file in quarantine for minutes, in every school. Raises `AntivirusUnavailable`."""
        before = clock.now() - LEFT_WAITING
        for school_id in await self._schools():
            async with _reading(self._adapters, school_id) as driver:
                waiting = await stored.waiting_in(driver, school_id, before, MOST_LEFT)
            for attachment_id in waiting:
                if self._is_over:
                    return
                await self._try(school_id, attachment_id)

    async def go_on(self) -> None:
        """A part of the round, or a new one. Raises `AntivirusUnavailable`."""
        place = await self._current_round()
        if place is None:
            return
        for school_id in await self._schools():
            if school_id < place.after_school:
                continue
            after = place.after_file if school_id == place.after_school else NIL
            place = place._replace(after_school=school_id, after_file=after)
            while files := await self._next(place):
                for attachment_id in files:
                    if self._is_over:
                        await self._keep(place)
                        return
                    place = await self._step(place, attachment_id)
                await self._keep(place)
        await self._keep(place, ended=True)

    async def _step(self, place: Round, attachment_id: UUID) -> Round:
        try:
            good = await self._try(place.after_school, attachment_id)
        except AntivirusUnavailable:
            await self._keep(place)
            raise
        return place._replace(
            after_file=attachment_id, done=place.done + 1, failed=place.failed + (not good)
        )

    async def _try(self, school_id: UUID, attachment_id: UUID) -> bool:
        """Whether a file could be looked at. Raises `AntivirusUnavailable`, `TakenOver`."""
        try:
            result = await _scan(self._adapters, self._scanner, school_id, attachment_id)
        except (AntivirusUnavailable, TakenOver):
            raise
        except Exception as error:
            log.error("attachment.not_scanned", attachment=str(attachment_id), exc_info=error)
            return False
        return result != rules.FAILED

    async def _schools(self) -> list[UUID]:
        async with _reading(self._adapters, NIL) as driver:
            return await stored.schools(driver)

    async def _next(self, place: Round) -> list[UUID]:
        async with _reading(self._adapters, place.after_school) as driver:
            return list(
                await stored.next_files(driver, place.after_school, place.after_file, AT_ONCE)
            )

    async def _current_round(self) -> Round | None:
        version = await self._scanner.version()
        async with open_work(self._adapters.database, Actor.system(NIL)) as work:
            driver = await work.driver()
            place = await stored.running_round(driver)
            if place is None and await stored.last_version(driver) != version:
                place = Round(new_id(), version)
                await stored.begin_round(driver, place, work.now)
        return place

    async def _keep(self, place: Round, *, ended: bool = False) -> None:
        async with open_work(self._adapters.database, Actor.system(NIL)) as work:
            await stored.move_round(await work.driver(), place, work.now if ended else None)


def _scanner(adapters: Adapters) -> Antivirus:
    """Raises `TryLater`: without a scanner nothing leaves quarantine."""
    if adapters.antivirus is None:
        raise TryLater("no scanner is configured")
    return adapters.antivirus


async def _scan(
    adapters: Adapters, scanner: Antivirus, school_id: UUID, attachment_id: UUID
) -> str | None:
    """What a look at a stored file came to; None where it is gone.

    Raises `AntivirusUnavailable`, StorageError, `Damaged`, `TakenOver`.
    """
    result = await _stored_file(adapters, school_id, attachment_id)
    if result is None:
        return None
    version = await scanner.version()
    digest = hashlib.sha256()
    verdict = await scanner.scan(_hashed(await adapters.storage.get(result.key), digest))
    if verdict.outcome == rules.CLEAN and digest.hexdigest() != result.sha256:
        raise Damaged
    scan = Scan(verdict.outcome, verdict.signature, version)
    async with open_work(adapters.database, Actor.system(school_id)) as work:
        noted = await note_scan(work, attachment_id, scan)
    if noted is not None and noted.state == rules.HELD and result.state != rules.HELD:
        log.warning("attachment.held", attachment=str(attachment_id), result=noted.result)
    return verdict.outcome


async def _hashed(chunks: AsyncIterator[bytes], digest: "hashlib._Hash") -> AsyncIterator[bytes]:
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk


async def _stored_file(
    adapters: Adapters, school_id: UUID, attachment_id: UUID
) -> StoredFile | None:
    async with _reading(adapters, school_id) as driver:
        return await stored.stored_file(driver, school_id, attachment_id)


@asynccontextmanager
async def _reading(adapters: Adapters, school_id: UUID) -> AsyncIterator[Driver]:
    async with open_reading(adapters.database, Actor.system(school_id)) as reading:
        yield reading.driver


SCAN = Task(SCAN_TASK, scan_one, Backoff(attempts=12))
RESCAN = Task("attachments.rescan", rescan, Backoff(attempts=3), every="*/10 * * * *")
ATTACHMENT_TASKS = (SCAN, RESCAN)

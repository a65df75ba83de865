"""The sealer among writers, beside other sealers, and after its process was killed."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent
from app.db.repositories.access.audit_seals import LOGS
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.access.audit_seals.commands import LONGEST_COMMAND, Looks
from app.domain.access.audit_seals.queries import check_log
from app.domain.access.audit_seals.rules import known_outside
from app.formats.trail_log.checking import Finding
from app.formats.trail_log.notes import PublicKey, origin_of, read_signed
from app.integrations.checkpoint_file import CheckpointFile, Outside
from app.integrations.seal_keys import SealKeyFolder, SealKeys
from app.jobs.sealing import Sealing, keep_sealing
from tests.doubles import MemoryCheckpoints, MemorySealKeys
from tests.world import World

pytestmark = pytest.mark.machine_time

LOG = LOGS[0]
WRITERS = 8
WAITING = 30.0


@dataclass
class Installation:
    """A sealer on a database, with what it keeps outside."""

    database: Database
    keys: SealKeys = field(default_factory=MemorySealKeys)
    outside: Outside = field(default_factory=MemoryCheckpoints)

    def sealing(self) -> Sealing:
        return Sealing(self.database, self.keys, self.outside)

    @property
    def public(self) -> dict[str, PublicKey]:
        return {key.name: PublicKey(key.name, key.public) for key in self.keys.published()}

    async def findings(self, school_id: UUID) -> list[Finding]:
        outside, refused = known_outside(self.outside.notes(), self.public)
        assert refused == 0
        checked = await check_log(self.database, school_id, LOG, self.public, outside)
        return checked.check.findings


@pytest.fixture
def installation(world: World) -> Installation:
    return Installation(world.runtime.database)


def counts(world: World, school_id: UUID) -> tuple[int, int, int]:
    """Entries, leaves, and the size that the newest checkpoint speaks of."""
    (row,) = world.sql(
        "select (select count(*) from trail where school_id = %s), "
        "(select count(*) from trail_leaf where school_id = %s), "
        "(select coalesce(max(size), 0) from trail_checkpoint where school_id = %s)",
        school_id, school_id, school_id,
    )  # fmt: skip
    return row[0], row[1], row[2]


async def write(world: World, school_id: UUID, number: int = 1) -> None:
    """Entries in one transaction."""
    async with world.work(school_id) as work:
        for _ in range(number):
            work.record(AuditEvent.CHILD_OPENED, "child", uuid4())


@asynccontextmanager
async def held_open(world: World, school_id: UUID) -> AsyncIterator[None]:
    """A transaction that has written an entry and not yet ended."""
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(
            "insert into trail (school_id, id, at, actor_id, actor_role, verb, noun) "
            "values (%s, %s, %s, %s, 'dsl', 'child.opened', 'child')",
            [school_id, new_id(), clock.now(), uuid4()],
        )
        yield


class TestSealing:
    async def test_seals_every_school_and_none(
        self, world: World, installation: Installation
    ) -> None:
        """Sign-in of nobody known is recorded for no school, and sealed like the rest."""
        first, second = new_id(), new_id()
        for table in ("trail_leaf", "trail_node", "trail_checkpoint"):
            world.sql(f"delete from {table} where school_id = %s", NIL)  # noqa: S608
        await write(world, first, 3)
        await write(world, second, 2)
        await write(world, NIL)
        done = await installation.sealing().once()
        assert done.failed == []
        assert counts(world, first) == (3, 3, 3)
        assert counts(world, second) == (2, 2, 2)
        entries, leaves, size = counts(world, NIL)
        assert entries == leaves == size > 0

    async def test_does_nothing_where_nothing_is_new(
        self, world: World, installation: Installation
    ) -> None:
        sealing = installation.sealing()
        await write(world, new_id())
        assert (await sealing.once()).sealed > 0
        done = await sealing.once()
        assert (done.sealed, done.checkpoints) == (0, 0)

    async def test_waits_for_a_transaction_that_began_before(
        self, world: World, installation: Installation
    ) -> None:
        school_id = new_id()
        sealing = installation.sealing()
        async with held_open(world, school_id):
            await write(world, school_id, 2)
            await sealing.once()
            assert counts(world, school_id) == (2, 0, 0)
        await sealing.once()
        assert counts(world, school_id) == (3, 3, 3)
        assert await installation.findings(school_id) == []

    async def test_seals_more_than_one_batch_in_a_pass(
        self, world: World, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.domain.access.audit_seals.commands import Sealer

        school_id = new_id()
        for _ in range(5):
            await write(world, school_id, 7)
        sealer = Sealer(world.runtime.database, _forget, {})
        keys = installation.sealing()._read_keys()
        done = await sealer.seal(keys, batch=10)
        assert done.failed == []
        assert counts(world, school_id) == (35, 35, 35)
        sizes = world.sql(
            "select size from trail_checkpoint where school_id = %s order by size", school_id
        )
        assert [size for (size,) in sizes] == [10, 20, 30, 35]
        assert await installation.findings(school_id) == []

    async def test_signs_with_a_new_key_from_its_rotation_on(
        self, world: World, installation: Installation
    ) -> None:
        assert isinstance(installation.keys, MemorySealKeys)
        school_id, sealing = new_id(), installation.sealing()
        for _ in range(2):
            await write(world, school_id)
            await sealing.once()
            installation.keys.rotate()
        names = world.sql(
            "select distinct key_name from trail_checkpoint where school_id = %s", school_id
        )
        assert len(names) == 2
        assert await installation.findings(school_id) == []

    async def test_is_done_by_one_of_many_sealers(
        self, world: World, installation: Installation
    ) -> None:
        school_id = new_id()
        sealers = [installation.sealing() for _ in range(3)]
        for _ in range(6):
            await write(world, school_id, 4)
            for done in await asyncio.gather(*(one.once() for one in sealers)):
                assert done.failed == []
        await sealers[0].once()
        assert counts(world, school_id) == (24, 24, 24)
        assert await installation.findings(school_id) == []

    async def test_goes_on_when_one_school_fails(
        self, world: World, installation: Installation
    ) -> None:
        broken, whole = sorted((new_id(), new_id()))
        sealing = installation.sealing()
        await sealing.once()
        await write(world, broken)
        await write(world, whole)
        entry = world.sql("select id from trail where school_id = %s", whole)[0][0]
        world.sql(
            "insert into trail_leaf (school_id, log, index, entry_id, hash) "
            "values (%s, %s, 0, %s, '')",
            broken, LOG.name, entry,
        )  # fmt: skip
        done = await sealing.once()
        assert len(done.failed) == 1
        assert counts(world, whole) == (1, 1, 1)
        world.sql("delete from trail_leaf where school_id = %s", broken)
        assert (await sealing.once()).failed == []
        assert counts(world, broken) == (1, 1, 1)

    async def test_puts_outside_later_what_could_not_be_put_there_at_once(
        self, world: World, installation: Installation
    ) -> None:
        school_id, sealing = new_id(), installation.sealing()
        await sealing.once()
        assert isinstance(installation.outside, MemoryCheckpoints)
        full = installation.outside.append
        installation.outside.append = _refuse  # type: ignore[assignment]
        await write(world, school_id)
        with pytest.raises(OSError, match="full"):
            await sealing.once()
        installation.outside.append = full  # type: ignore[method-assign]
        await write(world, school_id)
        await sealing.once()
        outside, _ = known_outside(installation.outside.notes(), installation.public)
        assert sorted(outside[origin_of(school_id, LOG.name)]) == [1, 2]

    async def test_keeps_sealing_until_it_is_told_to_stop(
        self, world: World, installation: Installation
    ) -> None:
        school_id, stop = new_id(), asyncio.Event()
        task = asyncio.create_task(keep_sealing(stop, installation.sealing(), 0.05))
        for number in (1, 2):
            await write(world, school_id)
            await until(lambda number=number: counts(world, school_id)[1] == number)
        stop.set()
        await asyncio.wait_for(task, 30)


def _refuse(_notes: Sequence[str]) -> None:
    raise OSError("the disk is full")


async def _forget(_notes: Sequence[str]) -> None:
    """Keep nothing outside."""


async def until(condition: object) -> None:
    deadline = time.monotonic() + WAITING
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never became so"
        await asyncio.sleep(0.03)


class TestWriters:
    async def test_lose_no_entry_however_their_transactions_overlap(
        self, world: World, installation: Installation
    ) -> None:
        """Lower numbers commit later: a sealer that went by the last number would skip them."""
        school_id = new_id()
        for table in ("trail_leaf", "trail_node", "trail_checkpoint"):
            world.sql(f"delete from {table}")  # noqa: S608 - sealed by keys of other tests
        sealing, stop = installation.sealing(), asyncio.Event()
        await sealing.once()  # what other tests left
        written = 0

        async def one_writer(number: int) -> None:
            nonlocal written
            chance = random.Random(number)
            while not stop.is_set():
                async with world.work(school_id) as work:
                    work.record(AuditEvent.CHILD_OPENED, "child", uuid4())
                    await work.save()
                    await asyncio.sleep(chance.choice((0, 0, 0.01, 0.2)) * (number % 3))
                    work.record(AuditEvent.CHILD_OPENED, "child", uuid4())
                written += 2

        writers = [asyncio.create_task(one_writer(number)) for number in range(WRITERS - 3)]
        passes = 0
        begun = time.monotonic()
        try:
            while time.monotonic() < begun + 3 or passes <= 5 or written <= 50:
                assert time.monotonic() < begun + 60
                assert (await sealing.once()).failed == []
                passes += 1
                await asyncio.sleep(0.02)
        finally:  # else they would hold up the sealers of the next tests
            stop.set()
            await asyncio.gather(*writers)
        await sealing.once()
        assert counts(world, school_id) == (written, written, written)
        assert await installation.findings(school_id) == []
        disorder = world.sql(
            "select count(*) from (select t.seq, lag(t.seq) over (order by l.index) as before "
            "from trail_leaf l join trail t on t.school_id = l.school_id and t.id = l.entry_id "
            "where l.school_id = %s) o where seq < before",
            school_id,
        )[0][0]
        assert disorder > 0, "else nothing here would have been skipped by a worse sealer"

    async def test_are_not_blocked_by_a_batch_that_is_being_sealed(self, world: World) -> None:
        """A sealer stopped in the middle of its transaction holds up nobody."""
        school_id = new_id()
        await write(world, school_id)
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        async with await psycopg.AsyncConnection.connect(url) as stopped:
            await stopped.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"cairn.seal/{school_id}/{LOG.name}"],
            )
            await stopped.execute(
                "insert into trail_leaf select school_id, %s, 0, id, '' from trail "
                "where school_id = %s",
                [LOG.name, school_id],
            )
            async with asyncio.timeout(2):
                await write(world, school_id, 5)
            await stopped.rollback()


class TestTime:
    def test_of_a_look_is_known_for_what_began_later(self) -> None:
        looks, at = Looks(), clock.now()
        for number, minutes in ((100, 0), (100, 1), (120, 2), (150, 3)):
            looks.add(number, at + timedelta(minutes=minutes))
        assert looks.before(99) is None
        assert looks.before(100) == at + timedelta(minutes=1)
        assert looks.before(119) == at + timedelta(minutes=1)
        assert looks.before(10**9) == at + timedelta(minutes=3)
        looks.add(5, at)
        assert looks.before(4) is None
        assert looks.before(7) == at

    async def test_of_a_long_transaction_is_not_called_back_dated(
        self, world: World, installation: Installation
    ) -> None:
        """It began an hour before it ended, and another waited behind it all the while."""
        school_id, sealing = new_id(), installation.sealing()
        await write(world, school_id)
        await sealing.once()
        async with held_open(world, school_id):
            await write(world, school_id)
            with clock.shifted(timedelta(minutes=30)):
                await sealing.once()
        with clock.shifted(timedelta(hours=1)):
            await sealing.once()
        assert counts(world, school_id) == (3, 3, 3)
        assert await installation.findings(school_id) == []

    async def test_of_a_batch_is_bounded_by_the_look_before(
        self, world: World, installation: Installation
    ) -> None:
        school_id, sealing = new_id(), installation.sealing()
        await write(world, school_id)
        before = clock.now()
        await sealing.once()
        await write(world, school_id)
        await sealing.once()
        notes = world.sql(
            "select note from trail_checkpoint where school_id = %s order by number", school_id
        )
        first, second = (read_signed(note, installation.public) for (note,) in notes)
        assert (first.opening, first.not_before) == (True, None)
        assert not second.opening
        assert second.not_before is not None
        assert before - LONGEST_COMMAND <= second.not_before < clock.now() - LONGEST_COMMAND

    async def test_is_known_to_a_new_process_from_the_last_checkpoint(
        self, world: World, installation: Installation
    ) -> None:
        school_id = new_id()
        await write(world, school_id)
        await installation.sealing().once()
        await write(world, school_id)
        await installation.sealing().once()
        row = world.sql(
            "select not_before is not null from trail_checkpoint "
            "where school_id = %s and number = 2",
            school_id,
        )
        assert row == [(True,)]


class TestARestoredDatabase:
    async def test_goes_on_in_a_new_epoch_where_numbers_begin_anew(
        self, world: World, installation: Installation
    ) -> None:
        """What was sealed with numbers far ahead, as another server gave them, stays as it is."""
        school_id = new_id()
        ahead = 10**9
        for number in (1, 2):
            world.sql(
                "insert into trail (school_id, id, xid, at, actor_id, actor_role, verb, noun) "
                "values (%s, %s, %s, %s, %s, 'dsl', 'child.opened', 'child')",
                school_id, new_id(), str(ahead + number), clock.now(), uuid4(),
            )  # fmt: skip
        await self.seal_as_another_server(installation, world, school_id, ahead + 2)
        await write(world, school_id, 2)
        assert counts(world, school_id) == (4, 1, 1)
        sealing = installation.sealing()
        done = await sealing.once()
        assert done.failed == []
        assert origin_of(school_id, LOG.name) not in done.refused
        assert counts(world, school_id) == (4, 4, 4)
        await write(world, school_id)
        await sealing.once()
        assert counts(world, school_id) == (5, 5, 5)
        epochs = world.sql(
            "select epoch from trail_checkpoint where school_id = %s order by number", school_id
        )
        assert epochs == [(1,), (2,), (2,)]
        assert await installation.findings(school_id) == []

    @staticmethod
    async def seal_as_another_server(
        installation: Installation, world: World, school_id: UUID, horizon: int
    ) -> None:
        """Seal what is below a horizon of which this server knows nothing."""
        from app.db.repositories.access import audit_seals as trail_logs
        from app.domain.access.audit_seals import commands as domain
        from app.formats.trail_log.notes import signed

        keys = installation.sealing()._read_keys()
        async with open_work(world.runtime.database, Actor.system(school_id)) as work:
            driver = await work.driver()
            now = domain.Now(horizon, horizon + 1)
            begun = domain.Beginning.after(
                None, now, origin_of(school_id, LOG.name), keys.public, domain.BATCH
            )
            rows = await trail_logs.waiting(driver, school_id, LOG, 0, horizon, 1)
            sealed = domain.Sealed.of(begun, rows, False, None)
            note = signed(sealed.checkpoint, keys.signer)
            await domain._store(driver, school_id, LOG, 0, rows, sealed)
            await trail_logs.add_checkpoint(
                driver, sealed.row(school_id, LOG, keys.signer.name, note)
            )


KILLED = """
import asyncio, os, sys
from pathlib import Path
from app.core.settings import Settings
from app.db.repositories.access import audit_seals as trail_logs
from app.db.session import Database
from app.integrations.checkpoint_file import CheckpointFile
from app.jobs import sealing
from tests.doubles import MemoryCheckpoints, MemorySealKeys

step, seen = sys.argv[1], 0

def die(name):
    if name == step:
        os.kill(os.getpid(), 9)

for name in ("claim", "add_leaves", "add_nodes", "add_checkpoint"):
    def wrapped(name=name, inner=getattr(trail_logs, name)):
        async def call(*values, **named):
            answer = await inner(*values, **named)
            die(name)
            return answer
        return call
    setattr(trail_logs, name, wrapped())

append = CheckpointFile.append
def put(self, notes):
    die("committed")
    append(self, notes)
    die("appended")
CheckpointFile.append = put

settings = Settings()
asyncio.run(
    sealing.sealing_of(settings, Database(settings.database_url.get_secret_value())).once()
)
"""


class TestAKilledSealer:
    @pytest.mark.parametrize(
        ("step", "leaves"),
        [
            ("add_nodes", 1), ("committed", 4),
            *(
                pytest.param(*one, marks=pytest.mark.long)
                for one in [("claim", 1), ("add_leaves", 1), ("add_checkpoint", 1), ("appended", 4)]
            ),
        ],
    )  # fmt: skip
    async def test_leaves_whole_batches_and_the_next_goes_on(
        self, world: World, tmp_path: Path, step: str, leaves: int
    ) -> None:
        installation = Installation(
            world.runtime.database, SealKeyFolder(tmp_path), CheckpointFile(tmp_path / "outside")
        )
        school_id = UUID(int=1)  # the first in order, so that the process dies at it
        for table in ("trail", "trail_leaf", "trail_checkpoint"):
            world.sql(f"delete from {table} where school_id in (%s, %s)", school_id, NIL)  # noqa: S608
        await write(world, school_id)
        await installation.sealing().once()
        await write(world, school_id, 3)
        killed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", KILLED, step],
            env={
                **os.environ,
                "CAIRN_DATABASE_URL": world.runtime.settings.database_url.get_secret_value(),
                "CAIRN_KEYS_DIR": str(tmp_path),
                "CAIRN_CHECKPOINT_FILE": str(tmp_path / "outside"),
            },
            timeout=WAITING,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert counts(world, school_id) == (4, leaves, leaves)
        assert await installation.findings(school_id) == []
        await write(world, school_id)
        await installation.sealing().once()
        assert counts(world, school_id) == (5, 5, 5)
        assert await installation.findings(school_id) == []
        outside, _ = known_outside(installation.outside.notes(), installation.public)
        numbers = world.sql(
            "select number from trail_checkpoint where school_id = %s order by number", school_id
        )
        kept = sorted(outside[origin_of(school_id, LOG.name)])
        assert kept == [number for (number,) in numbers], "what the crash kept inside was added"

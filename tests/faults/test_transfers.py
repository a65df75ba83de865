"""Transfers while things go wrong: two at once, a killed worker, a full store, large files."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.core.ids import new_id
from app.core.words import Role
from app.db.repositories.duty.open_things import INCONSISTENT
from app.formats.documents import SettingBusy, SettingFailed
from app.integrations.storage import Storage, StorageUnavailable
from app.jobs import transfers as jobs
from app.jobs.queue import build_queue
from app.jobs.runner import Run, TryLater
from app.jobs.transfers import deliver, pack
from tests.api.records import a_concern, verbs_about
from tests.sampling import in_turn
from tests.transfers import (
    adapters_of,
    approved,
    arrived,
    opened,
    prepared,
    step_of,
    to_school,
    work_off,
)
from tests.world import School, World

pytestmark = pytest.mark.machine_time

LARGE = 256 * 1024 * 1024
MOST_KB = 280 * 1024
"""Python with the application is about 150; the file is larger than what is left."""


async def in_a_process(world: World, *command: str) -> tuple[int, str]:
    """The command in a process of its own: how it ended, and what it printed."""
    settings = world.runtime.settings
    environment = {
        **os.environ,
        "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
        "CAIRN_STORAGE_URL": settings.storage_url,
        "CAIRN_KEYS_DIR": str(settings.keys_dir),
        "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_UNSAFE_DATABASE": "true",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.packing", *command,
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


def key_of(school: School, transfer_id: str, world: World) -> str:
    """Where the packet of a transfer is to be."""
    rows = world.sql("select packet_id::text from transfer where id = %s", transfer_id)
    return f"packets/{school.id}/{rows[0][0]}"


class TestTwoPeopleAtOnce:
    @pytest.mark.parametrize("second", ["accept", "reject"])
    async def test_decide_once(
        self, world: World, school: School, other_school: School, second: str
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer, incoming = await arrived(world, school, other_school, child)
        path = f"/v1/incoming-transfers/{incoming}"
        bodies: dict[str, Any] = {
            "accept": {"new_child": True}, "reject": {"reason_code": "not_our_child"},
        }  # fmt: skip
        deputy = other_school.api(Role.DEPUTY_DSL)
        answers = await asyncio.gather(
            other_school.lead.post(f"{path}/accept", bodies["accept"], version=1),
            deputy.post(f"{path}/{second}", bodies[second], version=1),
        )
        assert sorted(answer.status_code for answer in answers)[0] == 200
        assert sorted(answer.status_code for answer in answers)[1] in (409, 412)
        await work_off(world, school, other_school)
        verbs = verbs_about(world, incoming)
        decided = {"incoming_transfer.accepted", "incoming_transfer.rejected"} & set(verbs)
        assert len(decided) == 1
        ended = await opened(school.lead, transfer)
        assert ended["state"] in ("locked", "rejected")
        for one in (school, other_school):
            statement = INCONSISTENT.replace("$1", "%s")
            assert world.sql(statement, *[one.id] * statement.count("%s")) == []


class TestAKilledWorker:
    @in_turn(3)
    async def test_leaves_one_packet_that_is_sent_once(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer = await prepared(school, to_school(child, other_school))
        await approved(school, transfer["id"])
        code, _ = await in_a_process(world, "pack-and-die", str(school.id), transfer["id"])
        assert code == -9
        storage = world.runtime.storage
        assert await storage.exists(key_of(school, transfer["id"], world))
        assert (await opened(school.lead, transfer["id"]))["packet"] is None
        await work_off(world, school, other_school)
        sent = await opened(school.lead, transfer["id"])
        assert sent["state"] == "delivered"
        waiting = await other_school.lead.get("/v1/incoming-transfers")
        assert len(waiting.json()["items"]) == 1

    @pytest.mark.long
    async def test_takes_an_accepted_file_in_once(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        files = {"file": ("note.txt", b"Seen at the gate.", "text/plain")}
        added = await school.lead.request(
            "POST", f"/v1/concerns/{concern}/attachments", files=files
        )
        assert added.status_code == 201, added.text
        transfer, incoming = await arrived(world, school, other_school, child)
        await step_of(
            other_school.lead, "incoming-transfers", incoming, "accept", {"new_child": True}
        )
        code, _ = await in_a_process(world, "unpack-and-die", str(other_school.id), incoming)
        assert code == -9
        waits = await opened(other_school.lead, incoming, "incoming-transfers")
        assert waits["state"] == "accepting"
        kept = "select count(*) from received_attachment where school_id = %s"
        assert world.sql(kept, other_school.id) == [(0,)]
        await work_off(world, school, other_school)
        done = await opened(other_school.lead, incoming, "incoming-transfers")
        assert done["state"] == "accepted"
        assert world.sql(kept, other_school.id) == [(1,)]
        assert (await opened(school.lead, transfer))["state"] == "locked"

    async def test_delivers_once_where_it_is_done_again(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer, incoming = await arrived(world, school, other_school, child)
        world.sql("update transfer set state = 'sent' where id = %s", transfer)
        adapters = adapters_of(world)
        args = {
            "school_id": str(other_school.id), "source_id": str(school.id),
            "transfer_id": transfer,
        }  # fmt: skip
        await deliver(Run(adapters, build_queue(adapters, ()), args))
        waiting = (await other_school.lead.get("/v1/incoming-transfers")).json()["items"]
        assert [one["id"] for one in waiting] == [incoming]
        assert (await opened(school.lead, transfer))["state"] == "delivered"


class TestATypesetter:
    @pytest.mark.parametrize(("failure", "waits"), [(SettingFailed, False), (SettingBusy, True)])
    async def test_that_fails_never_keeps_a_packet_back(
        self,
        world: World,
        school: School,
        other_school: School,
        monkeypatch: pytest.MonkeyPatch,
        failure: type[Exception],
        waits: bool,
    ) -> None:
        def refuse(*_: object, **__: object) -> bytes:
            raise failure

        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer = await prepared(school, to_school(child, other_school))
        await approved(school, transfer["id"])
        with monkeypatch.context() as broken:
            broken.setattr(jobs, "render", refuse)
            if waits:
                adapters = adapters_of(world)
                args = {"school_id": str(school.id), "transfer_id": transfer["id"]}
                with pytest.raises(TryLater):
                    await pack(Run(adapters, build_queue(adapters, ()), args))
            else:
                await work_off(world, school, other_school)
        await work_off(world, school, other_school)
        assert (await opened(school.lead, transfer["id"]))["state"] == "delivered"


class Full:
    """A store without room."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner

    async def put(self, _key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Any:
        async for _ in chunks:
            raise StorageUnavailable(str(limit))

    async def get(self, key: str, span: tuple[int, int] | None = None) -> AsyncIterator[bytes]:
        return await self._inner.get(key, span)

    async def delete(self, key: str) -> None:
        await self._inner.delete(key)


class TestAFullStore:
    async def test_puts_the_packet_off_until_there_is_room(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer = await prepared(school, to_school(child, other_school))
        await approved(school, transfer["id"])
        full: Any = Full(world.runtime.storage)
        adapters = replace(adapters_of(world), storage=full)
        args = {"school_id": str(school.id), "transfer_id": transfer["id"]}
        with pytest.raises(TryLater):
            await pack(Run(adapters, build_queue(adapters, ()), args))
        waits = await opened(school.lead, transfer["id"])
        assert (waits["state"], waits["packet"]) == ("approved", None)
        await work_off(world, school, other_school)
        assert (await opened(school.lead, transfer["id"]))["state"] == "delivered"


async def zeros(size: int) -> AsyncIterator[bytes]:
    """So many bytes in pieces."""
    piece = bytes(1024 * 1024)
    for _ in range(size // len(piece)):
        yield piece


@pytest.mark.long
class TestAFileLargerThanMemory:
    async def test_streams_out_and_in(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        key = f"attachments/{school.id}/{new_id()}"
        kept = await world.runtime.storage.put(key, zeros(LARGE), limit=LARGE)
        world.sql(
            "insert into attachment (school_id, id, concern_id, file_name, content_type, size, "
            "sha256, key, added_by, recorded_at) values (%s, %s, %s, 'film.mp4', 'video/mp4', "
            "%s, %s, %s, %s, now())",
            school.id, new_id(), concern, kept.size, kept.sha256, key, school[Role.STAFF].id,
        )  # fmt: skip
        transfer = await prepared(school, to_school(child, other_school))
        await approved(school, transfer["id"])
        here, there = f"school_id={school.id}", f"school_id={other_school.id}"
        ours = f"transfer_id={transfer['id']}"
        used = [await in_a_process(world, "measure", "pack", here, ours)]
        used.append(
            await in_a_process(world, "measure", "deliver", there, ours, f"source_id={school.id}")
        )
        (waiting,) = (await other_school.lead.get("/v1/incoming-transfers")).json()["items"]
        await step_of(
            other_school.lead, "incoming-transfers", waiting["id"], "accept", {"new_child": True}
        )
        used.append(
            await in_a_process(world, "measure", "unpack", there, f"incoming_id={waiting['id']}")
        )
        assert [code for code, _ in used] == [0, 0, 0]
        assert max(int(kilobytes) for _, kilobytes in used) < MOST_KB, used
        rows = world.sql(
            "select size, sha256, key from received_attachment where school_id = %s",
            other_school.id,
        )
        assert rows[0][:2] == (kept.size, kept.sha256)
        for one in (key, rows[0][2], key_of(school, transfer["id"], world)):
            await world.runtime.storage.delete(one)

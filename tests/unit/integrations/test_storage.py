"""One set of tests on a folder, on memory, and on S3 spoken over loopback."""

import asyncio
import gc
import hashlib
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import boto3  # type: ignore[import-untyped]
import httpx
import obstore
import pytest
from obstore.store import S3Store

from app.core import clock
from app.integrations.storage import (
    LocalStorage,
    ObjectExists,
    ObjectNotFound,
    S3Storage,
    SpanOutside,
    Storage,
    StorageUnavailable,
    TooLarge,
    storage_from_url,
)
from tests.doubles import MemoryStorage

pytestmark = pytest.mark.machine_time

MIB = 1024 * 1024
KEYS = {"access_key_id": "test", "secret_access_key": "test-secret"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[SimpleNamespace]:
    """A process of its own, so that the memory it holds is not counted as ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until_it_answers(endpoint)
        raw = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["access_key_id"],
            aws_secret_access_key=KEYS["secret_access_key"],
        )
        raw.create_bucket(Bucket="evidence")
        yield SimpleNamespace(endpoint=endpoint, raw=raw)
        raw.close()
    finally:
        server.terminate()
        server.wait()


def wait_until_it_answers(endpoint: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{endpoint}/moto-api/")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(endpoint)


def s3_url(server: SimpleNamespace, prefix: str) -> str:
    return f"s3://evidence/{prefix}?endpoint={server.endpoint}&region=us-east-1"


@pytest.fixture(params=["memory", "folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, s3_server: SimpleNamespace) -> Storage:
    if request.param == "memory":
        return MemoryStorage()
    urls = {
        "folder": (tmp_path / "files").as_uri(),
        "s3": s3_url(s3_server, uuid4().hex),
    }
    return storage_from_url(urls[request.param], **KEYS)


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def mebibytes(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * MIB


async def put(storage: Storage, key: str, *chunks: bytes, limit: int = 100 * MIB) -> None:
    await storage.put(key, chunks_of(*chunks), limit=limit)


async def content(storage: Storage, key: str, span: tuple[int, int] | None = None) -> bytes:
    return b"".join([piece async for piece in await storage.get(key, span)])


def objects_in(storage: Storage) -> list[str]:
    """Everything in the store, staged objects too."""
    store = storage._store  # type: ignore[attr-defined]
    found = [meta["path"] for page in obstore.list(store) for meta in page]
    if isinstance(storage, LocalStorage):
        found += [str(path) for path in storage._root.rglob("*#*")]
    return found


def unfinished_uploads(storage: Storage, server: SimpleNamespace) -> list[str]:
    if not isinstance(storage, S3Storage):
        return []
    assert isinstance(storage._store, S3Store)
    prefix = storage._store.prefix
    uploads = server.raw.list_multipart_uploads(Bucket="evidence").get("Uploads", [])
    return [upload["Key"] for upload in uploads if upload["Key"].startswith(str(prefix))]


class TestPut:
    @pytest.mark.parametrize("sizes", [(0,), (), (5,), (1, 2, 3), (6 * MIB, 6 * MIB + 1)])
    async def test_gives_back_what_was_put(self, storage: Storage, sizes: tuple[int, ...]) -> None:
        chunks = [os.urandom(size) for size in sizes]
        stored = await storage.put("school/a-1", chunks_of(*chunks), limit=100 * MIB)
        whole = b"".join(chunks)
        assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
        assert await content(storage, "school/a-1") == whole
        assert len(objects_in(storage)) == 1

    async def test_never_replaces_an_object(self, storage: Storage) -> None:
        await put(storage, "a/b", b"first")
        with pytest.raises(ObjectExists):
            await put(storage, "a/b", b"second")
        assert await content(storage, "a/b") == b"first"

    async def test_lets_one_of_two_rivals_win(self, storage: Storage) -> None:
        both_inside = asyncio.Barrier(2)

        async def slowly(word: bytes) -> AsyncIterator[bytes]:
            await both_inside.wait()
            yield word

        results = await asyncio.gather(
            *(storage.put("a/race", slowly(word), limit=10) for word in (b"one", b"two")),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["ObjectExists", "Stored"]
        assert objects_in(storage) == [path for path in objects_in(storage) if "race" in path]

    @pytest.mark.parametrize("size", [11, 7 * MIB])
    async def test_leaves_nothing_above_the_limit(
        self, storage: Storage, s3_server: SimpleNamespace, size: int
    ) -> None:
        with pytest.raises(TooLarge):
            await put(storage, "a/big", b"x" * (size - 1), b"y", limit=size - 1)
        assert objects_in(storage) == []
        assert unfinished_uploads(storage, s3_server) == []

    async def test_takes_exactly_the_limit(self, storage: Storage) -> None:
        await put(storage, "a/fits", b"12345", limit=5)
        assert await storage.exists("a/fits")

    @pytest.mark.parametrize("before", [0, 1, 12])
    async def test_leaves_nothing_when_the_sender_fails(
        self, storage: Storage, s3_server: SimpleNamespace, before: int
    ) -> None:
        async def breaking() -> AsyncIterator[bytes]:
            async for chunk in mebibytes(before):
                yield chunk
            raise ConnectionResetError("the client went away")

        with pytest.raises(ConnectionResetError):
            await storage.put("a/broken", breaking(), limit=100 * MIB)
        assert objects_in(storage) == []
        assert unfinished_uploads(storage, s3_server) == []

    async def test_leaves_nothing_when_cancelled_while_waiting(
        self, storage: Storage, s3_server: SimpleNamespace
    ) -> None:
        waiting = asyncio.Event()

        async def hanging() -> AsyncIterator[bytes]:
            async for chunk in mebibytes(12):
                yield chunk
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(storage.put("a/hung", hanging(), limit=100 * MIB))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert objects_in(storage) == []
        assert unfinished_uploads(storage, s3_server) == []

    @pytest.mark.parametrize("turns", [1, 2, 5, 9, 14, 20])
    async def test_shows_all_or_nothing_when_cancelled_at_any_moment(
        self, storage: Storage, s3_server: SimpleNamespace, turns: int
    ) -> None:
        task = asyncio.create_task(storage.put("a/cut", mebibytes(11), limit=100 * MIB))
        for _ in range(turns):
            await asyncio.sleep(0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if await storage.exists("a/cut"):
            assert len(await content(storage, "a/cut")) == 11 * MIB
        assert [path for path in objects_in(storage) if "cut" not in path] == []
        assert unfinished_uploads(storage, s3_server) == []

    async def test_shows_nothing_before_the_end(self, storage: Storage) -> None:
        seen = []

        async def watched() -> AsyncIterator[bytes]:
            async for chunk in mebibytes(11):
                seen.append(await storage.exists("a/slow"))
                yield chunk

        await storage.put("a/slow", watched(), limit=100 * MIB)
        assert not any(seen)
        assert await storage.exists("a/slow")

    @pytest.mark.parametrize(
        "key",
        ["", "/a", "a/", "a//b", "../a", "a/../b", "A", "a.b", "a b", ".staging/a", "a\n", "é"],
    )
    async def test_refuses_a_key_that_is_not_ours(self, storage: Storage, key: str) -> None:
        with pytest.raises(ValueError, match="storage key"):
            await put(storage, key, b"x")
        with pytest.raises(ValueError, match="storage key"):
            await storage.get(key)
        with pytest.raises(ValueError, match="storage key"):
            await storage.delete(key)


class TestMemoryUse:
    @pytest.mark.parametrize("kind", ["folder", "s3"])
    async def test_streams_without_holding_the_file(
        self, kind: str, tmp_path: Path, s3_server: SimpleNamespace
    ) -> None:
        urls = {"folder": tmp_path.as_uri(), "s3": s3_url(s3_server, uuid4().hex)}
        storage = storage_from_url(urls[kind], **KEYS)
        await storage.put("warm", mebibytes(11), limit=100 * MIB)
        gc.collect()
        with PeakMemory() as memory:
            await storage.put("large", mebibytes(64), limit=100 * MIB)
            async for _ in await storage.get("large"):
                pass
        assert memory.growth_mib < 48


class PeakMemory:
    """Watches the resident size of this process from a thread of its own."""

    def __enter__(self) -> "PeakMemory":
        self._start = self._peak = resident_mib()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.is_set():
            self._peak = max(self._peak, resident_mib())
            time.sleep(0.002)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def growth_mib(self) -> float:
        return self._peak - self._start


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


class TestGet:
    @pytest.mark.parametrize(
        ("span", "expected"),
        [
            ((0, 1), b"0"),
            ((2, 5), b"234"),
            ((8, 10), b"89"),
            ((8, 99), b"89"),
            (None, b"0123456789"),
        ],
    )
    async def test_gives_the_span_asked_for(
        self, storage: Storage, span: tuple[int, int] | None, expected: bytes
    ) -> None:
        await put(storage, "a/digits", b"0123456789")
        assert await content(storage, "a/digits", span) == expected

    async def test_refuses_a_span_behind_the_end(self, storage: Storage) -> None:
        await put(storage, "a/digits", b"0123456789")
        with pytest.raises(SpanOutside):
            await storage.get("a/digits", (10, 12))

    @pytest.mark.parametrize("span", [(3, 3), (4, 2), (-1, 2)])
    async def test_refuses_an_empty_span(self, storage: Storage, span: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="at least one byte"):
            await storage.get("a/digits", span)

    async def test_says_that_nothing_is_there(self, storage: Storage) -> None:
        with pytest.raises(ObjectNotFound):
            await storage.get("a/missing")
        with pytest.raises(ObjectNotFound):
            await storage.get("a/missing", (0, 5))


class TestDelete:
    async def test_removes_the_object(self, storage: Storage) -> None:
        await put(storage, "a/gone", b"x")
        await storage.delete("a/gone")
        assert not await storage.exists("a/gone")

    async def test_does_not_mind_a_missing_object(self, storage: Storage) -> None:
        await storage.delete("a/never-there")


class TestClearLeftovers:
    async def test_removes_only_old_staged_objects(self, storage: Storage) -> None:
        await put(storage, "a/kept", b"x")
        store = storage._store  # type: ignore[attr-defined]
        await obstore.put_async(store, ".staging/left", b"half a file")
        assert await storage.clear_leftovers(timedelta(hours=1)) == 0
        with clock.shifted(timedelta(hours=2)):
            assert await storage.clear_leftovers(timedelta(hours=1)) == 1
        assert [Path(path).name for path in objects_in(storage)] == ["kept"]

    async def test_removes_parts_that_a_dead_writer_left_in_the_folder(
        self, tmp_path: Path
    ) -> None:
        storage = LocalStorage(tmp_path)
        part = tmp_path / ".staging" / f"{uuid4().hex}#1"
        part.parent.mkdir()
        part.write_bytes(b"half a file")
        assert await storage.clear_leftovers(timedelta(hours=1)) == 0
        with clock.shifted(timedelta(hours=2)):
            assert await storage.clear_leftovers(timedelta(hours=1)) == 1
        assert not part.exists()


class TestUnavailable:
    async def test_says_so_when_nobody_listens(self) -> None:
        url = "s3://evidence/x?endpoint=http://127.0.0.1:9&region=us-east-1"
        storage = storage_from_url(url, **KEYS)
        with pytest.raises(StorageUnavailable) as caught:
            await storage.exists("a/b")
        assert "127.0.0.1" not in str(caught.value)

    async def test_says_so_when_the_bucket_is_missing(self, s3_server: SimpleNamespace) -> None:
        url = s3_url(s3_server, "x").replace("evidence", "no-such-bucket")
        with pytest.raises((StorageUnavailable, ObjectNotFound)):
            await put(storage_from_url(url, **KEYS), "a/b", b"x")

    async def test_says_so_when_a_file_stands_in_the_way(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        await put(storage, "a", b"x")
        with pytest.raises(StorageUnavailable):
            await put(storage, "a/b", b"x")
        assert [Path(path).name for path in objects_in(storage)] == ["a"]


class TestStorageFromUrl:
    def test_keeps_others_out_of_the_folder(self, tmp_path: Path) -> None:
        root = tmp_path / "deep" / "with space"
        assert isinstance(storage_from_url(root.as_uri()), LocalStorage)
        assert stat.S_IMODE(root.stat().st_mode) == 0o700

    @pytest.mark.parametrize(
        "endpoint", ["http://10.0.0.5:9000", "http://minio.example", "ftp://a"]
    )
    def test_refuses_s3_in_the_clear(self, endpoint: str) -> None:
        with pytest.raises(ValueError, match="https://"):
            storage_from_url(f"s3://evidence?endpoint={endpoint}&region=eu-west-2")

    @pytest.mark.parametrize(
        "url", ["", "http://a", "file://host/x", "s3://", "s3://b?verify=no", "memory://"]
    )
    def test_refuses_other_urls(self, url: str) -> None:
        with pytest.raises(ValueError, match="storage"):
            storage_from_url(url)

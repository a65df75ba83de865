"""The scanner: clamd's protocol against a server of our own, and against a real clamd."""

import asyncio
import io
import os
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.integrations.antivirus import (
    AntivirusUnavailable,
    Clamd,
    Limits,
    Verdict,
    antivirus_from_url,
    verdict_of,
)
from tests.clamd import HARMLESS, PROGRAM, SIGNATURE, Daemon, a_clamd
from tests.doubles import MemoryAntivirus
from tests.programs import check_presence

FOUND = Verdict("found", f"{SIGNATURE}.UNOFFICIAL")
QUICK = Limits(connect=0.5, step=0.5, verdict=0.5, whole=2.0, alive=0.5)
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read_stream(reader: asyncio.StreamReader) -> tuple[bytes, list[int]]:
    """What a client of INSTREAM sends, and the sizes of its chunks."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content, sizes = b"", []
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(size)
        sizes.append(size)
    return content, sizes


@asynccontextmanager
async def serving(place: Path, answer: Answering) -> AsyncIterator[Clamd]:
    """A client of a server at a Unix socket that answers as told."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(once, place)
    try:
        yield Clamd(str(place), QUICK)
    finally:
        server.close()


class TestProtocol:
    async def test_sends_the_whole_file_in_bounded_pieces(self, tmp_path: Path) -> None:
        sent = os.urandom(700_000)
        seen: list[bytes] = []
        sizes: list[int] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            content, found = await read_stream(reader)
            seen.append(content)
            sizes.extend(found)
            writer.write(b"stream: OK\0")

        async with serving(tmp_path / "s", answer) as clamd:
            assert await clamd.scan(pieces(sent, 400_000)) == Verdict("clean")
        assert seen == [sent]
        assert max(sizes) <= 128 * 1024

    async def test_reads_an_answer_that_comes_in_parts(self, tmp_path: Path) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_stream(reader)
            for part in (b"stream: Some.Na", b"me FOU", b"ND\0"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.02)

        async with serving(tmp_path / "s", answer) as clamd:
            assert await clamd.scan(pieces(b"x")) == Verdict("found", "Some.Name")

    async def test_hears_that_a_file_is_too_large_although_the_daemon_hangs_up(
        self, tmp_path: Path
    ) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(50_000)
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")

        async with serving(tmp_path / "s", answer) as clamd:
            assert await clamd.scan(pieces(bytes(5_000_000))) == Verdict("too_large")

    @pytest.mark.parametrize(
        "said", [b"", b"\0", b"stream: maybe\0", b"OK\0", b"\xff\xfe\0", b"x" * 100_000]
    )
    async def test_takes_no_other_words_for_a_verdict(self, tmp_path: Path, said: bytes) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_stream(reader)
            writer.write(said)

        async with serving(tmp_path / "s", answer) as clamd:
            with pytest.raises(AntivirusUnavailable):
                await clamd.scan(pieces(b"x"))

    async def test_waits_for_no_daemon_for_ever(self, tmp_path: Path) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(5)

        async with serving(tmp_path / "s", answer) as clamd:
            async with asyncio.timeout(3):
                with pytest.raises(AntivirusUnavailable):
                    await clamd.scan(pieces(b"x"))
                with pytest.raises(AntivirusUnavailable):
                    await clamd.scan(pieces(bytes(20_000_000)))
                with pytest.raises(AntivirusUnavailable):
                    await clamd.version()

    async def test_lets_what_goes_wrong_with_the_file_through(self, tmp_path: Path) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_stream(reader)
            writer.write(b"stream: OK\0")

        async def broken() -> AsyncIterator[bytes]:
            yield b"half"
            raise LookupError

        async with serving(tmp_path / "s", answer) as clamd:
            with pytest.raises(LookupError):
                await clamd.scan(broken())

    async def test_is_away_where_nothing_listens(self, tmp_path: Path) -> None:
        for place in (str(tmp_path / "none"), ("127.0.0.1", 1)):
            with pytest.raises(AntivirusUnavailable):
                await Clamd(place, QUICK).scan(pieces(b"x"))

    async def test_sends_no_file_over_a_public_network(self) -> None:
        with pytest.raises(AntivirusUnavailable, match="public"):
            await Clamd(("8.8.8.8", 3310), QUICK).scan(pieces(b"x"))


class TestVerdicts:
    @pytest.mark.parametrize(
        ("reply", "verdict"),
        [
            ("stream: OK", Verdict("clean")),
            ("stream: Win.Test FOUND", Verdict("found", "Win.Test")),
            ("INSTREAM size limit exceeded. ERROR", Verdict("too_large")),
            (
                "stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND",
                Verdict("too_large", "Heuristics.Limits.Exceeded.MaxScanSize"),
            ),
            ("stream: Can't allocate memory ERROR", Verdict("failed")),
            ("stream: a\x1b[31mb FOUND", Verdict("found", "a?[31mb")),
        ],
    )
    def test_are_read_from_the_words(self, reply: str, verdict: Verdict) -> None:
        assert verdict_of(reply) == verdict


class TestSetting:
    def test_names_a_socket_a_host_or_none(self) -> None:
        assert antivirus_from_url("") is None
        assert antivirus_from_url("clamd:///run/clamav/clamd.ctl") == Clamd("/run/clamav/clamd.ctl")
        assert antivirus_from_url("clamd://scanner") == Clamd(("scanner", 3310))
        assert antivirus_from_url("clamd://[::1]:99") == Clamd(("::1", 99))

    @pytest.mark.parametrize(
        "url", ["http://x", "clamd://", "clamd:///", "clamd://h/path", "clamd:///a?b=c", "nonsense"]
    )
    def test_refuses_another(self, url: str) -> None:
        with pytest.raises(ValueError, match="scanner"):
            antivirus_from_url(url)


class TestMemory:
    async def test_finds_what_it_was_told_of(self) -> None:
        memory = MemoryAntivirus({b"bad": "Bad"}, most_bytes=10)
        assert await memory.scan(pieces(b"a bad", 2)) == Verdict("found", "Bad")
        assert await memory.scan(pieces(b"good")) == Verdict("clean")
        assert await memory.scan(pieces(bytes(11))) == Verdict("too_large")
        memory.gone = True
        with pytest.raises(AntivirusUnavailable):
            await memory.version()


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with a_clamd(most_bytes=2_000_000) as found:
        yield found


def zipped(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


class TestTheDaemon:
    def test_is_there(self) -> None:
        check_presence(PROGRAM, "clamd", "CAIRN_REQUIRE_CLAMD")


@pytest.mark.skipif(PROGRAM is None, reason="clamd is not installed")
class TestRealDaemon:
    @pytest.mark.parametrize("over", ["socket", "tcp"])
    async def test_finds_and_clears(self, daemon: Daemon, over: str) -> None:
        clamd = Clamd(str(daemon.socket) if over == "socket" else ("127.0.0.1", daemon.port))
        assert (await clamd.version()).startswith("ClamAV 1.")
        assert await clamd.scan(pieces(b"a clean note")) == Verdict("clean")
        assert await clamd.scan(pieces(HARMLESS, 7)) == FOUND
        assert await clamd.scan(pieces(zipped(a=HARMLESS))) == FOUND
        for size in (2_100_000, 3_000_000, 9_000_000):
            assert await clamd.scan(pieces(os.urandom(size))) == Verdict("too_large")
        assert await clamd.scan(pieces(b"")) == Verdict("clean")

    async def test_needs_no_more_memory_for_a_large_file(self) -> None:
        async def large() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield bytes(250_000)

        with a_clamd() as roomy:
            tracemalloc.start()
            verdict = await Clamd(str(roomy.socket)).scan(large())
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert verdict == Verdict("clean")
        assert peak < 4_000_000

    @pytest.mark.parametrize("over", ["socket", "tcp"])
    async def test_killed_in_the_middle_says_nothing_of_the_file(self, over: str) -> None:
        with a_clamd() as doomed:

            async def slow() -> AsyncIterator[bytes]:
                yield bytes(200_000)
                doomed.process.kill()
                await asyncio.to_thread(doomed.process.wait)
                for _ in range(20):
                    yield bytes(200_000)

            place = str(doomed.socket) if over == "socket" else ("127.0.0.1", doomed.port)
            with pytest.raises(AntivirusUnavailable):
                await Clamd(place, QUICK).scan(slow())

"""`cairn packet`: what an operator sees, and what is left on the disk."""

import json
import os
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import app
from app.cli import cairn
from app.formats.packets import (
    PacketReader,
    Passphrase,
    public_key,
    read_receipt,
    thumbprint,
    write_keys,
)
from tests.packets import (
    OTHER_RECEIVER,
    OTHER_SENDER,
    PACKET_ID,
    RECEIVER,
    SENDER,
    WORDS,
    entries_of,
    flipped,
    make_packet,
    signed_again,
)

pytestmark = pytest.mark.machine_time

FILES = {"record.json": b'{"a":1}', "attachments/Zoë.pdf": b"%PDF" * 1_500_000, "empty": b""}
STRANGERS = ("--sender-key", "stranger")
GOOD, BAD, UNCHECKED, LOCKED, STRANGER = range(5)


class Bench:
    """A folder with a packet for a key, one for a passphrase, and everybody's keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_key = self.file("by-key.packet", make_packet(FILES))
        self.by_word = self.file("by-word.packet", make_packet(FILES, lock=Passphrase(WORDS)))
        self.mine = self.file("mine.jwks", write_keys([RECEIVER, SENDER], private=True))
        self.theirs = self.file("theirs.jwks", write_keys([OTHER_RECEIVER], private=True))
        self.sender = self.file("sender.jwks", write_keys([public_key(SENDER)]))
        self.stranger = self.file("stranger.jwks", write_keys([public_key(OTHER_SENDER)]))
        self.word = self.file("word.txt", WORDS.encode() + b"\r\n")

    def file(self, name: str, raw: bytes) -> str:
        path = self.folder / name
        path.write_bytes(raw)
        return str(path)

    def __call__(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(cairn(), ["packet", *words], input=typed)

    def json(self, *words: str, code: int = GOOD) -> Any:
        result = self(*words, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("packets"))


@pytest.fixture(scope="module")
def damaged(bench: Bench) -> str:
    raw = Path(bench.by_key).read_bytes()
    part = next(one for one in entries_of(raw) if one.name == "parts/000002-000002.jwe")
    return bench.file("damaged.packet", flipped(raw, part.starts + 3000))


def test_does_what_the_page_lists(bench: Bench, tmp_path: Path) -> None:
    """`docs/transfer-packet.md`: every line, one after the other, with ours for its names."""
    page = (Path(app.__file__).parents[1] / "docs/transfer-packet.md").read_text()
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    ours = {
        "FILE": bench.by_key, "K": bench.mine, "S": bench.sender, "R": bench.sender,
        "NAME": str(tmp_path / "new"),
    }  # fmt: skip
    for number, line in enumerate(block.splitlines()):
        words = shlex.split(line, comments=True)[2:]
        asks = "asks for the passphrase" in line
        ours |= {
            "FOLDER": str(tmp_path / f"{number}"),
            "FILE": bench.by_word if asks else ours["FILE"],
        }
        said = bench(*(ours.get(word, word) for word in words), typed=WORDS + "\n")
        assert said.exit_code in (GOOD, UNCHECKED), f"{line}: {said.output}"
        if words[0] == "receipt":
            ours["RECEIPT"] = bench.file("page.txt", said.stdout.encode())
            ours["HASH"] = read_receipt(said.stdout, [SENDER]).manifest_sha256
        ours["FILE"] = bench.by_key
    assert "RECEIPT" in ours


class TestInspect:
    def test_shows_the_outside(self, bench: Bench) -> None:
        told = bench.json("inspect", bench.by_key)
        assert told["packet_id"] == str(PACKET_ID)
        assert told["receiver"] == thumbprint(RECEIVER)
        assert (told["files"], told["parts"]) == (3, 4)
        assert "a passphrase" in bench("inspect", bench.by_word).output

    @pytest.mark.parametrize("raw", [b"", b"%PDF-1.7", b"<html>Sign in</html>"])
    def test_says_that_a_file_is_no_packet(self, bench: Bench, raw: bytes) -> None:
        told = bench.json("inspect", bench.file("other", raw), code=UNCHECKED)
        assert told["code"] == "not_a_packet"

    def test_says_that_there_is_no_file(self, bench: Bench) -> None:
        result = bench("inspect", str(bench.folder / "nowhere"))
        assert result.exit_code == UNCHECKED
        assert "is no file" in result.stderr


class TestVerify:
    def test_checks_the_outside_without_a_key_and_says_so(self, bench: Bench) -> None:
        result = bench("verify", bench.by_key)
        assert result.exit_code == GOOD
        assert "cannot be seen without the key" in result.output
        assert bench.json("verify", bench.by_key)["checked"] == "outside"

    def test_checks_everything_with_a_key(self, bench: Bench) -> None:
        words = ("verify", bench.by_key, "--key-file", bench.mine, "--sender-key", bench.sender)
        told = bench.json(*words)
        assert told["checked"] == "everything"
        assert told["sender_trusted"] is True
        assert [one["name"] for one in told["contents"]] == list(FILES)
        with Path(bench.by_key).open("rb") as file:
            reader = PacketReader(file)
            reader.open(keys=[RECEIVER])
        assert told["manifest_sha256"] == reader.manifest_sha256
        assert "Signed by a key you trust" in bench(*words).output

    def test_says_that_nobody_vouched_for_the_sender(self, bench: Bench) -> None:
        result = bench("verify", bench.by_word, "--passphrase-file", bench.word)
        assert result.exit_code == GOOD
        assert "WHO made it is not checked" in result.output

    def test_names_the_damaged_part(self, bench: Bench, damaged: str) -> None:
        for words in ((), ("--key-file", bench.mine)):
            told = bench.json("verify", damaged, *words, code=BAD)
            assert told["code"] == "damaged"
            assert told["entry"] == "parts/000002-000002.jwe"
        assert "ask the sender to send it again" in bench("verify", damaged).stderr

    def test_names_where_a_copy_was_cut_off(self, bench: Bench) -> None:
        cut = bench.file("cut", Path(bench.by_key).read_bytes()[:5_000_000])
        told = bench.json("verify", cut, code=BAD)
        assert told["code"] == "truncated"
        assert told["entry"] == "parts/000002-000001.jwe"

    @pytest.mark.parametrize(
        ("words", "code", "named"),
        [
            (["by_key", "--key-file", "theirs"], LOCKED, "wrong_key"),
            (["by_key", "--passphrase-file", "word"], LOCKED, "wrong_key"),
            (["by_word", "--key-file", "mine"], LOCKED, "wrong_key"),
            (["by_word", "--passphrase-file", "sender"], LOCKED, "wrong_passphrase"),
            (["by_key", "--key-file", "mine", *STRANGERS], STRANGER, "unknown_sender"),
            (["by_key", "--sender-key", "sender"], UNCHECKED, "not_checked"),
            (["by_key", "--key-file", "word"], UNCHECKED, "not_checked"),
            (["by_key", "--key-file", "sender"], UNCHECKED, "not_checked"),
            (["by_key", "--key-file", "nowhere"], UNCHECKED, "not_checked"),
        ],
    )  # fmt: skip
    def test_tells_failures_apart(
        self, bench: Bench, words: list[str], code: int, named: str
    ) -> None:
        given = [getattr(bench, word, word) for word in words]
        assert bench.json("verify", *given, code=code)["code"] == named

    def test_says_who_signed_when_it_is_a_stranger(self, bench: Bench) -> None:
        words = ("--key-file", bench.mine, "--sender-key", bench.stranger)
        result = bench("verify", bench.by_key, *words)
        assert thumbprint(SENDER) in result.stderr
        assert "phone number" in result.stderr


class TestOpen:
    def test_writes_files_only_their_owner_can_read(self, bench: Bench, tmp_path: Path) -> None:
        to = tmp_path / "out"
        old = os.umask(0)
        try:
            result = bench("open", bench.by_key, "--key-file", bench.mine, "--to", str(to))
        finally:
            os.umask(old)
        assert result.exit_code == GOOD, result.output
        found = {str(one.relative_to(to)): one for one in to.rglob("*") if one.is_file()}
        assert {name: one.read_bytes() for name, one in found.items()} == FILES
        assert {stat.S_IMODE(one.stat().st_mode) for one in found.values()} == {0o600}
        folders = [to, *(one for one in to.rglob("*") if one.is_dir())]
        assert {stat.S_IMODE(one.stat().st_mode) for one in folders} == {0o700}

    def test_asks_for_the_passphrase_and_forgives_twice(self, bench: Bench, tmp_path: Path) -> None:
        to = str(tmp_path / "out")
        result = bench("open", bench.by_word, "--to", to, typed=f"no\nno again\n{WORDS}\n")
        assert result.exit_code == GOOD, result.output
        assert "1 more try" in result.output
        assert WORDS not in result.output
        result = bench("open", bench.by_word, "--to", to + "2", typed="no\n" * 3)
        assert result.exit_code == LOCKED
        assert not Path(to + "2").exists()

    def test_never_overwrites(self, bench: Bench, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "nowhere")
        for to in (tmp_path, link):
            words = ("open", bench.by_key, "--key-file", bench.mine, "--to", str(to))
            result = bench(*words)
            assert result.exit_code == UNCHECKED
            assert "exists already" in result.stderr

    def test_leaves_nothing_of_a_damaged_packet(
        self, bench: Bench, damaged: str, tmp_path: Path
    ) -> None:
        to = tmp_path / "out"
        result = bench("open", damaged, "--key-file", bench.mine, "--to", str(to))
        assert result.exit_code == BAD
        assert list(tmp_path.iterdir()) == []

    def test_salvages_the_whole_files_and_says_which_is_not(
        self, bench: Bench, damaged: str, tmp_path: Path
    ) -> None:
        to = tmp_path / "out"
        words = ("open", damaged, "--key-file", bench.mine, "--to", str(to), "--salvage")
        result = bench(*words)
        assert result.exit_code == BAD
        assert "NOT THE WHOLE RECORD" in result.output
        assert sorted(one.name for one in to.rglob("*") if one.is_file()) == [
            "empty",
            "record.json",
        ]

    def test_writes_nothing_outside_its_folder(self, bench: Bench, tmp_path: Path) -> None:
        def climb(told: dict[str, Any]) -> dict[str, Any]:
            told["files"][0]["name"] = "../evil"
            return told

        bad = bench.file("climbing", signed_again(Path(bench.by_key).read_bytes(), climb))
        to = tmp_path / "deep" / "out"
        to.parent.mkdir()
        result = bench("open", bad, "--key-file", bench.mine, "--to", str(to))
        assert result.exit_code == BAD
        assert list(tmp_path.rglob("*")) == [to.parent]

    def test_says_that_there_is_no_room(
        self, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.cli.unpacking.SPARE", 1 << 62)
        to = str(tmp_path / "out")
        result = bench("open", bench.by_key, "--key-file", bench.mine, "--to", to)
        assert result.exit_code == UNCHECKED
        assert "no room" in result.stderr


class TestReceipt:
    def test_returns_the_hash_signed(self, bench: Bench, tmp_path: Path) -> None:
        words = ("--key-file", bench.mine, "--signing-key", bench.mine)
        result = bench("receipt", bench.by_key, *words, "--received-by", "Another system 2.0")
        assert result.exit_code == GOOD, result.output
        with Path(bench.by_key).open("rb") as file:
            reader = PacketReader(file)
            reader.open(keys=[RECEIVER])
        found = read_receipt(result.stdout, [SENDER])
        assert found.manifest_sha256 == reader.manifest_sha256
        assert found.received_by == "Another system 2.0"

        token = bench.file("receipt.txt", result.stdout.encode())
        trusting = ("check-receipt", token, "--receiver-key", bench.sender)
        assert bench(*trusting, "--hash", found.manifest_sha256).exit_code == GOOD
        other = bench(*trusting, "--hash", "0" * 64)
        assert other.exit_code == BAD
        assert "another packet" in other.stderr
        strange = bench("check-receipt", token, "--receiver-key", bench.stranger)
        assert strange.exit_code == BAD

    def test_gives_none_for_a_damaged_packet(self, bench: Bench, damaged: str) -> None:
        words = ("--key-file", bench.mine, "--signing-key", bench.mine, "--received-by", "x")
        result = bench("receipt", damaged, *words)
        assert result.exit_code == BAD
        assert result.stdout == ""


class TestKeygen:
    def test_makes_keys_that_work_and_never_overwrites(self, bench: Bench, tmp_path: Path) -> None:
        to = tmp_path / "keys.jwks"
        assert bench("keygen", str(to)).exit_code == GOOD
        assert stat.S_IMODE(to.stat().st_mode) == 0o600
        published = json.loads((tmp_path / "keys.jwks.public").read_text())["keys"]
        assert {one["use"] for one in published} == {"sig", "enc"}
        assert all("d" not in one for one in published)
        before = to.read_bytes()
        result = bench("keygen", str(to))
        assert result.exit_code == UNCHECKED
        assert to.read_bytes() == before

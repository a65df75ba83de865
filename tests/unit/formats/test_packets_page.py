"""What `docs/transfer-packet.md` says is so: its programs run, its numbers and examples hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.formats.packets import PacketError, PacketReader, layout, names, read_keys, read_receipt
from app.formats.packets.archive import LONGEST_NAME
from app.formats.packets.keys import LETTERS
from tests.packet_examples import FOLDER, written
from tests.packets import PACKET_ID, RECEIVER, SENDER, taken_apart

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/transfer-packet.md").read_text()
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/schemas/cairn-packet-1.json").read_text()))
LOCKS = ("to-a-key", "to-a-passphrase")
BAD: dict[str, str] = EXPECTED["bad"]


def program(first_word: str) -> dict[str, Any]:
    """A program of the page, run as it stands there."""
    found = re.search(rf"```python\n(# {re.escape(first_word)}.*?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(found[1], first_word, "exec"), names)  # noqa: S102 - our own page
    return names


def keys(name: str, use: Any, *, private: bool = True) -> Any:
    return read_keys((FOLDER / f"{name}.jwks").read_bytes(), use=use, private=private)


def opened(file: Path, receiver: str = "receiver") -> PacketReader:
    reader = PacketReader(file.open("rb"))
    try:
        reader.open(
            keys=keys(receiver, "enc"),
            passphrase=(FOLDER / "passphrase.txt").read_text().rstrip("\n"),
            senders=keys("sender.public", "sig", private=False),
        )
        reader.verify()
    finally:
        reader._file.close()
    return reader


class TestPrograms:
    """Whoever has only this page and a JOSE library opens what we write."""

    def test_open_the_examples(self) -> None:
        page = program("open_packet.py")
        receivers = page["keys_of"](FOLDER / "receiver.jwks", "enc")
        senders = page["keys_of"](FOLDER / "sender.public.jwks", "sig")
        by_word = program("unlock_by_passphrase.py")["unlock_by_passphrase"]
        word = (FOLDER / "passphrase.txt").read_text().rstrip("\n")
        key = page["open_packet"](FOLDER / "to-a-key.packet", receivers, senders)
        locked = page["open_packet"](FOLDER / "to-a-passphrase.packet", word, senders, by_word)
        for lock, (files, digest) in zip(LOCKS, (key, locked), strict=True):
            assert digest == EXPECTED[lock]["manifest_sha256"]
            assert {n: page["sha256"](c) for n, c in files.items()} == EXPECTED[lock]["files"]

    def test_open_a_packet_with_parts_of_full_size(self, tmp_path: Path) -> None:
        from tests.packets import make_packet

        page = program("open_packet.py")
        file = tmp_path / "large.packet"
        file.write_bytes(make_packet({"a.bin": b"abc" * 3_000_000}))
        mine, theirs = {RECEIVER.thumbprint(): RECEIVER}, {SENDER.thumbprint(): SENDER}
        assert page["open_packet"](file, mine, theirs)[0] == {"a.bin": b"abc" * 3_000_000}

    @pytest.mark.parametrize(
        "name", ["parts-swapped", "parts-swapped-and-signed", "size-wrong", "signed-by-another"]
    )
    def test_refuse_bad_ones(self, name: str) -> None:
        page = program("open_packet.py")
        receivers = page["keys_of"](FOLDER / "receiver.jwks", "enc")
        senders = page["keys_of"](FOLDER / "sender.public.jwks", "sig")
        with pytest.raises(Exception, match=r"damaged|belongs elsewhere|bad_signature"):
            page["open_packet"](FOLDER / f"bad/{name}.packet", receivers, senders)

    def test_are_short(self) -> None:
        found = re.search(r"```python\n(# open_packet.py.*?)```", PAGE, re.DOTALL)
        assert found
        assert len(found[1].splitlines()) <= 75


class TestExamples:
    @pytest.mark.parametrize("lock", LOCKS)
    def test_opens_the_good_ones(self, lock: str) -> None:
        reader = opened(FOLDER / f"{lock}.packet")
        told = EXPECTED[lock]
        assert reader.manifest_sha256 == told["manifest_sha256"]
        assert reader.manifest.write().decode() == told["manifest"]
        assert {file.name: file.sha256 for file in reader.files} == told["files"]
        assert [len(file.parts) for file in reader.files] == [1, 3, 1]

    @pytest.mark.parametrize("lock", LOCKS)
    def test_reads_the_receipts(self, lock: str) -> None:
        token = (FOLDER / f"{lock}.receipt").read_text()
        receipt = read_receipt(token, keys("receiver", "sig"))
        assert receipt.manifest_sha256 == EXPECTED[lock]["manifest_sha256"]
        assert str(receipt.packet_id) == EXPECTED[lock]["packet_id"]

    @pytest.mark.parametrize("name", BAD)
    def test_refuses_the_bad_ones_for_the_reason_that_is_given(self, name: str) -> None:
        receiver = "stranger" if name == "forwarded" else "receiver"
        with pytest.raises(PacketError) as caught:
            opened(FOLDER / f"bad/{name}.packet", receiver)
        code = re.sub(r"(?<!^)([A-Z])", r"_\1", type(caught.value).__name__).lower()
        assert code == BAD[name]

    def test_has_a_file_for_every_bad_one(self) -> None:
        assert {one.stem for one in (FOLDER / "bad").iterdir()} == set(BAD)


class TestSchema:
    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(SCHEMA.schema)

    @pytest.mark.parametrize("lock", LOCKS)
    def test_fits_what_the_examples_hold(self, lock: str) -> None:
        raw = (FOLDER / f"{lock}.packet").read_bytes()
        SCHEMA.validate(json.loads(dict(taken_apart(raw))["packet.json"]))
        SCHEMA.validate(json.loads(EXPECTED[lock]["manifest"]))
        token = (FOLDER / f"{lock}.receipt").read_text()
        from app.formats.packets.jose import b64decode

        SCHEMA.validate(json.loads(b64decode(token.split(".")[1].encode())))

    def test_fits_what_the_writer_writes_today(self) -> None:
        raw, writer = written(SENDER, RECEIVER, PACKET_ID)
        SCHEMA.validate(json.loads(dict(taken_apart(raw))["packet.json"]))
        SCHEMA.validate(json.loads(writer.manifest.write()))

    @pytest.mark.parametrize(
        "change",
        [
            {"format": "cairn-packet/2"}, {"packet_id": "x"}, {"sender": "short"}, {"lock": {}},
            {"lock": {"kind": "key"}}, {"made_at": "2026-11-25T21:30:00+00:00"},
        ],
    )  # fmt: skip
    def test_refuses_a_header_that_a_reader_refuses(self, change: dict[str, Any]) -> None:
        raw = (FOLDER / "to-a-key.packet").read_bytes()
        header = json.loads(dict(taken_apart(raw))["packet.json"]) | change
        assert not SCHEMA.is_valid(header)

    @pytest.mark.parametrize("name", ["", "../a", "/a", "a//b", "C:x", "a/b/c/d/e/f", "a\nb"])
    def test_refuses_names_as_far_as_a_pattern_can(self, name: str) -> None:
        manifest = json.loads(EXPECTED["to-a-key"]["manifest"])
        manifest["files"][0]["name"] = name
        if name != "../a":
            assert not SCHEMA.is_valid(manifest)
        assert names.why_refused(name)


class TestNumbers:
    @pytest.mark.parametrize(
        "text",
        [
            f"| files | {layout.MAX_FILES:,} |",
            f"| parts | {layout.MAX_PARTS:,} ",
            f"| `packet.json`, `key.jwe` | {layout.MAX_HEADER:,} bytes each |",
            f"| a part's entry | {layout.MAX_PART:,} bytes |",
            f"| header of any token, encoded | {layout.MAX_TOKEN_HEADER:,} bytes |",
            f"| manifest | {layout.MAX_MANIFEST // 2**20} MiB; its entry "
            f"{layout.MAX_MANIFEST_ENTRY:,} bytes |",
            f"| receipt | {layout.MAX_RECEIPT:,} bytes |",
            f"| name of an entry | {LONGEST_NAME} bytes |",
            f"an integer from {layout.ITERATIONS:,} to {layout.MAX_ITERATIONS:,}",
            f"at most {layout.PART_SIZE:,} bytes (4 MiB)",
            f"shorter than {layout.SHORTEST_PASSPHRASE} characters",
            f"at most {names.LONGEST} bytes of UTF-8, at most {names.LONGEST_STEP} in a step",
            f"`{LETTERS}`",
            layout.MEDIA_TYPE,
            layout.TYP_KEY,
            layout.TYP_PART,
            layout.TYP_MANIFEST,
            layout.TYP_RECEIPT,
            layout.FORMAT,
            layout.MANIFEST_FORMAT,
            layout.RECEIPT_FORMAT,
        ],
    )
    def test_are_those_of_the_code(self, text: str) -> None:
        assert text in PAGE

    def test_names_every_command(self) -> None:
        import typer.main

        from app.cli.packet import app

        commands: Any = typer.main.get_command(app)
        assert [name for name in commands.commands if f"cairn packet {name}" not in PAGE] == []

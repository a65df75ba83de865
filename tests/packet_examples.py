"""Makes the packets of `docs/examples/packet`: `python -m tests.packet_examples`.

Good ones that every reader has to open, and bad ones that every reader has to refuse. They are new
at each run, since content keys and signatures are random; the test keys stay.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from app.formats.documents import render
from app.formats.packets import (
    PacketWriter,
    Passphrase,
    Receipt,
    jose,
    key_dict,
    layout,
    new_key,
    public_key,
    read_keys,
    thumbprint,
    write_keys,
    write_receipt,
)
from app.formats.packets.manifest import sha256
from tests import file_examples, packets
from tests.packets import MADE_AT, PACKET_ID, flipped, put_together, replaced, taken_apart

FOLDER = Path(__file__).parents[1] / "docs/examples/packet"
JSON = "application/json"
WORDS = "grey heron under the old railway bridge"
FILES = (
    ("record.json", "application/json", b'{"example":"a record of an invented child"}'),
    ("attachments/letter.txt", "text/plain", b"An invented letter, in three parts.\n" * 5),
    ("attachments/empty.txt", "text/plain", b""),
)
FIRST, SECOND = "parts/000002-000001.jwe", "parts/000002-000002.jwe"


def keys(name: str) -> list[ECKey]:
    """The signing and the encryption key of one side; made once, then kept."""
    file = FOLDER / f"{name}.jwks"
    if not file.exists():
        file.write_bytes(write_keys([new_key("sig"), new_key("enc")], private=True))
    raw = file.read_bytes()
    return [*read_keys(raw, use="sig", private=True), *read_keys(raw, use="enc", private=True)]


def written(signer: ECKey, lock: ECKey | Passphrase, packet_id: UUID) -> tuple[bytes, PacketWriter]:
    """A packet of the files, in parts so small that one of them has three."""
    with patch.object(layout, "PART_SIZE", 64):
        writer = PacketWriter(signer, lock, packet_id=packet_id, made_at=MADE_AT)
        sent = [writer.add(*file) for file in FILES]
        return b"".join([*sent, writer.finish()]), writer


def bad_ones(good: bytes, word: bytes) -> dict[str, tuple[bytes, str]]:
    """Packets to refuse, and the code of the failure."""
    own, other = dict(taken_apart(good)), dict(taken_apart(word))

    def entry(name: str, raw: bytes) -> bytes:
        return put_together([(n, raw if n == name else r) for n, r in own.items()])

    swapped = entry(FIRST, own[SECOND])
    swapped = replaced(swapped, SECOND, lambda _: own[FIRST])
    return {
        "truncated": (good[: len(good) * 2 // 3], "truncated"),
        "trailing-bytes": (good + b"\0", "damaged"),
        "flipped-bit": (flipped(good, len(good) // 3), "damaged"),
        "part-missing": (put_together([one for one in own.items() if one[0] != FIRST]), "damaged"),
        "parts-swapped": (swapped, "damaged"),
        "parts-swapped-and-signed": (_lie(swapped, _swap), "damaged"),
        "part-of-another-packet": (entry(FIRST, other[FIRST]), "damaged"),
        "name-climbs": (_lie(good, lambda told: _file(told, name="../evil")), "damaged"),
        "name-twice": (_lie(good, lambda told: _file(told, name="RECORD.JSON")), "damaged"),
        "size-wrong": (_lie(good, lambda told: _file(told, size=3)), "damaged"),
        "forwarded": (_forwarded(good), "readdressed"),
        "signed-by-another": (_lie(good, dict, keys("stranger")[0]), "signature_invalid"),
        "later-version": (
            entry("packet.json", own["packet.json"].replace(b"packet/1", b"packet/2")),
            "unsupported_version",
        ),
        "entry-added": (put_together([*own.items(), ("readme.txt", b"hello")]), "damaged"),
    }


def file_packets() -> dict[str, bytes]:
    """A whole file and the least one of another vendor, each locked with the passphrase.

    Their parts lie beside them in folders, so that they can be read without opening anything.
    """
    document = {"sha256": sha256(orjson.dumps(file_examples.record())), "reference": "HT-2026-9",
                "made_at": file_examples.MADE_AT, "printed_at": file_examples.MADE_AT,
                "printed_by": "Example system 1.0"}  # fmt: skip
    pdf = render("file", {**file_examples.record(), "document": document})
    whole = (
        ("cover.json", JSON, _text(file_examples.cover())),
        ("record.json", JSON, _text(file_examples.record())),
        ("file.pdf", file_examples.PDF, pdf),
        ("attachments/letter.txt", "text/plain", file_examples.LETTER),
    )
    least = (
        ("cover.json", JSON, _text(file_examples.least_cover())),
        ("record.json", JSON, _text(file_examples.least_record())),
    )
    made = {}
    for number, (name, files) in enumerate({"file-whole": whole, "file-least": least}.items()):
        packet_id = UUID(int=PACKET_ID.int + 16 + number)
        writer = PacketWriter(
            keys("sender")[0], Passphrase(WORDS), packet_id=packet_id, made_at=MADE_AT
        )
        sent = [writer.add(*file) for file in files]
        made[name] = b"".join([*sent, writer.finish()])
        for path, _, content in files:
            place = FOLDER / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        (FOLDER / f"{name}.packet").write_bytes(made[name])
    return made


def _text(told: dict[str, Any]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"


def main() -> None:
    """Write everything again."""
    file_packets()
    FOLDER.joinpath("bad").mkdir(parents=True, exist_ok=True)
    (signer, _), (answerer, receiver) = keys("sender"), keys("receiver")
    (FOLDER / "passphrase.txt").write_text(WORDS + "\n")
    (FOLDER / "sender.public.jwks").write_bytes(write_keys([public_key(signer)]))
    told: dict[str, Any] = {"sender": thumbprint(signer), "receiver": thumbprint(receiver)}
    locks: dict[str, ECKey | Passphrase] = {
        "to-a-key": public_key(receiver),
        "to-a-passphrase": Passphrase(WORDS),
    }
    made: dict[str, bytes] = {}
    for number, (name, lock) in enumerate(locks.items()):
        packet_id = UUID(int=PACKET_ID.int + number)
        made[name], writer = written(signer, lock, packet_id)
        (FOLDER / f"{name}.packet").write_bytes(made[name])
        receipt = Receipt(packet_id, writer.manifest_sha256, MADE_AT, "Example system 1.0")
        (FOLDER / f"{name}.receipt").write_text(write_receipt(answerer, receipt) + "\n")
        key_token = dict(taken_apart(made[name]))["key.jwe"]
        content_key = (
            jose.unlock_by_passphrase(key_token, lock.raw)
            if isinstance(lock, Passphrase)
            else jose.unlock_by_key(key_token, receiver)
        )
        told[name] = {
            "packet_id": str(packet_id),
            "content_key": content_key.hex(),
            "manifest": writer.manifest.write().decode(),
            "manifest_sha256": writer.manifest_sha256,
            "files": {name: sha256(content) for name, _, content in FILES},
        }
    with patch.multiple(packets, SENDER=signer, RECEIVER=receiver):
        bad = bad_ones(made["to-a-key"], made["to-a-passphrase"])
    for name, (raw, _) in bad.items():
        (FOLDER / f"bad/{name}.packet").write_bytes(raw)
    told["bad"] = {name: code for name, (_, code) in bad.items()}
    text = json.dumps(told, indent=2, ensure_ascii=False)
    (FOLDER / "expected.json").write_text(text + "\n")


def _lie(
    raw: bytes, change: Callable[[dict[str, Any]], dict[str, Any]], signer: ECKey | None = None
) -> bytes:
    key = packets.content_key(raw, packets.RECEIVER)
    return packets.signed_again(raw, change, signer or packets.SENDER, key)


def _swap(told: dict[str, Any]) -> dict[str, Any]:
    parts = told["files"][1]["parts"]
    parts[0], parts[1] = parts[1], parts[0]
    return told


def _file(told: dict[str, Any], **change: Any) -> dict[str, Any]:
    told["files"][1] |= change
    return told


def _forwarded(raw: bytes) -> bytes:
    """Locked by its receiver to itself again under another header, as to a third school."""
    third = keys("stranger")[1]
    kid = key_dict(third)["kid"]
    header = {"typ": layout.TYP_KEY, "packet": str(PACKET_ID), "kid": kid}
    content_key = packets.content_key(raw, packets.RECEIVER)
    locked = replaced(
        raw, "key.jwe", lambda _: jose.lock_to_key(content_key, public_key(third), header)
    )
    own = thumbprint(packets.RECEIVER).encode()
    return replaced(locked, "packet.json", lambda told: told.replace(own, kid.encode()))


if __name__ == "__main__":
    main()

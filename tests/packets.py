"""Transfer packets for tests: made quickly, taken apart and put together by somebody hostile."""

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.formats.packets import (
    Manifest,
    PacketReader,
    PacketWriter,
    Passphrase,
    jose,
    layout,
    new_key,
    public_key,
    signatures,
)
from app.formats.packets.archive import Entry, ending, entry_header, entry_of, read_entry, walk
from app.formats.packets.canonical import read_strict, write_canonical

SENDER, OTHER_SENDER = new_key("sig"), new_key("sig")
RECEIVER, OTHER_RECEIVER = new_key("enc"), new_key("enc")
WORDS = "correct horse battery staple"
PACKET_ID = UUID("0190c9f1-0000-7000-8000-000000000001")
MADE_AT = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)
RECORD = b'{"child":"Robin Example"}'
Files = Mapping[str, bytes]
Pieces = list[tuple[str, bytes]]


def make_packet(
    files: Files | None = None,
    *,
    lock: ECKey | Passphrase | None = None,
    signer: ECKey = SENDER,
    packet_id: UUID = PACKET_ID,
    chunk: int = 1 << 20,
) -> bytes:
    """A packet of these files, written in chunks of the given size."""
    lock = lock or public_key(RECEIVER)
    writer = PacketWriter(signer, lock, packet_id=packet_id, made_at=MADE_AT)
    sent: list[bytes] = []
    for name, content in ({"record.json": RECORD} if files is None else files).items():
        sent.append(writer.begin(name, "application/octet-stream"))
        sent += [writer.write(content[at : at + chunk]) for at in range(0, len(content), chunk)]
        sent.append(writer.end())
    return b"".join([*sent, writer.finish()])


def reader_of(raw: bytes) -> PacketReader:
    """A reader over bytes."""
    return PacketReader(io.BytesIO(raw))


def opened(
    raw: bytes,
    *,
    keys: Iterable[ECKey] = (RECEIVER,),
    passphrase: str | None = None,
    senders: Iterable[ECKey] | None = (SENDER,),
) -> PacketReader:
    """An open packet, every byte of it verified."""
    reader = reader_of(raw)
    reader.open(keys=keys, passphrase=passphrase, senders=senders)
    reader.verify()
    return reader


def contents(reader: PacketReader) -> dict[str, bytes]:
    """Every file by its name."""
    return {file.name: b"".join(reader.read(file)) for file in reader.files}


def entries_of(raw: bytes) -> list[Entry]:
    """The entries of a sound archive."""
    return list(walk(io.BytesIO(raw), layout.MAX_PARTS + 3, lambda _: 1 << 40))


def taken_apart(raw: bytes) -> Pieces:
    """Name and bytes of every entry."""
    return [(one.name, read_entry(io.BytesIO(raw), one)) for one in entries_of(raw)]


def put_together(pieces: Pieces) -> bytes:
    """An archive of these entries, with checksums and list as they should be."""
    entries: list[Entry] = []
    sent: list[bytes] = []
    for name, raw in pieces:
        entry = entry_of(name, raw, entries[-1].ends if entries else 0)
        entries.append(entry)
        sent += [entry_header(entry), raw]
    return b"".join([*sent, ending(entries)])


def replaced(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one entry changed and everything else made to fit."""
    return put_together([(n, change(r) if n == name else r) for n, r in taken_apart(raw)])


def flipped(raw: bytes, at: int) -> bytes:
    """One bit of one byte turned."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def content_key(raw: bytes, key: ECKey = RECEIVER) -> bytes:
    """What only the receiver can know; tests of dishonest receivers and senders need it."""
    return jose.unlock_by_key(dict(taken_apart(raw))[layout.KEY_ENTRY], key)


def signed_again(
    raw: bytes,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    signer: ECKey = SENDER,
    key: bytes | None = None,
) -> bytes:
    """The packet with a manifest that its sender changed and signed: a lying sender."""
    key = key or content_key(raw)
    bound = {"typ": layout.TYP_MANIFEST, "packet": str(PACKET_ID)}

    def lie(token: bytes) -> bytes:
        signed = jose.decrypt(token, key, bound)
        told = read_strict(signatures.open_signed(signed, layout.TYP_MANIFEST, None).payload)
        payload = write_canonical(change(told))
        return jose.encrypt(signatures.sign(payload, signer, layout.TYP_MANIFEST), key, bound)

    return replaced(raw, layout.MANIFEST_ENTRY, lie)


def manifest_of(raw: bytes) -> Manifest:
    """What was signed."""
    return opened(raw).manifest

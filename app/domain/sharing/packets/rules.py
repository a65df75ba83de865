"""Open a received packet: its child, its signer, and everything in it. Blocking."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import orjson
from joserfc.jwk import ECKey

from app.domain.errors import FieldProblem
from app.domain.sharing.transfers.errors import PacketRefused
from app.formats import packets
from app.formats.packets import PacketReader

LARGEST_COVER, LARGEST_RECORD = 65_536, 64 * 1024 * 1024
CODES: Mapping[type[packets.PacketError], str] = {
    packets.NotAPacket: "not_a_packet",
    packets.UnsupportedVersion: "unsupported_version",
    packets.Truncated: "truncated",
    packets.Damaged: "damaged",
    packets.TooMany: "too_many",
    packets.TooLarge: "too_large",
    packets.WrongKey: "wrong_key",
    packets.WrongPassphrase: "wrong_passphrase",
    packets.SignatureInvalid: "signature_invalid",
    packets.Readdressed: "readdressed",
}

COVER, RECORD, DOCUMENT = "cover.json", "record.json", "file.pdf"
COVER_FORMAT = "cairn-cover/1"

RECORD_FORMAT = "cairn-file/1"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A packet's statements, once all of it has been checked against its signature."""

    cover: dict[str, Any]
    signer: str
    """RFC 7638 thumbprint of the key that signed it."""
    packet_id: str
    manifest_sha256: str
    files: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A packet that is open: its record, and a way to the files beside it."""

    reader: PacketReader
    record: dict[str, Any]

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file of the packet. Raises `PacketRefused`."""
        file = next((item for item in self.reader.files if item.name == path), None)
        if file is None:
            raise _refused("damaged", "A file that the record names is not in the packet.")
        return _translated(self.reader.read(file))

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a file of the packet. Raises `PacketRefused`."""
        return next(self.pieces(path), b"")[:size]


def look_into(file: BinaryIO, keys: Sequence[ECKey], passphrase: str | None) -> Arrived:
    """Prove the whole packet and read its cover. Raises `PacketRefused`."""
    reader = _open(file, keys, passphrase)
    cover = _json(reader, COVER, LARGEST_COVER, COVER_FORMAT)
    _check_cover(cover)
    record = _json(reader, RECORD, LARGEST_RECORD, RECORD_FORMAT)
    check_record(record)
    try:
        reader.verify()
    except packets.PacketError as error:
        raise refusal(error) from error
    header = reader.manifest.header
    return Arrived(
        cover, header.sender, str(header.packet_id), reader.manifest_sha256, len(reader.files)
    )


def open_whole(file: BinaryIO, keys: Sequence[ECKey], passphrase: str | None) -> Opened:
    """Open a packet that is accepted. Raises `PacketRefused`."""
    reader = _open(file, keys, passphrase)
    return Opened(reader, _json(reader, RECORD, LARGEST_RECORD, RECORD_FORMAT))


def _open(file: BinaryIO, keys: Sequence[ECKey], passphrase: str | None) -> PacketReader:
    reader = PacketReader(file)
    try:
        reader.open(keys=keys, passphrase=passphrase)
    except packets.PacketError as error:
        raise refusal(error) from error
    return reader


def refusal(error: packets.PacketError) -> PacketRefused:
    """Describe a packet's error in the format's own words, which name nobody."""
    text = str(error)
    return _refused(CODES.get(type(error), "unreadable"), f"{text[:1].upper()}{text[1:]}.")


def _refused(code: str, detail: str) -> PacketRefused:
    return PacketRefused(problems=[FieldProblem("/file", code, detail)])


def _translated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except packets.PacketError as error:
        raise refusal(error) from error


def _json(reader: PacketReader, name: str, limit: int, wanted: str) -> dict[str, Any]:
    file = next((item for item in reader.files if item.name == name), None)
    if file is None or file.size > limit:
        raise _refused("no_record", f"The packet holds no {name} that can be read.")
    raw = b"".join(_translated(reader.read(file)))
    if b"\\u0000" in raw:
        raise _refused("record_invalid", f"{name} holds a character that cannot be kept.")
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise _refused("no_record", f"{name} is no JSON.") from None
    if not isinstance(content, dict) or content.get("format") != wanted:
        raise _refused("unknown_format", f"{name} is not in the format {wanted}.")
    return content


def _check_cover(cover: Mapping[str, Any]) -> None:
    child, school = cover.get("child"), cover.get("school")
    names = ("legal_given_name", "legal_family_name")
    fits = isinstance(child, dict) and isinstance(school, dict)
    if not fits or not all(_is_line(child.get(name)) for name in names):  # type: ignore[union-attr]
        raise _refused("no_child", "The cover does not say whose file it is.")
    if not _is_line(school.get("name")):  # type: ignore[union-attr]
        raise _refused("no_school", "The cover does not say which school sent it.")
    try:
        born = child.get("date_of_birth")  # type: ignore[union-attr]
        if born is not None:
            date.fromisoformat(born)
        _moment(cover.get("made_at"))
    except (TypeError, ValueError):
        raise _refused("no_child", "A date on the cover cannot be read.") from None


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) <= 300 and text.isprintable()


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1900 <= moment.year <= 2200:
        raise ValueError("no moment")
    return moment


def check_record(record: Mapping[str, Any]) -> None:
    """Raise `PacketRefused` if the record lacks what is needed to save it."""
    received = record.get("received", [])
    lists = [record.get("records"), *(item.get("records") for item in _dicts(received))]
    try:
        _moment(record["made_at"])
        for listed in lists:
            for item in _dicts(listed):
                _check_one(item)
    except (TypeError, ValueError, KeyError):
        raise _refused("record_invalid", "A part of the record cannot be read.") from None


def _dicts(listed: Any) -> list[dict[str, Any]]:
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise TypeError("not a list of objects")
    return listed


def _check_one(record: Mapping[str, Any]) -> None:
    if record["confidentiality"] not in ("K2", "K3", "K4", "K5"):
        raise ValueError("class")
    if not (_is_line(record["number"]) and _is_line(record["kind"])):
        raise ValueError("number")
    _moment(record["occurred_at"])
    if record.get("recorded_at") is not None:
        _moment(record["recorded_at"])
    if not isinstance(record["content"], dict):
        raise TypeError("content")
    for item in _dicts(record.get("attachments", [])):
        if not (_is_line(item["path"]) and _is_line(item["file_name"])):
            raise ValueError("attachment")
        if not isinstance(item["size"], int) or not _is_line(item["sha256"]):
            raise ValueError("attachment")

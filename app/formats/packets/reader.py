"""Opens a packet that anybody may have tampered with, and says exactly what is wrong with it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from joserfc.jwk import ECKey

from app.formats.packets import archive, jose, layout, signatures
from app.formats.packets.archive import Entry
from app.formats.packets.errors import (
    Damaged,
    NotAPacket,
    Readdressed,
    SignatureInvalid,
    TooLarge,
    TooMany,
    UnknownSender,
    WrongKey,
    WrongPassphrase,
)
from app.formats.packets.jose import TokenRefused
from app.formats.packets.keys import (
    KeyRefused,
    bare_key,
    by_thumbprint,
    import_key,
    passphrase_bytes,
)
from app.formats.packets.manifest import Header, Manifest, PacketFile, sha256
from app.formats.packets.writer import bound


@dataclass(frozen=True)
class Outside:
    """What a packet shows without any key. Nothing of it is proven until the packet is open."""

    header: Header
    files: int
    parts: int
    size: int
    """Of the whole packet, in bytes."""


class PacketReader:
    """A packet in a file that can seek. Every method raises only the errors of this package.

    `inspect` and `check_outside` need no key; `open` has to come before `files`, `read` and
    `verify`. Nothing here is async: a caller with an event loop uses a thread.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: dict[str, Entry] | None = None
        self._outside: Outside | None = None
        self._content_key: bytes | None = None
        self._manifest: Manifest | None = None
        self.manifest_sha256 = ""
        """The hash of the packet, once it is open: what a receipt returns."""
        self.sender_trusted = False
        """Whether the signer is one of the `senders` given to `open`."""

    def inspect(self) -> Outside:
        """What stands on the outside, once the form of the whole archive is right."""
        if self._outside is None:
            entries = list(archive.walk(self._file, layout.MAX_PARTS + 3, layout.size_limit))
            parts = _check_order(entries)
            header = Header.read(archive.read_entry(self._file, entries[0]))
            self._entries = {entry.name: entry for entry in entries}
            files = max((file for file, _ in parts), default=0)
            self._outside = Outside(header, files, len(parts), self._file.seek(0, 2))
        return self._outside

    def check_outside(self) -> Outside:
        """Everything that can be checked without a key: checksums, and where each token belongs.

        It finds accidents of copying; only `open` and `verify` find what somebody did on purpose.
        """
        outside = self.inspect()
        self._key_header(outside.header)
        for entry in self._listed().values():
            raw = archive.read_entry(self._file, entry)
            expected = self._expected(entry.name)
            if expected is not None:
                self._check_header(entry.name, raw, expected)
        return outside

    def open(
        self,
        *,
        keys: Iterable[ECKey] = (),
        passphrase: str | None = None,
        senders: Iterable[ECKey] | None = None,
    ) -> Manifest:
        """Unlock the packet and believe its manifest, as far as `senders` are trusted.

        Without `senders` any signature that holds is taken and `sender_trusted` stays false: the
        packet is whole, and nobody has said who made it.
        """
        header = self.inspect().header
        content_key = self._unlock(header, by_thumbprint(keys), passphrase)
        trusted = None if senders is None else list(senders)
        signed = self._signed_manifest(header, content_key, trusted)
        manifest = Manifest.read(signed.payload)
        self._check_bound(header, manifest)
        self._check_files(manifest)
        if trusted is not None and not signed.trusted:
            raise UnknownSender(signed.signer)
        self.manifest_sha256, self.sender_trusted = sha256(signed.payload), signed.trusted
        self._content_key, self._manifest = content_key, manifest
        return manifest

    @property
    def manifest(self) -> Manifest:
        """What the sender signed."""
        return self._opened()[1]

    @property
    def files(self) -> tuple[PacketFile, ...]:
        """The files, in the order of the packet."""
        return self.manifest.files

    def read(self, file: PacketFile) -> Iterator[bytes]:
        """The content in pieces of at most 4 MiB, each checked before it is given.

        The last piece is held back until the whole file is known to be what was signed.
        """
        content_key, manifest = self._opened()
        digest, size, held = hashlib.sha256(), 0, None
        for part, signed_hash in enumerate(file.parts, 1):
            plain = self._part(content_key, manifest, file, part, signed_hash)
            digest.update(plain)
            size += len(plain)
            if held is not None:
                yield held
            held = plain
        if size != file.size or digest.hexdigest() != file.sha256:
            raise Damaged(f"file {file.number}", "its content is not what its sender signed")
        if held is not None:
            yield held

    def verify(self) -> None:
        """Read everything once and keep nothing."""
        for file in self.files:
            for _ in self.read(file):
                pass

    def _part(
        self, key: bytes, manifest: Manifest, file: PacketFile, part: int, signed_hash: str
    ) -> bytes:
        entry = self._listed()[layout.part_entry(file.number, part)]
        raw = archive.read_entry(self._file, entry)
        if sha256(raw) != signed_hash:
            raise Damaged(entry.name, "it is not the part that its sender signed")
        header = bound(layout.TYP_PART, manifest.header.packet_id)
        try:
            plain = jose.decrypt(raw, key, header | {"file": file.number, "part": part})
        except TokenRefused as error:
            raise Damaged(entry.name, str(error)) from None
        if len(plain) > layout.PART_SIZE:
            raise TooLarge(entry.name, layout.PART_SIZE)
        if not plain and len(file.parts) > 1:
            raise Damaged(entry.name, "it is empty")
        return plain

    def _listed(self) -> dict[str, Entry]:
        if self._entries is None:
            self.inspect()
        return self._entries or {}

    def _opened(self) -> tuple[bytes, Manifest]:
        if self._content_key is None or self._manifest is None:
            raise ValueError("the packet is not open")
        return self._content_key, self._manifest

    def _raw(self, name: str) -> bytes:
        return archive.read_entry(self._file, self._listed()[name])

    def _expected(self, name: str) -> dict[str, Any] | None:
        packet_id = self.inspect().header.packet_id
        direct = {"alg": "dir", "enc": jose.GCM}
        if match := layout.PART_ENTRY.fullmatch(name):
            numbers = {"file": int(match[1]), "part": int(match[2])}
            return direct | bound(layout.TYP_PART, packet_id) | numbers
        if name == layout.MANIFEST_ENTRY:
            return direct | bound(layout.TYP_MANIFEST, packet_id)
        return None

    @staticmethod
    def _check_header(name: str, raw: bytes, expected: dict[str, Any]) -> None:
        try:
            protected_header = jose.protected_header(raw, 4)
        except TokenRefused as error:
            raise Damaged(name, str(error)) from None
        if protected_header != expected:
            raise Damaged(name, "its header says that it belongs elsewhere")

    def _key_header(self, header: Header) -> dict[str, Any]:
        """The header of the locked content key, as far as `packet.json` and the format say."""
        name = layout.KEY_ENTRY
        try:
            protected_header = jose.protected_header(self._raw(name), 4)
        except TokenRefused as error:
            raise Damaged(name, str(error)) from None
        common = {"enc": jose.GCM, **bound(layout.TYP_KEY, header.packet_id)}
        if header.receiver == layout.PASSPHRASE:
            expected = common | {"alg": jose.PBES2}
            open_ones = {"p2s", "p2c"}
        else:
            expected = common | {"alg": jose.ECDH, "kid": header.receiver}
            open_ones = {"epk"}
        if (
            set(protected_header) != set(expected) | open_ones
            or not expected.items() <= protected_header.items()
        ):
            raise Damaged(name, "its header does not fit packet.json or the format")
        (_check_stretch if header.receiver == layout.PASSPHRASE else _check_epk)(protected_header)
        return protected_header

    def _unlock(self, header: Header, keys: dict[str, ECKey], passphrase: str | None) -> bytes:
        self._key_header(header)
        token = self._raw(layout.KEY_ENTRY)
        if header.receiver == layout.PASSPHRASE:
            raw = _by_passphrase(token, passphrase)
        else:
            key = keys.get(header.receiver)
            if key is None or not key.is_private:
                raise WrongKey(f"the key {header.receiver}")
            raw = _by_key(token, key)
        if len(raw) != 32:
            raise Damaged(layout.KEY_ENTRY, "what it holds is no key of 256 bits")
        return raw

    def _signed_manifest(
        self, header: Header, content_key: bytes, senders: list[ECKey] | None
    ) -> signatures.Signed:
        name = layout.MANIFEST_ENTRY
        bound_to = bound(layout.TYP_MANIFEST, header.packet_id)
        try:
            token = jose.decrypt(self._raw(name), content_key, bound_to)
        except TokenRefused as error:
            raise Damaged(name, str(error)) from None
        try:
            signed = signatures.open_signed(token, layout.TYP_MANIFEST, senders)
        except TokenRefused as error:
            raise SignatureInvalid(f"the manifest is not well signed: {error}") from None
        if signed.signer != header.sender:
            raise SignatureInvalid(
                f"the manifest is signed by {signed.signer}, and not by {header.sender} as it says"
            )
        return signed

    def _check_bound(self, header: Header, manifest: Manifest) -> None:
        """The manifest has to be about this packet, this sender and this receiver."""
        if manifest.header.receiver != header.receiver:
            _readdressed("another receiver")
        if manifest.header.packet_id != header.packet_id:
            _readdressed("another packet")
        if manifest.header != header:
            _readdressed("another sender or another moment")
        if manifest.header_sha256 != sha256(self._raw(layout.HEADER_ENTRY)):
            _readdressed("another packet.json")
        if manifest.key_sha256 != sha256(self._raw(layout.KEY_ENTRY)):
            _readdressed("another key.jwe")

    def _check_files(self, manifest: Manifest) -> None:
        """Every part that is listed lies in the packet, and no other."""
        signed = [
            layout.part_entry(file.number, part)
            for file in manifest.files
            for part in range(1, len(file.parts) + 1)
        ]
        names = [name for name in self._listed() if layout.PART_ENTRY.fullmatch(name)]
        for wanted, there in zip(signed, names, strict=False):
            if wanted != there:
                raise Damaged(min(wanted, there), "the signed manifest lists other parts here")
        if len(signed) > len(names):
            raise Damaged(signed[len(names)], "it is missing")
        if len(names) > len(signed):
            raise Damaged(names[len(signed)], "it is not in the signed manifest")


def _readdressed(what: str) -> NoReturn:
    raise Readdressed(f"the manifest was signed for {what}: the packet was put together by others")


def _by_key(token: bytes, key: ECKey) -> bytes:
    try:
        return jose.unlock_by_key(token, key)
    except TokenRefused:
        raise Damaged(layout.KEY_ENTRY, "it names your key and yet does not open with it") from None


def _by_passphrase(token: bytes, passphrase: str | None) -> bytes:
    if passphrase is None:
        raise WrongKey("a passphrase")
    try:
        return jose.unlock_by_passphrase(token, passphrase_bytes(passphrase))
    except TokenRefused:
        raise WrongPassphrase from None


def _check_stretch(header: dict[str, Any]) -> None:
    """Refuse a count that is too weak, or that would keep a CPU busy for minutes."""
    salt, count = header["p2s"], header["p2c"]
    if type(count) is not int or not layout.ITERATIONS <= count <= layout.MAX_ITERATIONS:
        raise Damaged(layout.KEY_ENTRY, "its iteration count is not within the limits")
    try:
        enough = 16 <= len(jose.b64decode(salt.encode())) <= 64
    except (AttributeError, ValueError):
        enough = False
    if not enough:
        raise Damaged(layout.KEY_ENTRY, "its salt is not 16 to 64 bytes in base64url")


def _check_epk(header: dict[str, Any]) -> None:
    epk = header["epk"]
    try:
        if not isinstance(epk, dict) or epk != bare_key(import_key(epk)):
            raise KeyRefused("more than a public key")
    except KeyRefused:
        raise Damaged(layout.KEY_ENTRY, "its epk is no public key of P-256") from None


def _check_order(entries: list[Entry]) -> list[tuple[int, int]]:
    """The parts, file by file and each in its turn between key and manifest."""
    parts: list[tuple[int, int]] = []
    wanted = [layout.HEADER_ENTRY]
    for entry in entries:
        if entry.name not in wanted:
            raise Damaged(_missing(entry.name, wanted), _out_of_order(entry.name, wanted))
        if match := layout.PART_ENTRY.fullmatch(entry.name):
            parts.append((int(match[1]), int(match[2])))
        wanted = _next_names(entry.name, parts)
    if not entries:
        raise NotAPacket("this is a ZIP file without entries")
    if wanted:
        raise Damaged(wanted[-1], "it is missing")
    if parts and parts[-1][0] > layout.MAX_FILES:
        raise TooMany("files", layout.MAX_FILES)
    return parts


def _next_names(name: str, parts: list[tuple[int, int]]) -> list[str]:
    if name == layout.HEADER_ENTRY:
        return [layout.KEY_ENTRY]
    if name == layout.KEY_ENTRY:
        return [layout.part_entry(1, 1), layout.MANIFEST_ENTRY]
    if name == layout.MANIFEST_ENTRY:
        return []
    file, part = parts[-1]
    return [
        layout.part_entry(file, part + 1),
        layout.part_entry(file + 1, 1),
        layout.MANIFEST_ENTRY,
    ]


def _missing(text: str, wanted: list[str]) -> str:
    """Which of the entries that could stand here is most likely the one that is gone."""
    part = layout.PART_ENTRY.fullmatch(text)
    if part and len(wanted) == 3 and text > wanted[1]:
        return wanted[1]
    return wanted[0] if wanted else text


def _out_of_order(text: str, wanted: list[str]) -> str:
    if not wanted:
        return "it follows the manifest, which is the last entry"
    return f"it is missing or out of its order; {text} lies in its place"

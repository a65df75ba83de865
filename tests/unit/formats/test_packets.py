"""Transfer packets: made, opened, and refused with the reason and the place."""

import io
import struct
import tempfile
import zipfile
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.formats.packets import (
    Damaged,
    NotAPacket,
    PacketError,
    PacketMisuse,
    PacketReader,
    PacketWriter,
    Passphrase,
    Readdressed,
    Receipt,
    ReceiptInvalid,
    SignatureInvalid,
    TooLarge,
    TooMany,
    Truncated,
    UnknownSender,
    UnsupportedVersion,
    WrongKey,
    WrongPassphrase,
    canonical,
    jose,
    layout,
    manifest,
    new_key,
    public_key,
    read_receipt,
    thumbprint,
    write_receipt,
)
from app.formats.packets.keys import bare_key
from tests.packets import (
    MADE_AT,
    OTHER_RECEIVER,
    OTHER_SENDER,
    PACKET_ID,
    RECEIVER,
    RECORD,
    SENDER,
    WORDS,
    content_key,
    contents,
    entries_of,
    flipped,
    make_packet,
    opened,
    put_together,
    reader_of,
    replaced,
    signed_again,
    taken_apart,
)

PART = layout.PART_SIZE
FIRST_PART = "parts/000001-000001.jwe"


@pytest.fixture(scope="module")
def packet() -> bytes:
    """Three files, one of them in three parts, one of them empty."""
    return make_packet(
        {"record.json": RECORD, "attachments/Zoë.pdf": b"pdf" * 3_000_000, "empty.txt": b""}
    )


@pytest.fixture(scope="module")
def small() -> bytes:
    return make_packet()


@pytest.fixture(scope="module")
def by_word() -> bytes:
    return make_packet(lock=Passphrase(WORDS))


class TestRoundTrip:
    def test_gives_back_every_file_in_its_order(self, packet: bytes) -> None:
        reader = opened(packet)
        assert contents(reader) == {
            "record.json": RECORD,
            "attachments/Zoë.pdf": b"pdf" * 3_000_000,
            "empty.txt": b"",
        }
        assert [len(file.parts) for file in reader.files] == [1, 3, 1]
        assert reader.sender_trusted

    def test_opens_with_a_passphrase_however_its_letters_are_composed(self) -> None:
        raw = make_packet(lock=Passphrase("Zoe\u0308 reads sixteen books"))
        reader = opened(raw, keys=(), passphrase="Zo\u00eb reads sixteen books")
        assert contents(reader) == {"record.json": RECORD}

    def test_is_the_same_file_however_it_was_fed(self) -> None:
        content = bytes(range(256)) * 20
        for chunk in (1, 7, 5000, 1 << 20):
            assert contents(opened(make_packet({"a": content}, chunk=chunk))) == {"a": content}

    @pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1])
    def test_keeps_files_around_the_size_of_a_part(self, size: int) -> None:
        raw = make_packet({"a": b"x" * size})
        reader = opened(raw)
        assert contents(reader) == {"a": b"x" * size}
        assert [len(piece) for piece in reader.read(reader.files[0])][:-1] == [PART] * (
            (size - 1) // PART
        )

    def test_may_hold_no_file_at_all(self) -> None:
        assert opened(make_packet({})).files == ()

    def test_is_a_zip_file_that_any_tool_opens(self, packet: bytes) -> None:
        archive = zipfile.ZipFile(io.BytesIO(packet))
        assert archive.testzip() is None
        assert archive.namelist()[:3] == ["packet.json", "key.jwe", FIRST_PART]
        assert archive.namelist()[-1] == "manifest.jwe"
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}

    def test_writer_and_reader_agree_on_the_hash(self) -> None:
        writer = PacketWriter(SENDER, public_key(RECEIVER), packet_id=PACKET_ID, made_at=MADE_AT)
        raw = writer.add("record.json", "application/json", RECORD) + writer.finish()
        reader = opened(raw)
        assert reader.manifest_sha256 == writer.manifest_sha256
        assert reader.manifest == writer.manifest
        assert manifest.sha256(writer.manifest.write()) == reader.manifest_sha256

    def test_shows_nothing_personal_on_the_outside(self, packet: bytes) -> None:
        # Long words: encrypted text of twelve million letters holds every short one by chance.
        for word in ("attachments/Zoë", "Robin Example", "record.json"):
            assert word.encode() not in packet

    def test_reads_from_a_file_that_gives_small_pieces(self, packet: bytes) -> None:
        class Slow(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(min(size or 0, 1000) if (size or 0) >= 0 else size)

        reader = PacketReader(Slow(packet))
        reader.open(keys=[RECEIVER])
        assert contents(reader)["record.json"] == RECORD

    def test_inspects_without_a_key(self, packet: bytes) -> None:
        outside = reader_of(packet).check_outside()
        assert outside.header.packet_id == PACKET_ID
        assert outside.header.made_at == MADE_AT
        assert outside.header.sender == thumbprint(SENDER)
        assert outside.header.receiver == thumbprint(RECEIVER)
        assert (outside.files, outside.parts, outside.size) == (3, 5, len(packet))


class TestArchive:
    def test_writes_and_reads_zip64(self) -> None:
        """Past 4 GiB and past 65,535 entries, over a file with holes."""
        from app.formats.packets import archive

        entries, at = [], 0
        for number in range(66_000):
            size = 4_000_000_000 if number == 3 else 1
            entry = archive.Entry(layout.part_entry(1, number + 1), number, size, at)
            entries.append(entry)
            at = entry.ends
        first = archive.Entry("packet.json", 0, 300_000_000, 0)
        shifted = [first]
        for entry in entries:
            shifted.append(archive.Entry(entry.name, entry.crc, entry.size, shifted[-1].ends))
        with tempfile.TemporaryFile() as file:
            for entry in shifted:
                file.seek(entry.at)
                file.write(archive.entry_header(entry))
            file.seek(shifted[-1].ends)
            file.write(archive.ending(shifted))
            assert list(archive.walk(file, 100_000, lambda _: 1 << 33)) == shifted
            python = zipfile.ZipFile(file)
            assert len(python.infolist()) == 66_001
            assert python.infolist()[-1].header_offset == shifted[-1].at

    def test_asks_for_no_zip64_where_none_is_needed(self, small: bytes) -> None:
        assert struct.pack("<I", 0x06064B50) not in small[-200:]


class TestForeignFiles:
    @pytest.mark.parametrize(
        "raw", [b"", b"%PDF-1.7 and more", b"<html>", b"\0" * 100, b"PKzip", b"x"]
    )
    def test_says_that_it_is_no_packet(self, raw: bytes) -> None:
        with pytest.raises(NotAPacket):
            reader_of(raw).inspect()

    def test_tells_another_zip_file_from_a_packet(self) -> None:
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        with pytest.raises(NotAPacket, match="ZIP file, but no packet"):
            PacketReader(other).inspect()

    def test_refuses_compressed_entries(self) -> None:
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("packet.json", b"0" * 10_000_000)
        with pytest.raises(Damaged, match=r"packet\.json.*compressed"):
            PacketReader(bomb).inspect()

    def test_knows_a_later_version(self, small: bytes) -> None:
        later = replaced(small, "packet.json", lambda raw: raw.replace(b"packet/1", b"packet/2"))
        with pytest.raises(UnsupportedVersion, match="cairn-packet/2"):
            reader_of(later).inspect()


class TestTruncation:
    def test_names_the_entry_at_every_length(self, small: bytes) -> None:
        bounds = entries_of(small)
        for length in range(1, len(small)):
            with pytest.raises((Truncated, NotAPacket)) as caught:
                opened(small[:length])
            if length >= 41:  # whole first header: from here on the place is known
                assert isinstance(caught.value, Truncated)
                inside = [one.name for one in bounds if one.starts <= length < one.ends]
                assert not inside or caught.value.entry == inside[0]

    def test_names_what_was_appended(self, small: bytes) -> None:
        with pytest.raises(Damaged, match="2 bytes follow"):
            opened(small + b"\r\n")


class TestDamage:
    def test_finds_a_turned_bit_in_every_byte(self, small: bytes) -> None:
        for at in range(len(small)):
            with pytest.raises(PacketError):
                opened(flipped(small, at))

    def test_names_the_entry_without_a_key(self, packet: bytes) -> None:
        for entry in entries_of(packet):
            with pytest.raises(Damaged) as caught:
                reader_of(flipped(packet, entry.starts + entry.size // 2)).check_outside()
            assert caught.value.entry == entry.name

    def test_names_the_part_that_was_changed_with_its_checksum(self, packet: bytes) -> None:
        for name, _ in taken_apart(packet)[2:-1]:
            bad = replaced(packet, name, lambda raw: flipped(raw, len(raw) - 3))
            with pytest.raises(Damaged, match="not the part that its sender signed") as caught:
                opened(bad)
            assert caught.value.entry == name

    def test_names_a_part_that_is_missing_or_out_of_order(self, packet: bytes) -> None:
        pieces = taken_apart(packet)
        for gone in range(1, len(pieces)):
            with pytest.raises(Damaged) as caught:
                opened(put_together(pieces[:gone] + pieces[gone + 1 :]))
            assert caught.value.entry == pieces[gone][0]
        swapped = [*pieces[:3], pieces[4], pieces[3], *pieces[5:]]
        with pytest.raises(Damaged) as caught:
            opened(put_together(swapped))
        assert caught.value.entry == pieces[3][0]

    def test_refuses_what_was_added(self, packet: bytes) -> None:
        pieces = taken_apart(packet)
        for extra in ("readme.txt", "parts/000004-000001.jwe", "../../etc/passwd", "key.jwe"):
            for at in range(1, len(pieces) + 1):
                bad = [*pieces[:at], (extra, pieces[2][1]), *pieces[at:]]
                with pytest.raises(Damaged):
                    opened(put_together(bad))

    def test_never_gives_the_last_part_of_a_damaged_file(self, packet: bytes) -> None:
        bad = replaced(packet, "parts/000002-000003.jwe", lambda raw: flipped(raw, 5000))
        reader = reader_of(bad)
        reader.open(keys=[RECEIVER], senders=[SENDER])
        got: list[int] = []
        with pytest.raises(Damaged, match="000002-000003"):
            got.extend(len(piece) for piece in reader.read(reader.files[1]))
        assert got == [PART]

    def test_finds_parts_swapped_inside_their_entries(self, packet: bytes) -> None:
        pieces = dict(taken_apart(packet))
        one, two = "parts/000002-000001.jwe", "parts/000002-000002.jwe"
        pieces[one], pieces[two] = pieces[two], pieces[one]
        bad = put_together(list(pieces.items()))
        with pytest.raises(Damaged, match="belongs elsewhere"):
            reader_of(bad).check_outside()
        with pytest.raises(Damaged, match="not the part"):
            opened(bad)


class TestLyingSender:
    """Whoever holds the signing key can still not make a reader take nonsense."""

    def test_cannot_swap_parts_and_sign_the_swap(self, packet: bytes) -> None:
        def swap(told: dict[str, Any]) -> dict[str, Any]:
            parts = told["files"][1]["parts"]
            parts[0], parts[1] = parts[1], parts[0]
            return told

        pieces = dict(taken_apart(packet))
        one, two = "parts/000002-000001.jwe", "parts/000002-000002.jwe"
        pieces[one], pieces[two] = pieces[two], pieces[one]
        bad = signed_again(put_together(list(pieces.items())), swap)
        with pytest.raises(Damaged, match="belongs elsewhere"):
            opened(bad)

    def test_cannot_lie_about_a_size_or_a_hash(self, packet: bytes) -> None:
        for change in ({"size": 1}, {"sha256": "0" * 64}):
            bad = signed_again(packet, partial(_with_file, index=1, change=change))
            reader = reader_of(bad)
            reader.open(keys=[RECEIVER], senders=[SENDER])
            with pytest.raises(Damaged, match=r"file 2 is damaged"):
                reader.verify()

    @pytest.mark.parametrize(
        "name",
        [
            "../evil", "/etc/passwd", "a/../../b", "C:\\x", "c:x", "a\\b", "nul", "AUX.txt", "",
            "a\x00b", "a\nb", "\u202egpj.exe", ".", "a//b", "a/", "x" * 300, "e\u0301", "a.",
            " a", "a\u2028b", "record.json", "RECORD.json", "record.json/x",
        ],
    )  # fmt: skip
    def test_cannot_name_a_file_harmfully(self, packet: bytes, name: str) -> None:
        bad = signed_again(packet, lambda told: _with_file(told, 1, {"name": name}))
        with pytest.raises(Damaged, match=r"manifest\.jwe"):
            opened(bad)

    @pytest.mark.parametrize(
        "change",
        [
            {"files": 7}, {"files": [7]}, {"sender": 7}, {"made_at": "yesterday"},
            {"packet_id": str(PACKET_ID).upper()}, {"format": "something/1"}, {"key_sha256": None},
        ],
    )  # fmt: skip
    def test_cannot_leave_out_what_is_needed(self, packet: bytes, change: dict[str, Any]) -> None:
        with pytest.raises(Damaged):
            opened(signed_again(packet, lambda told: told | change))

    def test_cannot_list_more_or_fewer_parts_than_there_are(self, packet: bytes) -> None:
        more = signed_again(packet, lambda told: _with_parts(told, lambda ps: [*ps, "0" * 64]))
        with pytest.raises(Damaged, match=r"000002-000004\.jwe|000003-000001\.jwe"):
            opened(more)
        fewer = signed_again(packet, lambda told: _with_parts(told, lambda ps: ps[:-1]))
        with pytest.raises(Damaged, match=r"000002-000003\.jwe"):
            opened(fewer)

    def test_may_say_more_than_this_version_knows(self, packet: bytes) -> None:
        richer = signed_again(packet, lambda told: told | {"note": {"later": [1, "two"]}})
        assert contents(opened(richer))["record.json"] == RECORD

    def test_cannot_hide_a_large_part(self) -> None:
        raw = make_packet()
        key = content_key(raw)
        bound = {"typ": layout.TYP_PART, "packet": str(PACKET_ID), "file": 1, "part": 1}
        large = b"x" * (PART + 1)
        token = jose.encrypt(large, key, bound)
        bad = signed_again(
            replaced(raw, FIRST_PART, lambda _: token),
            lambda told: _with_file(
                told,
                0,
                {
                    "parts": [manifest.sha256(token)],
                    "size": len(large),
                    "sha256": manifest.sha256(large),
                },
            ),
        )
        with pytest.raises(TooLarge):
            opened(bad)

    def test_cannot_make_a_reader_stretch_a_passphrase_for_minutes(self, by_word: bytes) -> None:
        for count in (layout.MAX_ITERATIONS + 1, 2**31, layout.ITERATIONS - 1, True, "600000"):
            bad = replaced(by_word, "key.jwe", partial(_header_changed, p2c=count))
            with pytest.raises(Damaged, match="iteration count"):
                reader_of(bad).open(passphrase=WORDS)


class TestLockedKey:
    """The header of `key.jwe` is held against the format before any key is used."""

    @pytest.mark.parametrize(
        "epk",
        [
            bare_key(OTHER_RECEIVER) | {"d": "A" * 43}, bare_key(OTHER_RECEIVER) | {"kid": "x"},
            bare_key(OTHER_RECEIVER) | {"y": "A" * 43}, {"kty": "oct", "k": "AA"}, "x", 7, [],
            bare_key(OTHER_RECEIVER) | {"crv": "P-521"},
        ],
    )  # fmt: skip
    def test_refuses_an_ephemeral_key_that_is_none(self, small: bytes, epk: Any) -> None:
        bad = replaced(small, "key.jwe", partial(_header_changed, epk=epk))
        for check in (reader_of(bad).check_outside, partial(opened, bad)):
            with pytest.raises(Damaged, match="epk is no public key"):
                check()

    @pytest.mark.parametrize(
        "change",
        [
            {"apu": "QQ"}, {"zip": "DEF"}, {"crit": ["exp"]}, {"alg": "ECDH-ES"}, {"alg": "dir"},
            {"enc": "A128GCM"}, {"typ": layout.TYP_PART}, {"kid": thumbprint(OTHER_RECEIVER)},
            {"packet": str(UUID(int=1))}, {"epk": None},
        ],
    )  # fmt: skip
    def test_refuses_every_other_header(self, small: bytes, change: dict[str, Any]) -> None:
        bad = replaced(small, "key.jwe", partial(_header_changed, **change))
        with pytest.raises(Damaged, match=r"key\.jwe.*does not fit"):
            opened(bad)


class TestReceivers:
    def test_refuses_another_key(self, small: bytes) -> None:
        for keys in ([], [OTHER_RECEIVER], [public_key(RECEIVER)]):
            with pytest.raises(WrongKey, match=thumbprint(RECEIVER)):
                opened(small, keys=keys)

    def test_finds_the_right_key_among_many(self, small: bytes) -> None:
        assert opened(small, keys=[OTHER_RECEIVER, RECEIVER]).files

    def test_refuses_a_wrong_passphrase(self, by_word: bytes) -> None:
        for word in (WORDS.upper(), WORDS + " ", "", "x", "-----BEGIN PUBLIC KEY-----"):
            with pytest.raises(WrongPassphrase):
                opened(by_word, passphrase=word)

    def test_says_when_a_passphrase_is_needed(self, by_word: bytes) -> None:
        with pytest.raises(WrongKey, match="a passphrase"):
            opened(by_word)

    def test_cannot_be_sent_on_as_if_meant_for_somebody_else(self, small: bytes) -> None:
        """An honest sender's packet, locked again by its receiver to a third school."""
        raw_key = content_key(small)
        third = public_key(OTHER_RECEIVER)
        header = {
            "typ": layout.TYP_KEY,
            "packet": str(PACKET_ID),
            "kid": thumbprint(OTHER_RECEIVER),
        }
        forwarded = replaced(
            replaced(small, "key.jwe", lambda _: jose.lock_to_key(raw_key, third, header)),
            "packet.json",
            lambda raw: raw.replace(thumbprint(RECEIVER).encode(), header["kid"].encode()),
        )
        with pytest.raises(Readdressed, match="another receiver"):
            opened(forwarded, keys=[OTHER_RECEIVER])

    def test_cannot_be_locked_again_even_for_the_same_receiver(self, small: bytes) -> None:
        header = {"typ": layout.TYP_KEY, "packet": str(PACKET_ID), "kid": thumbprint(RECEIVER)}
        raw_key = content_key(small)
        again = jose.lock_to_key(raw_key, public_key(RECEIVER), header)
        with pytest.raises(Readdressed, match=r"another key\.jwe"):
            opened(replaced(small, "key.jwe", lambda _: again))

    def test_takes_no_other_spelling_of_the_note_in_the_clear(self, small: bytes) -> None:
        own = dict(taken_apart(small))
        for other in (b'{"advice":"trust me",', b"{ "):
            note = own["packet.json"].replace(b"{", other, 1)
            bad = put_together([*(own | {"packet.json": note}).items()])
            with pytest.raises(Readdressed, match=r"another packet\.json"):
                opened(bad)

    def test_takes_no_part_of_another_packet(self, small: bytes) -> None:
        other = dict(taken_apart(make_packet(packet_id=UUID(int=PACKET_ID.int + 1))))
        own = dict(taken_apart(small))
        for name in ("key.jwe", FIRST_PART, "manifest.jwe", "packet.json"):
            bad = put_together([(n, (other if n == name else own)[n]) for n in own])
            with pytest.raises(Damaged):
                opened(bad)


class TestSenders:
    def test_says_who_signed_when_it_is_nobody_trusted(self, small: bytes) -> None:
        with pytest.raises(UnknownSender) as caught:
            opened(small, senders=[OTHER_SENDER])
        assert caught.value.thumbprint == thumbprint(SENDER)

    def test_trusts_nobody_when_the_list_is_empty(self, small: bytes) -> None:
        with pytest.raises(UnknownSender):
            opened(small, senders=[])

    def test_opens_without_a_list_and_says_that_nobody_vouched(self, small: bytes) -> None:
        assert opened(small, senders=None).sender_trusted is False

    def test_refuses_a_manifest_signed_by_somebody_else(self, small: bytes) -> None:
        stolen = signed_again(small, lambda told: told, signer=OTHER_SENDER)
        for senders in ([SENDER], [SENDER, OTHER_SENDER], None):
            with pytest.raises(SignatureInvalid, match=thumbprint(OTHER_SENDER)):
                opened(stolen, senders=senders)

    def test_refuses_a_broken_signature(self, small: bytes) -> None:
        key = content_key(small)
        bound = {"typ": layout.TYP_MANIFEST, "packet": str(PACKET_ID)}

        def broken(token: bytes) -> bytes:
            signed = jose.decrypt(token, key, bound)
            head, payload, _ = signed.split(b".")
            told = jose.b64decode(payload).replace(b"record.json", b"recors.json")
            return jose.encrypt(
                b".".join([head, jose.b64encode(told), signed.split(b".")[2]]), key, bound
            )

        with pytest.raises(SignatureInvalid):
            opened(replaced(small, "manifest.jwe", broken))

    @pytest.mark.parametrize(
        "change",
        [
            {"alg": "none"}, {"alg": "HS256"}, {"typ": layout.TYP_RECEIPT}, {"crit": ["x"]},
            {"kid": thumbprint(OTHER_SENDER)}, {"jwk": {"kty": "EC"}}, {"jwk": None},
            {"jku": "https://evil.example"}, {"b64": False},
        ],
    )  # fmt: skip
    def test_refuses_every_other_header(self, small: bytes, change: dict[str, Any]) -> None:
        key = content_key(small)
        bound = {"typ": layout.TYP_MANIFEST, "packet": str(PACKET_ID)}

        def other(token: bytes) -> bytes:
            return jose.encrypt(
                _header_changed(jose.decrypt(token, key, bound), **change), key, bound
            )

        with pytest.raises(SignatureInvalid):
            opened(replaced(small, "manifest.jwe", other), senders=None)

    def test_takes_no_receipt_for_a_manifest(self, small: bytes) -> None:
        key = content_key(small)
        bound = {"typ": layout.TYP_MANIFEST, "packet": str(PACKET_ID)}
        receipt = write_receipt(SENDER, Receipt(PACKET_ID, "0" * 64, MADE_AT, "Cairn")).encode()
        bad = replaced(small, "manifest.jwe", lambda _: jose.encrypt(receipt, key, bound))
        with pytest.raises(SignatureInvalid):
            opened(bad)


class TestLimits:
    def test_refuses_more_entries_than_the_format_allows(
        self, small: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(layout, "MAX_PARTS", 0)
        with pytest.raises(TooMany):
            reader_of(small).inspect()

    def test_refuses_an_entry_that_says_it_is_huge(self, small: bytes) -> None:
        for entry in entries_of(small):
            huge = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
            at = entry.at + 18
            with pytest.raises(TooLarge) as caught:
                reader_of(small[:at] + huge + small[at + 8 :]).inspect()
            assert caught.value.entry == entry.name

    def test_refuses_a_list_at_the_end_that_tells_it_differently(self, small: bytes) -> None:
        """Two lists of one archive: what one tool shows and another opens."""
        last = entries_of(small)[-1]
        offset = small.index(struct.pack("<I", 0x02014B50), last.ends)
        bad = small[: offset + 42] + struct.pack("<I", last.at) + small[offset + 46 :]
        with pytest.raises(Damaged, match=r"packet\.json.*list at the end"):
            reader_of(bad).inspect()

    def test_refuses_json_that_nests_without_end(self, small: bytes) -> None:
        deep = b"[" * 2000 + b"]" * 2000
        for name in ("packet.json", "key.jwe"):
            with pytest.raises(Damaged, match=name):
                reader_of(replaced(small, name, lambda _: deep)).check_outside()

    def test_writer_refuses_what_a_reader_would(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(layout, "MAX_FILES", 1)
        writer = PacketWriter(SENDER, public_key(RECEIVER), packet_id=PACKET_ID, made_at=MADE_AT)
        writer.add("a", "text/plain", b"")
        with pytest.raises(TooMany):
            writer.begin("b", "text/plain")


class TestWriter:
    @pytest.fixture
    def writer(self) -> PacketWriter:
        return PacketWriter(SENDER, public_key(RECEIVER), packet_id=PACKET_ID, made_at=MADE_AT)

    def test_refuses_to_work_out_of_turn(self, writer: PacketWriter) -> None:
        for wrong in (lambda: writer.write(b"x"), writer.end, lambda: writer.manifest):
            with pytest.raises(PacketMisuse):
                wrong()
        writer.begin("a", "text/plain")
        for wrong in (lambda: writer.begin("b", "text/plain"), writer.finish):
            with pytest.raises(PacketMisuse):
                wrong()
        writer.end()
        writer.finish()
        for wrong in (lambda: writer.begin("b", "text/plain"), writer.finish):
            with pytest.raises(PacketMisuse):
                wrong()

    @pytest.mark.parametrize("name", ["../a", "a\\b", "", "con", "a:b"])
    def test_refuses_harmful_names(self, writer: PacketWriter, name: str) -> None:
        with pytest.raises(PacketMisuse):
            writer.begin(name, "text/plain")

    @pytest.mark.parametrize("kind", ["", "text", "text/plain; charset=utf-8", "Text/plain"])
    def test_refuses_media_types_with_more_in_them(self, writer: PacketWriter, kind: str) -> None:
        with pytest.raises(PacketMisuse):
            writer.begin("a", kind)

    def test_refuses_two_files_of_one_name(self, writer: PacketWriter) -> None:
        writer.add("Straße.txt", "text/plain", b"")
        for same in ("Straße.txt", "STRASSE.TXT", "straße.txt/inside"):
            with pytest.raises(PacketMisuse):
                writer.begin(same, "text/plain")

    def test_sends_nothing_until_a_part_is_full(self, writer: PacketWriter) -> None:
        writer.begin("a", "text/plain")
        assert writer.write(b"x" * PART) == b""
        assert len(writer.write(b"x")) > PART

    def test_refuses_a_key_for_the_wrong_purpose(self) -> None:
        with pytest.raises(PacketMisuse):
            PacketWriter(SENDER, public_key(new_key("sig")), packet_id=PACKET_ID, made_at=MADE_AT)
        with pytest.raises(PacketMisuse):
            PacketWriter(
                public_key(SENDER), public_key(RECEIVER), packet_id=PACKET_ID, made_at=MADE_AT
            )


class TestReceipts:
    RECEIPT = Receipt(PACKET_ID, "ab" * 32, MADE_AT, "Cairn 1.0")

    def test_comes_back_as_it_was_written(self) -> None:
        signer = new_key("sig")
        found = read_receipt(write_receipt(signer, self.RECEIPT), [public_key(signer)])
        assert found == Receipt(
            PACKET_ID, "ab" * 32, MADE_AT, "Cairn 1.0", thumbprint(signer), True
        )

    def test_refuses_a_receipt_of_somebody_else(self) -> None:
        token = write_receipt(OTHER_SENDER, self.RECEIPT)
        with pytest.raises(ReceiptInvalid, match=thumbprint(OTHER_SENDER)):
            read_receipt(token, [SENDER])
        assert read_receipt(token).trusted is False

    def test_refuses_every_change(self) -> None:
        token = write_receipt(SENDER, self.RECEIPT).encode()
        for at in range(len(token)):
            with pytest.raises(ReceiptInvalid):
                read_receipt(flipped(token, at), [SENDER])

    @pytest.mark.parametrize("extra", [{"kid": thumbprint(SENDER)}, {"jwk": {"use": "sig"}}])
    def test_refuses_a_key_that_is_not_the_one_it_names(self, extra: dict[str, Any]) -> None:
        """Well signed by a stranger, with a header that speaks of somebody else."""
        header = {
            "typ": layout.TYP_RECEIPT,
            "kid": thumbprint(OTHER_SENDER),
            "jwk": bare_key(OTHER_SENDER),
        }
        header |= {"jwk": bare_key(OTHER_SENDER) | extra["jwk"]} if "jwk" in extra else extra
        honest = write_receipt(OTHER_SENDER, self.RECEIPT)
        payload = jose.b64decode(honest.split(".")[1].encode())
        with pytest.raises(ReceiptInvalid, match="not the one it names"):
            read_receipt(jose.sign(payload, OTHER_SENDER, header))

    @pytest.mark.parametrize("text", ["", "x" * 10_000, "a.b.c", "not ascii é", "\x00", "...."])
    def test_refuses_other_texts(self, text: str) -> None:
        with pytest.raises(ReceiptInvalid):
            read_receipt(text)

    @pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines", "\u202e"])
    def test_refuses_to_name_a_system_harmfully(self, name: str) -> None:
        with pytest.raises(PacketMisuse):
            write_receipt(SENDER, Receipt(PACKET_ID, "ab" * 32, MADE_AT, name))


def _with_file(told: dict[str, Any], index: int, change: dict[str, Any]) -> dict[str, Any]:
    told["files"][index] |= change
    return told


def _with_parts(told: dict[str, Any], change: Any) -> dict[str, Any]:
    told["files"][1]["parts"] = change(told["files"][1]["parts"])
    return told


def _header_changed(token: bytes, **change: Any) -> bytes:
    segments = token.split(b".")
    header = jose.protected_header(token, len(segments) - 1) | change
    header = {name: value for name, value in header.items() if value is not None}
    segments[0] = jose.b64encode(canonical.write_canonical(header))
    return b".".join(segments)

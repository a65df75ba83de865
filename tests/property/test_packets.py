"""Any files go through a packet, and no change to a packet goes through a reader."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.formats.packets import (
    Damaged,
    NotAPacket,
    PacketError,
    PacketReader,
    Receipt,
    ReceiptInvalid,
    Truncated,
    layout,
    names,
    read_receipt,
    safe_name,
    unique_name,
    write_receipt,
)
from app.formats.packets.canonical import NotCanonical, read_canonical, write_canonical
from tests.packets import (
    MADE_AT,
    PACKET_ID,
    RECEIVER,
    SENDER,
    contents,
    entries_of,
    make_packet,
    opened,
    put_together,
    signed_again,
    taken_apart,
)
from tests.sampling import examples

PART = 64
"""A part this small makes files of many parts out of few bytes."""
FILES = {"record.json": b"{}" * 90, "attachments/one.pdf": b"%PDF" * 20, "empty": b""}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
CALM = settings(deadline=None)
"""A busy machine is not a slow reader."""
FEW = settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "PART_SIZE", PART)
        yield


@pytest.fixture(scope="module")
def packet(small_parts: None) -> bytes:
    return make_packet(FILES)


def refused(raw: bytes) -> PacketError:
    """What a reader says; a packet that nobody refuses fails the test."""
    with pytest.raises(PacketError) as caught:
        opened(raw)
    return caught.value


@st.composite
def many_files(draw: st.DrawFn) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for command in draw(st.lists(st.text(max_size=40), max_size=6)):
        found[unique_name(safe_name(command), found)] = draw(st.binary(max_size=5 * PART))
    return found


class TestRoundTrip:
    @FEW
    @given(files=many_files(), chunk=st.integers(1, 3 * PART))
    def test_gives_back_any_files(self, files: dict[str, bytes], chunk: int) -> None:
        reader = opened(make_packet(files, chunk=chunk))
        assert contents(reader) == files
        for file in reader.files:
            assert len(file.parts) == max(1, -(-file.size // PART))

    @CALM
    @given(command=st.text(max_size=300), taken=st.lists(st.text(max_size=20), max_size=5))
    @example(command="..", taken=[])
    @example(command="CON.tar.gz", taken=["con"])
    @example(command="a" * 400 + ".pdf", taken=["a" * 120])
    @example(command="e\u0301" * 80 + ".\u0301\u0301", taken=[])
    def test_makes_any_name_safe(self, command: str, taken: list[str]) -> None:
        name = safe_name(command)
        assert names.why_refused(name) is None
        assert "/" not in name
        stand = names.Taken()
        kept = [one for one in map(safe_name, taken) if stand.add(one)]
        made = unique_name(name, kept)
        assert names.why_refused(made) is None
        assert stand.add(made)


class TestTampering:
    """One packet is honest; every other row of bytes is refused, in words of our own."""

    @settings(FEW, max_examples=examples(300))
    @given(draws=st.data())
    def test_refuses_every_other_row_of_bytes(self, packet: bytes, draws: st.DataObject) -> None:
        ends = st.integers(0, len(packet))
        start, stop = sorted((draws.draw(ends), draws.draw(ends)))
        kind = draws.draw(st.sampled_from(["cut", "double", "put", "write", "turn", "move"]))
        some = draws.draw(st.binary(min_size=1, max_size=40))
        bad = {
            "cut": packet[:start] + packet[stop:],
            "double": packet[:stop] + packet[start:],
            "put": packet[:start] + some + packet[start:],
            "write": packet[:start] + some + packet[start + len(some) :],
            "turn": packet[:start] + packet[start:stop][::-1] + packet[stop:],
            "move": packet[:start] + packet[stop:] + packet[start:stop],
        }[kind]
        assume(bad != packet)
        refused(bad)

    @FEW
    @given(draws=st.data())
    def test_names_the_entry_whose_bytes_were_changed(
        self, packet: bytes, draws: st.DataObject
    ) -> None:
        entry = draws.draw(st.sampled_from(entries_of(packet)))
        at = draws.draw(st.integers(entry.starts, entry.ends - 1))
        mask = draws.draw(st.integers(1, 255))
        bad = packet[:at] + bytes([packet[at] ^ mask]) + packet[at + 1 :]
        error = refused(bad)
        assert isinstance(error, Damaged)
        assert error.entry == entry.name
        with pytest.raises(Damaged, match=entry.name.replace(".", r"\.")):
            PacketReader(io.BytesIO(bad)).check_outside()

    @FEW
    @given(draws=st.data())
    def test_names_where_it_was_cut(self, packet: bytes, draws: st.DataObject) -> None:
        entry = draws.draw(st.sampled_from(entries_of(packet)))
        error = refused(packet[: draws.draw(st.integers(entry.starts, entry.ends - 1))])
        assert isinstance(error, Truncated)
        assert error.entry == entry.name

    @FEW
    @given(draws=st.data())
    def test_refuses_other_entries_in_a_sound_archive(
        self, packet: bytes, draws: st.DataObject
    ) -> None:
        """Somebody who knows the format, and holds no key: every checksum fits."""
        pieces = taken_apart(packet)
        index = st.integers(0, len(pieces) - 1)
        one, other = draws.draw(index), draws.draw(index)
        kind = draws.draw(st.sampled_from(["drop", "double", "swap", "swap content", "replace"]))
        bad = list(pieces)
        if kind == "drop":
            del bad[one]
        elif kind == "double":
            bad.insert(other, pieces[one])
        elif kind == "swap":
            bad[one], bad[other] = pieces[other], pieces[one]
        elif kind == "swap content":
            bad[one] = (pieces[one][0], pieces[other][1])
            bad[other] = (pieces[other][0], pieces[one][1])
        else:
            bad[one] = (pieces[one][0], draws.draw(st.binary(max_size=200)))
        assume(bad != pieces and bad)
        refused(put_together(bad))

    @FEW
    @given(draws=st.data())
    def test_refuses_what_a_lying_sender_signs(self, packet: bytes, draws: st.DataObject) -> None:
        """Any JSON for any member: read as it is, or refused in words of our own."""
        member = draws.draw(
            st.sampled_from(["files", "sender", "receiver", "packet_id", "made_at", "key_sha256"])
        )
        value = draws.draw(JSON)

        def lie(told: dict[str, Any]) -> dict[str, Any]:
            if member == "files" and draws.draw(st.booleans()):
                told["files"][0] |= {
                    draws.draw(st.sampled_from(["size", "sha256", "parts"])): value
                }
                return told
            return told | {member: value}

        try:
            bad = signed_again(packet, lie)
        except (NotCanonical, ValueError):
            assume(False)
        refused(bad)

    @CALM
    @given(raw=st.binary(max_size=200))
    def test_says_of_any_bytes_what_they_are_not(self, raw: bytes) -> None:
        for bad in (raw, b"PK\x03\x04" + raw):
            error = refused(bad)
            assert isinstance(error, NotAPacket | Truncated | Damaged)


class TestReceipts:
    @FEW
    @given(by=st.text(min_size=1, max_size=50).filter(str.isprintable), raw=st.binary(max_size=90))
    def test_comes_back_or_is_refused(self, by: str, raw: bytes) -> None:
        receipt = Receipt(PACKET_ID, "0f" * 32, MADE_AT, by)
        assert read_receipt(write_receipt(SENDER, receipt), [SENDER]).received_by == by
        with pytest.raises(ReceiptInvalid):
            read_receipt(raw)


class TestCanonical:
    @CALM
    @given(value=st.dictionaries(st.text(max_size=8), JSON, max_size=5))
    def test_has_one_form(self, value: dict[str, Any]) -> None:
        try:
            raw = write_canonical(value)
            found = read_canonical(raw)
        except (NotCanonical, ValueError):
            return
        assert found == value
        assert write_canonical(found) == raw

    @CALM
    @given(raw=st.binary(max_size=80))
    @example(b'{"a":1,"a":2}')
    @example(b'{"a":1.0}')
    @example(b'{"a":NaN}')
    @example(b'{"a":9007199254740993}')
    @example(b'{"a":"\\ud800"}')
    @example(b'{"b":1,"a":2}')
    @example(b'{"a": 1}')
    @example(b"[" * 200_000)
    @example(b'{"a":' + b"9" * 10_000 + b"}")
    def test_refuses_everything_else(self, raw: bytes) -> None:
        try:
            found = read_canonical(raw)
        except NotCanonical:
            return
        assert write_canonical(found) == raw


def test_opens_what_it_made(packet: bytes) -> None:
    assert contents(opened(packet, keys=[RECEIVER])) == FILES

"""The tree against its recursive definition in RFC 6962, and the check against any tampering."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from app.db.models import Trail
from app.formats.trail_log.checking import Known, LogCheck, StoredCheckpoint, StoredLeaf, Wrong
from app.formats.trail_log.entries import FIELDS, EntryUnreadable, canonical, read_entry
from app.formats.trail_log.merkle import (
    EMPTY_ROOT,
    Frontier,
    Wanted,
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    leaf_hash,
    range_hash,
    root_of_inclusion,
    wanted_for,
)
from app.formats.trail_log.notes import (
    Checkpoint,
    NoteRefused,
    PublicKey,
    origin_of,
    read_signed,
    signed,
)

KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The published vectors of the first Certificate Transparency server."""
sizes = st.integers(1, 1_200)
moments = st.integers(-(2**51), 2**52).map(
    lambda number: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
)


class Signer:
    """A key made for these tests."""

    def __init__(self, name: str = "cairn-seal-test") -> None:
        self.name = name
        self._private = Ed25519PrivateKey.generate()
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, content: bytes) -> bytes:
        return self._private.sign(content)

    @property
    def key(self) -> PublicKey:
        return PublicKey(self.name, self.public)


SIGNER = Signer()
KEYS = {SIGNER.name: SIGNER.key}
ORIGIN = origin_of("5b0e0a9c-0000-7000-8000-000000000001", "children")
BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def leaves(number: int) -> list[bytes]:
    return [leaf_hash(str(one).encode()) for one in range(number)]


def defined_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word by word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    left, right = defined_root(hashes[:middle]), defined_root(hashes[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def defined_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(hashes) == 1:
        return []
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if index < middle:
        return [*defined_path(index, hashes[:middle]), defined_root(hashes[middle:])]
    return [*defined_path(index - middle, hashes[middle:]), defined_root(hashes[:middle])]


def defined_proof(first: int, hashes: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if first == len(hashes):
        return [] if whole else [defined_root(hashes)]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if first <= middle:
        return [*defined_proof(first, hashes[:middle], whole), defined_root(hashes[middle:])]
    return [
        *defined_proof(first - middle, hashes[middle:], False),
        defined_root(hashes[:middle]),
    ]


class Kept:
    """The hashes that are kept of a tree: all leaves, and blocks of 256, 65,536, ..."""

    def __init__(self, hashes: list[bytes]) -> None:
        frontier = Frontier()
        for one in hashes:
            frontier.append(one)
        self.levels: dict[int, dict[int, bytes]] = {0: dict(enumerate(hashes))}
        for block in frontier.blocks:
            self.levels.setdefault(block.level, {})[block.index] = block.hash

    def __call__(self, wanted: Wanted) -> list[bytes]:
        level = self.levels[wanted.level]
        return [level[wanted.first + place] for place in range(wanted.count)]


class TestTheTree:
    @pytest.mark.parametrize("size", range(1, 9))
    def test_has_the_published_roots(self, size: int) -> None:
        frontier = Frontier()
        for leaf in KNOWN_LEAVES[:size]:
            frontier.append(leaf_hash(leaf))
        assert frontier.root().hex() == KNOWN_ROOTS[size - 1]

    def test_is_empty_at_first(self) -> None:
        assert Frontier().root() == EMPTY_ROOT == defined_root([])

    @given(size=sizes, cut=st.integers(0, 1_200))
    def test_goes_on_from_its_frontier(self, size: int, cut: int) -> None:
        hashes = leaves(size)
        first = Frontier()
        for one in hashes[:cut]:
            first.append(one)
        second = Frontier(first.size, first.peaks)
        for one in hashes[cut:]:
            second.append(one)
        assert second.root() == defined_root(hashes)

    def test_refuses_a_frontier_that_does_not_fit(self) -> None:
        with pytest.raises(ValueError, match="one peak"):
            Frontier(3, [b"x"])

    @given(size=sizes, data=st.data())
    def test_proves_each_leaf_from_what_is_kept(self, size: int, data: st.DataObject) -> None:
        hashes = leaves(size)
        index = data.draw(st.integers(0, size - 1))
        kept = Kept(hashes)
        proof = [range_hash(part, kept) for part in inclusion_ranges(index, size)]
        assert proof == defined_path(index, hashes)
        root = defined_root(hashes)
        assert root_of_inclusion(hashes[index], index, size, proof) == root
        other = data.draw(st.integers(0, size + 2))
        if other != index:
            assert root_of_inclusion(hashes[index], other, size, proof) != root

    @given(size=sizes, data=st.data())
    def test_proves_that_it_only_grew(self, size: int, data: st.DataObject) -> None:
        hashes = leaves(size)
        first = data.draw(st.integers(1, size))
        kept = Kept(hashes)
        proof = [range_hash(part, kept) for part in consistency_ranges(first, size)]
        assert proof == defined_proof(first, hashes)
        old, new = defined_root(hashes[:first]), defined_root(hashes)
        assert is_consistent(first, old, size, new, proof)
        assert not is_consistent(first, new, size, old, proof) or first == size
        if proof:
            place = data.draw(st.integers(0, len(proof) - 1))
            bent = [*proof[:place], bytes(32), *proof[place + 1 :]]
            assert not is_consistent(first, old, size, new, bent)
            assert not is_consistent(first, old, size, new, proof[:-1])

    def test_keeps_proofs_of_a_large_tree_cheap(self) -> None:
        for part in inclusion_ranges(1_000_000, 5_000_001):
            for wanted in wanted_for(part):
                assert wanted.level in (0, 8, 16)
                assert wanted.count <= 128

    @pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
    def test_knows_no_leaf_outside(self, index: int, size: int) -> None:
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_ranges(index, size)
        assert root_of_inclusion(bytes(32), index, size, []) is None


def an_entry(number: int, **changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FIELDS)
    row |= {
        "school_id": "5b0e0a9c-0000-7000-8000-000000000001",
        "id": f"5b0e0a9c-0000-7000-8000-{number:012}",
        "seq": number + 1,
        "xid": 700 + number // 3,
        "at": BEGAN + timedelta(seconds=number),
        "verb": "child.opened",
        "details": '{"a": 1}',
    }
    return row | changed


class TestAnEntry:
    def test_has_every_column_of_the_table(self) -> None:
        assert set(FIELDS) == {column.name for column in Trail.__table__.columns}

    def test_is_written_in_one_way(self) -> None:
        row = an_entry(1, reason='é "\n', at=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
        assert canonical(dict(reversed(row.items()))) == (
            b'{"at":"2026-11-25T09:00:00.000000Z","details":"{\\"a\\": 1}",'
            b'"id":"5b0e0a9c-0000-7000-8000-000000000001","reason":"\xc3\xa9 \\"\\n",'
            b'"school_id":"5b0e0a9c-0000-7000-8000-000000000001","seq":"2",'
            b'"verb":"child.opened","xid":"700"}'
        )

    @given(name=st.sampled_from(FIELDS), text=st.text(st.characters(exclude_categories=["Cs"])))
    def test_differs_when_any_column_does(self, name: str, text: str) -> None:
        row = an_entry(1)
        same = row[name] is not None and str(row[name]) == text
        assert (canonical(row) == canonical(row | {name: text})) is same

    @given(content=st.binary(max_size=200))
    def test_is_read_or_refused(self, content: bytes) -> None:
        with pytest.raises(EntryUnreadable):
            read_entry(content)

    @given(moment=moments)
    def test_comes_back_as_it_went(self, moment: datetime) -> None:
        entry = read_entry(canonical(an_entry(5, at=moment)))
        assert (entry.at, entry.seq, entry.xid) == (moment, 6, 701)


def a_checkpoint(**changed: Any) -> Checkpoint:
    return replace(
        Checkpoint(
            origin=ORIGIN, size=3, root=bytes(32), number=1, previous=EMPTY_ROOT,
            sealed_at=BEGAN + timedelta(hours=1), epoch=1, horizon=900, next_xid=901,
            not_before=None,
        ),
        **changed,
    )  # fmt: skip


class TestANote:
    @given(
        size=st.integers(0, 2**62), number=st.integers(0, 2**62),
        early=st.none() | moments,
    )  # fmt: skip
    def test_comes_back_as_it_went(self, size: int, number: int, early: datetime | None) -> None:
        checkpoint = a_checkpoint(size=size, number=number, not_before=early)
        note = signed(checkpoint, SIGNER)
        assert read_signed(note, KEYS) == checkpoint

    def test_looks_as_the_standard_says(self) -> None:
        lines = signed(a_checkpoint(), SIGNER).split("\n")
        assert lines[:3] == [ORIGIN, "3", "A" * 43 + "="]
        assert lines[-3] == ""
        assert lines[-2].startswith(f"\u2014 {SIGNER.name} ")
        assert lines[-1] == ""

    @given(data=st.data())
    def test_is_refused_after_any_change(self, data: st.DataObject) -> None:
        note = signed(a_checkpoint(), SIGNER)
        place = data.draw(st.integers(0, len(note) - 1))
        other = data.draw(st.characters(exclude_categories=["Cs"]))
        bent = note[:place] + other + note[place + 1 :]
        if bent == note:
            return
        try:
            found = read_signed(bent, KEYS)
        except NoteRefused:
            return
        assert found == a_checkpoint(), "only the signature line's own form may vary"

    @given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
    def test_is_read_or_refused(self, text: str) -> None:
        with pytest.raises(NoteRefused):
            read_signed(text, KEYS)

    def test_of_another_key_by_the_same_name_is_refused(self) -> None:
        with pytest.raises(NoteRefused, match="no known key"):
            read_signed(signed(a_checkpoint(), Signer()), KEYS)

    def test_signed_though_it_is_no_checkpoint_is_refused(self) -> None:
        with pytest.raises(NoteRefused, match="no checkpoint"):
            read_signed(signed(a_checkpoint(origin="a\nb"), SIGNER), KEYS)


class TestAKey:
    def test_comes_back_as_it_went(self) -> None:
        assert PublicKey.read(SIGNER.key.line) == SIGNER.key

    @given(text=st.text(max_size=80))
    def test_is_read_or_refused(self, text: str) -> None:
        with pytest.raises(NoteRefused):
            PublicKey.read(text)

    def test_is_known_by_the_published_example(self) -> None:
        line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        assert PublicKey.read(line).line == line


class Log:
    """A sealed log in memory: batches of entries with their checkpoints."""

    def __init__(self, batches: list[int]) -> None:
        tree, number, previous = Frontier(), 0, EMPTY_ROOT
        self.rows: list[dict[str, Any]] = []
        self.leaves: list[tuple[str, bytes]] = []
        self.checkpoints: list[StoredCheckpoint] = []
        for batch in batches:
            rows = [an_entry(number + place) for place in range(batch)]
            number += batch
            for row in rows:
                self.rows.append(row)
                self.leaves.append((row["id"], leaf_hash(canonical(row))))
                tree.append(self.leaves[-1][1])
            checkpoint = a_checkpoint(
                size=number, root=tree.root(), number=len(self.checkpoints) + 1,
                previous=previous, not_before=rows[0]["at"] - timedelta(minutes=1),
                sealed_at=rows[-1]["at"] + timedelta(seconds=5),
            )  # fmt: skip
            previous = tree.root()
            self.checkpoints.append(
                StoredCheckpoint(checkpoint.number, number, tree.root(), signed(checkpoint, SIGNER))
            )

    def check(self, outside: dict[int, Known] | None = None) -> LogCheck:
        check = LogCheck(ORIGIN, KEYS, outside)
        by_id = {row["id"]: canonical(row) for row in self.rows}
        place = 0
        for checkpoint in self.checkpoints:
            if not check.begin(checkpoint):
                continue
            while place < min(len(self.leaves), checkpoint.size):
                entry_id, kept = self.leaves[place]
                check.leaf(StoredLeaf(place, entry_id, kept, by_id.get(entry_id)))
                place += 1
            check.end()
        for index in range(place, len(self.leaves)):
            check.beyond(StoredLeaf(index, self.leaves[index][0], self.leaves[index][1], None))
        check.finish()
        return check

    def reseal(self, index: int) -> None:
        """Make the leaf of a changed row fit again, as one who can write all tables would."""
        row = self.rows[index]
        self.leaves[index] = (row["id"], leaf_hash(canonical(row)))


batches = st.lists(st.integers(1, 7), min_size=1, max_size=6)


class TestTheCheck:
    @given(batches)
    def test_finds_nothing_where_nothing_is_wrong(self, sizes: list[int]) -> None:
        check = Log(sizes).check()
        assert check.findings == []
        assert check.size == sum(sizes)

    @given(batches, st.data())
    def test_names_the_entry_that_was_changed(self, sizes: list[int], data: st.DataObject) -> None:
        log = Log(sizes)
        index = data.draw(st.integers(0, len(log.rows) - 1))
        log.rows[index]["verb"] = "child.changed"
        check = log.check()
        assert [(one.index, one.wrong) for one in check.findings] == [(index, Wrong.CHANGED)]

    @given(batches, st.data())
    def test_finds_a_change_whose_leaf_was_altered_too(
        self, sizes: list[int], data: st.DataObject
    ) -> None:
        log = Log(sizes)
        index = data.draw(st.integers(0, len(log.rows) - 1))
        log.rows[index]["reason"] = "none"
        log.reseal(index)
        first = log.check().findings[0]
        begin = max((c.size for c in log.checkpoints if c.size <= index), default=0)
        assert (first.wrong, first.index) == (Wrong.CHANGED, begin)

    @given(batches, st.data())
    def test_names_the_entry_that_is_gone(self, sizes: list[int], data: st.DataObject) -> None:
        log = Log(sizes)
        index = data.draw(st.integers(0, len(log.rows) - 1))
        gone = log.rows.pop(index)
        check = log.check()
        assert [(one.index, one.wrong, one.entry_id) for one in check.findings] == [
            (index, Wrong.MISSING, gone["id"])
        ]

    @given(batches, st.data())
    def test_finds_leaves_in_another_order(self, sizes: list[int], data: st.DataObject) -> None:
        log = Log([*sizes, 2])
        index = data.draw(st.integers(0, len(log.rows) - 2))
        places = log.leaves
        places[index], places[index + 1] = places[index + 1], places[index]
        findings = log.check().findings
        assert findings
        assert findings[0].index is not None
        assert findings[0].index <= index

    @given(batches, st.data(), st.sampled_from([-120, -3_600, 3_600]))
    def test_finds_a_time_that_cannot_be(
        self, sizes: list[int], data: st.DataObject, seconds: int
    ) -> None:
        log = Log(sizes)
        index = data.draw(st.integers(0, len(log.rows) - 1))
        log.rows[index]["at"] += timedelta(seconds=seconds)
        assert (log.check().findings[0].index, log.check().findings[0].wrong) == (
            index, Wrong.BACK_DATED,
        )  # fmt: skip

    @given(batches, st.data())
    def test_finds_a_forged_checkpoint(self, sizes: list[int], data: st.DataObject) -> None:
        log = Log(sizes)
        place = data.draw(st.integers(0, len(sizes) - 1))
        true = log.checkpoints[place]
        forged = read_signed(true.note, KEYS)
        log.checkpoints[place] = true._replace(note=signed(forged, Signer()))
        assert log.check().findings[0].wrong is Wrong.FORGED
        log.checkpoints[place] = true._replace(root=bytes(32))
        assert log.check().findings[0].wrong is Wrong.FORGED

    @given(batches, st.data())
    def test_finds_a_checkpoint_gone_from_the_middle(
        self, sizes: list[int], data: st.DataObject
    ) -> None:
        log = Log([*sizes, 1])
        log.checkpoints.pop(data.draw(st.integers(0, len(sizes) - 1)))
        assert log.check().findings[0].wrong is Wrong.GAP

    @given(batches, st.data())
    def test_finds_a_cut_end_by_what_is_kept_outside(
        self, sizes: list[int], data: st.DataObject
    ) -> None:
        log = Log([*sizes, 2])
        outside = {one.number: Known(one.size, one.root) for one in log.checkpoints}
        kept = data.draw(st.integers(0, len(sizes)))
        size = log.checkpoints[kept - 1].size if kept else 0
        log = Log([*sizes, 2])
        log.checkpoints, log.leaves, log.rows = (
            log.checkpoints[:kept], log.leaves[:size], log.rows[:size],
        )  # fmt: skip
        assert log.check().findings == [], "nothing inside shows it"
        found = log.check(outside).findings
        assert [(one.wrong, one.index) for one in found] == [(Wrong.TRUNCATED, size)]

    @given(batches)
    def test_finds_an_end_that_was_cut_and_sealed_anew(self, sizes: list[int]) -> None:
        log = Log([*sizes, 2])
        outside = {one.number: Known(one.size, one.root) for one in log.checkpoints}
        found = Log([*sizes, 1]).check(outside).findings
        assert [(one.wrong, one.index) for one in found] == [(Wrong.TRUNCATED, sum(sizes))]

    def test_finds_leaves_that_no_checkpoint_sealed(self) -> None:
        log = Log([2, 2])
        log.checkpoints.pop()
        found = log.check().findings
        assert [(one.wrong, one.index) for one in found] == [(Wrong.EXTRA, 2), (Wrong.EXTRA, 3)]

    def test_keeps_a_hundred_findings_and_counts_the_rest(self) -> None:
        log = Log([150])
        log.rows = []
        check = log.check()
        assert (len(check.findings), check.unseen) == (100, 50)

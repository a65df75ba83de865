"""Holds one log against its entries and its signed checkpoints, and says where they part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from app.formats.trail_log.entries import Entry, EntryUnreadable, read_entry
from app.formats.trail_log.merkle import EMPTY_ROOT, Frontier, leaf_hash
from app.formats.trail_log.notes import Checkpoint, NoteRefused, PublicKey, read_signed

CLOCKS_APART = timedelta(minutes=1)
"""How far the clocks of two machines of one installation may differ."""
MOST_FINDINGS = 100


class Wrong(StrEnum):
    """What can be wrong with a log."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    REORDERED = "reordered"
    BACK_DATED = "back_dated"
    FORGED = "checkpoint_forged"
    GAP = "checkpoint_missing"
    TRUNCATED = "truncated"
    BRANCH = "branch_wrong"
    UNSEALED = "unsealed"
    UNTRACED = "untraced"
    ROW_CHANGED = "row_changed"
    ROW_MISSING = "row_missing"
    ROW_UNTRACED = "row_untraced"


IMPOSSIBLE = {
    Wrong.BACK_DATED: "its time is not one it can have had when it was sealed",
    Wrong.EXTRA: "its transaction had not begun when it was sealed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `index` is the place in the log, None where there is none."""

    origin: str
    wrong: Wrong
    sentence: str
    index: int | None = None
    entry_id: str | None = None

    def __str__(self) -> str:
        place = "" if self.index is None else f" index {self.index}"
        entry = "" if self.entry_id is None else f" entry {self.entry_id}"
        return f"{self.origin}{place}{entry}: {self.wrong}: {self.sentence}"


class StoredCheckpoint(NamedTuple):
    """A checkpoint as it is kept: its columns beside the signed note."""

    number: int
    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A place in the log; `content` is None where the entry is gone, `hash` where none is kept."""

    index: int
    entry_id: str | None
    hash: bytes | None
    content: bytes | None


class Known(NamedTuple):
    """What is known of a checkpoint from outside, and of a later one that took its number."""

    size: int
    root: bytes
    again: tuple[int, bytes] | None = None
    """After a restore numbers begin again where the restored log ends."""

    @property
    def first(self) -> tuple[int, bytes]:
        """Size and root of the one that was written first."""
        return self.size, self.root


@dataclass(frozen=True, slots=True)
class KnownCut:
    """Checkpoints that an operator said, in the trail, are lost with a restore, and why.

    `size` and `root` are those of the last one, so that no other history is excused by it.
    """

    first: int
    until: int
    size: int
    root: bytes
    reason: str


class LogCheck:
    """The check of one log. Feed checkpoints in order: `begin`, the leaves below its size, `end`.

    `outside` are checkpoints of the same log that were kept elsewhere, by number; those of
    `known_cuts` may be missing.
    """

    def __init__(
        self,
        origin: str,
        keys: Mapping[str, PublicKey],
        outside: Mapping[int, Known] | None = None,
        known_cuts: Sequence[KnownCut] = (),
    ) -> None:
        self.origin = origin
        self.excused: list[KnownCut] = []
        """Known cuts without which this log would be truncated."""
        self.cut_from: int | None = None
        """The first checkpoint that is another one outside, known or not."""
        self.findings: list[Finding] = []
        self.unseen = 0
        """Findings beyond the first hundred, which are not kept."""
        self.last: Checkpoint | None = None
        self.epochs: list[Checkpoint] = []
        """The first checkpoint of every epoch after the first."""
        self._keys = keys
        self._outside = outside or {}
        self._known_cuts = known_cuts
        self._numbers = 0
        self._tree = Frontier()
        self._whole = True
        self._next = 0
        self._now: Checkpoint | None = None
        self._before: Entry | None = None
        self._found_in_batch = 0
        self._first: tuple[int, str | None] | None = None
        self._disorder: tuple[int, str | None] | None = None

    @property
    def size(self) -> int:
        """How many entries the checkpoints so far speak of."""
        return self.last.size if self.last else 0

    def report(
        self, wrong: Wrong, sentence: str, index: int | None = None, entry_id: str | None = None
    ) -> None:
        """Note something that is wrong; only the first hundred are kept."""
        self._found_in_batch += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(self.origin, wrong, sentence, index, entry_id))
        else:
            self.unseen += 1

    def begin(self, stored: StoredCheckpoint) -> bool:
        """Take the next checkpoint; False where it cannot be used and its leaves wait."""
        self._found_in_batch = 0
        self._before = self._first = self._disorder = None
        self._now = None
        self._numbers += 1
        if stored.number != self._numbers:
            self.report(
                Wrong.GAP,
                f"checkpoint {self._numbers} is gone; the next is {stored.number}",
                self.size,
            )
            self._numbers = stored.number
        try:
            checkpoint = read_signed(stored.note, self._keys)
        except NoteRefused as refused:
            self.report(Wrong.FORGED, f"checkpoint {stored.number}: {refused}", self.size)
            return False
        return self._take(stored, checkpoint)

    def _take(self, stored: StoredCheckpoint, checkpoint: Checkpoint) -> bool:
        items = (checkpoint.origin, checkpoint.number, checkpoint.size, checkpoint.root)
        if items != (self.origin, stored.number, stored.size, stored.root):
            self.report(
                Wrong.FORGED,
                f"checkpoint {stored.number} is kept with other words than were signed",
                self.size,
            )
            return False
        previous = self.last.root if self.last else EMPTY_ROOT
        follows = checkpoint.previous == previous and checkpoint.size > self.size
        if not follows and self._found_in_batch == 0:
            self.report(
                Wrong.GAP, f"checkpoint {stored.number} does not follow the one before", self.size
            )
        self._compare_outside(checkpoint)
        if checkpoint.epoch != (self.last.epoch if self.last else 1):
            self.epochs.append(checkpoint)
        self._now = self.last = checkpoint
        return True

    def _compare_outside(self, checkpoint: Checkpoint) -> None:
        known = self._outside.get(checkpoint.number)
        items = (checkpoint.size, checkpoint.root)
        if known is not None and known.first != items:
            if self._is_excused(checkpoint.number) and known.again in (None, items):
                return
            self.report(
                Wrong.TRUNCATED,
                f"checkpoint {checkpoint.number} was another when it was written outside: the log "
                "was cut here and sealed again",
                self.size,
            )

    def _is_excused(self, number: int) -> bool:
        """Whether a checkpoint that only the outside has was said to be lost."""
        self.cut_from = min(self.cut_from or number, number, self._numbers + 1)
        for cut in self._known_cuts:
            lost = self._outside.get(cut.until)
            same = lost is not None and lost.first == (cut.size, cut.root)
            if same and cut.first <= number <= cut.until:
                if cut not in self.excused:
                    self.excused.append(cut)
                return True
        return False

    def leaf(self, leaf: StoredLeaf) -> None:
        """Take the next leaf of the checkpoint begun last."""
        if leaf.index != self._next:
            self.report(
                Wrong.MISSING,
                f"the leaves from {self._next} to {leaf.index - 1} are gone",
                self._next,
            )
            self._whole = False
        self._next = leaf.index + 1
        if self._first is None:
            self._first = (leaf.index, leaf.entry_id)
        judge = self._judge(leaf)
        if judge is None:
            self._whole = False
        elif self._whole:
            self._tree.append(judge)

    def _judge(self, leaf: StoredLeaf) -> bytes | None:
        """What is wrong with one leaf; the hash to go on with."""
        if leaf.content is None:
            self.report(
                Wrong.MISSING, "the entry is gone from the trail", leaf.index, leaf.entry_id
            )
            return leaf.hash
        result = leaf_hash(leaf.content)
        try:
            entry = read_entry(leaf.content)
        except EntryUnreadable:
            self.report(Wrong.CHANGED, "the entry cannot be read", leaf.index, leaf.entry_id)
            return leaf.hash or result
        wrong = self._wrong_with(entry, leaf.index)
        if leaf.hash is not None and leaf.hash != result:
            self.report(
                wrong or Wrong.CHANGED,
                "the entry is not what was sealed",
                leaf.index,
                leaf.entry_id,
            )
        elif wrong in IMPOSSIBLE:
            self.report(wrong, IMPOSSIBLE[wrong], leaf.index, leaf.entry_id)
        self._before = entry
        return leaf.hash or result

    def _wrong_with(self, entry: Entry, index: int) -> Wrong | None:
        """Whether time, order or transaction are impossible for this batch."""
        now, before = self._now, self._before
        if before is not None and (before.xid, before.seq) >= (entry.xid, entry.seq):
            if self._disorder is None:
                self._disorder = (index - 1, before.id)
            return Wrong.REORDERED
        if now is None:
            return None
        early = now.not_before is not None and entry.at < now.not_before
        late = entry.at > now.sealed_at + CLOCKS_APART
        if early or late:
            return Wrong.BACK_DATED
        return None if now.opening or entry.xid < now.next_xid else Wrong.EXTRA

    def end(self) -> None:
        """The leaves of the checkpoint begun last have all been taken."""
        now = self._now
        if now is None:
            return
        if self._next < now.size:
            self.report(
                Wrong.MISSING,
                f"the leaves from {self._next} to {now.size - 1} are gone",
                self._next,
            )
            self._whole = False
            self._next = now.size
        if self._whole and self._tree.root() != now.root:
            self._whole = False
            self._name_batch(now)

    def _name_batch(self, now: Checkpoint) -> None:
        """The root differs though each entry has its leaf: leaves were altered as well."""
        if self._found_in_batch:
            return
        index, entry_id = self._disorder or self._first or (self.size, None)
        wrong = Wrong.REORDERED if self._disorder else Wrong.CHANGED
        self.report(
            wrong,
            f"the leaves sealed by checkpoint {now.number}, up to {now.size - 1}, do not have the "
            "root that was signed; this is the first of them that can be wrong",
            index,
            entry_id,
        )

    def beyond(self, leaf: StoredLeaf) -> None:
        """Take a leaf that no checkpoint speaks of."""
        self.report(Wrong.EXTRA, "no checkpoint has sealed this leaf", leaf.index, leaf.entry_id)

    def compare_blocks(self, saved: Mapping[tuple[int, int], bytes]) -> None:
        """Hold the kept hashes of complete blocks, by level and index, against the leaves."""
        if not self._whole:
            return
        result = {(block.level, block.index): block.hash for block in self._tree.blocks}
        wrong = [
            place for place in result.keys() | saved.keys() if result.get(place) != saved.get(place)
        ]
        if wrong:
            level, index = min(wrong)
            self.report(
                Wrong.BRANCH,
                f"the kept hash {index} of level {level} is not that of its leaves, so that proofs "
                "fail",
                index << level,
            )

    def finish(self) -> None:
        """All checkpoints have been taken: are there others outside?"""
        self._found_in_batch = 0
        newest = max(self._outside, default=0)
        if newest > self._numbers and not self._is_excused(newest):
            self._report_end(newest, self._outside[newest].size)
            return
        again = {number: item.again for number, item in self._outside.items() if item.again}
        newest = max(again, default=0)
        if newest > self._numbers:
            self._report_end(newest, again[newest][0])

    def _report_end(self, number: int, size: int) -> None:
        self.report(
            Wrong.TRUNCATED,
            f"the log ends at {self.size} entries; checkpoint {number}, kept outside, speaks "
            f"of {size}",
            self.size,
        )

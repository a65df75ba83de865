"""The hash tree of RFC 6962: appending, roots, and proofs that a reader can check alone."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LEAF = b"\x00"
NODE = b"\x01"
BLOCK_LEVELS = 8
"""Every so many levels the hashes of complete subtrees are kept, so that proofs stay cheap."""
EMPTY_ROOT = hashlib.sha256().digest()


@dataclass(frozen=True, slots=True)
class Block:
    """The root of a complete subtree of `2 ** level` leaves, the `index`-th of its level."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hashes that a proof is made of: `count` from `first` on, kept at `level` (0 is leaves)."""

    level: int
    first: int
    count: int


Lookup = Callable[[Wanted], Sequence[bytes]]
Range = tuple[int, int]


def leaf_hash(content: bytes) -> bytes:
    """The hash of one entry's canonical bytes."""
    return hashlib.sha256(LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two others."""
    return hashlib.sha256(NODE + left + right).digest()


class Frontier:
    """What of a tree has to be remembered to append to it: the roots of its complete parts.

    `peaks` stand from the largest part to the smallest, one for each set bit of `size`.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        self.blocks: list[Block] = []
        """Blocks completed since this frontier was made."""
        if len(self.peaks) != size.bit_count():
            raise ValueError("a frontier has one peak for each set bit of its size")

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        result, level, rest = leaf, 0, self.size
        while rest & 1:
            result = node_hash(self.peaks.pop(), result)
            rest >>= 1
            level += 1
            if level % BLOCK_LEVELS == 0:
                self.blocks.append(Block(level, self.size >> level, result))
        self.peaks.append(result)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the whole tree."""
        return joined(self.peaks) if self.peaks else EMPTY_ROOT


def joined(peaks: Sequence[bytes]) -> bytes:
    """The hash above complete parts that stand from the largest to the smallest."""
    result = peaks[-1]
    for peak in reversed(peaks[:-1]):
        result = node_hash(peak, result)
    return result


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The parts of a tree of `size` whose hashes prove the leaf at `index`, nearest first."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    start, end, result = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            result.append((middle, end))
            end = middle
        else:
            result.append((start, middle))
            start = middle
    return result[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The parts whose hashes prove that a tree of `second` grew from one of `first` leaves."""
    if not 0 < first <= second:
        raise ValueError("the first tree has to be a beginning of the second")
    start, end, whole, result = 0, second, True, list[Range]()
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            result.append((middle, end))
            end = middle
        else:
            result.append((start, middle))
            start, whole = middle, False
    if not whole:
        result.append((start, end))
    return result[::-1]


def wanted_for(part: Range) -> list[Wanted]:
    """What has to be looked up to hash one part: the kept hashes of its complete subtrees."""
    start, end = part
    wanteds: list[Wanted] = []
    while start < end:
        level = (end - start).bit_length() - 1
        saved = level - level % BLOCK_LEVELS
        wanteds.append(Wanted(saved, start >> saved, 1 << (level - saved)))
        start += 1 << level
    return wanteds


def range_hash(part: Range, lookup: Lookup) -> bytes:
    """The hash of one part of the tree."""
    return joined([_complete(lookup(wanted)) for wanted in wanted_for(part)])


def _complete(hashes: Sequence[bytes]) -> bytes:
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[index], level[index + 1]) for index in range(0, len(level) - 1, 2)]
    return level[0]


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None if it cannot be one."""
    if not 0 <= index < size:
        return None
    result = leaf
    sides, whole = _sides(index, size - 1, len(proof))
    for item, on_left in zip(proof, sides, strict=False):
        result = node_hash(item, result) if on_left else node_hash(result, item)
    return result if whole else None


def is_consistent(
    first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that the second tree begins with the first (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not proof and first_root == second_root
    if not 0 < first < second or not proof:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    older = newer = path[0]
    sides, whole = _sides(index, last, len(path) - 1)
    for item, on_left in zip(path[1:], sides, strict=False):
        if on_left:
            older = node_hash(item, older)
        newer = node_hash(item, newer) if on_left else node_hash(newer, item)
    return whole and (older, newer) == (first_root, second_root)


def _sides(index: int, last: int, steps: int) -> tuple[list[bool], bool]:
    """For each step up from a place, whether the hash of the proof stands on the left.

    The second says whether so many steps end exactly at the root.
    """
    sides: list[bool] = []
    for _ in range(steps):
        if last == 0:
            return sides, False
        on_left = bool(index & 1) or index == last
        sides.append(on_left)
        while on_left and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return sides, last == 0

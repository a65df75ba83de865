"""A set of a million ids in 16 MiB."""

from array import array


class IdSet:
    """The ids met so far, in eight bytes each.

    An id is remembered by its 64-bit hash, which has a new key in every run: among a million ids
    the chance that any two are mistaken for one is about 3 in 100 million.
    """

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * 1024))
        self._used = 0

    def add(self, sourced_id: str) -> bool:
        """Whether the id is new."""
        key = hash(sourced_id) or 1
        at = _slot_of(self._slots, key)
        if self._slots[at] == key:
            return False
        self._slots[at] = key
        self._used += 1
        if self._used * 2 > len(self._slots):
            self._grow()
        return True

    def __contains__(self, sourced_id: str) -> bool:
        key = hash(sourced_id) or 1
        return self._slots[_slot_of(self._slots, key)] == key

    def _grow(self) -> None:
        larger = array("q", bytes(16 * len(self._slots)))
        for key in self._slots:
            if key:
                larger[_slot_of(larger, key)] = key
        self._slots = larger


def _slot_of(slots: "array[int]", key: int) -> int:
    """Where the key stands, or where it would."""
    mask = len(slots) - 1
    at = key & mask
    while slots[at] and slots[at] != key:
        at = (at + 1) & mask
    return at

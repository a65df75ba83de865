"""Pure rules of possible siblings: what two children share, by their contacts and addresses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.domain.record.children.rules import as_seen, ways_to
from app.domain.record.contacts.rules import is_professional

EMAIL, PHONE, ADDRESS = "email", "phone", "address"
SHORTEST_ADDRESS: Final = 10
"""Minimum letters and digits of an address that identifies more than a flat or a street."""
DIGITS_ALIKE: Final = 7
"""Final digits of a phone number for the database search; the rules compare all of it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach a child, or one of its contacts. `contact_id` None: the child itself."""

    child_id: UUID
    contact_id: UUID | None
    kind: str | None
    email: str | None
    phone: str | None
    address: str | None

    @property
    def at_home(self) -> bool:
        """Whether it may indicate a family: a professional's details do not."""
        return self.kind is None or not is_professional(self.kind)

    def ways(self) -> Iterator[tuple[str, str]]:
        """Each address or number for comparison, with its kind."""
        yield from ((EMAIL, way) for way in ways_to(self.email))
        yield from ((PHONE, way) for way in ways_to(None, self.phone))
        if (address := address_of(self.address)) is not None:
            yield ADDRESS, address


@dataclass(frozen=True, slots=True)
class Shared:
    """One detail that two children share, and whose it is on either side."""

    by: str
    contact_id: UUID | None
    other_contact_id: UUID | None


def address_of(text: str | None) -> str | None:
    """Reduce an address to letters and digits; None if too few to tell homes apart."""
    letters = "".join(item for item in as_seen(text or "").casefold() if item.isalnum())
    return letters if len(letters) >= SHORTEST_ADDRESS else None


def looked_for(own: Iterable[Reach]) -> dict[str, list[str]]:
    """Values for the database search: parts that every match contains."""
    ways = [way for item in own if item.at_home for way in item.ways()]
    return {
        EMAIL: sorted({_local(way) for by, way in ways if by == EMAIL}),
        PHONE: sorted({way[-DIGITS_ALIKE:] for by, way in ways if by == PHONE}),
        ADDRESS: sorted({way for by, way in ways if by == ADDRESS}),
    }


def _local(address: str) -> str:
    return address.partition("@")[0].replace(".", "")


def shared_by_child(own: Iterable[Reach], others: Iterable[Reach]) -> Mapping[UUID, list[Shared]]:
    """Details that each other child shares with this one; children who share none are missing."""
    known: dict[tuple[str, str], UUID | None] = {}
    for item in own:
        if item.at_home:
            known |= {way: item.contact_id for way in item.ways() if way not in known}
    result: dict[UUID, list[Shared]] = {}
    for other in others:
        if other.at_home:
            for way in sorted(set(other.ways()) & known.keys()):
                shared = Shared(way[0], known[way], other.contact_id)
                if shared not in result.setdefault(other.child_id, []):
                    result[other.child_id].append(shared)
    return result

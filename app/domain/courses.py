"""Records that have states but are not kinds: they have no owner, alerts or handover.

State diagrams and checks treat them like kinds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.kinds import Kind, Moves, registry


@dataclass(frozen=True, slots=True)
class Course:
    """The states of a record: `moves` says where each verb leads, as in a kind."""

    name: str
    model: Any
    """None where a record has several models, so that its own state column says less."""
    moves: Moves
    order: Sequence[str] = ()
    """The states in order, where people may take each step before the earlier ones."""

    def drawn(self) -> Iterator[tuple[str, str, str]]:
        """List the changes that a diagram shows, without those that skip states."""
        before_it = dict(zip(self.order[1:], self.order, strict=False))
        for before, after, verb in self.changes():
            places = [self.order.index(item) for item in (before, after) if item in self.order]
            if places != sorted(places) or before == before_it.get(after, before):
                yield before, after, verb

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """List each change of state: from, to, and the verb."""
        for verb, places in self.moves.items():
            for before, after in places.items():
                states = (after,) if isinstance(after, str) else after
                yield from ((before, state, verb) for state in states)


COURSES: Final[dict[str, Course]] = {}


def course(new: Course) -> Course:
    """Register a course. Raises `ValueError` if the name is taken."""
    if new.name in COURSES:
        raise ValueError(new.name)
    COURSES[new.name] = new
    return new


def with_states() -> list[Kind[Any] | Course]:
    """List every record with declared changes of state, sorted by name.

    Raises RuntimeError before every kind is registered.
    """
    kinds: list[Kind[Any] | Course] = [kind for kind in registry().values() if kind.moves]
    return sorted([*kinds, *COURSES.values()], key=lambda item: item.name)

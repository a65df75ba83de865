"""Records that have states and are no kind: nobody owns one, and none rings or is handed over.

Their states are drawn and watched as those of kinds are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain.kinds import Kind, Moves, registry


@dataclass(frozen=True, slots=True)
class Course:
    """The states of a record: `moves` says where each verb leads, as of a kind."""

    name: str
    model: Any
    """None where a record has several of them, so that its own column says less."""
    moves: Moves
    order: Sequence[str] = ()
    """The states in their order, where each step can be taken before those that come first."""

    def drawn(self) -> Iterator[tuple[str, str, str]]:
        """The changes that a diagram shows: of those that leave states out, none."""
        before_it = dict(zip(self.order[1:], self.order, strict=False))
        for before, after, verb in self.changes():
            places = [self.order.index(item) for item in (before, after) if item in self.order]
            if places != sorted(places) or before == before_it.get(after, before):
                yield before, after, verb

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """Each change of state: from where, to where, and the verb."""
        for verb, places in self.moves.items():
            for before, after in places.items():
                states = (after,) if isinstance(after, str) else after
                yield from ((before, state, verb) for state in states)


COURSES: Final[dict[str, Course]] = {}


def course(new: Course) -> Course:
    """Register it. Raises `ValueError` for a second one of a name."""
    if new.name in COURSES:
        raise ValueError(new.name)
    COURSES[new.name] = new
    return new


def with_states() -> list[Kind[Any] | Course]:
    """Every record that says how it goes from one state to another, by name.

    Raises RuntimeError before every kind is registered.
    """
    kinds: list[Kind[Any] | Course] = [kind for kind in registry().values() if kind.moves]
    return sorted([*kinds, *COURSES.values()], key=lambda item: item.name)

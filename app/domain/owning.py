"""Who may own what: a pure table that each kind fills when it is registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.words import Permission, Rights, Role

CLASSES = ("K2", "K3", "K4", "K5")
ANY_CLASS: tuple[str | None, ...] = (None,)
MayOwn = Callable[[Rights, str | None], bool]


@dataclass(frozen=True, slots=True)
class Owning:
    """Who may own an open row of a kind, and who takes it if none of them can."""

    may: MayOwn
    last: tuple[Role, ...]
    """Roles that can break glass for it, or appoint someone who may own it."""
    classes: tuple[str | None, ...] = ANY_CLASS
    """The classes that matter for owning; None where the class does not matter."""
    casework: bool = True
    """Work with children: the person who ends a role names who continues it."""
    apart: bool = False
    """True for the adult register: it passes to its next owner by its own rules."""


_OWNING: dict[str, Owning] = {}
_complete: list[str] = []


def register(kind: str, owning: Owning) -> None:
    """Add who may own a kind."""
    _OWNING[kind] = owning


def complete() -> None:
    """Mark every kind as registered. `owning` raises until then."""
    _complete[:] = sorted(_OWNING)


def owning() -> Mapping[str, Owning]:
    """Ownership rules by kind; an unlisted kind has no owner.

    Raises RuntimeError before all are registered: a partial registry would look like a denial.
    """
    if not _complete:
        raise RuntimeError("not every kind is registered: import app.domain.nouns first")
    return _OWNING


def carries(*needed: Permission) -> MayOwn:
    """Allow roles that carry all of the permissions, in any class."""
    wanted = frozenset(needed)
    return lambda rights, _: wanted <= rights.permissions

"""Who may own what: a pure table that the kinds fill as they are registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.words import Permission, Rights, Role

CLASSES = ("K2", "K3", "K4", "K5")
ANY_CLASS: tuple[str | None, ...] = (None,)
MayOwn = Callable[[Rights, str | None], bool]


@dataclass(frozen=True, slots=True)
class Owning:
    """Who may own an open row of a kind, and who takes it where nobody may."""

    may: MayOwn
    last: tuple[Role, ...]
    """They can break glass for it, or appoint somebody who may own it."""
    classes: tuple[str | None, ...] = ANY_CLASS
    """The classes that matter for owning; None where the class does not matter."""
    casework: bool = True
    """Work with children: the person who ends a role names who continues it."""
    apart: bool = False
    """Of the adult register: it goes to its next owner by rules of its own."""


_OWNING: dict[str, Owning] = {}
_complete: list[str] = []


def register(kind: str, owning: Owning) -> None:
    """Add who may own a kind."""
    _OWNING[kind] = owning


def complete() -> None:
    """Say that every kind is registered. Until then nobody may ask."""
    _complete[:] = sorted(_OWNING)


def owning() -> Mapping[str, Owning]:
    """By the name of the kind; nobody owns a kind that is not listed.

    Raises RuntimeError before all are registered: half a registry would look like a denial.
    """
    if not _complete:
        raise RuntimeError("not every kind is registered: import app.domain.nouns first")
    return _OWNING


def carries(*needed: Permission) -> MayOwn:
    """Roles that carry all of the permissions may own it, in any class."""
    wanted = frozenset(needed)
    return lambda rights, _: wanted <= rights.permissions

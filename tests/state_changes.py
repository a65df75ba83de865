"""Holds every change of a record's state to what its kind says, in whatever test it happens."""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm.base import NO_VALUE

from app.domain.courses import Course, with_states
from app.domain.kinds import NEW, Kind


class Undeclared(AssertionError):
    """A record went from one state to another, and its kind does not say that it can."""


def watch() -> None:
    """From now on a change of state raises `Undeclared` where its kind does not name it."""
    for kind in with_states():
        if kind.model is not None:
            _watch(kind)


def _watch(kind: Kind[Any] | Course) -> None:
    known = {(before, after) for before, after, _ in kind.changes()}

    def changed(row: Any, after: str, before: Any, _initiator: object) -> None:
        if before is NO_VALUE:
            if inspect(row).key is not None:
                return  # not read in this transaction
            before = NEW
        if before != after and (before, after) not in known:
            raise Undeclared(f"{kind.name}: {before or 'new'} to {after}")

    event.listen(kind.model.state, "set", changed)

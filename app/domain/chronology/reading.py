"""Reading a child's chronology: it shows narrative, so it leaves a trace."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Did, Permission
from app.db.models import Child
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.chronology_reads import ChronologyFilter, rows_of_chronology
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import child_for
from app.domain.access.concerns import sight_of
from app.domain.pseudonyms import Hidden, Names, Pseudonymiser

NARRATIVE = ("summary", "child_said", "decision", "reasons", "outcome")
CLASSES = ("K2", "K3", "K4", "K5")


async def read_chronology(
    work: UnitOfWork, child_id: UUID, asked: ChronologyFilter, paging: PageOf
) -> Page[str]:
    """One page of everything dated about the child that this reader may see.

    Other children are pseudonymised, in the narrative too. Raises `ChildNotFound`,
    `OutsideCohort`, `PermissionMissing`.
    """
    child = await child_for(work, child_id, Permission.CHRONOLOGY_READ)
    rows = await rows_of_chronology(
        await work.driver(),
        sight_of(work.actor),
        child_id,
        asked,
        paging,
        visibility_for(work.actor),
    )
    work.record(Did.CHRONOLOGY_READ, "chronology", child_id, child_id=child_id)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["occurred_at"], row["id"]),
        shape=lambda row: _shown(row, child),
    )


def visibility_for(actor: Actor) -> dict[str, str]:
    """Per class, who sees an entry and why this reader does: as JSON for the statement."""
    by_role: dict[str, Any] = {}
    by_part: dict[str, Any] = {}
    for confidentiality in CLASSES:
        readers = policy.readers_of(confidentiality)
        decided = policy.may_see_class(actor, confidentiality)
        why = decided.reason if decided else "assigned: owner of the concern or an action of it"
        target = by_role if decided else by_part
        target[confidentiality] = {
            "confidentiality": confidentiality,
            "readers": readers,
            "because": why,
        }
    return {"by_role": orjson.dumps(by_role).decode(), "by_part": orjson.dumps(by_part).decode()}


def _shown(row: Any, child: Child) -> str:
    entry: str = row["entry"]
    if not row["names"]:
        return entry
    content = orjson.loads(entry)
    hide = Pseudonymiser([names_of_child(child)], others_hidden(row["names"]))
    for field in NARRATIVE:
        if content[field] is not None:
            content[field] = hide(content[field])
    return orjson.dumps(content).decode()


def names_of_child(child: Child) -> Names:
    """The names that stay in this child's own file."""
    return _names(
        (
            child.legal_given_name,
            child.legal_family_name,
            child.known_given_name,
            child.known_family_name,
            child.middle_names,
        )
    )


def others_hidden(names: Sequence[Sequence[str | None]]) -> list[Hidden]:
    """The other children of a concern, each as `another pupil`, numbered from the second."""
    return [
        Hidden(_names(one), "another pupil" if place == 0 else f"another pupil {place + 1}")
        for place, one in enumerate(names)
    ]


def _names(columns: Sequence[str | None]) -> Names:
    legal_given, legal_family, known_given, known_family, middle = columns
    return Names(
        given=tuple(name for name in (legal_given, known_given) if name),
        family=tuple(name for name in (legal_family, known_family) if name),
        middle=(middle,) if middle else (),
    )

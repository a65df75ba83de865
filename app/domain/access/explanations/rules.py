"""Pure rules of explanations: read the question, and apply a change to an actor."""

import re
from dataclasses import dataclass, replace
from uuid import UUID

from app.core.words import Actor, Grant
from app.domain.access.explanations.errors import PreviewUnknown, ResourceUnknown

ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
RESOURCE = re.compile(rf"(\w+):({ID})")
PREVIEW = re.compile(rf"(share|owner|grant|named):({ID})|(class):(K[2-5])")
FOR_CONCERNS = ("class", "owner")
FOR_RECORDS = ("concern", "child")
GRANTED = frozenset({"K2", "K3", "K4", "K5"})
RANK = {"nothing": 0, "own": 1, "particulars": 2, "whole": 3}


@dataclass(frozen=True, slots=True)
class Named:
    """Kind and id of a record."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Change:
    """A change to preview."""

    kind: str
    id: UUID | None = None
    confidentiality: str | None = None


def resource_named(text: str) -> Named:
    """Kind and id of the record that a question names. Raises `ResourceUnknown`."""
    match = RESOURCE.fullmatch(text)
    if match is None:
        raise ResourceUnknown
    return Named(match[1], UUID(match[2]))


def change_named(text: str, about: Named) -> Change:
    """The change to preview. Raises `PreviewUnknown`."""
    match = PREVIEW.fullmatch(text)
    if match is None or about.kind not in FOR_RECORDS:
        raise PreviewUnknown
    kind = match[1] or match[3]
    if kind in FOR_CONCERNS and about.kind != "concern":
        raise PreviewUnknown
    return Change(kind, UUID(match[2]) if match[2] else None, match[4])


def actor_after(actor: Actor, about: Named, change: Change) -> Actor:
    """The actor as they would be after a grant, or after being named."""
    if actor.id != change.id:
        return actor
    concern = about.id if about.kind == "concern" else None
    child = about.id if about.kind == "child" else None
    if change.kind == "grant":
        grant = Grant(about.id, "grant", GRANTED, child_id=child, concern_id=concern)
        return replace(actor, grants=(*actor.grants, grant))
    if change.kind == "named":
        known = actor.conflicts
        return replace(
            actor,
            conflicts=replace(
                known,
                concerns=known.concerns | ({concern} if concern else set()),
                children=known.children | ({child} if child else set()),
            ),
        )
    return actor

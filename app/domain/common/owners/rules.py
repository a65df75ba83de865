"""Pure rules of owning: which role may own what, and who is next when an owner has gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.words import Rights, Role
from app.domain.owning import owning

OF_SUPPORT_LIST = frozenset({"task", "check_in"})
"""Nouns whose count alone would reveal that a pupil is on the support list."""
OWN_DUTY = "own_duty"
"""Used as a class: a report that the law requires of its owner, until it is made."""
ORDER = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL)


@dataclass(frozen=True, slots=True)
class OwnedResource:
    """Open work: its owner, and what decides who may own it."""

    resource_type: str
    id: UUID
    owner_id: UUID | None
    confidentiality: str | None = None
    concern_id: UUID | None = None
    about: frozenset[UUID] = frozenset()
    """The concerns and children it is about."""
    barred: frozenset[UUID] = frozenset()
    urgent: bool = False
    fault: str | None = None
    """Why its owner cannot continue with it: `gone`, `conflict`, or `may_not`."""


@dataclass(frozen=True, slots=True)
class Person:
    """A possible owner: current roles in order, and what they are locked out of."""

    id: UUID
    roles: tuple[str, ...]
    rights: tuple[Rights, ...] = field(repr=False, default=())
    locked_out: frozenset[UUID] = frozenset()
    away: bool = False


def may_own(rights: Rights, resource_type: str, confidentiality: str | None) -> bool:
    """Whether a role may own a noun in a class; an unknown noun has no owner."""
    described = owning().get(resource_type)
    return described is not None and described.may(rights, confidentiality)


def is_apart(resource_type: str) -> bool:
    """Whether a noun has rules of its own, in a register of its own."""
    described = owning().get(resource_type)
    return described is not None and described.apart


def casework() -> tuple[str, ...]:
    """Work with children: the person who ends a role names who continues it."""
    return tuple(resource_type for resource_type, item in owning().items() if item.casework)


def allowed(here: Mapping[str, Rights]) -> list[dict[str, Any]]:
    """Every permitted (noun, class, role) for the statements; class None means any."""
    rows: list[dict[str, Any]] = []
    for role, rights in here.items():
        for resource_type, described in owning().items():
            rows += [
                {"noun": resource_type, "class": class_name, "role": role}
                for class_name in described.classes
                if described.may(rights, class_name)
            ]
    return rows


def why_not(person: Person | None, thing: OwnedResource) -> str | None:
    """Why a person cannot take it: `gone`, `conflict`, `may_not`; None if they can."""
    if person is None or not person.roles:
        return "gone"
    if not is_free(person, thing):
        return "conflict"
    theirs = person.id == thing.owner_id or thing.confidentiality != OWN_DUTY
    held = thing.confidentiality if theirs else None
    fits = any(may_own(rights, thing.resource_type, held) for rights in person.rights)
    return None if fits else "may_not"


def is_free(person: Person, thing: OwnedResource) -> bool:
    """Whether the resource is about nobody that the person is locked out from."""
    return person.id not in thing.barred and person.locked_out.isdisjoint(thing.about)


def next_owner(
    people: Sequence[Person], thing: OwnedResource, first: UUID | None = None
) -> UUID | None:
    """Choose who takes it: `first` if they can, then leads, deputies, heads and other readers.

    If nobody may own it, someone who can break glass for it or appoint an owner. A person who is
    away is chosen only if everyone is. None if nobody is free. An owner who may stay as a last
    resort stays, so that work does not keep moving.
    """
    others = [
        person for person in people if person.id != thing.owner_id or thing.fault == "may_not"
    ]
    here = [item for item in others if not item.away]
    return (
        _able(here, thing, first)
        or _able(others, thing, first)
        or _last(here, thing)
        or _last(others, thing)
    )


def _able(people: Sequence[Person], thing: OwnedResource, first: UUID | None) -> UUID | None:
    able = [person for person in people if why_not(person, thing) is None]
    if any(item.id == first for item in able):
        return first
    best = min(able, key=rank, default=None)
    return None if best is None else best.id


def rank(person: Person) -> int:
    """Rank of a person's highest role, 0 first; a school's own roles come last."""
    places = [index for index, role in enumerate(ORDER) if role.value in person.roles]
    return min(places, default=len(ORDER))


def _last(people: Sequence[Person], thing: OwnedResource) -> UUID | None:
    free = [person for person in people if is_free(person, thing)]
    described = owning().get(thing.resource_type)
    for role in described.last if described else ():
        holders = [item.id for item in free if role.value in item.roles]
        if holders:
            return thing.owner_id if thing.owner_id in holders else holders[0]
    return None


def counted(things: Sequence[OwnedResource], *, keeps_support_list: bool = True) -> dict[str, int]:
    """Count each noun, for alerts and refusals.

    People who do not keep the support list get one total if any noun could reveal it.
    """
    if not keeps_support_list and any(thing.resource_type in OF_SUPPORT_LIST for thing in things):
        return {"open_work": len(things)}
    counts: dict[str, int] = {}
    for thing in things:
        name = f"open_{thing.resource_type}s"
        counts[name] = counts.get(name, 0) + 1
    return counts

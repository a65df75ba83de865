"""Pure rules of conflicts: what counts as family, and who takes over from someone locked out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.words import Role
from app.domain import policy

FAMILY = (
    "mother", "father", "parent", "step_mother", "step_father", "adoptive_parent", "carer",
    "foster_carer", "private_foster_carer", "special_guardian", "grandparent", "aunt_or_uncle",
    "adult_sibling", "other_relative",
)  # fmt: skip
"""Kinds of contact that make a member of staff a child's family."""
HOUSEHOLD = (
    "sibling", "half_sibling", "step_sibling", "adoptive_sibling", "foster_sibling", "twin",
    "cousin", "other_relative", "household",
)  # fmt: skip
"""Kinds of relationship, once a person confirmed them, that carry a conflict on."""
LEAD_ORDER = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
READERS = (Role.PASTORAL,)
LAST = (Role.SCHOOL_ADMIN,)
"""Roles that read nothing but can appoint someone who does."""
ROLES = (*LEAD_ORDER, *READERS, *LAST)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person in a role, and whether they are locked out of what needs an owner."""

    id: UUID
    role: str
    in_conflict: bool = False
    away: bool = False


def stays_led(people: Sequence[Candidate], without: UUID) -> bool:
    """Whether a lead, deputy or head could still open a concern without one person.

    Emergency access counts. Also True if that person is in none of these roles.
    """
    leads = {person.id for person in people if person.role in LEAD_ORDER and not person.in_conflict}
    return leads != {without}


def is_second(actor_id: UUID, staff_id: UUID, typed_by: Collection[UUID | None]) -> bool:
    """Whether someone may decide a suggestion: they typed none of it, or it is about them."""
    return actor_id not in typed_by or actor_id == staff_id


def free(
    people: Sequence[tuple[UUID, str]], locked_out: Collection[UUID]
) -> list[tuple[UUID, str]]:
    """People without a conflict, in the same order."""
    return [(person, role) for person, role in people if person not in locked_out]


def next_owner(people: Sequence[Candidate], confidentiality: str) -> UUID | None:
    """Choose who takes a concern over: a lead, deputy or head who reads it, then other readers.

    If nobody reads its class, the head, who can break glass for it; if all of them are locked out,
    an administrator, who can appoint someone. None in a school without anyone. A person who is away
    is chosen only if everyone is away.
    """
    here = [person for person in people if not person.away]
    return _next_owner(here, confidentiality) or _next_owner(people, confidentiality)


def _next_owner(people: Sequence[Candidate], confidentiality: str) -> UUID | None:
    unconflicted = [person for person in people if not person.in_conflict]
    order: list[tuple[Role, bool]] = [(role, True) for role in (*LEAD_ORDER, *READERS)]
    order += [
        (Role.HEADTEACHER, False),
        (Role.DEPUTY_DSL, False),
        *((item, False) for item in LAST),
    ]
    for role, must_read in order:
        if must_read and not policy.can_own(policy.BUILT_IN[role], confidentiality):
            continue
        for item in unconflicted:
            if item.role == role:
                return item.id
    return None


def next_reader(people: Sequence[Candidate], roles: Sequence[Role]) -> UUID | None:
    """The first without a conflict, by the order of the roles."""
    for role in roles:
        for person in people:
            if person.role == role and not person.in_conflict:
                return person.id
    return None

"""Pure rules of roles that groups give: which are given at once."""

from app.core.words import Permission, Rights, Role
from app.domain.policy import BUILT_IN

DECIDE = "role_proposal.decide"


EVERYDAY = BUILT_IN[Role.STAFF].permissions | {Permission.SCHOOL_READ}
"""Permissions that a group may give at once: none reads a record or administers anything."""


def is_everyday(rights: Rights) -> bool:
    """Whether a role shows no record and has nothing that needs a second factor."""
    reads = rights.classes or rights.cohort_classes
    return not reads and rights.permissions <= EVERYDAY

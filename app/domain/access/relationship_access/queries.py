"""Whether a reader may know that two children are connected: the one rule, for every door."""

from uuid import UUID

from app.core.words import Actor, Permission
from app.db.relationship_facts import RelationshipFacts
from app.domain import policy
from app.domain.access.child_access.queries import opens_child, role_reads
from app.domain.access.relationship_access.rules import RELATIONSHIP_CLASS


def sees_relationship(actor: Actor, kind: str, one_id: UUID, other_id: UUID) -> bool:
    """Whether someone with one child's record may know of its relationship to another child.

    Never with an interest in either child, or if either's file is closed to them; and only with the
    class that the kind needs. It belongs to both records: people who open one see the other child's
    name, whatever that child's year.
    """
    return reads_relationships(actor, kind) and not is_kept_from(actor, one_id, other_id)


def is_kept_from(actor: Actor, one_id: UUID, other_id: UUID) -> bool:
    """Whether the actor must not even hear of it."""
    return not actor.conflicts.children.isdisjoint((one_id, other_id))


def reads_relationships(actor: Actor, kind: str) -> bool:
    """Whether the actor reads relationships of a kind."""
    needed = RELATIONSHIP_CLASS.get(kind)
    return needed is None or role_reads(actor, needed)


def is_told_of(actor: Actor, facts: RelationshipFacts | None) -> bool:
    """As `sees_relationship`, for someone with neither record open: they must open one of them.

    False without facts.
    """
    if facts is None or not policy.may(actor, Permission.CHILD_OPEN):
        return False
    child, other = facts.children
    if not sees_relationship(actor, facts.kind, child.id, other.id):
        return False
    return opens_child(actor, child) or opens_child(actor, other)

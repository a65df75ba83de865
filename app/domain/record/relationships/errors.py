"""Refusals of requests about relationships."""

from app.domain.errors import Conflict, NotFound


class RelationshipExists(Conflict):
    code = "relationship_exists"
    title = "These two children are already connected in this way."
    advice = "Confirm or end the relationship already recorded."


class RelationshipNotFound(NotFound):
    code = "relationship_not_found"
    title = "Cairn cannot find this relationship of the child."

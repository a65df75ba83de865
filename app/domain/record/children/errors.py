"""What can be refused about a child, beside what every noun refuses."""

from app.domain.errors import Conflict


class IdentifierTaken(Conflict):
    code = "identifier_taken"
    title = "Another child of this school has this identifier."
    advice = "Check the number; if it is right, the other child's record holds a mistake."


class RelationshipExists(Conflict):
    code = "relationship_exists"
    title = "These two children are already connected in this way."
    advice = "Confirm or end the relationship that exists."


class StatusOverlaps(Conflict):
    code = "status_overlaps"
    title = "The child already has this status during some of these days."
    advice = "End the status that exists, or correct the days."

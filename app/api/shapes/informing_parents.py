"""Bodies and rows of what parents are told to commands and answers."""

from app.api.schemas.informing_parents import DecisionFields, ParentsDecidedIn
from app.api.shapes.records import content_of
from app.domain.sharing.informing_parents.commands import DecideParents


def command(body: ParentsDecidedIn) -> DecideParents:
    """A decision as the command takes it."""
    return DecideParents(
        body.outcome,
        body.reason,
        content_of(body, DecisionFields),
        id=body.id,
        child_id=body.child_id,
        at=body.at,
        review_at=body.review_at,
        second_lead_id=body.second_lead_id,
        source_of_harm=body.source_of_harm,
        told_under=body.told_under,
    )

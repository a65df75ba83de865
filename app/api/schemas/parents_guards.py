"""What guards telling home, as screens show it before anything is sent."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import GuardNeedsOut, GuardsKnownOut, MayKnowOut
from app.api.schemas.lead_availability import CallOut
from app.core.schemas import Out, VocabularyStatus


class GuardOut(Out):
    """Something to settle before telling home."""

    code: GuardsKnownOut = Field(description="Type of guard.")
    reason: str = Field(description="Why to settle it first.")
    needs: list[GuardNeedsOut] = Field(
        description="What it needs. `advice_first`: recorded advice of social care or police that "
        "home may be told."
    )
    missing: list[GuardNeedsOut] = Field(description="Which of these are still missing.")
    suggestion: str = Field(description="What to consider.")
    concern_id: UUID | None = Field(
        description="Concern behind it; null: none, or not visible to you."
    )
    until: datetime | None = Field(
        description="When the wait you were asked for ends; null: until they say otherwise."
    )


class GuardsOut(Out):
    """What guards telling home, and the number to call now."""

    guards: list[GuardOut] = Field(description="What to settle before telling home.")
    social_care: CallOut | None = Field(
        description="Number of children's social care; null: not known."
    )
    vocabulary_status: VocabularyStatus


class ConcernParentsOut(GuardsOut):
    """Whether home may be told of the concern, and what guards telling now."""

    may_know: MayKnowOut | None = Field(
        description="Whether its categories let parents know. `yes`: they may. `decide`: a lead "
        "decides first. `never_first`: social care or police advise first. Null: no child on roll."
    )

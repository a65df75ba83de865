"""What guards telling home, as screens show it before anything is sent."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    GuardsKnownOut,
    MayKnowOut,
)
from app.api.schemas.lead_availability import CallOut
from app.core.schemas import Out, VocabularyStatus


class GuardOut(Out):
    """Something to settle before home is told."""

    code: GuardsKnownOut = Field(description="What it is.")
    reason: str = Field(description="Why this has to be settled first.")
    needs: list[str] = Field(
        description="What it needs: `advice_first` (recorded advice of social care or the "
        "police that home may be told), `reason`, `second_person`, "
        "`blocked_until`; may grow."
    )
    missing: list[str] = Field(description="What of it is not there yet.")
    suggestion: str = Field(description="What to think of.")
    concern_id: UUID | None = Field(
        description="The concern it comes from; null where it is none, or you may not read it."
    )
    until: datetime | None = Field(
        description="Until when somebody asked you to wait; null: until they say otherwise."
    )


class GuardsOut(Out):
    """What guards telling home, and who to call now."""

    guards: list[GuardOut] = Field(description="What to settle before home is told.")
    social_care: CallOut | None = Field(
        description="Number of children's social care; null: not known."
    )
    vocabulary_status: VocabularyStatus


class ConcernParentsOut(GuardsOut):
    """Whether home may hear of a concern, by what it is about, and what guards telling now."""

    may_know: MayKnowOut | None = Field(
        description="Whether its categories let parents know: `yes`; `decide`: a lead "
        "decides first; `never_first`: social care or the police advise first. "
        "Null: no child on roll."
    )

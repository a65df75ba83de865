"""That a concern is about an adult."""

from pydantic import Field

from app.core.schemas import In, Narrative
from app.domain.adults.adult_concerns.schemas import AdultIn


class MoveIn(In):
    """Why it is about an adult who works or volunteers here."""

    adult: AdultIn | None = Field(
        default=None,
        description="Adult it is about. Default: the person it names, or a person not yet named.",
    )
    reason: Narrative = Field(description="Why it is about an adult.")

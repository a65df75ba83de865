"""What asks for something to be done on the site."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, Narrative, NewId


class SiteRequestIn(In):
    """A place on the site that needs something done; no child is named."""

    id: NewId
    place: Line = Field(description="Place on the site.")
    needs: Line = Field(
        description="What is to be done there. The person who does it reads only this."
    )
    reason: Narrative | None = Field(default=None, description="For leads alone.")
    owner_id: UUID | None = Field(default=None, description="Who sees to it. Default: the lead.")

"""What asks for something to be done on the site, and how it is shown."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, Narrative, NewId, Out, PersonOut


class SiteRequestIn(In):
    """A place on the site that needs something done; no child is named."""

    id: NewId
    place: Line = Field(description="Place on the site.")
    needs: Line = Field(
        description="What is to be done there. The person who does it reads only this."
    )
    reason: Narrative | None = Field(default=None, description="For leads alone.")
    owner_id: UUID | None = Field(default=None, description="Who sees to it. Default: the lead.")


class SiteRequestOut(Out):
    """A site request: a place that needs something done."""

    id: UUID = Field(description="Request ID.")
    place: str = Field(description="Place on the site.")
    needs: str = Field(description="What it needs.")
    reason: str = Field(description="The reason for leads; others read that the lead holds it.")
    noted_by: PersonOut = Field(description="Person who noted it.")
    noted_at: datetime = Field(description="When it was noted.")

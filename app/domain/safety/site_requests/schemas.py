"""What asks for something to be done on the site, and how it is shown."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, Narrative, NewId, Out, PersonOut


class SiteRequestIn(In):
    """A place on site that needs work. Never name a child."""

    id: NewId
    place: Line = Field(description="Place on the site.")
    needs: Line = Field(description="Work needed. The person who does it reads only this.")
    reason: Narrative | None = Field(
        default=None, description="Why. Visible to safeguarding leads only."
    )
    owner_id: UUID | None = Field(
        default=None, description="Person who does it. Default: the lead."
    )


class SiteRequestOut(Out):
    """A place on site that needs work."""

    id: UUID = Field(description="Request ID.")
    place: str = Field(description="Place on the site.")
    needs: str = Field(description="Work needed.")
    reason: str = Field(description="Reason, for leads. Others read that the lead has it.")
    noted_by: PersonOut = Field(description="Person who noted it.")
    noted_at: datetime = Field(description="When it was noted.")

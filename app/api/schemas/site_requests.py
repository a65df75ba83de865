"""Places on the site that need something done."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out, PersonOut


class SiteRequestOut(Out):
    """A site request: a place that needs something done."""

    id: UUID = Field(description="Request ID.")
    place: str = Field(description="Place on the site.")
    needs: str = Field(description="What it needs.")
    reason: str = Field(description="The reason for leads; others read that the lead holds it.")
    noted_by: PersonOut = Field(description="Person who noted it.")
    noted_at: datetime = Field(description="When it was noted.")

"""Changes that need a second person."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out, PersonOut, PointerOut


class ProposedChangeOut(Out):
    """A change to confirm: until then everyone reads the old value."""

    id: UUID = Field(description="Change ID.")
    about: PointerOut = Field(description="What it would change.")
    before: str = Field(description="What differs, as it is now: JSON by field.")
    after: str = Field(description="What differs, as it would be: JSON by field.")
    proposed_by: PersonOut = Field(description="Person who made it.")
    created_at: datetime = Field(description="When it was made.")
    etag: str = Field(description="Version, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")

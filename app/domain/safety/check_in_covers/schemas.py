"""Who has a check-in, and who stands in."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In


class AskForCoverIn(In):
    """The person to ask. Default: the agreed cover."""

    staff_id: UUID | None = Field(
        default=None, description="Person to ask. Default: the agreed cover."
    )


class AssignCheckInIn(In):
    """The adult for the check-in and a stand-in, both there that day."""

    owner_id: UUID = Field(description="Adult who checks in.")
    cover_id: UUID = Field(description="Adult who stands in.")

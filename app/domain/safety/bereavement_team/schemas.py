"""Who is in the team of a case."""

from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementTeamRolesIn
from app.core.schemas import In, NewId


class MemberIn(In):
    """A team role, the person and their stand-in."""

    id: NewId
    role: BereavementTeamRolesIn = Field(description="Part in the team.")
    staff_id: UUID = Field(description="Person who joins the team.")
    deputy_id: UUID | None = Field(default=None, description="Person who stands in.")

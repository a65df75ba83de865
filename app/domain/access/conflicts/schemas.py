"""How a link between a person and a child is declared, and why it ends."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, NewId


class ConflictEndIn(In):
    """Why the conflict is wrong or over."""

    reason: Line = Field(description="Why it is wrong or over.")


class ConflictIn(In):
    """A conflict of interest: your own, or a colleague's."""

    id: NewId = None
    child_id: UUID = Field(description="Child the person has an interest in.")
    staff_id: UUID | None = Field(
        default=None, description="Member of staff with the interest. Default: you."
    )
    reason: Line = Field(description='The interest, such as "my nephew".')
    contact_id: UUID | None = Field(
        default=None, description="Contact named by the suggestion you confirm."
    )

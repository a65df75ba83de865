"""How a link between a person and a child is declared, and why it ends."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, NewId


class ConflictEndIn(In):
    """Why the link is wrong or over."""

    reason: Line = Field(description="Why it is wrong or over.")


class ConflictIn(In):
    """An interest in a child: the reader's own, or what a lead says of somebody."""

    id: NewId = None
    child_id: UUID = Field(description="Child the interest is in.")
    staff_id: UUID | None = Field(default=None, description="Left out it is oneself.")
    reason: Line = Field(description='What the interest is, such as "my nephew".')
    contact_id: UUID | None = Field(
        default=None, description="The contact that a suggestion names, when one is confirmed."
    )

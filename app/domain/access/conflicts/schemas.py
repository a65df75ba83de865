"""Why a link between a person and a child ends."""

from pydantic import Field

from app.core.schemas import In, Line


class ConflictEndIn(In):
    """Why the link is wrong or over."""

    reason: Line = Field(description="Why it is wrong or over.")

"""What starts a drill."""

from pydantic import Field

from app.core.schemas import In, Line, NewId, Word


class DrillIn(In):
    """A test of one ladder."""

    id: NewId
    ladder: Word = Field(
        description="`immediate`, `today`, `routine`, `duty`, `adult_now`, `adult` or `admin`."
    )
    reason: Line | None = Field(default=None, description="Why; nobody who is alerted sees it.")

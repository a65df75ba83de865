"""What starts a drill."""

from pydantic import Field

from app.core.schemas import In, Line, NewId, Word


class DrillIn(In):
    """A drill of one escalation ladder."""

    id: NewId
    ladder: Word = Field(
        description="Ladder to test: `immediate`, `today`, `routine`, `duty`, `adult_now`, "
        "`adult` or `admin`."
    )
    reason: Line | None = Field(
        default=None, description="Why you run it. The people alerted do not see it."
    )

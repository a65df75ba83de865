"""What starts a drill."""

from pydantic import Field

from app.core.schemas import In, Line, NewId, Word
from app.domain.duty.ladder.rules import ladders


class DrillIn(In):
    """A drill of one escalation ladder."""

    id: NewId
    ladder: Word = Field(
        description="Ladder to test.", json_schema_extra={"enum": [*sorted(ladders())]}
    )
    reason: Line | None = Field(
        default=None, description="Why you run it. The people alerted do not see it."
    )

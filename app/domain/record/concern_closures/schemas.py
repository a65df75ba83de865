"""What two people say of the end of a concern."""

from app.core.schemas import (
    In,
    Narrative,
)


class WithdrawIn(In):
    """Why it was entered in error."""

    reasons: Narrative


class CountersignIn(In):
    """The second person's answer."""

    agree: bool
    reasons: Narrative

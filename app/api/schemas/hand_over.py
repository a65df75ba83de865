"""Handing over a person's whole load."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.core.schemas import Out, PersonOut, PointerOut, words

WhyNotHandedOver: Any = words(
    "WhyNotHandedOver", {"no_receiver", "gone", "conflict", "may_not", "waiting_for_signature"}
)


class HandOverItemOut(PointerOut):
    """One thing, and who has it now or would."""

    to: PersonOut = Field(description="Person who has it now or would get it.")


class HandOverProblemOut(PointerOut):
    """One thing that the receiver cannot take; it stays where it is."""

    to: PersonOut | None = Field(description="Person who cannot take it; null: nobody was found.")
    reason_code: WhyNotHandedOver = Field(
        description="`no_receiver`: nobody was named for it; `gone`: holds no live role here; "
        "`conflict`: a conflict of interest; `may_not`: no role of theirs may own it; "
        "`waiting_for_signature`: somebody has to countersign first."
    )


class HandOverOut(Out):
    """What came of handing over."""

    staff: PersonOut = Field(description="Person whose work moves.")
    moved: bool = Field(
        description="False for a dry run, and where there are problems without `partial`."
    )
    counts: dict[str, int] = Field(description="How many of each kind moved, or would.")
    items: list[HandOverItemOut] = Field(description="What moves, and to which person.")
    problems: list[HandOverProblemOut] = Field(description="What cannot move, and why.")
    at: datetime = Field(description="When it was worked out.")

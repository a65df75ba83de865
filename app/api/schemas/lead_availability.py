"""Whether somebody at school looks at what comes in, and who to call if not."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out, Problem


class CallOut(Out):
    """A number to phone."""

    who: str = Field(description="Person or service to call.")
    number: str = Field(description="Phone number.")
    when: str = Field(description="When to call it.")


class LeadAvailabilityOut(Out):
    """Whether a safeguarding lead is reading reports. Show it before the form and after sending."""

    available: bool = Field(description="Whether a lead at school is reading new reports now.")
    available_from: datetime | None = Field(
        description="When a lead is next due to read reports; null: available now, or not known."
    )
    call: list[CallOut] = Field(
        description="Numbers to phone: the school's own first, 999, and children's social care at "
        "this hour if known. Plus 111 and 116 123, unless it is not about self-harm."
    )
    advice: str | None = Field(description="What to tell the reporter; null: available now.")


class ReportRefused(Problem):
    """A refused report: why, what became of its words, and who to phone now."""

    kept: bool = Field(description="Whether Cairn kept the words as an incomplete report.")
    saved_as: UUID | None = Field(
        default=None,
        description="Incomplete report that holds them; absent: none. For a concern about a "
        "child, send it as `completes`.",
    )
    lead_told: bool | None = Field(
        default=None,
        description="Whether a lead has it. About an adult: whether someone who may read it was "
        "alerted.",
    )
    lead_availability: LeadAvailabilityOut | None = Field(
        default=None, description="Lead availability; absent unless words about a child were kept."
    )
    call: list[CallOut] = Field(
        description="Numbers to phone: the school's own and children's social care if known, and "
        "999. Plus 111 and 116 123, unless it is not about self-harm."
    )

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
    """Honest about who is watching: show it before the form, and again after sending."""

    available: bool = Field(description="Whether somebody at school looks at what comes in now.")
    available_from: datetime | None = Field(
        description="From when somebody looks again, as planned; null while available, or where "
        "nobody knows."
    )
    call: list[CallOut] = Field(
        description="Numbers to phone: the school's own first, 999, and children's social care for "
        "this hour where the school knows it. 111 and 116 123 unless it is about anything other "
        "than self-harm."
    )
    advice: str | None = Field(description="What to say to the reporter; null while available.")


class ReportRefused(Problem):
    """Why a report could not be taken, what became of its words, and who to phone now."""

    kept: bool = Field(
        description="Whether the words that were sent are kept as an incomplete report."
    )
    saved_as: UUID | None = Field(
        default=None,
        description="The incomplete report they are kept as; for a concern about a child send "
        "it as `completes`.",
    )
    lead_told: bool | None = Field(
        default=None,
        description="Where something was to be kept: whether a lead has it; about an adult, "
        "whether somebody who may read it has been told.",
    )
    lead_availability: LeadAvailabilityOut | None = Field(
        default=None, description="Where words about a child are kept: who is watching."
    )
    call: list[CallOut] = Field(
        description="Numbers to phone: the school's own and children's social care where they are "
        "known, and 999. 111 and 116 123 unless it is about anything other than self-harm."
    )

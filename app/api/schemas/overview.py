"""A lead's day."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.core.schemas import Out, PersonOut, PointerOut


class OverviewIn(BaseModel):
    """How wide the day is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mine: bool = Field(
        default=True, description="`true`: only what I own or set. `false`: all that my lists show."
    )


class OverviewCard(PointerOut):
    """One open thing, without any narrative; an alert is acknowledged and not opened."""

    code: str | None = Field(
        description="A code of its kind: immediacy, kind of referral or alert, severity, rule..."
    )
    reference: str | None = Field(description="Reference of the record, or of its concern.")
    children: list[PersonOut] = Field(
        description="The child it names, or those its concern is about; empty for somebody who "
        "may not open that concern."
    )
    about: PointerOut | None = Field(description="Record that an alert is about.")
    due_at: datetime | None = Field(description="Deadline; null: none.")
    urgent: bool = Field(description="Whether somebody must act before anything else.")
    owner: PersonOut | None = Field(description="Person who owns the record; null: nobody.")


class OverviewSection(Out):
    """How many there are, and the first of them: urgent ones first, then by due time."""

    count: int = Field(description="How many there are.")
    items: list[OverviewCard] = Field(
        max_length=20, description="The first of them: urgent ones first, then by deadline."
    )


class OverviewOut(Out):
    """A day, section by section."""

    at: datetime = Field(description="When it was worked out.")
    mine: bool = Field(description="Whether it shows only what you own.")
    new: OverviewSection = Field(description="Raised concerns that nobody has acknowledged.")
    unacknowledged: OverviewSection = Field(description="My alerts; always my own.")
    overdue: OverviewSection = Field(description="What is overdue.")
    due_today: OverviewSection = Field(description="From now to midnight by the school's clocks.")
    waiting_for_others: OverviewSection = Field(
        description="The next step is somebody else's: a signature, an answer, another's action."
    )
    reviews_due: OverviewSection = Field(description="Reviews due today or before.")
    monitoring: OverviewSection = Field(description="Alerts of monitoring tools that are open.")

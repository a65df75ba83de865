"""A lead's day."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.core.schemas import Out, PersonOut, PointerOut


class OverviewIn(BaseModel):
    """How wide the day is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mine: bool = Field(
        default=True,
        description="`true`: only what you own or set. `false`: everything your lists show.",
    )


class OverviewCard(PointerOut):
    """One open item, without content. Acknowledge alerts; open everything else."""

    code: str | None = Field(
        description="Code for its kind: immediacy, kind of referral or alert, severity, rule and "
        "so on; null: none."
    )
    reference: str | None = Field(
        description="Reference of the record, or of its concern; null: none."
    )
    children: list[PersonOut] = Field(
        description="Child it names, or those its concern is about (`subject` or `harmed`). Empty "
        "if you may not open that concern."
    )
    about: PointerOut | None = Field(description="Record the alert is about; null: none.")
    due_at: datetime | None = Field(description="Deadline; null: none.")
    urgent: bool = Field(description="Whether it comes before everything else.")
    owner: PersonOut | None = Field(description="Person who owns the record; null: nobody.")


class OverviewSection(Out):
    """Number of items, and the first ones: urgent, then by deadline."""

    count: int = Field(description="Number of items.")
    items: list[OverviewCard] = Field(
        max_length=20,
        description="First 20 items: urgent ones, then by deadline. The rest are in the lists of "
        "their kinds.",
    )


class OverviewOut(Out):
    """Your day, by section."""

    at: datetime = Field(description="When Cairn worked it out.")
    mine: bool = Field(description="Whether it shows only what you own.")
    new: OverviewSection = Field(description="Raised concerns nobody has acknowledged.")
    unacknowledged: OverviewSection = Field(description="Your own unacknowledged alerts.")
    overdue: OverviewSection = Field(description="Overdue items.")
    due_today: OverviewSection = Field(description="Items due before midnight, school time.")
    waiting_for_others: OverviewSection = Field(
        description="Items whose next step is another person's, such as a signature or an answer."
    )
    reviews_due: OverviewSection = Field(description="Reviews due today or before.")
    monitoring: OverviewSection = Field(description="Open alerts from monitoring tools.")

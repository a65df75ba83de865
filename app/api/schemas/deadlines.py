"""Named rules, and the deadlines that records had by them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.known_words import DeadlineEndsOut
from app.core.schemas import ListIn, Out, PersonOut

CalendarName = Literal["clock", "calendar_day", "working_day", "school_day"]
ClockedNoun = Literal[
    "concern", "action", "share", "referral", "adult_concern", "review", "meeting",
    "monitoring_alert",
    "break_glass", "reading_notice", "role_proposal", "webhook", "failed_job", "drill",
    "transfer", "incoming_transfer", "file_request", "task", "check_in", "incomplete_report",
    "concern_case",
]  # fmt: skip


class LimitOut(Out):
    """How much time, in which calendar."""

    calendar: CalendarName = Field(
        json_schema_extra={"x-closed": True}, description="Calendar the time is counted in."
    )
    days: int = Field(description="Days to count.")
    minutes: int = Field(description="Minutes to count.")
    months: int = Field(description="Months to count.")
    until: Literal["opens", "closes"] = Field(
        json_schema_extra={"x-closed": True},
        description="Whether it is over when the school opens or closes on the day.",
    )
    before: bool = Field(description="Counted back from an event that is still to come.")
    early: int = Field(description="So many minutes before the school opens or closes on the day.")
    on_working_day: bool = Field(
        default=False,
        description="What would end on another day ends with the next working day.",
    )
    at_most: "LimitOut | None" = Field(
        default=None, description="A second limit: whichever is over first counts."
    )


class ClockRuleListIn(BaseModel):
    """Which rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(default=None, max_length=60, description="All versions of one rule.")


class ClockRuleOut(Out):
    """One version of a named rule."""

    id: str = Field(description="Name of the rule.")
    version: str = Field(description="Version of the rule, by its date.")
    valid_from: date = Field(description="Counts for what begins on this day or later.")
    title: str = Field(description="What the rule is for.")
    since: str = Field(description="What the time is counted from.")
    limit: LimitOut = Field(description="Time the rule allows.")
    in_words: str = Field(description="The limit, such as `1 school day, at most 2 working days`.")
    ladder: str = Field(description="How alerts climb when it is missed.")
    source: str = Field(description="The law, guidance or agreement behind it.")
    in_force: bool = Field(description="False: passed, but not commenced.")
    nation: str | None = Field(description="For schools of this nation alone; null: for all.")
    overridable: bool = Field(description="A school may set a limit of its own.")
    longest: LimitOut | None = Field(description="Beyond this no school's own limit reaches.")


class DeadlineListIn(ListIn):
    """Whose clocks."""

    about_kind: ClockedNoun = Field(description="Kind of the record.")
    about_id: UUID = Field(description="ID of the record.")


class DeadlineOut(Out):
    """A due time that a record has or had, and all it was made from."""

    id: UUID = Field(description="Deadline ID.")
    rule_id: str = Field(description="Name of the rule that set it.")
    rule_version: str = Field(description="Version of that rule.")
    title: str | None = Field(description="What the rule asks for; null for an unknown version.")
    source: str | None = Field(description="The law, guidance or agreement behind the rule.")
    chosen: bool = Field(description="A person chose the time, or it is older than the book.")
    calendar: str | None = Field(
        description="Calendar it was counted by; null: a person chose the time."
    )
    calendar_version: int | None = Field(
        description="The version of the school's calendar it was counted in."
    )
    ladder: str = Field(description="Who is alerted, and in which order, when it passes.")
    started_at: datetime = Field(description="When it began to run.")
    due_at: datetime = Field(description="When it passes.")
    made_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(description="When it stopped; null while it runs.")
    ended_reason_code: DeadlineEndsOut | None = Field(
        description="`superseded` by the next one, `recomputed` after a change of the calendar, or "
        "how the record ended; null while it runs."
    )
    rounds: int = Field(description="How often its alerts began to climb.")
    acknowledged_by: PersonOut | None = Field(
        description="Person who acknowledged its alert; null until then."
    )
    acknowledged_at: datetime | None = Field(
        description="When somebody acknowledged its alert; null until then."
    )

"""Named rules, and the deadlines that records had by them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.known_words import CalendarsOut, DeadlineEndsOut, LaddersOut, NationsOut
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
    """The time allowed, and the calendar to count it in."""

    calendar: CalendarName = Field(
        json_schema_extra={"x-closed": True}, description="Calendar to count in."
    )
    days: int = Field(description="Days to count.")
    minutes: int = Field(description="Minutes to count.")
    months: int = Field(description="Months to count.")
    until: Literal["opens", "closes"] = Field(
        json_schema_extra={"x-closed": True},
        description="Whether it ends when school opens or closes that day.",
    )
    before: bool = Field(description="Whether it counts back from a future event.")
    early: int = Field(description="Minutes before school opens or closes that day.")
    on_working_day: bool = Field(
        default=False,
        description="Whether a limit ending on another day moves to the end of the next working "
        "day.",
    )
    at_most: "LimitOut | None" = Field(
        default=None, description="Second limit. The earlier one counts; null: none."
    )


class ClockRuleListIn(BaseModel):
    """Which rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(default=None, max_length=60, description="Only versions of this rule.")


class ClockRuleOut(Out):
    """One version of a named rule."""

    id: str = Field(description="Name of the rule.")
    version: str = Field(description="Version of the rule, by its date.")
    valid_from: date = Field(description="First day it applies to new deadlines.")
    title: str = Field(description="What must be done.")
    since: str = Field(description="Event the time counts from.")
    limit: LimitOut = Field(description="Time allowed.")
    in_words: str = Field(description="The limit, such as `1 school day, at most 2 working days`.")
    ladder: LaddersOut = Field(description="Escalation steps if it is missed.")
    source: str = Field(description="Law, guidance or agreement behind it.")
    in_force: bool = Field(description="`false`: passed but not yet in force.")
    nation: NationsOut | None = Field(description="Nation whose schools it applies to; null: all.")
    overridable: bool = Field(description="Whether a school may set its own limit.")
    longest: LimitOut | None = Field(description="Longest limit a school may set; null: none.")


class DeadlineListIn(ListIn):
    """Whose clocks."""

    about_kind: ClockedNoun = Field(description="Kind of the record.")
    about_id: UUID = Field(description="ID of the record.")


class DeadlineOut(Out):
    """A present or former deadline of a record, and how it was calculated."""

    id: UUID = Field(description="Deadline ID.")
    rule_id: str = Field(description="Name of the rule that set it.")
    rule_version: str = Field(description="Version of that rule.")
    title: str | None = Field(description="What must be done; null: unknown version.")
    source: str | None = Field(
        description="Law, guidance or agreement behind the rule; null: unknown version."
    )
    chosen: bool = Field(description="Whether a person chose the time, or it predates the rules.")
    calendar: CalendarsOut | None = Field(
        description="Calendar used to count it; null: a person chose the time."
    )
    calendar_version: int | None = Field(
        description="Version of the school's calendar used; null: a person chose the time."
    )
    ladder: LaddersOut = Field(description="Escalation steps if it passes.")
    started_at: datetime = Field(description="When it started.")
    due_at: datetime = Field(description="The deadline.")
    made_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    ended_reason_code: DeadlineEndsOut | None = Field(
        description="`superseded`: replaced by another. `recomputed`: the calendar changed. "
        "Otherwise how the record ended. Null while it runs."
    )
    rounds: int = Field(description="Number of times its alerts began to escalate.")
    acknowledged_by: PersonOut | None = Field(
        description="Person who acknowledged its alert; null until then."
    )
    acknowledged_at: datetime | None = Field(
        description="When somebody acknowledged its alert; null until then."
    )

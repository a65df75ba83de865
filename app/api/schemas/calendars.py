"""A school's calendar: hours, terms, days that are not what they seem, and its own limits."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.api.schemas.deadlines import CalendarName, LimitOut
from app.api.schemas.known_words import DayKindsOut
from app.api.schemas.lead_availability import CallOut
from app.core.codes import ConcernCategoriesIn, ConcernCategoriesOut
from app.core.schemas import (
    OWN_CODE,
    BodyFault,
    Day,
    In,
    ListIn,
    Out,
    PersonOut,
    Word,
    absent,
    distinct,
)
from app.core.vocabularies.category_rules import Notified, ParentsMayKnow
from app.formats.calendars import DayKind

PhoneIn = Annotated[str, StringConstraints(pattern="^[+0-9][0-9 ()-]{1,28}[0-9]$")]
Hour = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


def _own_code(code: str) -> str:
    if not re.fullmatch(OWN_CODE, code):
        raise BodyFault("its code is `own:` and small letters, digits or `_`")
    return code


OwnCode = Annotated[Word, AfterValidator(_own_code)]
Immediacy = Literal["immediate_danger", "today", "routine"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CLOSED = {"x-closed": True}
SetKind = Literal["inset", "closed", "school_day", "bank_holiday"]


class TermIn(In):
    """A term, its first and its last day included; half-terms make two of one."""

    name: Word = Field(description="Name of the term.")
    starts_on: Day = Field(description="First day of the term.")
    ends_on: Day = Field(description="Last day of the term.")


class SpecialDayIn(In):
    """A day that is not what terms and bank holidays say."""

    on: Day = Field(description="The day.")
    kind: SetKind = Field(
        description="`inset` and `closed`: pupils are not in. `school_day`: they are, whatever "
        "day it is. `bank_holiday`: one that was proclaimed and is not known here yet."
    )


class LimitIn(In):
    """The school's own limit of a rule that allows one."""

    calendar: CalendarName = Field(description="Calendar the time is counted in.")
    days: int = Field(default=0, ge=0, le=60, description="Days to count. Default: 0.")
    minutes: int = Field(default=0, ge=0, le=10_080, description="Minutes to count. Default: 0.")
    months: int = Field(default=0, ge=0, le=12, description="Months to count. Default: 0.")


class CategoryIn(In):
    """What the school treats more strictly, of one category; what is left out stays."""

    immediacy: Immediacy | None = Field(default=None, description="Least urgency of this category.")
    told: Notified | None = Field(default=None, description="How people are alerted.")
    parents: ParentsMayKnow | None = Field(default=None, description="Whether parents may know.")


class CategoryOut(Out):
    """What the school treats more strictly, of one category."""

    immediacy: Immediacy = absent(
        json_schema_extra=CLOSED, description="Least urgency of this category."
    )
    told: Notified = absent(json_schema_extra=CLOSED, description="How people are alerted.")
    parents: ParentsMayKnow = absent(
        json_schema_extra=CLOSED, description="Whether parents may know."
    )


class OwnCategoryIn(In):
    """A word that the school uses, and the common categories that it means; told whole."""

    label: Word = Field(description="Name the school uses.")
    categories: list[ConcernCategoriesIn] = Field(
        min_length=1,
        max_length=5,
        description="The first is the primary one. What follows is the strictest of them.",
    )
    valid_from: Day | None = Field(default=None, description="Left out: it always was.")
    valid_to: Day | None = Field(
        default=None,
        description="The last day on which it can be chosen. Concerns keep the word they had.",
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if not distinct(self.categories):
            raise BodyFault("a category is named twice")
        return self


class OwnCategoryOut(Out):
    """A word that the school uses, and the common categories that it means."""

    label: str = Field(description="Name the school uses.")
    categories: list[ConcernCategoriesOut] = Field(description="Common categories it means.")
    valid_from: date = absent(description="First day it can be chosen; absent: from the start.")
    valid_to: date = absent(description="First day it cannot be chosen; absent: no end.")


class SpanIn(In):
    """From and to, local times of one day."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    from_: Hour = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: Hour = Field(description="Local time it ends, as `HH:MM`.")


class LeadHoursIn(SpanIn):
    """When somebody looks at what comes in, on school days of a weekday."""

    weekday: Weekday = Field(description="Day of the week.")


class LeadDayIn(In):
    """When a lead is there on a single day, such as one of a holiday; no spans: nobody is."""

    on: Day = Field(description="The day.")
    spans: list[SpanIn] = Field(
        max_length=4, description="When a lead is available; none: nobody is."
    )


class CallIn(In):
    """A number of the school's own for when nobody looks, or at any time."""

    who: Word = Field(description="Person or service to call.")
    number: PhoneIn = Field(description="Phone number.")
    when: Word = Field(description="When to call it.")


class CalendarPatch(In):
    """A merge patch: absent fields stay, null takes the default back; lists are given whole."""

    zone: Word | None = Field(default=None, description="An IANA time zone; Europe/London.")
    opens: Hour | None = Field(default=None, description="Local time; 08:30.")
    closes: Hour | None = Field(default=None, description="Local time; 16:00.")
    quiet_from: Hour | None = Field(default=None, description="Local time; 19:00.")
    quiet_until: Hour | None = Field(default=None, description="Local time; 07:00.")
    digests: Annotated[list[Hour], Field(min_length=1, max_length=6)] | None = Field(
        default=None,
        description="Local times on working days at which what is not urgent is mailed in one "
        "message; 08:00 and 15:30.",
    )
    terms: Annotated[list[TermIn], Field(max_length=60)] | None = Field(
        default=None, description="All terms; null: none."
    )
    days: Annotated[list[SpecialDayIn], Field(max_length=400)] | None = Field(
        default=None, description="All special days; null: none."
    )
    limits: Annotated[dict[Word, LimitIn | None], Field(max_length=100)] | None = Field(
        default=None, description="Limit for each rule ID; null restores the rule's own."
    )
    categories: Annotated[dict[Word, CategoryIn | None], Field(max_length=200)] | None = Field(
        default=None,
        description="Stricter handling for each category than Cairn's own (vocabulary "
        "`concern_categories`); null restores Cairn's own.",
    )
    own_categories: Annotated[dict[OwnCode, OwnCategoryIn | None], Field(max_length=100)] | None = (
        Field(
            default=None,
            description="The school's own categories by code, such as `own:playground`. Null"
            " removes one; concerns keep it.",
        )
    )
    lead_hours: Annotated[list[LeadHoursIn], Field(max_length=28)] | None = Field(
        default=None,
        description="When somebody looks at what comes in on school days; while school is open.",
    )
    lead_days: Annotated[list[LeadDayIn], Field(max_length=400)] | None = Field(
        default=None, description="Lead hours of single days; null: none."
    )
    call: Annotated[list[CallIn], Field(max_length=6)] | None = Field(
        default=None, description="The school's own numbers, told before 999, 111 and 116 123."
    )


class TermDatesOut(Out):
    """A term."""

    name: str = Field(description="Name of the term.")
    starts_on: date = Field(description="First day of the term.")
    ends_on: date = Field(description="Last day of the term.")


class SpecialDayOut(Out):
    """A day that is not what terms and bank holidays say."""

    on: date = Field(description="The day.")
    kind: DayKindsOut = Field(description="What the day is.")


class SpanOut(Out):
    """From and to, local times of one day."""

    model_config = ConfigDict(extra="ignore", serialize_by_alias=True)

    from_: str = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: str = Field(description="Local time it ends, as `HH:MM`.")


class LeadHoursOut(SpanOut):
    """When somebody looks at what comes in, on school days of a weekday."""

    weekday: Weekday = Field(json_schema_extra={"x-closed": True}, description="Day of the week.")


class LeadDayOut(Out):
    """When a lead is there on a single day; no spans: nobody is."""

    on: date = Field(description="The day.")
    spans: list[SpanOut] = Field(description="When a lead is available; none: nobody is.")


class CalendarVersionOut(Out):
    """A school's calendar as it was made at a moment; it never changes."""

    version: int = Field(description="0 while nobody has made one; clocks name it.")
    nation: str = Field(description="Whose bank holidays; changed with the school itself.")
    zone: str = Field(description="Time zone, such as `Europe/London`.")
    opens: str = Field(description="Local time school opens.")
    closes: str = Field(description="Local time school closes.")
    quiet_from: str = Field(description="Local time from which only urgent messages go out.")
    quiet_until: str = Field(description="Local time until which only urgent messages go out.")
    digests: list[str] = Field(description="Local times; what is not urgent is mailed then.")
    terms: list[TermDatesOut] = Field(description="The terms.")
    days: list[SpecialDayOut] = Field(description="Special days.")
    limits: dict[str, LimitOut] = Field(description="The school's own limits, by rule.")
    categories: dict[str, CategoryOut] = Field(
        description="What the school treats more strictly than Cairn's own table, by category."
    )
    own_categories: dict[str, OwnCategoryOut] = Field(
        description="The school's own words for categories, by code."
    )
    lead_hours: list[LeadHoursOut] | None = Field(
        description="When a lead is there; null: while school is open."
    )
    lead_days: list[LeadDayOut] = Field(description="Lead hours of single days.")
    call: list[CallOut] = Field(description="Numbers to call when no lead is available.")
    changed_by: PersonOut | None = Field(description="Person who changed it; null: Cairn itself.")
    changed_at: datetime | None = Field(
        description="When it was changed; null: the default calendar."
    )


class CalendarOut(CalendarVersionOut):
    """A school's calendar as it stands."""

    school_id: UUID = Field(description="School it belongs to.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class DaysIn(BaseModel):
    """From which day to which, both included; 400 days at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Day = Field(description="First day.")
    until: Day = Field(description="Last day.")


class DayOut(Out):
    """One day of a school."""

    on: date = Field(description="The day.")
    kind: DayKind = Field(json_schema_extra={"x-closed": True}, description="What the day is.")
    working_day: bool = Field(description="Monday to Friday, and no bank holiday.")
    bank_holiday: str | None = Field(description="Name of the bank holiday.")
    term: str | None = Field(description="Name of the term.")


class VersionListIn(ListIn):
    """Which page of the versions."""


def content_of(patch: CalendarPatch) -> dict[str, Any]:
    """The fields a patch names, as JSON values; what a limit leaves out is left out."""
    return patch.model_dump(mode="json", include=patch.model_fields_set, exclude_defaults=False)

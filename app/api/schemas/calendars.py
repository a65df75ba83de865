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
from app.api.schemas.known_words import DayKindsOut, NationsOut
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
    """A term, with its first and last day. Half-term splits it into two."""

    name: Word = Field(description="Name of the term.")
    starts_on: Day = Field(description="First day of the term.")
    ends_on: Day = Field(description="Last day of the term.")


class SpecialDayIn(In):
    """A day that differs from terms and bank holidays."""

    on: Day = Field(description="The day.")
    kind: SetKind = Field(
        description="Type of day. `inset`, `closed`: pupils are not in. `school_day`: they are. "
        "`bank_holiday`: a newly proclaimed one."
    )


class LimitIn(In):
    """The school's own limit for a rule that allows one."""

    calendar: CalendarName = Field(description="Calendar to count in.")
    days: int = Field(default=0, ge=0, le=60, description="Days to count. Default: 0.")
    minutes: int = Field(default=0, ge=0, le=10_080, description="Minutes to count. Default: 0.")
    months: int = Field(default=0, ge=0, le=12, description="Months to count. Default: 0.")


class CategoryIn(In):
    """Stricter handling of one category. Left out: unchanged."""

    immediacy: Immediacy | None = Field(
        default=None, description="Lowest urgency for this category."
    )
    told: Notified | None = Field(default=None, description="How people are alerted.")
    parents: ParentsMayKnow | None = Field(default=None, description="Whether parents may know.")


class CategoryOut(Out):
    """Stricter handling of one category."""

    immediacy: Immediacy = absent(
        json_schema_extra=CLOSED, description="Lowest urgency for this category."
    )
    told: Notified = absent(json_schema_extra=CLOSED, description="How people are alerted.")
    parents: ParentsMayKnow = absent(
        json_schema_extra=CLOSED, description="Whether parents may know."
    )


class OwnCategoryIn(In):
    """A school's own category, and the common ones it means. Send it whole."""

    label: Word = Field(description="Name the school uses.")
    categories: list[ConcernCategoriesIn] = Field(
        min_length=1,
        max_length=5,
        description="Common categories, primary first. The strictest decides what follows.",
    )
    valid_from: Day | None = Field(
        default=None, description="First day it can be chosen. Default: always."
    )
    valid_to: Day | None = Field(
        default=None,
        description="Last day it can be chosen. Concerns keep it.",
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if not distinct(self.categories):
            raise BodyFault("a category is named twice")
        return self


class OwnCategoryOut(Out):
    """A school's own category, and the common ones it means."""

    label: str = Field(description="Name the school uses.")
    categories: list[ConcernCategoriesOut] = Field(description="Common categories it means.")
    valid_from: date = absent(description="First day it can be chosen; absent: from the start.")
    valid_to: date = absent(description="First day it cannot be chosen; absent: no end.")


class SpanIn(In):
    """A period of one day, in local time."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    from_: Hour = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: Hour = Field(description="Local time it ends, as `HH:MM`.")


class LeadHoursIn(SpanIn):
    """When a lead reads new reports on one weekday in term."""

    weekday: Weekday = Field(description="Day of the week.")


class LeadDayIn(In):
    """Lead hours on a single day, such as in a holiday. No spans: no lead."""

    on: Day = Field(description="The day.")
    spans: list[SpanIn] = Field(max_length=4, description="When a lead is available; empty: never.")


class CallIn(In):
    """One of the school's own phone numbers, and when to call it."""

    who: Word = Field(description="Person or service to call.")
    number: PhoneIn = Field(description="Phone number.")
    when: Word = Field(description="When to call it.")


class CalendarPatch(In):
    """A merge patch: absent fields stay, null restores the default; send lists whole."""

    zone: Word | None = Field(
        default=None, description="IANA time zone; null restores Europe/London."
    )
    opens: Hour | None = Field(
        default=None, description="Local time school opens; null restores 08:30."
    )
    closes: Hour | None = Field(
        default=None, description="Local time school closes; null restores 16:00."
    )
    quiet_from: Hour | None = Field(
        default=None, description="Local time quiet hours begin; null restores 19:00."
    )
    quiet_until: Hour | None = Field(
        default=None, description="Local time quiet hours end; null restores 07:00."
    )
    digests: Annotated[list[Hour], Field(min_length=1, max_length=6)] | None = Field(
        default=None,
        description="Local times on working days for one email of everything not urgent; null "
        "restores 08:00 and 15:30.",
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
        description="Stricter handling for each category (vocabulary `concern_categories`); null "
        "restores Cairn's own.",
    )
    own_categories: Annotated[dict[OwnCode, OwnCategoryIn | None], Field(max_length=100)] | None = (
        Field(
            default=None,
            description="The school's own categories by code, such as `own:playground`. Null "
            "removes one; concerns keep it.",
        )
    )
    lead_hours: Annotated[list[LeadHoursIn], Field(max_length=28)] | None = Field(
        default=None,
        description="Hours on school days when a lead reads new reports; null: while school is "
        "open.",
    )
    lead_days: Annotated[list[LeadDayIn], Field(max_length=400)] | None = Field(
        default=None, description="Lead hours on single days; null: none."
    )
    call: Annotated[list[CallIn], Field(max_length=6)] | None = Field(
        default=None,
        description="The school's own numbers, shown before 999, 111 and 116 123; null: none.",
    )


class TermDatesOut(Out):
    """A term."""

    name: str = Field(description="Name of the term.")
    starts_on: date = Field(description="First day of the term.")
    ends_on: date = Field(description="Last day of the term.")


class SpecialDayOut(Out):
    """A day that differs from terms and bank holidays."""

    on: date = Field(description="The day.")
    kind: DayKindsOut = Field(description="Type of day.")


class SpanOut(Out):
    """A period of one day, in local time."""

    model_config = ConfigDict(extra="ignore", serialize_by_alias=True)

    from_: str = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: str = Field(description="Local time it ends, as `HH:MM`.")


class LeadHoursOut(SpanOut):
    """When a lead reads new reports on one weekday in term."""

    weekday: Weekday = Field(json_schema_extra={"x-closed": True}, description="Day of the week.")


class LeadDayOut(Out):
    """Lead hours on a single day. No spans: no lead."""

    on: date = Field(description="The day.")
    spans: list[SpanOut] = Field(description="When a lead is available; empty: never.")


class CalendarVersionOut(Out):
    """One version of a school's calendar. A version never changes."""

    version: int = Field(description="Version number; 0: the default calendar. Deadlines name it.")
    nation: NationsOut = Field(
        description="Nation whose bank holidays apply. Change it on the school itself."
    )
    zone: str = Field(description="Time zone, such as `Europe/London`.")
    opens: str = Field(description="Local time school opens.")
    closes: str = Field(description="Local time school closes.")
    quiet_from: str = Field(
        description="Local time quiet hours begin: only urgent messages go out."
    )
    quiet_until: str = Field(description="Local time quiet hours end.")
    digests: list[str] = Field(description="Local times for one email of everything not urgent.")
    terms: list[TermDatesOut] = Field(description="The terms.")
    days: list[SpecialDayOut] = Field(description="Special days.")
    limits: dict[str, LimitOut] = Field(description="The school's own limits, by rule ID.")
    categories: dict[str, CategoryOut] = Field(
        description="Stricter handling than Cairn's own, by category."
    )
    own_categories: dict[str, OwnCategoryOut] = Field(
        description="The school's own categories, by code."
    )
    lead_hours: list[LeadHoursOut] | None = Field(
        description="When a lead reads new reports; null: while school is open."
    )
    lead_days: list[LeadDayOut] = Field(description="Lead hours on single days.")
    call: list[CallOut] = Field(description="Numbers to call when no lead is available.")
    changed_by: PersonOut | None = Field(description="Person who changed it; null: Cairn itself.")
    changed_at: datetime | None = Field(
        description="When it was changed; null: the default calendar."
    )


class CalendarOut(CalendarVersionOut):
    """The school's current calendar."""

    school_id: UUID = Field(description="School it belongs to.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class DaysIn(BaseModel):
    """From which day to which, both included; 400 days at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Day = Field(description="First day.")
    until: Day = Field(description="Last day.")


class DayOut(Out):
    """One day of a school."""

    on: date = Field(description="The day.")
    kind: DayKind = Field(json_schema_extra={"x-closed": True}, description="Type of day.")
    working_day: bool = Field(description="Whether it is Monday to Friday and no bank holiday.")
    bank_holiday: str | None = Field(description="Name of the bank holiday; null: none.")
    term: str | None = Field(description="Name of the term; null: none.")


class VersionListIn(ListIn):
    """Which page of the versions."""


def content_of(patch: CalendarPatch) -> dict[str, Any]:
    """The fields a patch names, as JSON values; what a limit leaves out is left out."""
    return patch.model_dump(mode="json", include=patch.model_fields_set, exclude_defaults=False)

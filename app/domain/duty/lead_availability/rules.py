"""Pure rules of lead availability: whether someone checks now, from when, and who to call."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, Final, Literal

from app.domain.disclosures import kind_of
from app.formats.calendars import SchoolCalendar


@dataclass(frozen=True, slots=True)
class Call:
    """A phone number. `when` says in one line what it is for."""

    who: str
    number: str
    when: str


ALWAYS: Final = (
    Call("Emergency services", "999", "A life is in danger, or something has been swallowed"),
    Call("NHS 111, mental health option", "111", "Urgent help with mental health, day and night"),
    Call("Samaritans", "116 123", "Somebody to talk to, day and night"),
)
"""Compiled in, so that they are always available."""
EMERGENCY: Final = ALWAYS[:1]
FOR_SELF_HARM: Final = frozenset(ALWAYS[1:])
"""Help after self-harm and with thoughts of suicide, but with no other danger."""
Matter = Literal["self_harm", "other"]
"""Subject of a report, as far as it decides who to phone; None if unknown."""
UNKNOWN: Final = frozenset({"not_sure"})
"""Categories that do not say what it is about."""
OFFICE_HOURS: Final = (time(9), time(17))
"""Hours of children's social care on working days; its emergency team answers at other times."""
SOCIAL_CARE: Final = "Children's social care"


@dataclass(frozen=True, slots=True)
class SocialCare:
    """The numbers of children's social care that a school knows, by day and by night."""

    day: str | None = None
    night: str | None = None

    def at(self, calendar: SchoolCalendar, moment: datetime) -> Call | None:
        """The number that is answered at a moment, or the other one, which is better than none."""
        here = calendar.local(moment)
        opens, closes = OFFICE_HOURS
        office = calendar.is_working_day(here.date()) and opens <= here.time() < closes
        by_day = (self.day, "in office hours")
        by_night = (self.night, "outside office hours")
        for number, hours in (by_day, by_night) if office else (by_night, by_day):
            if number is not None:
                when = f"Any danger to a child, {hours}; anyone may call"
                return Call(SOCIAL_CARE, number, when)
        return None


@dataclass(frozen=True, slots=True)
class LeadAvailability:
    """Who checks, and who to call. `available_from` is the next start; `said_from` words it."""

    available: bool
    available_from: datetime | None
    phones: Sequence[Call] = ()
    care: Call | None = None
    said_from: str | None = None
    matter: Matter | None = None
    lead_free: bool = True
    """Whether there is a lead who may hear of it."""

    def about(self, matter: Matter | None) -> "LeadAvailability":
        """Copy this for a report about a matter."""
        return replace(self, matter=matter)

    @property
    def call(self) -> Sequence[Call]:
        """Whom to call: the school's own numbers first, then those for the matter."""
        numbers = EMERGENCY if self.matter == "other" else ALWAYS
        care = (self.care,) if self.care is not None else ()
        return (*self.phones, *numbers, *care)

    @property
    def advice(self) -> str | None:
        """Advice to the reporter if nobody checks; None if someone does."""
        if self.available:
            return None
        until = f"until {self.said_from}" if self.said_from is not None else "for now"
        what = {"self_harm": IN_CRISIS, "other": self.ask_social_care}
        help_ = what.get(self.matter or "", f"{self.ask_social_care} {FOR_CRISIS}")
        return (
            f"No safeguarding lead is reading reports {until}. If life is in danger call 999. "
            f"{help_} Tell us what has been done so far."
        )

    @property
    def ask_social_care(self) -> str:
        """Whom to call if no lead can be reached."""
        number = f": {self.care.number}" if self.care is not None else " at your council"
        return f"Call children's social care{number}. You can do this yourself."

    @property
    def tell_a_lead(self) -> str:
        """What someone who learns of a danger to a child does at once; not for self-harm."""
        if not self.lead_free:
            return self.ask_social_care
        care = self.ask_social_care[0].lower() + self.ask_social_care[1:]
        lead = f": {self.phones[0].number}" if self.phones else ""
        now = f"Tell a safeguarding lead now, in person or by phone{lead}."
        return f"{now} If no lead is free, {care}"


IN_CRISIS: Final = "For urgent help call 111 and choose the mental health option."
FOR_CRISIS: Final = (
    "For self-harm or thoughts of suicide call 111 and choose the mental health option."
)


def matter_of(categories: Collection[str], *, self_harm: bool = False) -> Matter | None:
    """Subject of a report, by its categories; `self_harm` if it says so in another way."""
    if self_harm or kind_of(categories) is not None:
        return "self_harm"
    return "other" if {*categories} - UNKNOWN else None


def lead_availability_at(
    calendar: SchoolCalendar,
    moment: datetime,
    *,
    somebody: bool,
    phones: Sequence[Call] = (),
    care: SocialCare | None = None,
) -> LeadAvailability:
    """State availability at a moment, promising only what is certain.

    `somebody`: a lead is on duty that day, or someone stands in. Hours alone promise nothing.
    """
    available = somebody and calendar.in_lead_hours(moment)
    coming = calendar.lead_hours_from(moment) if somebody and not available else None
    text = f"{calendar.local(coming):%A %-d %B at %H:%M}" if coming is not None else None
    number = care.at(calendar, moment) if care is not None else None
    return LeadAvailability(available, coming, tuple(phones), number, text)


def advice_of(availability: LeadAvailability, *, saved: bool) -> str | None:
    """Advice to the person who asks; `saved` if their words have just been saved."""
    if availability.advice is None or not saved:
        return availability.advice
    return f"Your words are kept. {availability.advice}"


def care_of(numbers: Mapping[str, Any]) -> SocialCare:
    """Build the numbers of children's social care from a statement's JSON."""
    return SocialCare(numbers.get("day"), numbers.get("night"))


def phones_of(content: Mapping[str, Any]) -> tuple[Call, ...]:
    """The school's own numbers in a calendar's content."""
    return tuple(
        Call(item["who"], item["number"], item["when"]) for item in content.get("call", ())
    )

"""What day is what: bank holidays, terms and hours of a school, and time counted in them.

Bank holidays come from the `holidays` package (GOV.UK's dates by part of the United Kingdom): those
of usual years by way of a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

Calendar = Literal["clock", "calendar_day", "working_day", "school_day"]
DayKind = Literal["school_day", "inset", "closed", "holiday", "bank_holiday", "weekend"]

Span = tuple[time, time]
"""From and to, local times of one day."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SUBDIVISIONS: Mapping[str, str] = {
    "england": "ENG", "wales": "WLS", "scotland": "SCT", "northern_ireland": "NIR",
}  # fmt: skip
LONGEST_HOLIDAY = 100
"""Days between two terms beyond which nobody has entered what lies between: all of it counts."""
LONGEST_SEARCH = 120
"""Days looked through for the next working or school day; no school is away for longer."""
MOST_SCHOOL_DAYS = 400
"""School days that minutes are spread over at most, whatever the opening hours say."""
LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class TermDates:
    """A term, its first and its last day included."""

    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Limit:
    """How much time in which calendar. `at_most` is a second limit: the earlier one counts.

    Days end when the school closes on them, with `until` "opens" when it opens; minutes of school
    days run only while it is open. No days of working or school days means: before the end of
    this very day, or of the next that counts. `before` counts days back from an event to come.
    `early`: so many minutes before the day ends; what begins later has until its end.
    `on_working_day`: what the clock would end on another day ends with the next working day.
    """

    calendar: Calendar
    days: int = 0
    minutes: int = 0
    months: int = 0
    at_most: "Limit | None" = None
    until: Literal["opens", "closes"] = "closes"
    before: bool = False
    early: int = 0
    on_working_day: bool = False


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day of a school, with what makes it what it is."""

    on: date
    kind: DayKind
    bank_holiday: str | None
    term: str | None


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """One version of a school's calendar; without terms every working day is a school day."""

    version: int = 0
    nation: str = "england"
    zone: str = "Europe/London"
    opens: time = time(8, 30)
    closes: time = time(16, 0)
    quiet_from: time = time(19, 0)
    quiet_until: time = time(7, 0)
    digests: tuple[time, ...] = (time(8, 0), time(15, 30))
    """When what is not urgent is mailed, gathered, on working days."""
    terms: tuple[TermDates, ...] = ()
    days: Mapping[date, DayKind] = field(default_factory=dict)
    """Days that are not what terms and bank holidays say.

    `inset`, `closed` or `school_day`; `bank_holiday` is one that was proclaimed since.
    """
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """The school's own limits of rules that allow it, by the rule's id."""
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the school treats more strictly than the common table, by category."""
    own_categories: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The school's own words for categories: label, common codes, and when it is used."""
    lead_hours: Mapping[int, tuple[Span, ...]] | None = None
    """When somebody looks at what comes in on school days, by weekday (Monday is 0).

    None: while school is open. A weekday that is not named has no lead hours.
    """
    lead_days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    """The same for single days, holidays among them; no hours: nobody looks."""

    def local(self, moment: datetime) -> datetime:
        """A moment as the school's clocks show it."""
        return moment.astimezone(ZoneInfo(self.zone))

    def at(self, day: date, hour: time) -> datetime:
        """A local time of a day as a UTC moment.

        One that a clock change skips is an hour later, one that comes twice its first.
        """
        return datetime.combine(day, hour, ZoneInfo(self.zone)).astimezone(UTC)

    def kind_of(self, day: date) -> DayKind:
        """What a day is: exceptions first, then weekends, bank holidays and terms."""
        if (special := self.days.get(day)) is not None:
            return special
        if day.weekday() >= 5:
            return "weekend"
        if day in bank_holidays(self.nation, day.year):
            return "bank_holiday"
        return "school_day" if self._in_term(day) else "holiday"

    def describe(self, day: date) -> DayShown:
        """A day with the names of its bank holiday and its term."""
        name = bank_holidays(self.nation, day.year).get(day)
        if name is None and self.days.get(day) == "bank_holiday":
            name = "Bank holiday"
        term = next(
            (item.name for item in self.terms if item.starts_on <= day <= item.ends_on), None
        )
        return DayShown(day, self.kind_of(day), name, term)

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday but for bank holidays, whatever the school's own holidays are."""
        return (
            day.weekday() < 5
            and day not in bank_holidays(self.nation, day.year)
            and self.days.get(day) != "bank_holiday"
        )

    def is_school_day(self, day: date) -> bool:
        """Whether pupils are in."""
        return self.kind_of(day) == "school_day"

    def digest_before(self, moment: datetime) -> datetime | None:
        """When messages were gathered last, at a moment or before it; on working days alone."""
        today = self.local(moment).date()
        for gap in range(LONGEST_HOLIDAY):
            day = today - timedelta(gap)
            if self.is_working_day(day):
                passed = [at for hour in self.digests if (at := self.at(day, hour)) <= moment]
                if passed:
                    return max(passed)
        return None

    def _in_term(self, day: date) -> bool:
        """Where no terms are known every day counts: sooner is safer."""
        before = after = None
        for term in self.terms:
            if term.starts_on <= day <= term.ends_on:
                return True
            if term.ends_on < day:
                before = term.ends_on if before is None else max(before, term.ends_on)
            else:
                after = term.starts_on if after is None else min(after, term.starts_on)
        return before is None or after is None or (after - before).days > LONGEST_HOLIDAY

    def _is_entered(self, day: date) -> bool:
        """Whether somebody entered what a day is; without any terms, every day is a usual one."""
        inside = (term.starts_on <= day <= term.ends_on for term in self.terms)
        return not self.terms or day in self.days or any(inside)

    def lead_hours_on(self, day: date) -> tuple[Span, ...]:
        """When somebody looks at what comes in on a day.

        What nobody entered makes due times sooner, and must not make promises: no hours then.
        """
        if (special := self.lead_days.get(day)) is not None:
            return special
        if not self.is_school_day(day) or not self._is_entered(day):
            return ()
        if self.lead_hours is None:
            return ((self.opens, self.closes),)
        return self.lead_hours.get(day.weekday(), ())

    def in_lead_hours(self, moment: datetime) -> bool:
        """Whether somebody looks at what comes in at a moment."""
        here = self.local(moment)
        return any(begins <= here.time() < ends for begins, ends in self.lead_hours_on(here.date()))

    def lead_hours_from(self, moment: datetime) -> datetime | None:
        """When somebody looks next, as UTC; None where the longest search finds nothing."""
        today = self.local(moment).date()
        for gap in range(LONGEST_SEARCH + 1):
            day = today + timedelta(gap)
            starts = sorted(self.at(day, begins) for begins, _ in self.lead_hours_on(day))
            if result := next((start for start in starts if start > moment), None):
                return result
        return None

    def due(self, limit: Limit, start: datetime) -> datetime:
        """When a limit that begins at a moment is over, as UTC; never before it begins.

        With `before` the moment is that of the event, and the answer lies ahead of it.
        """
        result = self._due(limit, start)
        return result if limit.at_most is None else min(result, self.due(limit.at_most, start))

    def _due(self, limit: Limit, start: datetime) -> datetime:
        if limit.calendar == "clock":
            result = start + timedelta(days=limit.days, minutes=limit.minutes)
            return self._on_working_day(result) if limit.on_working_day else result
        if limit.calendar == "school_day" and limit.minutes:
            return self._school_minutes(start, limit.minutes)
        hour = self.opens if limit.until == "opens" else self.closes
        if limit.before:
            return self.at(self._day_before(limit, self.local(start).date()), hour)
        if limit.calendar == "calendar_day":
            return self._end_of_calendar_day(limit, start, hour)
        return self._end_of_counted_day(limit, start, hour)

    def _on_working_day(self, moment: datetime) -> datetime:
        day = self.local(moment).date()
        if self.is_working_day(day):
            return moment
        return self.at(self._next(day, school=False), self.closes)

    def _end_of_calendar_day(self, limit: Limit, start: datetime, hour: time) -> datetime:
        """The same day lasts until midnight for what begins after the school has closed."""
        today = self.local(start).date()
        day = _months_on(today, limit.months) + timedelta(limit.days)
        end = self.at(day, hour)
        return end if end > start else max(start, self.at(day, LAST_SECOND))

    def _end_of_counted_day(self, limit: Limit, start: datetime, hour: time) -> datetime:
        school = limit.calendar == "school_day"
        early = timedelta(minutes=limit.early)
        today = self.local(start).date()
        if limit.days == 0 and self._counts(today, school=school):
            end = self.at(today, hour)
            if start <= end:
                return end - early if start <= end - early else end
        day = today
        for _ in range(max(limit.days, 1)):
            day = self._next(day, school=school)
        return self.at(day, hour) - early

    def _day_before(self, limit: Limit, day: date) -> date:
        if limit.calendar == "calendar_day":
            return _months_on(day, -limit.months) - timedelta(limit.days)
        for _ in range(limit.days):
            day = self._next(day, school=limit.calendar == "school_day", step=-1)
        return day

    def _counts(self, day: date, *, school: bool) -> bool:
        return self.is_school_day(day) if school else self.is_working_day(day)

    def _next(self, day: date, *, school: bool, step: int = 1) -> date:
        """The next day that counts; after the longest search for a school day, a working day."""
        for gap in range(1, LONGEST_SEARCH + 1):
            result = day + timedelta(step * gap)
            if self._counts(result, school=school):
                return result
        beyond = day + timedelta(step * LONGEST_SEARCH)
        return self._next(beyond, school=False, step=step) if school else beyond

    def _school_minutes(self, start: datetime, minutes: int) -> datetime:
        left = timedelta(minutes=minutes)
        day = self.local(start).date()
        if not self.is_school_day(day):
            day = self._next(day, school=True)
        closes = start
        for _ in range(MOST_SCHOOL_DAYS):
            begins = max(start, self.at(day, self.opens))
            closes = self.at(day, self.closes)
            if begins + left <= closes:
                return begins + left
            left -= max(closes - begins, timedelta())
            day = self._next(day, school=True)
        return max(start, closes)

    def is_quiet(self, moment: datetime) -> bool:
        """Whether it is night by the school's own quiet hours."""
        now = self.local(moment).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= now < self.quiet_until
        return now >= self.quiet_from or now < self.quiet_until

    def quiet_ends(self, moment: datetime) -> datetime:
        """When the quiet that a moment lies in is over: always later than the moment."""
        here = self.local(moment)
        day = here.date()
        if here.time() >= self.quiet_until:
            day += timedelta(1)
        end = self.at(day, self.quiet_until)
        if end <= moment:
            end = self.at(day, self.quiet_until.replace(fold=1))
        # Where clocks skip the only waking hour of a day, the next quiet has begun by then.
        return self.quiet_ends(end) if self.is_quiet(end) else end


KEPT = Path(__file__).with_name("bank_holidays.txt")
"""Day, parts of the United Kingdom and name, of the years in which schools count.

The package loads the holidays of every country: 12 MiB, and a tenth of a second at the first
deadline. So it is asked for other years alone. A test holds the file to it.
"""


@lru_cache(maxsize=256)
def bank_holidays(nation: str, year: int) -> Mapping[date, str]:
    """The bank holidays of a part of the United Kingdom by name; England's for an unknown part."""
    part = SUBDIVISIONS.get(nation, "ENG")
    lines = (line.split(" ", 2) for line in KEPT.read_text("utf-8").splitlines())
    found = {
        date.fromisoformat(day): name
        for day, parts, name in lines
        if day.startswith(f"{year}-") and part in parts
    }
    return MappingProxyType(found or ask_package(part, year))


def ask_package(part: str, year: int) -> dict[date, str]:
    """The same by the package."""
    import holidays  # see `KEPT`

    return dict(holidays.country_holidays("GB", subdiv=part, years=year))


def _months_on(day: date, months: int) -> date:
    """The corresponding day some months on, or the last of that month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29):
        if last <= day.day:
            try:
                return date(year, month, last)
            except ValueError:
                continue
    return date(year, month, 28)


def read_limit(content: Mapping[str, Any]) -> Limit:
    """A limit as the book of rules and calendars write it. Raises KeyError."""
    at_most = content.get("at_most")
    return Limit(
        content["calendar"],
        days=content.get("days", 0),
        minutes=content.get("minutes", 0),
        months=content.get("months", 0),
        at_most=read_limit(at_most) if at_most else None,
        until=content.get("until", "closes"),
        before=content.get("before", False),
        early=content.get("early", 0),
        on_working_day=content.get("on_working_day", False),
    )


def read_calendar(version: int, nation: str, content: Mapping[str, Any]) -> SchoolCalendar:
    """A stored calendar. Raises ValueError and KeyError for content no command ever wrote."""
    hours: dict[str, Any] = {
        name: time.fromisoformat(content[name])
        for name in ("opens", "closes", "quiet_from", "quiet_until")
        if name in content
    }
    if digests := content.get("digests"):
        hours["digests"] = tuple(map(time.fromisoformat, digests))
    return SchoolCalendar(
        version=version,
        nation=nation,
        zone=content.get("zone", "Europe/London"),
        terms=tuple(
            TermDates(
                term["name"],
                date.fromisoformat(term["starts_on"]),
                date.fromisoformat(term["ends_on"]),
            )
            for term in content.get("terms", ())
        ),
        days={date.fromisoformat(day["on"]): day["kind"] for day in content.get("days", ())},
        limits={rule_id: read_limit(limit) for rule_id, limit in content.get("limits", {}).items()},
        categories=content.get("categories", {}),
        own_categories=content.get("own_categories", {}),
        lead_hours=_read_lead_hours(content.get("lead_hours")),
        lead_days={
            date.fromisoformat(day["on"]): tuple(_read_span(span) for span in day["spans"])
            for day in content.get("lead_days", ())
        },
        **hours,
    )


def _read_lead_hours(hours: Any) -> Mapping[int, tuple[Span, ...]] | None:
    if hours is None:
        return None
    result: dict[int, tuple[Span, ...]] = {}
    for hour in hours:
        index = WEEKDAYS.index(hour["weekday"])
        result[index] = (*result.get(index, ()), _read_span(hour))
    return result


def _read_span(content: Mapping[str, Any]) -> Span:
    return time.fromisoformat(content["from"]), time.fromisoformat(content["to"])

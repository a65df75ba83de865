"""Pure rules of calendars: their errors, and limits in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from app.core.vocabularies.categories import CONCERN_CATEGORIES
from app.domain.common.category_rules.rules import loosened
from app.domain.common.deadlines.rules import Rule, rule_book, rule_on
from app.domain.errors import FieldProblem
from app.formats.calendars import Limit, SchoolCalendar, read_calendar

DAY = 24 * 60
SHORTEST_DAY = 60
"""Minutes between opening and closing."""
LONGEST_TERM = timedelta(days=366)
MOST_PROCLAIMED = 5
"""Bank holidays that a school may add in one calendar year."""
LONGEST_QUIET = 14 * 60
"""Minutes of quiet hours at most: in the rest of the day everything overdue can ring."""
RUNS_IN_MINUTES = ("clock", "school_day")
YEARS = (2000, 2100)

NAMES = {"working_day": "working day", "school_day": "school day", "calendar_day": "calendar day"}
HOUR_MINUTES, DAY_MINUTES = 60, 1440


def problems_of(content: Mapping[str, Any], nation: str = "england") -> list[FieldProblem]:
    """Everything wrong with a calendar's content, with pointers into it."""
    zone = content.get("zone", "Europe/London")
    if zone not in zones():
        return [FieldProblem("/zone", "unknown_zone", "Cairn does not know this time zone.")]
    items = list(_dates_out_of_range(content))
    if items:
        return items
    calendar = read_calendar(0, nation, content)
    return [
        *_problems_of_hours(calendar),
        *_problems_of_terms(calendar),
        *_problems_of_days(content.get("days", ())),
        *_problems_of_limits(calendar.limits, calendar.nation),
        *_problems_of_categories(calendar.categories),
        *_problems_of_own_categories(calendar.own_categories),
        *_problems_of_lead_hours(content),
    ]


@cache
def zones() -> frozenset[str]:
    """The time zones that are known here."""
    return frozenset(available_timezones())


def _dates_out_of_range(content: Mapping[str, Any]) -> Iterator[FieldProblem]:
    dates = [
        *((f"/terms/{n}/{name}", term[name])
          for n, term in enumerate(content.get("terms", ())) for name in ("starts_on", "ends_on")),
        *((f"/{name}/{n}/on", day["on"])
          for name in ("days", "lead_days") for n, day in enumerate(content.get(name, ()))),
    ]  # fmt: skip
    for pointer, text in dates:
        if not YEARS[0] <= date.fromisoformat(text).year < YEARS[1]:
            yield FieldProblem(pointer, "date_out_of_range", "A school cannot plan for this year.")


def _problems_of_hours(calendar: SchoolCalendar) -> Iterator[FieldProblem]:
    opens = calendar.opens.hour * 60 + calendar.opens.minute
    closes = calendar.closes.hour * 60 + calendar.closes.minute
    if closes - opens < SHORTEST_DAY:
        yield FieldProblem("/closes", "day_too_short", "A school day must last at least an hour.")
    if calendar.quiet_from == calendar.quiet_until:
        yield FieldProblem(
            "/quiet_until", "quiet_equal", "Quiet hours must begin and end at different times."
        )
        return
    quiet_from = calendar.quiet_from.hour * 60 + calendar.quiet_from.minute
    quiet_until = calendar.quiet_until.hour * 60 + calendar.quiet_until.minute
    lasts = (quiet_until - quiet_from) % DAY
    if lasts > LONGEST_QUIET:
        yield FieldProblem(
            "/quiet_until", "quiet_too_long", "Quiet hours can last 14 hours at most."
        )
    elif (opens - quiet_from) % DAY < lasts:
        yield FieldProblem(
            "/quiet_until", "quiet_in_school_hours", "Quiet hours must end before school opens."
        )
    elif (quiet_from - opens) % DAY < closes - opens:
        yield FieldProblem(
            "/quiet_from",
            "quiet_in_school_hours",
            "Quiet hours must begin after school has closed.",
        )


def _problems_of_terms(calendar: SchoolCalendar) -> Iterator[FieldProblem]:
    for number, term in enumerate(calendar.terms):
        if term.ends_on < term.starts_on:
            yield FieldProblem(
                f"/terms/{number}/ends_on", "term_ends_before", "It ends before it begins."
            )
        elif term.ends_on - term.starts_on > LONGEST_TERM:
            yield FieldProblem(
                f"/terms/{number}/ends_on", "term_too_long", "A term cannot be longer than a year."
            )
    ordered = sorted(enumerate(calendar.terms), key=lambda item: (item[1].starts_on, item[0]))
    for (_, before), (number, term) in pairwise(ordered):
        if term.starts_on <= before.ends_on:
            yield FieldProblem(
                f"/terms/{number}/starts_on",
                "terms_overlap",
                "The term before it has not ended by then.",
            )


def _problems_of_days(days: Sequence[Mapping[str, Any]]) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    proclaimed: Counter[str] = Counter()
    for number, day in enumerate(days):
        if day["on"] in seen:
            yield FieldProblem(f"/days/{number}/on", "day_twice", "This day is named twice.")
        seen.add(day["on"])
        if day["kind"] == "bank_holiday":
            proclaimed[day["on"][:4]] += 1
            if proclaimed[day["on"][:4]] > MOST_PROCLAIMED:
                yield FieldProblem(
                    f"/days/{number}/kind", "too_many_bank_holidays",
                    "A school can add a bank holiday only where one was proclaimed.",
                )  # fmt: skip


def _problems_of_lead_hours(content: Mapping[str, Any]) -> Iterator[FieldProblem]:
    spans = [
        (f"/lead_hours/{n}", lead_hour)
        for n, lead_hour in enumerate(content.get("lead_hours") or ())
    ]
    seen: set[str] = set()
    for number, day in enumerate(content.get("lead_days", ())):
        if day["on"] in seen:
            yield FieldProblem(f"/lead_days/{number}/on", "day_twice", "This day is named twice.")
        seen.add(day["on"])
        spans += [(f"/lead_days/{number}/spans/{n}", item) for n, item in enumerate(day["spans"])]
    for pointer, span in spans:
        if span["to"] <= span["from"]:
            yield FieldProblem(
                f"{pointer}/to", "lead_hours_end_before", "It ends before it begins."
            )


def _problems_of_categories(
    own: Mapping[str, Mapping[str, str]],
) -> Iterator[FieldProblem]:
    for code in own:
        if code not in CONCERN_CATEGORIES.codes:
            pointer = f"/categories/{code.replace('~', '~0').replace('/', '~1')}"
            yield FieldProblem(pointer, "unknown_category", "Cairn cannot find this category.")
    for code, name in loosened(
        {item: own[item] for item in own if item in CONCERN_CATEGORIES.codes}
    ):
        yield FieldProblem(
            f"/categories/{code}/{name}", "category_less_strict",
            "A school can be stricter than the common table, but never less strict.",
        )  # fmt: skip


def _problems_of_own_categories(
    own: Mapping[str, Mapping[str, Any]],
) -> Iterator[FieldProblem]:
    for code, word in own.items():
        if word.get("valid_from", "") > word.get("valid_to", "9999"):
            yield FieldProblem(
                f"/own_categories/{code}/valid_to", "own_category_ends_before",
                "It ends before it begins.",
            )  # fmt: skip


def _problems_of_limits(limits: Mapping[str, Limit], nation: str) -> Iterator[FieldProblem]:
    for rule_id, limit in limits.items():
        rule = rule_on(rule_id, date.max, nation) if rule_id in rule_book() else None
        pointer = f"/limits/{rule_id.replace('~', '~0').replace('/', '~1')}"
        if rule is None:
            yield FieldProblem(pointer, "unknown_rule", "There is no such rule.")
        elif not rule.overridable:
            yield FieldProblem(pointer, "limit_fixed", "No school can change this limit.")
        elif not _is_sound(limit):
            yield FieldProblem(
                pointer, "limit_unsuitable",
                "Use minutes with clock and school_day, and months with calendar_day; "
                "a clock needs some time.",
            )  # fmt: skip
        elif _is_longer(limit, rule):
            yield FieldProblem(pointer, "limit_too_long", "It is longer than this rule allows.")


def _is_sound(limit: Limit) -> bool:
    by_days = limit.calendar == "school_day" and limit.days
    if limit.minutes and (limit.calendar not in RUNS_IN_MINUTES or by_days):
        return False
    if limit.months and limit.calendar != "calendar_day":
        return False
    return limit.calendar != "clock" or limit.days + limit.minutes > 0


def _is_longer(limit: Limit, rule: Rule) -> bool:
    """Whether a limit exceeds the longest of its rule, if both use the same calendar.

    For a limit in another calendar, the longest applies whenever it ends first.
    """
    longest = rule.longest
    if longest is None or longest.calendar != limit.calendar:
        return False
    if rule.limit.before:
        return _size(limit) < _size(longest)
    return _size(limit) > _size(longest)


def _size(limit: Limit) -> tuple[int, int]:
    return limit.months, limit.days * 1440 + limit.minutes


def limit_in_words(limit: Limit) -> str:
    """Such as "1 school day, at most 2 working days"."""
    words = _counted_back(limit) if limit.before else _counted_on(limit)
    if limit.at_most is None:
        return words
    return f"{words}, at most {_counted_on(limit.at_most)}"


def _counted_back(limit: Limit) -> str:
    return f"{_number(limit.days, NAMES[limit.calendar])} before"


def _counted_on(limit: Limit) -> str:
    if limit.calendar == "clock":
        otherwise = ", or the next working day" if limit.on_working_day else ""
        return f"{_time(limit.days * DAY_MINUTES + limit.minutes)}{otherwise}"
    if limit.minutes:
        return f"{_time(limit.minutes)} of school time"
    if limit.months:
        return _number(limit.months, "month")
    if limit.until == "opens":
        return _until_opening(limit.days)
    ahead = f", {_time(limit.early)} before it ends" if limit.early else ""
    if not limit.days:
        return f"the same {NAMES[limit.calendar].removeprefix('calendar ')}{ahead}"
    return f"{_number(limit.days, NAMES[limit.calendar])}{ahead}"


def _until_opening(days: int) -> str:
    which = {0: "that school day", 1: "the next school day"}.get(days, f"{days} school days later")
    return f"before school opens on {which}"


def _time(minutes: int) -> str:
    if minutes == 0:
        return "at once"
    if minutes % HOUR_MINUTES:
        return _number(minutes, "minute")
    if minutes < 5 * DAY_MINUTES:
        return _number(minutes // HOUR_MINUTES, "hour")
    return _number(minutes // DAY_MINUTES, "day")


def _number(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"

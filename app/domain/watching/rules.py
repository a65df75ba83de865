"""Honest about who is watching: whether somebody looks now, from when, and whom to call; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.formats.calendars import SchoolCalendar

ASK_NEXT: Final = "told_already"
"""What a reporter is asked once their words are safe: who has been told, and what was done."""


@dataclass(frozen=True, slots=True)
class Call:
    """A number to phone. `why` says in one line for what."""

    who: str
    number: str
    why: str


ALWAYS: Final = (
    Call("Emergency services", "999", "A life is in danger, or something has been swallowed"),
    Call("NHS 111, mental health option", "111", "Urgent help with mental health, day and night"),
    Call("Samaritans", "116 123", "Somebody to talk to, day and night"),
)
"""Compiled in, so that they are there whatever else is not."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks. `watched_from` begins the next watch; `said_from` says so in words."""

    watched: bool
    watched_from: datetime | None
    call: Sequence[Call]
    advice: str | None
    said_from: str | None = None


def watch_at(
    calendar: SchoolCalendar, moment: datetime, *, somebody: bool, phones: Sequence[Call] = ()
) -> Watch:
    """What may honestly be said at a moment.

    `somebody`: a lead is on duty that day, or stands in. Hours alone promise nothing, now or later.
    """
    watched = somebody and calendar.is_watched(moment)
    coming = calendar.watched_from(moment) if somebody and not watched else None
    said = f"{calendar.local(coming):%A %-d %B at %H:%M}" if coming is not None else None
    return Watch(watched, coming, (*phones, *ALWAYS), None if watched else _advice(said), said)


def _advice(said: str | None) -> str:
    until = f"until {said}" if said is not None else "for now"
    return (
        f"Nobody at school is watching {until}. If life is in danger call 999. For urgent help "
        "call 111 and choose the mental health option. Tell us what has been done so far."
    )


def advice_of(watch: Watch, *, kept: bool) -> str | None:
    """What whoever asks is told; `kept` where their words have just been written down."""
    if watch.advice is None or not kept:
        return watch.advice
    return f"Your words are kept. {watch.advice}"


def phones_of(content: Mapping[str, Any]) -> tuple[Call, ...]:
    """The school's own numbers in a calendar's content."""
    return tuple(Call(one["who"], one["number"], one["why"]) for one in content.get("call", ()))

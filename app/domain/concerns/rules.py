"""Pure decisions about concerns: the state machine, first due times, what closing needs."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.domain.concerns.errors import (
    ConcernEnded,
    ConcernHasOpenActions,
    DueTimePassed,
    NothingToSign,
    OccurredInFuture,
    SignaturePending,
)
from app.domain.due_rules import DueRule, in_days
from app.domain.errors import SecondPersonNeeded, StateConflict

OPEN_STATES = ("raised", "acknowledged", "triaged", "in_progress", "monitoring")
ENDED_STATES = ("closed", "duplicate_of", "entered_in_error")

TRANSITIONS: dict[str, dict[str, str]] = {
    "acknowledge": {"raised": "acknowledged"},
    "triage": {
        "raised": "triaged",
        "acknowledged": "triaged",
        "triaged": "triaged",
        "in_progress": "in_progress",
        "monitoring": "monitoring",
    },
    "assign": {state: state for state in OPEN_STATES},
    "work": {"triaged": "in_progress", "in_progress": "in_progress", "monitoring": "in_progress"},
    "monitor": {"triaged": "monitoring", "in_progress": "monitoring", "monitoring": "monitoring"},
    "close": {"triaged": "closed", "in_progress": "closed", "monitoring": "closed"},
    "reopen": {"closed": "in_progress", "monitoring": "in_progress"},
    "merge": dict.fromkeys(OPEN_STATES, "duplicate_of"),
    "withdraw": dict.fromkeys((*OPEN_STATES, "closed", "duplicate_of"), "entered_in_error"),
}
"""For each verb, the states it may start from and where it leads (record.md, The concern)."""

SIGNED_LEVELS = (3, 4)
"""Levels of need whose closing needs a second signature."""


ACKNOWLEDGE_WITHIN: dict[str, DueRule] = {
    "immediate_danger": DueRule(
        "concern.acknowledge.immediate_danger", "2026-09", timedelta(minutes=15), "Cairn default"
    ),
    "today": DueRule("concern.acknowledge.today", "2026-09", timedelta(hours=1), "Cairn default"),
    "routine": DueRule(
        "concern.acknowledge.routine", "2026-09", timedelta(hours=7),
        "Cairn default: same school day",
    ),
}  # fmt: skip
TRIAGE_WITHIN = DueRule(
    "concern.triage", "2026-09", timedelta(hours=24), "Cairn default: one school day"
)
REVIEW_WITHIN = in_days("concern.review", "2026-09", 7, "Cairn default: where no time was given")
FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far a client's clock may run ahead of ours."""


def next_state(verb: str, state: str) -> str:
    """The state after a verb. Raises `ConcernEnded` or `StateConflict`."""
    following = TRANSITIONS[verb].get(state)
    if following is None:
        if state in ENDED_STATES:
            raise ConcernEnded
        raise StateConflict(f"A concern that is {state} cannot take this step.")
    return following


def possible_verbs(state: str, *, pending: bool) -> list[str]:
    """What could be done next, by state alone."""
    if pending:
        return ["countersign"]
    return [verb for verb, starts in TRANSITIONS.items() if state in starts and verb != "work"]


def check_occurred(occurred_at: datetime, now: datetime) -> None:
    """Raise `OccurredInFuture` beyond the tolerance for a client's clock."""
    if occurred_at > now + FUTURE_TOLERANCE:
        raise OccurredInFuture


def check_due(due_at: datetime, now: datetime) -> None:
    """Raise `DueTimePassed` for a due time that is over already."""
    if due_at <= now:
        raise DueTimePassed


def check_not_pending(pending: object) -> None:
    """Raise `SignaturePending` while a closure or withdrawal waits for a second person."""
    if pending:
        raise SignaturePending


def check_closable(open_actions: int) -> None:
    """Raise `ConcernHasOpenActions` while anything is left to do."""
    if open_actions:
        raise ConcernHasOpenActions


def needs_second_signature(level: int | None) -> bool:
    """Whether closing at this level needs another person; an unset level counts as the highest."""
    return level is None or level in SIGNED_LEVELS


def check_second_person(pending: object, proposed_by: str | None, actor_id: str) -> None:
    """Raise `NothingToSign` or `SecondPersonNeeded`."""
    if not pending:
        raise NothingToSign
    if proposed_by == actor_id:
        raise SecondPersonNeeded


def progress_for_reporter(state: str) -> str:
    """The reporter's content-free view of a state (vocabulary `reporter_progress`)."""
    if state == "raised":
        return "received"
    if state in ENDED_STATES:
        return "thank_you"
    return "being_handled"


def primary_of(categories: Iterable[str]) -> str | None:
    """The reporter's first category, unless they were not sure."""
    first = next(iter(categories), None)
    return None if first in (None, "not_sure") else first

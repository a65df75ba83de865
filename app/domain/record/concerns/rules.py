"""Pure rules of concerns: the state machine, first due times, and conditions for closing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.core.words import Actor, Permission
from app.domain import policy
from app.domain.errors import SecondPersonNeeded, StateConflict
from app.domain.record.concerns.errors import (
    ConcernEnded,
    ConcernHasOpenActions,
    NothingToSign,
    OccurredInFuture,
    SignaturePending,
)

OPEN_STATES = ("raised", "acknowledged", "triaged", "in_progress", "monitoring")
ENDED_STATES = ("closed", "duplicate_of", "entered_in_error", "moved_to_adults")

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
    "move": dict.fromkeys((*OPEN_STATES, "closed", "duplicate_of"), "moved_to_adults"),
    "withdraw": dict.fromkeys((*OPEN_STATES, "closed", "duplicate_of"), "entered_in_error"),
    "correct": {state: state for state in (*OPEN_STATES, "closed", "duplicate_of")},
}
"""For each verb, the states it may start from and where it leads (record.md, The concern)."""

SIGNED_LEVELS = (3, 4)
"""Levels of need whose closing needs a second signature."""


FURTHEST: dict[int, str] = {3: "due.concern.level_3", 4: "due.concern.level_4"}
FURTHEST_IN_DANGER, FURTHEST_OTHERWISE = "due.concern.immediate_danger", "due.concern"
WATCHED: dict[int, str] = {3: "due.monitoring.level_3", 4: "due.monitoring.level_4"}
WATCHED_OTHERWISE = "due.monitoring"
"""Rules for how far away a person may set a due time, by level of need."""
REVIEW, REVIEW_SOON = "concern.review", "concern.review.soon"
"""Rules for reviewing a concern that was reopened."""
FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far a client's clock may run ahead of ours."""


THOUGH_PENDING = ("acknowledge", "assign")
"""Verbs allowed while a proposal is pending: someone must be able to take it over."""
TOLD_NO_MORE = ("entered_in_error",)
"""States in which the reporter gets no more messages."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts that decide which steps of a concern are offered: the same that the steps check."""

    state: str
    pending: Mapping[str, Any] | None
    again: bool
    """Whether a lead is asked (again) to confirm that they have it."""
    closed: Sequence[bool | None]
    """Whether it is locked, frozen, held, as in `CONCERN_STANDING`; empty without a child."""
    reporter_there: bool
    on_pathway: bool
    unmatched: bool

    @property
    def locked(self) -> bool:
        """Whether its children's files have gone to another school."""
        return bool(self.closed and self.closed[0])

    @property
    def frozen(self) -> bool:
        """Whether all of its children have died since: nothing in it changes."""
        return bool(self.closed and self.closed[1])

    @property
    def held(self) -> bool:
        """Whether one of its children has died: it keeps its state and place."""
        return bool(self.closed and self.closed[2])


STAYS: Final = frozenset({"withdraw_concern", "merge_concern"})
"""Operations not allowed once one child of the concern has died."""
ADDS: Final = frozenset(
    {"add_attachment", "add_comment", "amend_concern", "answer_question", "match_concern",
     "record_decision"}
)  # fmt: skip
"""Operations still allowed once all children of the concern have died."""


def taken(now: Standing, verbs: Iterable[str]) -> set[str]:
    """Filter verbs to those that its children's files allow."""
    if now.locked:
        return set()
    if now.frozen:
        return {*verbs} & ADDS
    return {*verbs} - STAYS if now.held else {*verbs}


def check_told(state: str) -> None:
    """Raise `ConcernEnded` if the reporter gets no more messages."""
    if state in TOLD_NO_MORE:
        raise ConcernEnded


def not_now(now: Standing) -> frozenset[str]:
    """Additions that this concern does not allow in its present state."""
    excluded = set() if now.reporter_there else {"ask_reporter", "tell_reporter"}
    excluded |= {"tell_reporter"} if now.state in TOLD_NO_MORE else set()
    excluded |= {"add_action"} if now.state in ENDED_STATES else set()
    return frozenset(excluded)


def next_state(verb: str, state: str) -> str:
    """The state after a verb. Raises `ConcernEnded` or `StateConflict`."""
    following = TRANSITIONS[verb].get(state)
    if following is None:
        if state in ENDED_STATES:
            raise ConcernEnded
        raise StateConflict(f"A concern that is {state} cannot take this step.")
    return following


def acknowledged_state(state: str, *, again: bool) -> str:
    """The state after acknowledgement; `again` if a new one was requested.

    Raises `ConcernEnded` or `StateConflict`.
    """
    if again and state in OPEN_STATES and state != "raised":
        return state
    return next_state("acknowledge", state)


def possible_verbs(state: str, *, pending: bool, again: bool = False) -> list[str]:
    """List possible verbs by state; `again` if a lead has to acknowledge again."""
    verbs = [verb for verb, starts in TRANSITIONS.items() if state in starts and verb != "work"]
    if again and state in OPEN_STATES and "acknowledge" not in verbs:
        verbs.insert(0, "acknowledge")
    return [verb for verb in verbs if verb in THOUGH_PENDING] if pending else verbs


def check_occurred(occurred_at: datetime, now: datetime, pointer: str = "/occurred_at") -> None:
    """Raise `OccurredInFuture` beyond the tolerance for a client's clock.

    `pointer` is the field that was sent.
    """
    if occurred_at > now + FUTURE_TOLERANCE:
        raise OccurredInFuture.at(pointer)


def furthest(level: int | None, immediacy: str) -> tuple[str, ...]:
    """Rules for how far away a concern's due time may be; the nearest counts."""
    by_level = FURTHEST.get(level or 0, FURTHEST_OTHERWISE)
    return (by_level, FURTHEST_IN_DANGER) if immediacy == "immediate_danger" else (by_level,)


def furthest_watch(level: int | None) -> str:
    """The rule for how far away the next check of a monitored concern may be."""
    return WATCHED.get(level or 0, WATCHED_OTHERWISE)


def review_rule(level: int | None, immediacy: str) -> str:
    """The rule for its review if nobody gave a time."""
    soon = level in FURTHEST or immediacy == "immediate_danger"
    return REVIEW_SOON if soon else REVIEW


def check_not_pending(pending: object) -> None:
    """Raise `SignaturePending` while a closure or withdrawal needs a second person."""
    if pending:
        raise SignaturePending


def check_closable(open_actions: int) -> None:
    """Raise `ConcernHasOpenActions` while anything is left to do."""
    if open_actions:
        raise ConcernHasOpenActions


def needs_second_signature(level: int | None) -> bool:
    """Whether closing at this level needs another person; no level counts as the highest."""
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
    if state in ENDED_STATES and state != "moved_to_adults":
        return "thank_you"
    return "being_handled"


def primary_of(categories: Iterable[str]) -> str | None:
    """The reporter's first category, unless they were not sure."""
    first = next(iter(categories), None)
    return None if first in (None, "not_sure") else first


STEPS_OF_ANYBODY = ("record_emergency", "record_with_adult")
"""Steps of the reporter and of readers, on every concern that is not in the wrong place."""


STEPS_OF_LEADS = (
    "record_conversation", "record_contact", "record_left_safely", "record_stayed_with_plan",
    "settle_concern",
)  # fmt: skip


WRONG_PLACE = ("duplicate_of", "entered_in_error")


def self_harm_steps(actor: Actor, now: Standing, *, works: bool) -> list[str]:
    """List the self-harm steps for a reader now; `works` if they work on the concern."""
    held = policy.rights_of(actor).permissions
    # Its reporter too: refusing a call for help costs time and reveals the same.
    if now.state in WRONG_PLACE or Permission.CONCERN_RAISE not in held:
        return []
    verbs = [*STEPS_OF_ANYBODY]
    if works and now.on_pathway and now.state != "closed" and Permission.SAFETY_WRITE in held:
        verbs += STEPS_OF_LEADS
    if works and now.unmatched and Permission.CONCERN_TRIAGE in held:
        verbs.append("match_concern")
    return verbs

"""Pure rules of webhooks: signatures, retries, and when an endpoint is disabled.

After Standard Webhooks: the signature is an HMAC over ID, time and body, all attempts of a message
have the same ID, and they continue for three days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(hours=24)
"""How long the former secret also signs after a rotation."""
MOST_ENDPOINTS = 20
TEST = "webhook.test"
"""The kind of the message that tests an endpoint; no event has it."""

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SCHEDULE: Sequence[timedelta] = (
    timedelta(0), 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR,
    20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Delay of each attempt after the one before; 75 hours and 35 minutes in all."""
JITTER = 0.1
LONGEST_HOLD = 1 * HOUR
"""Longest pause that a receiver can request."""
HELD_STATUSES = (429, 503)
LEASE = timedelta(seconds=60)
"""How long until an attempt without a result is made again: its worker has died."""
KEPT = timedelta(days=90)
"""How long deliveries are kept and can be sent again."""
TOLD_AFTER = 1 * HOUR
"""How long an endpoint fails before its owner is alerted."""
BACK_AFTER = 10 * MINUTE
"""After a longer failure, the queue is sent at once when the endpoint answers again."""
AT_ONCE, AT_ONCE_FAILING = 4, 1
"""Attempts at one endpoint that run at the same time; one is enough to see whether it is back."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of an attempt: `code` is None for success, `retry_after` in seconds."""

    status: int | None
    code: str | None
    milliseconds: int
    retry_after: int | None = None

    @property
    def hold(self) -> timedelta | None:
        """The pause that the receiver requests, within limits."""
        if self.status not in HELD_STATUSES or self.retry_after is None:
            return None
        return min(timedelta(seconds=self.retry_after), LONGEST_HOLD)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result for a delivery; `next_at` only while it is pending."""

    state: str
    step: int
    next_at: datetime | None


def verdict(kind: str, outcome: Outcome, step: int, now: datetime, chance: float) -> Verdict:
    """Decide after attempt `step` of the schedule (from 0); `chance` in 0..1 is its jitter.

    A test is made once: the person who asked for it wants to see the result.
    """
    if outcome.code is None:
        return Verdict("delivered", step, None)
    if kind == TEST or step + 1 >= len(SCHEDULE):
        return Verdict("failed", step, None)
    wait = SCHEDULE[step + 1] * (1 + JITTER * chance)
    return Verdict("pending", step + 1, now + max(wait, outcome.hold or timedelta(0)))


def gives_up(outcome: Outcome, result: Verdict, since: datetime, answered: datetime | None) -> str:
    """Why the endpoint has to be disabled, or an empty string.

    `since` is when the delivery began, `answered` when the endpoint last accepted anything: one
    message that it rejects is no reason while it accepts others.
    """
    if outcome.code == "gone":
        return "gone"
    if result.state == "failed" and (answered is None or answered < since):
        return "exhausted"
    return ""

"""Pure rules of reviews: when the next one falls, who sees one, and what may be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.core.words import Actor, Permission
from app.domain import policy
from app.domain.policy import ChildFacts, ConcernFacts, Effect, Step
from app.formats.calendars import Limit, SchoolCalendar

NOUN = "review"
DUE = "review.due"
FURTHEST = "due.review"
"""The rule that says how far ahead a review can be set."""


@dataclass(frozen=True, slots=True)
class Every:
    """An interval: so many of a unit."""

    count: int
    unit: str


LIMITS: Mapping[str, Callable[[int], Limit]] = {
    "school_days": lambda count: Limit("school_day", days=count),
    "school_weeks": lambda count: Limit("school_day", days=5 * count),
    "working_days": lambda count: Limit("working_day", days=count),
    "calendar_days": lambda count: Limit("calendar_day", days=count),
    "calendar_weeks": lambda count: Limit("calendar_day", days=7 * count),
    "calendar_months": lambda count: Limit("calendar_day", months=count),
}
"""What an interval counts; five school days are a school week."""


def falls_on(every: Every, since: datetime, calendar: SchoolCalendar) -> datetime:
    """When the day begins on which the next one falls, counted from a moment, as UTC.

    Counted in days of the school where it says so: a fortnight of school weeks before the summer
    ends in September.
    """
    day = calendar.local(calendar.due(LIMITS[every.unit](every.count), since)).date()
    return calendar.at(day, calendar.opens)


OWNS = Step("assigned", Effect.ALLOW, "assigned: owner of the review")


def chain_of_concern(actor: Actor, facts: ConcernFacts, *, owner: bool) -> tuple[Step, ...]:
    """The rules about a review of a concern: who reads the concern, and the owner.

    Of a sealed concern the owner only where they read it.
    """
    chain = policy.concern_chain(actor, facts)
    owns = owner and not facts.in_conflict and facts.confidentiality != "K5"
    return (*chain, OWNS) if owns and chain[-1].effect is not Effect.ALLOW else chain


def may_see_of_concern(actor: Actor, facts: ConcernFacts, *, owner: bool) -> bool:
    """Whether somebody reads a review of a concern."""
    return policy.decided(chain_of_concern(actor, facts, owner=owner)).allowed


def chain_of_child(
    actor: Actor, facts: ChildFacts, confidentiality: str, *, owner: bool, granted: bool
) -> tuple[Step, ...]:
    """The rules about a review of a child: who opens the child's record and reads its class.

    `granted` is whether a live grant for the child covers the class.
    """
    if facts.in_conflict:
        return (Step("conflict", Effect.DENY, "conflict of interest: related to the child"),)
    rights = policy.rights_of(actor)
    if owner and (confidentiality != "K5" or "K5" in rights.classes):
        return (OWNS,)
    reach = policy.child_chain(actor, facts)
    if reach[-1].effect is not Effect.ALLOW:
        return reach
    reads = granted or confidentiality in rights.classes | rights.cohort_classes
    may = "reads" if reads else "does not read"
    last = Step(
        "class", Effect.ALLOW if reads else Effect.DENY,
        f"role {actor.role_name} {may} class {confidentiality}, by itself or as granted",
    )  # fmt: skip
    return (*reach[:-1], replace(reach[-1], effect=Effect.PASS), last)


def may_see_of_child(
    actor: Actor, facts: ChildFacts, confidentiality: str, *, owner: bool, granted: bool
) -> bool:
    """Whether somebody reads a review of a child."""
    chain = chain_of_child(actor, facts, confidentiality, owner=owner, granted=granted)
    return policy.decided(chain).allowed


def next_verbs(actor: Actor, *, ended: bool, works: bool) -> list[str]:
    """What somebody who reads it may do next with it."""
    if ended or not works or not policy.may(actor, Permission.REVIEW_SET):
        return []
    return ["change_review", "complete_review", "end_review"]

"""The table of clocks that events start and stop, and the nations they apply to.

Most belong to the authority: the school asks for a date and is not answerable for it. An event is a
few words joined by dots, such as `meeting.core_group`; the code at that point passes it to
`happened`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from app.core.vocabularies.categories import CATEGORY_RULES, CONCERN_CATEGORIES
from app.domain.duty.tasks.rules import (
    CHILDREN_NAMED,
    FIND_CHILD,
    OWN_REPORT,
    RETURN_CONVERSATION,
    SAFETY_MEASURES,
    TELL_REPORTER,
)

ENGLAND: Final = frozenset({"england"})
ENGLAND_AND_WALES: Final = frozenset({"england", "wales"})
EVERYWHERE: Final = ENGLAND_AND_WALES | {"scotland", "northern_ireland"}
PLAN_ENDED: Final = frozenset(
    {
        "meeting.initial_conference.no_plan", "meeting.review_conference.plan_ended",
        "status_ended.child_protection_plan",
    }
)  # fmt: skip
LOOKED_AFTER: Final = "looked_after"
LOOKED_AFTER_REVIEW: Final = "looked_after_review"
TRIAGED: Final = "concern.triaged"
ENCOMPASS: Final = "category.encompass_notification"
CONFERENCES: Final = frozenset({"initial_conference", "review_conference"})


@dataclass(frozen=True, slots=True)
class Milestone:
    """A clock: its task, its rule, the event that starts it and those that end it.

    `of` is the subject of the clock. A child has one of the kind, and one for each concern or
    meeting about them: an event that starts such a clock ends the earlier one. A report has only
    one, whatever its children, and it never restarts.
    """

    task: str
    rule: str
    starts: frozenset[str]
    stops: frozenset[str] = frozenset()
    nations: frozenset[str] = ENGLAND_AND_WALES
    of: Literal["child", "concern", "meeting", "report"] = "child"
    from_now: bool = False
    """Whether it counts from when the school learnt of the event, not from the event."""
    is_reporters: bool = False
    """Whether the law makes it the reporter's own duty."""

    is_quiet: bool = False
    """Whether its owner hears of it only once it is due."""

    def ends_with(self, events: frozenset[str]) -> bool:
        """Whether these events end the one that runs."""
        again = frozenset[str]() if self.of == "report" else self.starts
        return not events.isdisjoint(self.stops | again)


def _of(*events: str) -> frozenset[str]:
    return frozenset(events)


CORE_GROUP: Final = PLAN_ENDED | {"meeting.core_group"}
REVIEW_CONFERENCE: Final = PLAN_ENDED | {"meeting.review_conference"}
REVIEWED: Final = _of("meeting.looked_after_review", "status_ended.looked_after")
ASSESSED: Final = _of(
    "referral.child_in_need_referral", "referral.section_17_services", "referral.short_breaks",
    "referral.initial_conference", "referral.step_down_early_help", "referral.no_further_action",
)  # fmt: skip

MILESTONES: Final[tuple[Milestone, ...]] = (
    Milestone(
        OWN_REPORT, "fgm.police", _of("follows.fgm_report"), _of("sent.fgm_report"),
        nations=EVERYWHERE, of="report", from_now=True, is_reporters=True,
    ),
    Milestone(
        SAFETY_MEASURES, "safety_measures", _of("follows.children_apart"), nations=EVERYWHERE,
        of="report", from_now=True,
    ),
    Milestone(
        CHILDREN_NAMED, "task.do", _of("children.named"), nations=EVERYWHERE, of="report",
        from_now=True,
    ),
    Milestone(
        TELL_REPORTER, "concern.feedback", _of("concern.decided"),
        _of("concern.reporter_told", "concern.ended"), nations=EVERYWHERE, of="report",
        from_now=True, is_quiet=True,
    ),
    Milestone(
        "ask_strategy_discussion", "strategy.discussion", _of("referral.strategy_discussion"),
        _of("meeting.strategy_discussion"),
    ),
    Milestone(
        "ask_assessment", "assessment.complete", _of("referral.assessment_required"), ASSESSED
    ),
    Milestone(
        "ask_initial_conference", "icpc.hold", _of("meeting.strategy_discussion.enquiry_started"),
        _of("meeting.strategy_discussion.no_enquiry", "meeting.initial_conference"),
    ),
    Milestone(
        "conference_report", "conference.report", _of("planned.conference"),
        _of("ended.conference"), of="meeting",
    ),
    Milestone(
        "ask_core_group", "core_group.first", _of("meeting.initial_conference.plan_made"),
        CORE_GROUP,
    ),
    Milestone("ask_core_group", "core_group.next", _of("meeting.core_group"), CORE_GROUP),
    Milestone(
        "ask_review_conference", "review_conference.first",
        _of("meeting.initial_conference.plan_made"), REVIEW_CONFERENCE,
    ),
    Milestone(
        "ask_review_conference", "review_conference.next",
        _of("meeting.review_conference.plan_continues"), REVIEW_CONFERENCE,
    ),
    Milestone(
        "ask_looked_after_review", "looked_after.review.first", _of("status.looked_after"),
        REVIEWED,
    ),
    Milestone(
        "ask_looked_after_review", "looked_after.review.second",
        _of("meeting.looked_after_review.first"), REVIEWED,
    ),
    Milestone(
        "ask_looked_after_review", "looked_after.review.next",
        _of("meeting.looked_after_review.later"), REVIEWED,
    ),
    Milestone(
        "notify_private_fostering", "privfost.notify",
        _of("status.private_fostering", "category.private_fostering"),
        _of("sent.private_fostering", "status_ended.private_fostering"), from_now=True,
    ),
    Milestone(
        "police_protection", "order.police_protection", _of("status.police_protection"),
        _of("status_ended.police_protection"),
    ),
    Milestone(
        "emergency_protection", "order.emergency_protection",
        _of("status.emergency_protection_order"), _of("status_ended.emergency_protection_order"),
    ),
    Milestone(
        "read_encompass", "encompass.read", _of(ENCOMPASS),
        _of(TRIAGED), of="concern", from_now=True,
    ),
    Milestone(
        "record_force", "restraint.record", _of("category.restrictive_intervention"),
        nations=ENGLAND, of="concern",
    ),
    Milestone(
        "tell_parent_of_force", "restraint.parent", _of("category.restrictive_intervention"),
        nations=ENGLAND, of="concern",
    ),
    Milestone(
        FIND_CHILD, "missing.look_again", _of("missing.open"),
        _of("missing.returned", "missing.heard"), nations=EVERYWHERE, from_now=True,
    ),
    Milestone(
        RETURN_CONVERSATION, "missing.return_conversation", _of("missing.returned"),
        _of("missing.heard"), nations=ENGLAND,
    ),
    Milestone(
        "missing_education", "register.delete.cme", _of("category.children_missing_education"),
        _of("sent.missing_education"), nations=ENGLAND, of="concern",
    ),
)  # fmt: skip

TASKS: Final = frozenset(item.task for item in MILESTONES)
STARTING: Final = frozenset(event for item in MILESTONES for event in item.starts)
EVENTS: Final = STARTING | {event for item in MILESTONES for event in item.stops}


def known(events: frozenset[str], nation: str) -> list[Milestone]:
    """The clocks of a nation that these events start or stop."""
    return [
        item for item in MILESTONES
        if nation in item.nations and not events.isdisjoint(item.starts | item.stops)
    ]  # fmt: skip


def about_children(events: frozenset[str]) -> bool:
    """Whether these events start or stop a clock that a child has."""
    return any(
        item.of != "report" and not events.isdisjoint(item.starts | item.stops)
        for item in MILESTONES
    )


def of_categories(codes: Iterable[str]) -> frozenset[str]:
    """The starting events of a concern's categories: each by its code or group, and by its rule."""
    terms = CONCERN_CATEGORIES.by_code
    listed = {name for code in codes for name in (code, terms[code].parent)}
    rules = [CATEGORY_RULES[code] for code in codes]
    follows = {f"follows.{rule.duty}" for rule in rules}
    follows |= {"follows.children_apart" for rule in rules if rule.assess_both}
    return STARTING & (follows | {f"category.{name}" for name in listed})


def of_triage(before: Iterable[str], after: Iterable[str]) -> frozenset[str]:
    """Milestones that a triage starts for the categories it adds, and those it ends."""
    was = of_categories(before)
    started = of_categories(after) - was - {ENCOMPASS}
    return started | {TRIAGED} if ENCOMPASS in was else started

"""Pure rules: what the record shows as open in a concern, each with its reason.

Facts only: nothing about likelihood, and nothing about the child. Legal duties come first, then
what is due soonest. Source: Cairn, after KCSIE parts one and five.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.vocabularies.tasks import TASK_KINDS
from app.domain.common.category_rules.rules import HOME, Following
from app.domain.duty.milestones.rules import TASKS
from app.domain.duty.tasks.rules import (
    FIND_CHILD,
    OWN_REPORT,
    RETURN_CONVERSATION,
    SAFETY_MEASURES,
    TELL_REPORTER,
)
from app.domain.record.concern_reports.rules import MOST_ALIKE

OPEN_WORK: Final = ("in_progress", "monitoring", "triaged")
HIGHEST_LEVEL: Final = 4
ASKS: Final = "ask_"
"""Prefix of the kinds of tasks that ask the authority for a date."""
VOICE_AFTER: Final = timedelta(days=14)
RECENT: Final = timedelta(days=365)
"""How far back other concerns are counted."""
WRITTEN_CONFIRMATION: Final = "csc.written_confirm"
WAITING: Final = frozenset({"sent", "acknowledged", "chased"})
"""States of a referral in which the agency owes an answer."""
DECLINED: Final = frozenset({"declined", "no_further_action", "threshold_not_met"})
PARENTS: Final = frozenset({"tell_parents", "not_tell_parents"})
REFERRED: Final = frozenset({"refer", "not_refer"})
GUARD: Final[Mapping[str, str]] = {
    "never_first": "Ask social care or the police first: telling home could put the child at risk.",
    "decide": "A lead decides, with the child's view.",
    "yes": "",
}
OPERATIONS: Final[Mapping[str, str]] = {
    "acknowledge": "acknowledge_concern", "triage": "triage_concern",
    "own_report": "record_mandatory_report_sent", "safety_measures": "complete_task",
    "missing": "amend_record", "possible_duplicate": "merge_concern", "siblings": "record_decision",
    "other_concerns": "read_chronology", "case_review": "review_case",
    "decide_parents": "record_decision",
    "refer_or_why_not": "draft_referral", "written": "record_referral_sent",
    "chase": "chase_referral",
    "challenge": "challenge_referral", "meeting": "set_meeting", "tell_reporter": "tell_reporter",
    "child_voice": "amend_concern",
    "close": "close_concern",
}  # fmt: skip
"""The usual answer to each, by operation ID."""


@dataclass(frozen=True, slots=True)
class Referred:
    """A referral of the concern that the reader may know of."""

    agency: str
    state: str
    outcome: str | None
    due_rule: str | None
    due_at: datetime | None
    challenged: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that the record holds about one open concern."""

    id: UUID
    reference: str
    state: str
    follows: Following
    recorded_at: datetime
    due_at: datetime | None = None
    level: int | None = None
    harm_from: str | None = None
    parents_told: str | None = None
    """`yes` too once someone has decided what parents are told."""
    has_voice: bool = False
    """Whether the child's own words or view are written down."""
    siblings: int = 0
    """Confirmed brothers and sisters at this school who are not in the concern."""
    others: int = 0
    others_since: datetime | None = None
    alike: Sequence[str] = ()
    """References of open concerns about the same child, matter and day."""
    case_due: datetime | None = None
    """When its case is next reviewed, if the reader may know of one."""
    decisions: frozenset[str] = frozenset()
    tasks: Mapping[str, datetime] = field(default_factory=dict)
    """Open tasks by kind, each with its due time."""
    open_work: int = 0
    """Open actions, reviews and tasks together."""
    referrals: Sequence[Referred] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """One open step."""

    code: str
    reason: str
    due_at: datetime | None = None
    is_duty: bool = False


Look = Callable[[Facts, datetime], Iterable[NextStep]]


def next_steps(concerns: Iterable[Facts], now: datetime) -> list[tuple[Facts, NextStep]]:
    """List open steps in some concerns: duties first, then by due time, then those without one."""
    items = [
        (facts, step) for facts in concerns for steps_of in LOOKS for step in steps_of(facts, now)
    ]
    return sorted(items, key=lambda item: _order(item[1], now))


def _order(step: NextStep, now: datetime) -> tuple[bool, bool, datetime]:
    return not step.is_duty, step.due_at is None, step.due_at or now


def _read(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if facts.state == "raised":
        reason = "Nobody has said yet that they have it."
        yield NextStep("acknowledge", reason, facts.due_at)
    elif facts.state == "acknowledged":
        reason = "A lead has read it. Nobody has decided what it is and who has it."
        yield NextStep("triage", reason, facts.due_at)


def _duties(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if OWN_REPORT in facts.tasks:
        reason = "The law asks the person who reported this to call the police themselves."
        yield NextStep("own_report", reason, facts.tasks[OWN_REPORT], is_duty=True)


def _apart(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if SAFETY_MEASURES in facts.tasks:
        reason = "Nobody has recorded how the children are kept apart and safe."
        due_at = facts.tasks[SAFETY_MEASURES]
        yield NextStep("safety_measures", reason, due_at)


def _missing(facts: Facts, _: datetime) -> Iterable[NextStep]:
    for kind in (FIND_CHILD, RETURN_CONVERSATION):
        if kind in facts.tasks:
            yield NextStep("missing", f"{TASK_KINDS.by_code[kind].label}.", facts.tasks[kind])


def _siblings(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if facts.siblings and facts.harm_from in HOME and "siblings" not in facts.decisions:
        who = _count(facts.siblings, "brother or sister", "brothers and sisters")
        reason = f"Harm at home may touch {who} at this school. Nobody has asked yet."
        yield NextStep("siblings", reason)


def _others(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if (
        facts.others
        and facts.others_since is not None
        and facts.state in ("raised", "acknowledged")
    ):
        count = _count(facts.others, "other concern", "other concerns")
        since = f"{facts.others_since:%-d %B %Y}"
        yield NextStep("other_concerns", f"{count} since {since}. Read them together.")


def _alike(facts: Facts, _: datetime) -> Iterable[NextStep]:
    for reference in facts.alike[:MOST_ALIKE]:
        reason = f"{reference} is about the same child, the same thing and the same day."
        yield NextStep("possible_duplicate", reason)


def _case(facts: Facts, now: datetime) -> Iterable[NextStep]:
    if facts.case_due is not None:
        late = "It is overdue." if facts.case_due < now else "Write what you find, and the plan."
        yield NextStep(
            "case_review", f"A case holds it, and is looked at again. {late}", facts.case_due
        )


def _parents(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if facts.parents_told == "yes" or facts.decisions & PARENTS:
        return
    reason = f"Nobody has decided about telling parents. {GUARD[facts.follows.parents]}".strip()
    yield NextStep("decide_parents", reason)


def _refer(facts: Facts, _: datetime) -> Iterable[NextStep]:
    asked = facts.level == HIGHEST_LEVEL or facts.follows.is_to_refer
    if asked and not facts.referrals and not facts.decisions & REFERRED:
        reason = "There is no referral yet. Refer, or write why not."
        yield NextStep("refer_or_why_not", reason)


def _referrals(facts: Facts, now: datetime) -> Iterable[NextStep]:
    for referral in facts.referrals:
        if referral.due_rule == WRITTEN_CONFIRMATION:
            reason = f"The call to {referral.agency} has to be confirmed in writing."
            yield NextStep("written", reason, referral.due_at)
        elif referral.state in WAITING and referral.due_at is not None and referral.due_at < now:
            reason = f"{referral.agency} has not answered in time. Ask again, then escalate."
            yield NextStep("chase", reason, referral.due_at)
        elif (
            referral.outcome in DECLINED
            and not referral.challenged
            and referral.state == "outcome_received"
        ):
            reason = (
                f"{referral.agency} declined. Say so if you disagree. Otherwise close the referral."
            )
            yield NextStep("challenge", reason, referral.due_at)


def _meetings(facts: Facts, _: datetime) -> Iterable[NextStep]:
    for kind in sorted(facts.tasks.keys() & TASKS):
        if kind.startswith(ASKS):
            yield NextStep("meeting", f"{TASK_KINDS.by_code[kind].label}.", facts.tasks[kind])


def _reporter(facts: Facts, _: datetime) -> Iterable[NextStep]:
    if TELL_REPORTER in facts.tasks:
        reason = "Nobody has told the reporter the outcome."
        yield NextStep("tell_reporter", reason, facts.tasks[TELL_REPORTER])


def _voice(facts: Facts, now: datetime) -> Iterable[NextStep]:
    if not facts.has_voice and now - facts.recorded_at >= VOICE_AFTER:
        reason = "Nobody has written down what the child says or wants."
        yield NextStep("child_voice", reason)


def _close(facts: Facts, _: datetime) -> Iterable[NextStep]:
    waiting = [referral for referral in facts.referrals if referral.state != "closed"]
    open_work = facts.open_work - (TELL_REPORTER in facts.tasks)
    if facts.state in OPEN_WORK and not open_work and not waiting:
        reason = "Nothing is open. Close it with its outcome, or say what you still watch for."
        yield NextStep("close", reason)


LOOKS: Final[Sequence[Look]] = (
    _read, _duties, _missing, _apart, _alike, _siblings, _others, _case, _parents, _refer,
    _referrals,
    _meetings, _reporter, _voice, _close,
)  # fmt: skip


def _count(number: int, text: str, many: str) -> str:
    return f"{number} {text if number == 1 else many}"


def to_response(facts: Facts, step: NextStep) -> dict[str, Any]:
    """Build the answer for a step."""
    return {
        "code": step.code, "reason": step.reason, "due_at": step.due_at,
        "operation": OPERATIONS[step.code],
        "concern": {"id": facts.id, "reference": facts.reference},
    }  # fmt: skip

"""Pure rules of safety plans: the order of steps, and what an agreed plan needs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.core.words import Actor, Permission
from app.domain import policy
from app.domain.errors import FieldProblem

NOUN: Final = "safety_plan"
KIND, READ_AGAIN, ENDING = "safety_plan", "safety_plan_review", "safety_plan_end"
"""Kinds of record: a version that was agreed, a reading of it, and its end."""
TASK: Final = "sh_plan_review"
RECALL: Final = "plan_recall"
DECLINED: Final = "sh_declined"
"""Task to check again after a declined referral; a review of the plan also completes it."""
FIRST, LATER, AFTER_EVENT = "sh.plan_review1", "sh.plan_review", "sh.plan_review_event"
"""Rules for the review of a plan: after it was agreed, later, and after something new."""

STEPS: Final = ("signs", "alone", "company", "helpers", "services", "safer_space")
"""The six steps, in the order in which they are read."""
BESIDE: Final = ("hold_on_to", "at_school", "not_helpful")
CONTENT: Final = (
    "made_with", "made_with_reason", "helped_by", "formats", "language", "steps", *BESIDE,
    "staff_note",
)  # fmt: skip
"""Fields that change only while a version is a draft."""
AROUND: Final = (
    "lead_id", "chosen_adult_id", "cover_adult_id", "holiday_arrangement", "seen_by_health",
)  # fmt: skip
"""Fields that change until a version ends."""

HOLIDAY: Final = "holiday_arrangement"
"""Task for a plan in force without a holiday arrangement."""
IN_FORCE: Final = ("in_use", "under_review")
OPEN: Final = ("draft", "agreed", *IN_FORCE)
NEXT: Final[Mapping[str, Mapping[str, str]]] = {
    "draft": {"agree_plan": "agreed", "end_plan": "ended"},
    "agreed": {"use_plan": "in_use", "review_plan": "agreed", "end_plan": "ended"},
    "in_use": {"review_plan": "in_use", "end_plan": "ended"},
    "under_review": {"review_plan": "in_use", "end_plan": "ended"},
    "replaced": {},
    "ended": {},
}
"""Steps allowed in each state, and where they lead; a review may ask for a new version."""


def empty() -> dict[str, Any]:
    """The content of an empty version."""
    return {
        "made_with": None, "made_with_reason": None, "helped_by": None, "formats": [],
        "language": "en", "steps": {name: [] for name in STEPS}, "hold_on_to": [],
        "at_school": {}, "not_helpful": [], "staff_note": None,
    }  # fmt: skip


def merged(content: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a merge patch to a content; each step is merged separately."""
    nested = {
        name: {**content[name], **fields[name]}
        for name in ("steps", "at_school")
        if fields.get(name) is not None
    }
    named = {name: fields[name] for name in CONTENT if name in fields}
    return {**content, **named, **nested}


def what_is_missing(content: Mapping[str, Any]) -> list[FieldProblem]:
    """Why a plan cannot be agreed: the pupil took no part, and nobody has given a reason."""
    made_with = content.get("made_with")
    if made_with is None:
        return [FieldProblem("/made_with", "needed", "Say what part the pupil had in writing it.")]
    if made_with == "not_yet" and not content.get("made_with_reason"):
        text = "Say why it could not be written with the pupil yet."
        return [FieldProblem("/made_with_reason", "needed", text)]
    return []


def limit_of(content: Mapping[str, Any], *, first: bool, with_pupil: bool) -> str:
    """The rule for the review of a plan.

    Reviews are sooner the first time, and while the pupil has had no part in the plan.
    """
    soon = first or not with_pupil or content.get("made_with") == "not_yet"
    return FIRST if soon else LATER


def next_verbs(actor: Actor, state: str) -> list[str]:
    """List what someone who sees a plan may do next."""
    if not policy.may(actor, Permission.SAFETY_WRITE):
        return []
    verbs = list(NEXT.get(state, {}))
    if state in OPEN:
        verbs.append("update_plan")
    if state in ("agreed", *IN_FORCE):
        verbs.append("record_plan_copy")
    return sorted(verbs)


def entries(content: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Everything in a plan that can have a picture."""
    steps = content["steps"]
    for name in ("signs", "alone", "company"):
        yield from steps[name]
    for name in ("hold_on_to", "not_helpful"):
        yield from content[name]

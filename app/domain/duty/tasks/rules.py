"""Pure rules of tasks: the limit of each kind, and what ends it."""

from collections.abc import Collection, Mapping
from typing import Final

from app.core.words import Actor, Permission
from app.domain import policy

NOUN: Final = "task"
LEAVER: Final = "leaver_check"
"""Its facts are its row of the roster's plan: it does not point at the import, which only people
who handle rosters can open.
"""
OPEN, DONE, NOT_NEEDED = "open", "done", "not_needed"
OWN_REPORT, SAFETY_MEASURES = "own_report", "safety_measures"
CHILDREN_NAMED, REPORTER_ASKED = "children_named", "reporter_asked"
TELL_REPORTER: Final = "tell_reporter"
AGREED: Final = "supervision_action"
"""An action two people agreed: only its owner ends it, reassigns it or reads its session."""
FIND_CHILD, RETURN_CONVERSATION = "find_child", "return_conversation"
FURTHEST: Final = "due.review"
"""The rule for how far ahead a person can set a task."""
DEFAULT: Final = "task.do"

RULES: Final[Mapping[str, str]] = {
    "conflict_check": "conflict.check",
    REPORTER_ASKED: "concern.question",
    "affected_person": "affected.person",
    "bereavement_review": "bereavement.learning",
    "check_in_cover": "check_in.cover",
    "check_in_missed": "check_in.missed",
    "check_in_worried": "check_in.worried",
    "sh_stay": "sh.stay",
    "sh_check": "sh.check",
    "sh_parents": "sh.parents",
    "parents_reason": "sh.social_care",
    "sh_leaving": "sh.leaving",
    "sh_social_care": "sh.social_care",
    "sh_next_day": "sh.next_day",
    "sh_contact_48": "sh.contact_48",
    "child_unmatched": "sh.unmatched",
    "reintegration_check": "sh.reintegration_check",
    "reintegration_meeting": "sh.reintegration_meeting",
    "reintegration_day_90": "sh.reintegration_day_90",
    "absence_call": "sh.absence_call",
    "sh_sanction": "sh.sanction_look",
    "friend_support": "sh.friend_support",
    "support_service_check": "support_service.check",
    "sh_plan_review": "sh.plan_review",
    "sh_declined": "sh.declined",
    "refer_again": "referral.again",
    "sh_health": "sh.health",
    "linked_concerns": "sh.joint_review",
}
"""Limit of each kind, if it is not `DEFAULT`."""

MAILED_AT_ONCE: Final = frozenset({"incomplete_report"})
"""Kinds that skip the digest even if due today: nobody has read them yet."""
BY_WHO_WAS_ASKED: Final = ("record_task_contact", "record_contact")
"""Operations that record an agreed contact, on the task or in the concern."""
ENDED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "check_in_cover": ("complete_check_in", "record_check_in_declined", "settle_check_in"),
    "check_in_missed": ("settle_check_in", "complete_check_in"),
    "child_merge": ("merge_child", "unmerge_child"),
    "child_unmatched": ("match_concern",),
    "conflict_check": ("confirm_conflict", "end_conflict"),
    FIND_CHILD: ("amend_record",),
    RETURN_CONVERSATION: ("amend_record",),
    "holiday_arrangement": ("change_support_plan", "end_support_plan"),
    "linked_concerns": ("record_joint_review", "dismiss_linked_concern"),
    "parents_reason": ("decide_on_parents",),
    "reintegration_day_90": ("record_reintegration_day_90",),
    "sh_check": ("add_record",),
    "sh_contact_48": BY_WHO_WAS_ASKED,
    "sh_leaving": ("record_left_safely",),
    "sh_next_day": BY_WHO_WAS_ASKED,
    "sh_parents": ("decide_on_parents",),
    "sh_plan_review": ("review_plan", "end_plan"),
    "sh_sanction": ("review_sanction",),
    "support_service_check": (
        "update_support_service",
        "end_support_service",
        "update_authority_contacts",
    ),
    "incomplete_report": ("resolve_incomplete_report",),
    "support_list_end": ("extend_support_list_entry", "end_support_list_entry"),
    "support_list_hand_over": (
        "hand_over_support_list",
        "acknowledge_support_list_hand_over",
    ),
}
"""Operation IDs that end each kind belonging to a record; the usual one first."""

FOLLOWED_BY: Final[Mapping[str, str]] = {LEAVER: "roster.leaver_checked"}
"""The job that goes on with what a task was about, once it has ended."""

OF_RECORDS: Final[frozenset[str]] = frozenset(ENDED_BY)
"""Kinds that end by the operation of the record they are about, and in no other way."""


WITHOUT_REASON: Final[frozenset[str]] = frozenset({"collect_by_adult"})
"""Kinds that never name their concern: it decides who sees them, and what ends them."""


USUALLY: Final[Mapping[str, str]] = {kind: ends[0] for kind, ends in ENDED_BY.items()}
"""The usual operation that ends each kind; for any other it is `complete_task`."""


def concern_shown(kind: str, classes: Collection[str], of_concern: str | None) -> bool:
    """Whether to name a task's concern to someone who reads all tasks of these classes."""
    return kind not in WITHOUT_REASON and of_concern in classes


def once(kind: str, id_: object) -> str:
    """The name of a task that is set once for a concern or a question."""
    return f"{kind}:{id_}"


def rule_of(kind: str) -> str:
    """The id of the limit by which a kind of task falls due."""
    return RULES.get(kind, DEFAULT)


def next_verbs(
    actor: Actor, kind: str, *, is_open: bool, mine: bool, gone: bool = False
) -> list[str]:
    """List what a person who sees it may do next; `gone`: another school has the file."""
    if not is_open:
        return []
    leads = policy.may(actor, Permission.SAFETY_WRITE).allowed
    decides = leads and (mine or kind != AGREED)
    verbs = []
    if (mine or (decides and kind != OWN_REPORT)) and kind not in OF_RECORDS:
        verbs.append("complete_task")
    if (mine or leads) and ENDED_BY.get(kind) == BY_WHO_WAS_ASKED:
        verbs.append("record_task_contact")
    if decides and (gone or kind not in OF_RECORDS):
        verbs.append("end_task")
    if decides and kind != OWN_REPORT:
        verbs.append("assign_task")
    return verbs

"""Pure rules of roles: their names, their permitted rights, and a sentence for each permission."""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES
from app.core.words import PERMISSION_BY_NAME, Permission, Rights, Role
from app.domain.errors import FieldProblem

SLUG: Final = r"^[a-z][a-z0-9_]{2,39}$"
CLASSES: Final = ("K2", "K3", "K4", "K5")
COHORT_CLASSES: Final = ("K2", "K3", "K4")
"""K5 is sealed: no cohort opens it."""
RESERVED: Final = frozenset(
    {*(role.value for role in Role), "parent", "agency", "roster_sync", "cairn", "break_glass"}
)
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s", "7": "t"})

P = Permission

SENTENCES: Final[dict[Permission, str]] = {
    P.SCHOOL_READ: "Read the school's own entry.",
    P.SCHOOL_CHANGE: "Change the school's own entry.",
    P.SCHOOL_FOUND: "In a trust: found its schools, and invite their first people.",
    P.STAFF_READ: "See who works here, and in which roles.",
    P.STAFF_CHANGE: "Add staff, change their entries, give and end lesser roles.",
    P.CHILD_SEARCH: "Find children by name, to report about them.",
    P.CHILD_OPEN: "Open a child's record.",
    P.CHILD_CHANGE: "Add children and change their records.",
    P.CHILD_SAFEGUARD: "Keep relationships, statuses and restricted fields of children.",
    P.CHRONOLOGY_READ: "Read a child's chronology, as far as each entry may be seen.",
    P.CONCERN_RAISE: "Raise a concern.",
    P.CONCERN_AMEND: "Correct or add to your own concern.",
    P.CONCERN_READ: "Read whole concerns, of the classes and children the role reaches.",
    P.CONCERN_COMMENT: "Take part in the discussion of a concern, and own one.",
    P.CONCERN_TRIAGE: "Acknowledge, triage and assign concerns.",
    P.CONCERN_DECIDE: "Record decisions about concerns.",
    P.CONCERN_CLOSE: "Close and reopen concerns.",
    P.CONCERN_SIGN: "Give the second signature to a closure or withdrawal.",
    P.CONCERN_WITHDRAW: "Propose that a concern was entered in error; merge duplicates.",
    P.ACTION_SET: "Give people things to do about a concern.",
    P.ACTION_COMPLETE: "Own actions and complete them.",
    P.ALERT_READ: "Read your own alerts.",
    P.SHARE_READ: "Read shares with parents and professionals.",
    P.SHARE_WRITE: "Draft shares and hand them over.",
    P.SHARE_APPROVE: "Approve shares.",
    P.REFERRAL_READ: "Read referrals to agencies.",
    P.REFERRAL_WRITE: "Draft, send and follow referrals.",
    P.REFERRAL_APPROVE: "Approve referrals.",
    P.TRANSFER_READ: "See which safeguarding files move, come in, or are asked for.",
    P.TRANSFER_WRITE: "Prepare transfers, hand packets over, keep receipts, ask for files.",
    P.TRANSFER_APPROVE: "Let a safeguarding file leave the school, and unlock one.",
    P.TRANSFER_ACCEPT: "Receive, accept and reject files from other schools.",
    P.DOCUMENT_PRINT: "Print chronologies and other documents.",
    P.REFERRAL_ANSWER: "Answer referrals as the agency they were sent to.",
    P.AGENCY_READ: "Read the list of agencies.",
    P.AGENCY_CHANGE: "Add and change agencies.",
    P.ROSTER_IMPORT: "Bring in rosters.",
    P.HISTORY_PREPARE: "Send files of what another system kept, and see their counts.",
    P.HISTORY_APPROVE: "Let in what another system kept, say which child is which, and undo it.",
    P.SCHOOL_EXPORT: "Order and download an export of the whole school; two people approve it.",
    P.ROSTER_READ: "Read what rosters brought in, to compare it with its source.",
    P.ROLE_GRANT: "Give and end roles, as far as your own role reaches.",
    P.ROLE_DEFINE: "Define roles, as far as your own role reaches.",
    P.COVER_SET: "Say who is away and who stands in.",
    P.KEY_CHANGE: "Make and revoke service keys and sign-in providers.",
    P.STAFF_PROVISION: "Provision staff by program; for service keys.",
    P.ALERT_INTAKE: "Send in alerts from monitoring tools; for service keys.",
    P.CONFLICT_DECLARE: "Declare your own conflict of interest.",
    P.ACCESS_GRANT: "Give somebody access to one record for a while.",
    P.ACCESS_BREAK: "Open a closed record for a stated reason, under review.",
    P.ACCESS_REVIEW: "Review emergency access and unusual reading.",
    P.ACCESS_EXPLAIN: "Ask who can see a record, and why.",
    P.ACCESS_LOG: "Read who opened a child's file.",
    P.AUDIT_READ: "Read the trail.",
    P.CALENDAR_CHANGE: "Keep the school's terms, hours and own limits.",
    P.OVERVIEW_READ: "Read the numbers behind the day: new, unread, overdue, due today.",
    P.DRILL_RUN: "Test the ladder of alerts.",
    P.WEBHOOK_CHANGE: "Keep webhooks that tell other programs that something happened.",
    P.INTAKE_CHANGE: "Keep the monitoring tools that may send in alerts.",
    P.MONITORING_READ: "Read monitoring alerts, match them to children and take them up.",
    P.REVIEW_SET: "Set recurring reviews of children and concerns.",
    P.MEETING_SET: "Set meetings about children, and record their outcomes.",
    P.WORK_HAND_OVER: "Hand over all of somebody's open work to others.",
    P.JOB_READ: "See what Cairn could not do by itself, and have it done again.",
    P.TASK_DO: "Own tasks and check-ins, do them, and see your own.",
    P.SAFETY_READ: "Read what was written down to keep a child safe.",
    P.SAFETY_WRITE: "Write safety checks, support notes, plans, reintegrations; give people tasks.",
    P.SUPPORT_LIST_READ: "Read the support list, and everybody's check-ins.",
    P.LINKED_CONCERNS_READ: "Read linked concerns, and look at them with somebody.",
    P.LINKED_CONCERNS_COUNT: "Read how many linked concerns the schools of a trust had, in words.",
    P.BEREAVEMENT_READ: "Read every case that was opened after a death.",
    P.BEREAVEMENT_WRITE: "Open, lead and close a case after a death.",
    P.SUPPORT_SERVICE_CHANGE: "Keep the numbers and services that people are sent to.",
    P.CHANGE_CONFIRM: "Confirm changed phone numbers, and how far a roster may go.",
    P.ATTENDANCE_SEND: "Send in register marks; for service keys too.",
    P.ADULT_RAISE: "Raise a concern about an adult.",
    P.ADULT_READ: "Read the register of concerns about adults.",
    P.ADULT_DECIDE: "Decide in the register of concerns about adults.",
}


def skeleton(name: str) -> str:
    """Reduce a name to its look: no gaps, no case, no letters that pass for others."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold()).translate(_ALIKE)
    return plain.replace("rn", "m").replace("vv", "w")


_NAMES = frozenset(skeleton(name) for name in RESERVED)
_LABELS = frozenset(skeleton(term.label) for term in VOCABULARIES["roles"].terms)


def name_problems(slug: str, label: str) -> list[FieldProblem]:
    """Errors in a new role's names: neither may pass for a built-in role's."""
    problems: list[FieldProblem] = []
    if not re.fullmatch(SLUG.removesuffix("$"), slug) or skeleton(slug) in _NAMES | _LABELS:
        sentence = "It is, or looks like, the name of a built-in role."
        problems.append(FieldProblem("/slug", "reserved", sentence))
    return problems + label_problems(label)


def label_problems(label: str) -> list[FieldProblem]:
    """Errors in a label."""
    if skeleton(label) in _NAMES | _LABELS:
        sentence = "It is, or looks like, the name of a built-in role."
        return [FieldProblem("/label", "reserved", sentence)]
    return []


def rights_from(fields: Mapping[str, Any]) -> Rights:
    """The rights that a request names."""
    return Rights(
        frozenset(PERMISSION_BY_NAME[name] for name in fields["permissions"]),
        frozenset(fields["classes"]),
        frozenset(fields["cohort_classes"]),
        fields["cohort_only"],
    )


def rights_problems(rights: Rights) -> list[FieldProblem]:
    """Errors for rights that conflict."""
    problems: list[FieldProblem] = []
    reads = Permission.CONCERN_READ in rights.permissions
    if "K5" in rights.classes and not reads:
        sentence = "Class K5 needs the permission concern:read."
        problems.append(FieldProblem("/classes", "needs_concern_read", sentence))
    if reads and Permission.CONCERN_RAISE not in rights.permissions:
        sentence = (
            "Somebody who reads concerns can raise them too: concern:read needs concern:raise."
        )
        problems.append(FieldProblem("/permissions", "needs_concern_raise", sentence))
    return problems


def widens(before: Rights, after: Rights) -> bool:
    """Whether a change gives holders of the role anything they did not have."""
    return bool(
        after.permissions - before.permissions
        or after.classes - before.classes
        or after.cohort_classes - before.cohort_classes - before.classes
        or (before.cohort_only and not after.cohort_only)
    )

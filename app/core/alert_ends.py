"""Which acts end which alerts: the one table, by the entry of the trail that says what was done.

Whatever ends a record ends every alert about it but news. What only moves a record on ends what is
named here: for everybody, or for the recipient alone who did it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.core.verbs import AuditEvent

V = AuditEvent

NEWS: Final = frozenset(
    {
        "access_granted", "calendar_changed", "concern_being_handled", "concern_restricted",
        "concern_thank_you", "concern_told", "cover_set", "head_told", "intake_changed",
        "owner_suspended", "reach_changed", "role_ended", "role_granted", "school_export_changed",
        "school_export_ordered", "second_factor_reset", "sessions_ended", "sign_in_changed",
        "staff_removed", "staff_suspended", "telling_changed", "webhook_changed",
    }
)  # fmt: skip
"""Nothing is asked: who has not read it has not heard it, whatever others do.

Each is named in `docs/alerts.md`. Every other kind has a matter, and ends with it.
"""
PARTLY: Final = frozenset({"conflict_found", "work_handed_over"})
"""News only where they have no matter: a conflict that nobody has to judge, and much work at once,

each of which asks in its new owner's day by its own clock.
"""
COUNTED: Final = frozenset({"change_proposed", "nobody_to_own"})
"""Their counts say how it is now; those of others add up."""
ASKED_FIRST: Final = frozenset(
    {
        "action_assigned", "action_due_soon", "action_set", "adult_concern", "concern_assigned",
        "case_set", "concern_raised", "meeting_set", "meeting_soon", "monitoring_alert",
        "review_set", "task_assigned", "task_set", "work_handed_over",
    }
)  # fmt: skip
"""What the ladder says again, louder, where it falls due: its alert takes their place."""


MAILED_ALONE: Final = frozenset({"drill"})
"""Its message says what it is, so that nobody takes it for more."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The kinds of alerts about a record that an act ends."""

    everybodys: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    """Ended for the one who acts: it is theirs, and they deal with it."""


TO_READ = frozenset({"concern_raised", "concern_urgent"})
UNREAD = frozenset({"nobody_to_own"})
OF_OWNER = frozenset(
    {
        "concern_answered",
        "concern_assigned",
        "concern_child_corrected",
        "concern_joined",
        "staff_named",
        "work_handed_over",
    }
)
ACTIONS = frozenset({"action_assigned", "action_due_soon", "action_set", "work_handed_over"})
TASKS = frozenset({"task_assigned", "task_set", "work_handed_over"})
ANSWERED = frozenset({"agency_answered"})
ADULT = frozenset({"adult_concern", "appointment_needed"})

ENDS: Final[Mapping[AuditEvent, Ends]] = {
    V.CONCERN_ACKNOWLEDGED: Ends(TO_READ | UNREAD, OF_OWNER),
    V.CONCERN_TRIAGED: Ends(TO_READ | UNREAD, OF_OWNER),
    V.CONCERN_MONITORED: Ends(TO_READ, OF_OWNER),
    V.CONCERN_RESUMED: Ends(own=OF_OWNER),
    V.CONCERN_REOPENED: Ends(UNREAD, OF_OWNER),
    V.CONCERN_CLOSURE_PROPOSED: Ends(TO_READ, OF_OWNER),
    V.CONCERN_ASSIGNED: Ends(OF_OWNER | UNREAD),
    V.QUESTION_ANSWERED: Ends(frozenset({"concern_asked"})),
    V.CONCERN_REPORTER_TOLD: Ends(own=OF_OWNER),
    V.CONCERN_MERGED: Ends(TO_READ, OF_OWNER),
    V.ACTION_REASSIGNED: Ends(ACTIONS),
    V.TASK_ASSIGNED: Ends(TASKS),
    V.WORK_HANDED_OVER: Ends(frozenset({"work_handed_over"})),
    V.CASE_CHANGED: Ends(own=frozenset({"case_set", "work_handed_over"})),
    V.CASE_REVIEWED: Ends(own=frozenset({"case_set", "work_handed_over"})),
    V.REVIEW_CHANGED: Ends(own=frozenset({"review_set", "work_handed_over"})),
    V.REVIEW_DONE: Ends(own=frozenset({"review_set", "work_handed_over"})),
    V.REFERRAL_OUTCOME_RECORDED: Ends(ANSWERED),
    V.REFERRAL_CHASED: Ends(ANSWERED),
    V.REFERRAL_CHALLENGED: Ends(ANSWERED),
    V.REFERRAL_QUESTION_ANSWERED: Ends(frozenset({"agency_asked"})),
    V.REFERRAL_DELIVERED: Ends(frozenset({"referral_not_delivered"})),
    V.REFERRAL_SENT: Ends(frozenset({"referral_not_delivered"})),
    V.SHARE_CORRECTION_ANSWERED: Ends(frozenset({"correction_asked"})),
    V.MONITORING_ASSIGNED: Ends(own=frozenset({"monitoring_alert"})),
    V.ATTACHMENT_SCANNED: Ends(frozenset({"file_held"})),
    V.MEMBERSHIP_ENDED: Ends(frozenset({"role_kept"})),
    V.REACH_CONFIRMED: Ends(frozenset({"address_refused"})),
    V.ADULT_ACKNOWLEDGED: Ends(ADULT),
    V.ADULT_ASSIGNED: Ends(ADULT),
    V.INCOMPLETE_REPORT_ENDED: Ends(ADULT),
    V.ADULT_CLOSURE_REFUSED: Ends(ADULT),
    V.ADULT_WITHDRAWAL_REFUSED: Ends(ADULT),
}

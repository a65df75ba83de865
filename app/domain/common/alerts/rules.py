"""Text of alert messages: work is waiting, never its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

IN_ADULT_REGISTER = "adult_concern"
APPOINTMENT_NEEDED = "appointment_needed"
ADULT_OVERDUE = "adult_overdue"
BEING_HANDLED, THANK_YOU = "concern_being_handled", "concern_thank_you"
REPORTER_TOLD, REPORTER_ASKED = "concern_told", "concern_asked"
TO_REPORTER = frozenset({BEING_HANDLED, THANK_YOU, REPORTER_TOLD, REPORTER_ASKED})
"""Alerts that say no more than the reporter's own submission does."""
REPORTER_ANSWERED = "concern_answered"
HEAD_TOLD = "head_told"
"""Replaces `concern_raised` for a head alerted though leads have the concern.

Another person's taking it up does not end this alert.
"""
ADULT_KINDS = frozenset({IN_ADULT_REGISTER, APPOINTMENT_NEEDED, ADULT_OVERDUE})
"""Alerts of the adult register: only its own audit log holds their history."""

AT_ONCE = frozenset(
    {
        "calendar_changed", "reach_changed", "role_kept", "second_factor_reset", "sessions_ended",
        "sign_in_changed",
    }
)  # fmt: skip
"""Mailed at once without immediate danger: someone may be redirecting alerts."""

CONCERN = "A safeguarding concern needs you in Cairn"
FOLLOWED = "A safeguarding concern you work on has changed in Cairn"
ACTION = "You have something to do in Cairn"
OVERDUE = "You have something overdue in Cairn"
REPORTED = "There is news about something you reported in Cairn"
AGENCY = "There is news about something your school sent from Cairn"
SENT_OUT = "Something you sent from Cairn needs you"
ROLES = "A colleague's role has changed in Cairn"
SUBJECTS: Mapping[str, str] = {
    "concern_raised": CONCERN,
    "concern_assigned": CONCERN,
    HEAD_TOLD: CONCERN,
    "concern_urgent": CONCERN,
    "concern_joined": FOLLOWED,
    "concern_child_corrected": FOLLOWED,
    "concern_restricted": "Other people now deal with something Cairn alerted you to",
    "staff_named": FOLLOWED,
    "action_set": ACTION,
    "action_assigned": ACTION,
    "task_set": ACTION,
    "task_assigned": ACTION,
    IN_ADULT_REGISTER: CONCERN,
    APPOINTMENT_NEEDED: CONCERN,
    "overdue": OVERDUE,
    ADULT_OVERDUE: OVERDUE,
    "school_overdue": "A school in your trust has something overdue in Cairn",
    "nobody_to_tell": "Something in Cairn is overdue and there is nobody to alert",
    "drill": "This is a drill of Cairn's alerts: please acknowledge it",
    BEING_HANDLED: REPORTED,
    THANK_YOU: REPORTED,
    REPORTER_TOLD: REPORTED,
    REPORTER_ASKED: "You have a question about something you reported in Cairn",
    REPORTER_ANSWERED: FOLLOWED,
    "action_due_soon": ACTION,
    "review_set": ACTION,
    "case_set": ACTION,
    "meeting_set": ACTION,
    "meeting_soon": ACTION,
    "agency_answered": AGENCY,
    "agency_asked": AGENCY,
    "referral_not_delivered": "Something sent from Cairn was not delivered: please look",
    "mandatory_reported": FOLLOWED,
    "nobody_to_own": "Work in Cairn has no owner: please appoint somebody",
    "work_handed_over": "Work was handed over to you in Cairn",
    "access_granted": "You have been given access to a record in Cairn",
    "break_glass": "Somebody used emergency access in Cairn: a lead has to review it",
    "job_failed": "A background job of Cairn failed: an administrator has to look at it",
    "recipient_answered": SENT_OUT,
    "correction_asked": SENT_OUT,
    "code_asked": SENT_OUT,
    "recipient_locked": SENT_OUT,
    "recipient_stopped": SENT_OUT,
    "link_not_delivered": SENT_OUT,
    "reading_noticed": "Unusual reading of records in Cairn: please look",
    "monitoring_alert": "A monitoring alert needs you in Cairn",
    "conflict_found": "Cairn found a possible conflict of interest: please check it",
    "telling_changed": "Somebody changed in Cairn who may be told something: please look",
    "role_granted": ROLES,
    "role_ended": ROLES,
    "role_proposed": "A role in Cairn needs you to confirm or refuse it",
    "role_kept": "A role in Cairn could not be ended and needs you",
    "reach_changed": "Somebody changed in Cairn how to reach a colleague or your school",
    "change_proposed": "A changed number or setting in Cairn needs you to confirm or refuse it",
    "owner_suspended": "A colleague who owns work in Cairn was suspended",
    "staff_suspended": "A colleague with a safeguarding role was suspended in Cairn",
    "staff_removed": "A colleague with a safeguarding role was removed from Cairn",
    "cover_set": "An absence or return of a colleague was recorded in Cairn",
    "cover_lost": "Nobody now stands in for a colleague who is away: please look in Cairn",
    "calendar_changed": "Quiet hours or limits of your school have changed in Cairn",
    "nobody_on_duty": "There are days in Cairn with no safeguarding lead on duty",
    "sign_in_changed": "How people sign in to Cairn has changed",
    "intake_changed": "Somebody changed how Cairn takes alerts from a monitoring tool",
    "webhook_failing": "A webhook of Cairn has had no answer for an hour",
    "webhook_disabled": "A webhook of Cairn was switched off: please look at it",
    "webhook_changed": "Somebody else changed a webhook in Cairn that you are responsible for",
    "transfer_arrived": "A file came from another school and needs you in Cairn",
    "transfer_due": "A file has to follow its child: please look in Cairn",
    "transfer_approved": "A file was approved to leave your school: please look in Cairn",
    "school_export_ordered": "Somebody ordered an export of your school: please look in Cairn",
    "school_export_changed": "There is news about an export of your school in Cairn",
    "transfer_rejected": "A file was sent back by another school: please look in Cairn",
    "file_requested": "Another school asks for a file: please look in Cairn",
    "address_refused": "Emails from Cairn to a colleague do not arrive",
    "file_held": FOLLOWED,
    "second_factor_reset": "A colleague's second factor was removed in Cairn",
    "sessions_ended": "An administrator signed somebody out of Cairn",
}
"""Message subject for each kind of alert.

The adult register uses the words of any other concern, so that a glance at a screen reveals
nothing.
"""
ABOUT_CONCERNS = frozenset(
    kind for kind, subject in SUBJECTS.items() if subject in (CONCERN, FOLLOWED, ACTION, OVERDUE)
)
"""Alerts for which urgent means that someone may be in danger."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert still to be mailed."""

    alert_id: UUID
    kind: str
    urgent: bool
    addresses: tuple[str, ...]
    """The address that counts, and the one that the person has not confirmed yet."""
    rung_again_at: datetime | None = None
    """Time at which an alert already mailed rang again."""
    reference: str | None = None
    """Reference of the concern it is about."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """One person's alerts to mail at once, most urgent first."""

    notices: Sequence[Notice]

    @property
    def first(self) -> Notice:
        """Alert that the subject names."""
        return self.notices[0]

    @property
    def more(self) -> int:
        """Number of further alerts."""
        return len(self.notices) - 1

    @property
    def references(self) -> Sequence[str]:
        """References of the concerns they are about."""
        return list(dict.fromkeys(notice.reference for notice in self.notices if notice.reference))

    @property
    def is_danger(self) -> bool:
        """Whether someone may be in danger."""
        return any(notice.urgent and notice.kind in ABOUT_CONCERNS for notice in self.notices)


@dataclass(frozen=True, slots=True)
class Digest:
    """Alerts gathered for one person."""

    recipient_id: UUID
    until: datetime
    notices: tuple[Notice, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses of the person, the same in each notice."""
        return self.notices[0].addresses


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a message."""

    subject: str
    text: str


def words_of(notice: Notice, address: str) -> Words:
    """Write the message of one alert: urgency and a reference; no name, category or class.

    Alerts of the adult register have no reference, nor do tasks without a concern. `address` is
    where people sign in.
    """
    subject = SUBJECTS.get(notice.kind, CONCERN)
    if notice.kind in ABOUT_CONCERNS:
        subject = f"{notice.reference or SOMETHING} needs you"
    if not notice.urgent:
        return Words(f"{CAIRN}{subject}", f"{subject}.\n\n{SIGN_IN}{address}\n\n{FOOTER}")
    danger = DANGER if notice.kind in ABOUT_CONCERNS else ""
    urgent = f"{URGENT}{subject}"
    return Words(urgent, f"{urgent}.\n\n{danger}{SIGN_IN}{address}\n\n{FOOTER}")


def words_of_several(gathered: Gathered, address: str) -> Words:
    """The message of alerts that one person gets at once: the first one's, and how many more."""
    alone = words_of(gathered.first, address)
    if not gathered.more:
        return alone
    subject = f"{alone.subject}{AND}{gathered.more}{MORE}"
    listed = "".join(f"{reference}\n" for reference in gathered.references)
    danger = DANGER if gathered.is_danger else ""
    text = f"{subject}.\n\n{listed}\n{danger}{SIGN_IN}{address}\n\n{FOOTER}"
    return Words(subject, text)


def words_of_digest(digest: Digest, address: str) -> Words:
    """Write the message that gathers alerts that are not urgent: their number and references."""
    number = len(digest.notices)
    subject = ONE_THING if number == 1 else f"{number}{THINGS}"
    references = dict.fromkeys(notice.reference for notice in digest.notices if notice.reference)
    listed = "".join(f"{reference}\n" for reference in references)
    text = f"{subject}.\n\n{listed}\n{SIGN_IN}{address}\n\n{FOOTER}"
    return Words(f"{CAIRN}{subject}", text)


CAIRN, URGENT, SOMETHING = "Cairn: ", "Urgent: ", "Something in Cairn"
ONE_THING, THINGS = "1 thing to look at", " things to look at"
AND, MORE = ", and ", " more"
SIGN_IN = "Sign in to read it: "
DANGER = (
    "Somebody may be in immediate danger. If nobody has phoned you yet, phone the school now,\n"
    "before you sign in. Whoever is with the child must call 999 first.\n\n"
)
FOOTER = (
    "To keep people safe, this message says nothing more. Please do not reply to it.\n"
    "If a child is in immediate danger, phone 999.\n"
)


def _hash_of(notices: Sequence[Notice]) -> str:
    ids = " ".join(str(notice.alert_id) for notice in notices)
    return sha256(ids.encode()).hexdigest()[:12]


def digest_id_of(digest: Digest, domain: str, address: str) -> str:
    """Message ID, the same for every attempt at one digest; with other alerts it is another."""
    beside = "" if address == digest.addresses[0] else "-beside"
    which = _hash_of(digest.notices)
    return f"digest-{digest.recipient_id}-{digest.until:%Y%m%dT%H%M%S}-{which}{beside}@{domain}"


def message_id_of(gathered: Gathered, domain: str, address: str) -> str:
    """Message ID, the same for every attempt, so that a message sent twice shows once.

    An alert that rings again gets a new ID: mail programs hide a second message with a known one.
    So do a different set of alerts, and the message to an unconfirmed address.
    """
    more = f"-{_hash_of(gathered.notices[1:])}" if gathered.more else ""
    rang_again_at = max(
        (notice.rung_again_at for notice in gathered.notices if notice.rung_again_at), default=None
    )
    again = f"-{rang_again_at:%Y%m%dT%H%M%S}" if rang_again_at else ""
    beside = "" if address == gathered.first.addresses[0] else "-beside"
    return f"alert-{gathered.first.alert_id}{more}{again}{beside}@{domain}"

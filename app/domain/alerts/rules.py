"""What a message about an alert says: that something waits, and never what."""

from dataclasses import dataclass
from uuid import UUID

SUBJECT = "There is a safeguarding concern waiting for you in Cairn"
URGENT_SUBJECT = "Urgent: there is a safeguarding concern waiting for you in Cairn"


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert that is still to be mailed."""

    alert_id: UUID
    urgent: bool
    address: str


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a message."""

    subject: str
    text: str


def words_of(notice: Notice, address: str) -> Words:
    """The message of an alert: no name, category, class or reference.

    `address` is where people sign in.
    """
    if notice.urgent:
        return Words(
            URGENT_SUBJECT,
            "There is an urgent safeguarding concern waiting for you in Cairn.\n\n"
            "Somebody may be in immediate danger. If you have not heard by phone already, phone\n"
            "the school now. Whoever is with the child calls 999 first; do not wait to sign in\n"
            "before you phone.\n\n"
            f"Then sign in to read it: {address}\n\n{FOOTER}",
        )
    return Words(
        SUBJECT,
        "There is a safeguarding concern waiting for you in Cairn.\n\n"
        f"Sign in to read it: {address}\n\n{FOOTER}",
    )


FOOTER = (
    "For everybody's safety this message says nothing more. Please do not reply to it.\n"
    "If a child is in immediate danger, phone 999.\n"
)


def message_id_of(alert_id: UUID, domain: str) -> str:
    """The same for every attempt, so that a message sent twice shows once."""
    return f"alert-{alert_id}@{domain}"

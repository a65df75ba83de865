"""Content behind a link, as links see it: registered by noun when the app is built.

Shares and referrals make links, so links cannot import them: the builder of the app registers the
content of each noun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.db.models import RecipientLink, RecipientSession, SnapshotFile
from app.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who acknowledges receipt, and the agency's own reference."""

    by: str | None = None
    agency_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`kind` is reply, correction_requested or question."""

    kind: str
    text: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An agency's decision."""

    outcome: str
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One message between recipient and school after sending."""

    kind: str
    at: datetime
    by_recipient: bool
    text: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who at the school answers questions now, and the school's phone number."""

    name: str
    job_title: str | None
    role: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The frozen bytes with their SHA-256 in hex and their time, and earlier answers.

    `steps` are the possible next steps: acknowledge, reply, return_outcome.
    """

    resource_type: str
    content: bytes
    sha256: str
    made_at: datetime
    state: str
    school: str
    expires_at: datetime
    phone: str | None = None
    """The school's."""
    ask: Asked | None = None
    """None if the responsible person no longer works there."""
    messages: Sequence[Said] = ()
    steps: Sequence[str] = ()
    language: str = "en"
    session_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was taken, and the state it left."""

    resource_type: str
    state: str
    at: datetime


class LinkContent(Protocol):
    """A noun that recipients reach; each method runs in a work of the recipient."""

    async def is_stopped(
        self, work: UnitOfWork, link: RecipientLink, *, lock: bool = False
    ) -> bool:
        """Whether the recipient may not be told now, until people review it.

        `lock` holds the share or referral until the end of the work.
        """

    async def show(
        self, work: UnitOfWork, link: RecipientLink, first_of: RecipientSession | None
    ) -> Shown:
        """Show the frozen content; `first_of` is the session whose first view this is."""

    async def give(
        self, work: UnitOfWork, link: RecipientLink, session: RecipientSession, number: int
    ) -> SnapshotFile:
        """Give a file frozen with the content; each time is noted as an opening."""

    async def acknowledge(
        self, work: UnitOfWork, link: RecipientLink, acknowledgement: Acknowledgement
    ) -> Answered:
        """Acknowledge receipt."""

    async def reply(self, work: UnitOfWork, link: RecipientLink, message: Reply) -> Answered:
        """Take a message, question or correction."""

    async def return_outcome(
        self, work: UnitOfWork, link: RecipientLink, outcome: Outcome
    ) -> Answered:
        """Take an agency's decision."""


_BEHIND: dict[str, LinkContent] = {}


def stand_behind(resource_type: str, thing: LinkContent) -> None:
    """Register the content behind links of a noun."""
    _BEHIND[resource_type] = thing


def behind(resource_type: str) -> LinkContent:
    """Get the content behind links of a noun."""
    return _BEHIND[resource_type]

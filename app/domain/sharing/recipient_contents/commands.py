"""A share or a referral as its recipient sees and answers it behind a link."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import RecipientLink, RecipientSession, Referral, Share, SnapshotFile
from app.db.repositories.sharing import recipient_links
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import sent_referral_for
from app.domain.common.alerts.commands import tell_once
from app.domain.errors import StateConflict
from app.domain.sharing.recipient_links.errors import LinkNotFound
from app.domain.sharing.recipient_links.queries import (
    Acknowledgement,
    Answered,
    Asked,
    Outcome,
    Reply,
    Said,
    Shown,
    stand_behind,
)
from app.domain.sharing.referral_answers import commands, queries
from app.domain.sharing.referrals.commands import read_by_agency, traced
from app.domain.sharing.share_recipients.queries import is_barred
from app.domain.sharing.shared_files.commands import frozen_file
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.commands import Answer, frozen, take_answer
from app.domain.steps import record_row

TWICE: Final = timedelta(minutes=2)
SHARE_EVENTS: Final[Mapping[str, str]] = {
    "reply": "replied",
    "correction_requested": "correction_requested",
    "question": "question",
}
"""Names of answers among the events of a share."""
SHOWN_OF_SHARES: Final = frozenset(
    {"acknowledged", *SHARE_EVENTS.values(), *rules.ANSWERED.values()}
)
"""Events that the recipient sees."""

NAMELESS: Final = "the agency"

REFERRAL_EVENTS: Final[Mapping[str, str]] = {
    "reply": "replied",
    "correction_requested": "correction_requested",
    "question": "question",
}
"""Names of answers among the events of a referral."""
SHOWN_OF_REFERRALS: Final = queries.PASSED
"""Events that the agency sees."""
TOLD: Final = ("outcome", "agency_reference")
STEPS: Final = ["acknowledge", "reply", "return_outcome"]


async def _school(work: UnitOfWork, owner_id: UUID) -> Any:
    driver = await work.driver()
    return await recipient_links.school_told(driver, work.actor.school_id, owner_id, work.today)


def _asked(school: Any) -> Asked | None:
    if school["person"] is None:
        return None
    return Asked(school["person"], school["job_title"], school["role"], school["phone"])


class ShareContent:
    """Reads and answers one share."""

    async def is_stopped(
        self, work: UnitOfWork, link: RecipientLink, *, lock: bool = False
    ) -> bool:
        """Whether a bar that two people have not reviewed, or a death, stops the recipient.

        A later concern that is not part of the share stops nothing: an ended link would reveal to
        home that something was disclosed.
        """
        if link.paused_at is not None:
            return True
        share = await (work.sharing.lock if lock else work.sharing.find)(Share, link.resource_id)
        return share is None or await is_barred(work, share, beside=False)

    async def show(
        self, work: UnitOfWork, link: RecipientLink, first_of: RecipientSession | None
    ) -> Shown:
        """The frozen bytes. Raises `LinkNotFound`."""
        share = await _share(work, link)
        snapshot = await work.sharing.snapshot(frozen(share))
        if first_of is not None:
            await _note_opening(work, share, link, first_of)
        record_row(
            work, AuditEvent.SHARE_READ, share,
            details={"link_id": str(link.id), "sha256": snapshot.sha256},
        )  # fmt: skip
        events = await work.sharing.share_events(share.id)
        school = await _school(work, share.owner_id)
        return Shown(
            resource_type="share",
            content=snapshot.content,
            sha256=snapshot.sha256,
            made_at=snapshot.made_at,
            state=share.state,
            school=school["name"],
            phone=school["phone"],
            ask=_asked(school),
            expires_at=link.expires_at,
            messages=_said_of_share(events),
            steps=_steps(share),
            language=link.language,
        )

    async def give(
        self, work: UnitOfWork, link: RecipientLink, session: RecipientSession, number: int
    ) -> SnapshotFile:
        """A file of it. Raises `LinkNotFound`, `SharedFileNotFound`, `SharedFileStopped`."""
        share = await _share(work, link)
        file = await frozen_file(work, frozen(share), number)
        await _note_opening(work, share, link, session, number)
        record_row(
            work, AuditEvent.SHARE_READ, share,
            details={"link_id": str(link.id), "sha256": file.sha256, "attachment": number},
        )  # fmt: skip
        return file

    async def acknowledge(
        self, work: UnitOfWork, link: RecipientLink, acknowledgement: Acknowledgement
    ) -> Answered:
        """Acknowledge receipt; once is enough. Raises `LinkNotFound`."""
        share = await _share(work, link)
        if share.state == "acknowledged":
            return await _again(work, share, link)
        return await _answer(work, share, link, "acknowledged", None, acknowledgement.by)

    async def reply(self, work: UnitOfWork, link: RecipientLink, message: Reply) -> Answered:
        """Take a message, question or correction. Raises `LinkNotFound`."""
        share = await _share(work, link)
        kind = SHARE_EVENTS[message.kind]
        if await _said_of_share_just_now(work, share, kind, message.text):
            return await _again(work, share, link)
        return await _answer(work, share, link, kind, message.text, message.by)

    async def return_outcome(
        self, work: UnitOfWork, link: RecipientLink, outcome: Outcome
    ) -> Answered:
        """A share has no outcome: raises `StateConflict`."""
        raise StateConflict("Only a referral has an outcome.")


async def _share(work: UnitOfWork, link: RecipientLink) -> Share:
    share = await work.sharing.lock(Share, link.resource_id)
    if share is None or share.state not in rules.OUT:
        raise LinkNotFound
    return share


async def _note_opening(
    work: UnitOfWork,
    share: Share,
    link: RecipientLink,
    session: RecipientSession,
    attachment: int | None = None,
) -> None:
    details: dict[str, Any] = {
        "how": "link",
        "link_id": str(link.id),
        "session_id": str(session.id),
        "network": session.network,
    }
    if attachment is not None:
        details["attachment"] = attachment
    await take_answer(work, share, Answer("opened", work.now, None, details), by_id=None)


async def _answer(
    work: UnitOfWork,
    share: Share,
    link: RecipientLink,
    kind: str,
    text: str | None,
    by: str | None,
) -> Answered:
    details = {"how": "link", "link_id": str(link.id), "from": by}
    await take_answer(work, share, Answer(kind, work.now, text, details), by_id=None)
    alert = "correction_asked" if kind == "correction_requested" else "recipient_answered"
    tell_once(work, [share.owner_id], alert, about=("share", share.id))
    return Answered("share", share.state, work.now)


async def _said_of_share_just_now(work: UnitOfWork, share: Share, kind: str, text: str) -> bool:
    """Whether the recipient sent the same a moment ago, as by tapping a button twice."""
    since = work.now - TWICE
    return any(
        event.kind == kind and event.text == text and event.by_id is None and event.at > since
        for event in await work.sharing.share_events(share.id)
    )


async def _again(work: UnitOfWork, share: Share, link: RecipientLink) -> Answered:
    """Answer a repeated message: change nothing, and log the visit."""
    record_row(work, AuditEvent.SHARE_READ, share, details={"link_id": str(link.id), "again": True})
    return Answered("share", share.state, work.now)


def _said_of_share(events: Sequence[Any]) -> list[Said]:
    return [
        Said(
            event.kind,
            event.at,
            event.kind not in rules.ANSWERED.values(),
            event.text,
            {name: event.details[name] for name in ("accepted",) if name in event.details},
        )
        for event in events
        if event.kind in SHOWN_OF_SHARES
    ]


def _steps(share: Share) -> list[str]:
    return ["reply"] if share.state == "acknowledged" else ["acknowledge", "reply"]


class ReferralContent:
    """Reads and answers one referral."""

    async def is_stopped(
        self, work: UnitOfWork, link: RecipientLink, *, lock: bool = False
    ) -> bool:
        """Never stop an agency: a mistaken referral is withdrawn with its link."""
        if lock:
            await work.sharing.lock(Referral, link.resource_id)
        return False

    async def show(
        self, work: UnitOfWork, link: RecipientLink, first_of: RecipientSession | None
    ) -> Shown:
        """The frozen bytes. Raises `ReferralNotFound`."""
        referral = await sent_referral_for(work, link.resource_id)
        assert referral.snapshot_id is not None  # noqa: S101 - it was sent
        snapshot = await work.sharing.snapshot(referral.snapshot_id)
        details = {"link_id": str(link.id), "sha256": snapshot.sha256}
        if first_of is not None:
            opened = {**details, "session_id": str(first_of.id), "network": first_of.network}
            read_by_agency(work, referral, opened, route="portal_link")
        traced(work, referral, AuditEvent.REFERRAL_READ, details)
        events = await work.sharing.referral_events(referral.id)
        school = await _school(work, referral.owner_id)
        return Shown(
            resource_type="referral",
            content=snapshot.content,
            sha256=snapshot.sha256,
            made_at=snapshot.made_at,
            state=referral.state,
            school=school["name"],
            phone=school["phone"],
            ask=_asked(school),
            expires_at=link.expires_at,
            messages=_messages_of(events),
            steps=STEPS,
            language=link.language,
        )

    async def give(
        self, work: UnitOfWork, link: RecipientLink, session: RecipientSession, number: int
    ) -> SnapshotFile:
        """A file of it. Raises `ReferralNotFound`, `SharedFileNotFound`, `SharedFileStopped`."""
        referral = await sent_referral_for(work, link.resource_id)
        assert referral.snapshot_id is not None  # noqa: S101 - it was sent
        file = await frozen_file(work, referral.snapshot_id, number)
        details = {"link_id": str(link.id), "sha256": file.sha256, "attachment": number}
        opened = {**details, "session_id": str(session.id), "network": session.network}
        read_by_agency(work, referral, opened, route="portal_link")
        traced(work, referral, AuditEvent.REFERRAL_READ, details)
        return file

    async def acknowledge(
        self, work: UnitOfWork, link: RecipientLink, acknowledgement: Acknowledgement
    ) -> Answered:
        """Acknowledge receipt."""
        details = {
            "from": acknowledgement.by or NAMELESS,
            "agency_reference": acknowledgement.agency_reference,
        }
        if again := await _said_just_now(work, link, "acknowledged", None, details):
            return again
        referral = await commands.acknowledge(
            work, link.resource_id, acknowledgement.by or NAMELESS, acknowledgement.agency_reference
        )
        return _answered(work, referral)

    async def reply(self, work: UnitOfWork, link: RecipientLink, message: Reply) -> Answered:
        """Take a message: a question or correction needs an answer, any other alerts the owner."""
        kind = REFERRAL_EVENTS[message.kind]
        if again := await _said_just_now(work, link, kind, message.text, {"from": message.by}):
            return again
        if kind == "replied":
            return _answered(
                work, await commands.say(work, link.resource_id, message.text, message.by)
            )
        return _answered(
            work, await commands.ask(work, link.resource_id, message.text, message.by, kind)
        )

    async def return_outcome(
        self, work: UnitOfWork, link: RecipientLink, outcome: Outcome
    ) -> Answered:
        """Take the agency's decision."""
        details = {"from": outcome.by, "outcome": outcome.outcome}
        if again := await _said_just_now(work, link, "outcome_received", outcome.reason, details):
            return again
        referral = await commands.return_outcome(
            work, link.resource_id, outcome.outcome, outcome.reason, outcome.by
        )
        return _answered(work, referral)


async def _said_just_now(
    work: UnitOfWork,
    link: RecipientLink,
    kind: str,
    text: str | None,
    details: Mapping[str, str | None],
) -> Answered | None:
    """Answer a message repeated by tapping twice: change nothing, and log the visit.

    None if it is new. Raises `ReferralNotFound`.
    """
    referral = await sent_referral_for(work, link.resource_id)
    since = work.now - TWICE
    said_before = any(
        (event.kind, event.by_kind, event.text, event.details) == (kind, "agency", text, details)
        and event.at > since
        for event in await work.sharing.referral_events(referral.id)
    )
    if not said_before:
        return None
    traced(work, referral, AuditEvent.REFERRAL_READ, {"link_id": str(link.id), "again": True})
    return _answered(work, referral)


def _answered(work: UnitOfWork, referral: Referral) -> Answered:
    return Answered("referral", referral.state, work.now)


def _messages_of(events: Sequence[Any]) -> list[Said]:
    return [
        Said(
            event.kind,
            event.at,
            event.by_kind == "agency",
            event.text,
            {name: event.details[name] for name in TOLD if event.details.get(name)},
        )
        for event in events
        if event.kind in SHOWN_OF_REFERRALS
    ]


def stand() -> None:
    """Register shares and referrals as content of links."""
    stand_behind("share", ShareContent())
    stand_behind("referral", ReferralContent())

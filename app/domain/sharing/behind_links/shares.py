"""A share as its recipient sees and answers it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from app.core.words import AuditEvent
from app.db.models import RecipientLink, RecipientSession, Share, SnapshotFile
from app.db.repositories.sharing import recipient_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell_once
from app.domain.errors import StateConflict
from app.domain.sharing.recipients.errors import LinkNotFound
from app.domain.sharing.recipients.things import (
    Acknowledgement,
    Answered,
    Outcome,
    Reply,
    Said,
    Shown,
)
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.choosing import frozen_file
from app.domain.sharing.shares.commands import Answer, frozen, take_answer
from app.domain.sharing.shares.recipients import is_barred

TWICE: Final = timedelta(minutes=2)
KINDS: Final[Mapping[str, str]] = {
    "reply": "replied",
    "correction_requested": "correction_requested",
    "question": "question",
}
"""Kinds of answers, as the events of a share call them."""
OF_BOTH: Final = frozenset({"acknowledged", *KINDS.values(), *rules.ANSWERED.values()})
"""What the recipient is shown of what happened."""


class BehindShares:
    """Reads and answers one share."""

    async def is_stopped(
        self, work: UnitOfWork, link: RecipientLink, *, lock: bool = False
    ) -> bool:
        """Whether something bars the recipient that two people have not looked at, or a death

        has paused everything to the family.
        """
        if link.paused_at is not None:
            return True
        share = await (work.sharing.lock if lock else work.sharing.find)(Share, link.thing_id)
        return share is None or await is_barred(work, share)

    async def show(
        self, work: UnitOfWork, link: RecipientLink, first_of: RecipientSession | None
    ) -> Shown:
        """The frozen bytes. Raises `LinkNotFound`."""
        share = await _share(work, link)
        snapshot = await work.sharing.snapshot(frozen(share))
        if first_of is not None:
            await _note_opening(work, share, link, first_of)
        work.record(
            AuditEvent.SHARE_READ, "share", share.id, child_id=share.child_id,
            details={"link_id": str(link.id), "sha256": snapshot.sha256},
        )  # fmt: skip
        events = await work.sharing.share_events(share.id)
        driver = await work.driver()
        school = await recipient_reads.school_told(driver, work.actor.school_id)
        return Shown(
            noun="share",
            content=snapshot.content,
            sha256=snapshot.sha256,
            made_at=snapshot.made_at,
            state=share.state,
            school=school["name"],
            phone=school["phone"],
            expires_at=link.expires_at,
            said=_said(events),
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
        work.record(
            AuditEvent.SHARE_READ, "share", share.id, child_id=share.child_id,
            details={"link_id": str(link.id), "sha256": file.sha256, "attachment": number},
        )  # fmt: skip
        return file

    async def acknowledge(
        self, work: UnitOfWork, link: RecipientLink, said: Acknowledgement
    ) -> Answered:
        """It was received; once is enough. Raises `LinkNotFound`."""
        share = await _share(work, link)
        if share.state == "acknowledged":
            return await _again(work, share, link)
        return await _answer(work, share, link, "acknowledged", None, said.by)

    async def reply(self, work: UnitOfWork, link: RecipientLink, said: Reply) -> Answered:
        """Something is said, asked or to be put right. Raises `LinkNotFound`."""
        share = await _share(work, link)
        kind = KINDS[said.kind]
        if await _said_just_now(work, share, kind, said.text):
            return await _again(work, share, link)
        return await _answer(work, share, link, kind, said.text, said.by)

    async def return_outcome(
        self, work: UnitOfWork, link: RecipientLink, said: Outcome
    ) -> Answered:
        """A share has no outcome: raises `StateConflict`."""
        raise StateConflict("Only a referral has an outcome.")


async def _share(work: UnitOfWork, link: RecipientLink) -> Share:
    share = await work.sharing.lock(Share, link.thing_id)
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
    await tell_once(work, [share.owner_id], alert, about=("share", share.id))
    return Answered("share", share.state, work.now)


async def _said_just_now(work: UnitOfWork, share: Share, kind: str, text: str) -> bool:
    """Whether the recipient said just this a moment ago, as whoever taps a button twice does."""
    since = work.now - TWICE
    return any(
        event.kind == kind and event.text == text and event.by_id is None and event.at > since
        for event in await work.sharing.share_events(share.id)
    )


async def _again(work: UnitOfWork, share: Share, link: RecipientLink) -> Answered:
    """Said before: nothing changes, and that somebody was there is traced."""
    work.record(
        AuditEvent.SHARE_READ, "share", share.id, child_id=share.child_id,
        details={"link_id": str(link.id), "again": True},
    )  # fmt: skip
    return Answered("share", share.state, work.now)


def _said(events: Sequence[Any]) -> list[Said]:
    return [
        Said(
            event.kind,
            event.at,
            event.kind not in rules.ANSWERED.values(),
            event.text,
            {name: event.details[name] for name in ("accepted",) if name in event.details},
        )
        for event in events
        if event.kind in OF_BOTH
    ]


def _steps(share: Share) -> list[str]:
    return ["reply"] if share.state == "acknowledged" else ["acknowledge", "reply"]

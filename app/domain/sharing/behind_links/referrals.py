"""A referral as the agency sees and answers it behind its link."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from app.core.words import AuditEvent
from app.db.models import RecipientLink, RecipientSession, Referral, SnapshotFile
from app.db.repositories.sharing import recipient_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.agency_side import sent_referral_for
from app.domain.sharing.recipients.things import (
    Acknowledgement,
    Answered,
    Outcome,
    Reply,
    Said,
    Shown,
)
from app.domain.sharing.referrals import agency_side, answering
from app.domain.sharing.referrals.steps import read_by_agency, traced
from app.domain.sharing.shares.choosing import frozen_file

NAMELESS: Final = "the agency"
TWICE: Final = timedelta(minutes=2)
KINDS: Final[Mapping[str, str]] = {
    "reply": "replied",
    "correction_requested": "correction_requested",
    "question": "question",
}
"""Kinds of answers, as the events of a referral call them."""
OF_BOTH: Final = agency_side.PASSED
"""What the agency is shown of what happened."""
TOLD: Final = ("outcome", "agency_reference")
STEPS: Final = ["acknowledge", "reply", "return_outcome"]


class BehindReferrals:
    """Reads and answers one referral."""

    async def is_stopped(
        self, work: UnitOfWork, link: RecipientLink, *, lock: bool = False
    ) -> bool:
        """Nothing bars an agency: a referral that went wrong is withdrawn with its link."""
        if lock:
            await work.sharing.lock(Referral, link.thing_id)
        return False

    async def show(
        self, work: UnitOfWork, link: RecipientLink, first_of: RecipientSession | None
    ) -> Shown:
        """The frozen bytes. Raises `ReferralNotFound`."""
        referral = await sent_referral_for(work, link.thing_id)
        assert referral.snapshot_id is not None  # noqa: S101 - it was sent
        snapshot = await work.sharing.snapshot(referral.snapshot_id)
        details = {"link_id": str(link.id), "sha256": snapshot.sha256}
        if first_of is not None:
            opened = {**details, "session_id": str(first_of.id), "network": first_of.network}
            read_by_agency(work, referral, opened, route="portal_link")
        traced(work, referral, AuditEvent.REFERRAL_READ, details)
        events = await work.sharing.referral_events(referral.id)
        driver = await work.driver()
        school = await recipient_reads.school_told(driver, work.actor.school_id)
        return Shown(
            noun="referral",
            content=snapshot.content,
            sha256=snapshot.sha256,
            made_at=snapshot.made_at,
            state=referral.state,
            school=school["name"],
            phone=school["phone"],
            expires_at=link.expires_at,
            said=_said(events),
            steps=STEPS,
            language=link.language,
        )

    async def give(
        self, work: UnitOfWork, link: RecipientLink, session: RecipientSession, number: int
    ) -> SnapshotFile:
        """A file of it. Raises `ReferralNotFound`, `SharedFileNotFound`, `SharedFileStopped`."""
        referral = await sent_referral_for(work, link.thing_id)
        assert referral.snapshot_id is not None  # noqa: S101 - it was sent
        file = await frozen_file(work, referral.snapshot_id, number)
        details = {"link_id": str(link.id), "sha256": file.sha256, "attachment": number}
        opened = {**details, "session_id": str(session.id), "network": session.network}
        read_by_agency(work, referral, opened, route="portal_link")
        traced(work, referral, AuditEvent.REFERRAL_READ, details)
        return file

    async def acknowledge(
        self, work: UnitOfWork, link: RecipientLink, said: Acknowledgement
    ) -> Answered:
        """It was received."""
        details = {"from": said.by or NAMELESS, "agency_reference": said.agency_reference}
        if again := await _said_just_now(work, link, "acknowledged", None, details):
            return again
        referral = await answering.acknowledge(
            work, link.thing_id, said.by or NAMELESS, said.agency_reference
        )
        return _answered(work, referral)

    async def reply(self, work: UnitOfWork, link: RecipientLink, said: Reply) -> Answered:
        """A question or a correction waits for an answer; anything else is kept and told."""
        kind = KINDS[said.kind]
        if again := await _said_just_now(work, link, kind, said.text, {"from": said.by}):
            return again
        if kind == "replied":
            return _answered(work, await answering.say(work, link.thing_id, said.text, said.by))
        return _answered(work, await answering.ask(work, link.thing_id, said.text, said.by, kind))

    async def return_outcome(
        self, work: UnitOfWork, link: RecipientLink, said: Outcome
    ) -> Answered:
        """The agency decided."""
        details = {"from": said.by, "outcome": said.outcome}
        if again := await _said_just_now(work, link, "outcome_received", said.reasons, details):
            return again
        referral = await answering.return_outcome(
            work, link.thing_id, said.outcome, said.reasons, said.by
        )
        return _answered(work, referral)


async def _said_just_now(
    work: UnitOfWork,
    link: RecipientLink,
    kind: str,
    text: str | None,
    details: Mapping[str, str | None],
) -> Answered | None:
    """What answers whoever taps a button twice: nothing changes, that they came is traced.

    None where it was not said a moment ago. Raises `ReferralNotFound`.
    """
    referral = await sent_referral_for(work, link.thing_id)
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


def _said(events: Sequence[Any]) -> list[Said]:
    return [
        Said(
            event.kind,
            event.at,
            event.by_kind == "agency",
            event.text,
            {name: event.details[name] for name in TOLD if event.details.get(name)},
        )
        for event in events
        if event.kind in OF_BOTH
    ]

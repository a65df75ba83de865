"""Answer recipients' requests, and close expired shares and links."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Share
from app.db.reading import Reading
from app.db.repositories.sharing import recipient_links
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import start_clock
from app.domain.errors import StateConflict
from app.domain.sharing.recipient_links.commands import end_links, tell_answered
from app.domain.sharing.share_answers.schemas import CorrectionAnswerIn, RecipientAnswerIn
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.commands import bring_to_end, end, move, note_event, share_at
from app.domain.steps import record_row

AT_ONCE = 100


async def answer_correction(
    work: UnitOfWork, share_id: UUID, version: int, body: CorrectionAnswerIn
) -> Share:
    """Answer open correction requests; the shared content stays, and a corrected share is new.

    Raises `PermissionMissing`, `ShareNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`
    (nothing needs an answer).
    """
    share = await share_at(work, share_id, version, "answer_correction")
    details = {"accepted": body.accepted}
    await _answer(work, share, "correction_requested", body.reason, details)
    record_row(work, AuditEvent.SHARE_CORRECTION_ANSWERED, share, details=details)
    return share


async def answer_recipient(
    work: UnitOfWork, share_id: UUID, version: int, body: RecipientAnswerIn
) -> Share:
    """Answer a question. Raises as `answer_correction`."""
    share = await share_at(work, share_id, version, "answer_recipient")
    await _answer(work, share, "question", body.text, {})
    record_row(work, AuditEvent.SHARE_ANSWERED, share, details={"kind": "answered"})
    return share


async def _answer(
    work: UnitOfWork, share: Share, asked: str, text: str, details: Mapping[str, Any]
) -> None:
    kinds = [event.kind for event in await work.sharing.share_events(share.id)]
    if asked not in rules.waiting(kinds):
        raise StateConflict("Nothing needs this answer.")
    answered = rules.ANSWERED[asked]
    if share.ended_at is None and not rules.waiting([*kinds, answered]):
        if share.state in rules.AT_END:
            end(work, share, "answered")
        else:
            await start_clock(work, share, rules.FOLLOW_UP)
    move(work, share, share.state)
    note_event(work, share, answered, at=work.now, by_id=work.actor.id, text=text, details=details)
    await tell_answered(work, "share", share.id)


async def any_over(reading: Reading) -> bool:
    """Whether anything of the school has to be closed."""
    asked = (reading.driver, reading.actor.school_id, reading.now, 1)
    shares = await recipient_links.shares_over(*asked)
    return bool(shares) or bool(await recipient_links.links_over(*asked))


async def close_over(work: UnitOfWork) -> int:
    """Close what has expired, oldest first; returns how many, at most twice `AT_ONCE`.

    An acknowledged share has reached its end: its link ends and it stays acknowledged. A
    recipient's request does not expire: its clock runs until someone answers.
    """
    driver = await work.driver()
    asked = (driver, work.actor.school_id, work.now, AT_ONCE)
    shares = await recipient_links.shares_over(*asked)
    for id_ in shares:
        await _expire(work, id_)
    links = await recipient_links.links_over(await work.driver(), *asked[1:])
    for row in links:
        await end_links(work, row["noun"], row["thing_id"], "expired")
    return len(shares) + len(links)


async def _expire(work: UnitOfWork, share_id: UUID) -> None:
    share = await work.sharing.lock(Share, share_id)
    if share is None or share.expires_at is None or share.ended_at is not None:
        return
    await end_links(work, "share", share.id, "expired")
    await bring_to_end(work, share, "expired")
    note_event(work, share, "expired", at=share.expires_at, by_id=None)
    record_row(work, AuditEvent.SHARE_EXPIRED, share)

"""Shares and links whose time is over are closed; they were refused from that second on."""

from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Share
from app.db.reading import Reading
from app.db.repositories.sharing import recipient_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.sharing.recipients.links import end_links
from app.domain.sharing.shares.commands import bring_to_end, note_event

AT_ONCE = 100


async def any_over(reading: Reading) -> bool:
    """Whether anything of the school waits to be closed."""
    asked = (reading.driver, reading.actor.school_id, reading.now, 1)
    shares = await recipient_reads.shares_over(*asked)
    return bool(shares) or bool(await recipient_reads.links_over(*asked))


async def close_over(work: UnitOfWork) -> int:
    """Close what is over, oldest first; how many there were, at most twice `AT_ONCE`.

    An acknowledged share has reached its end: its link ends and it stays acknowledged. What a
    recipient asked does not end by time: its clock runs until somebody answers.
    """
    driver = await work.driver()
    asked = (driver, work.actor.school_id, work.now, AT_ONCE)
    shares = await recipient_reads.shares_over(*asked)
    for id_ in shares:
        await _expire(work, id_)
    links = await recipient_reads.links_over(await work.driver(), *asked[1:])
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
    work.record(AuditEvent.SHARE_EXPIRED, "share", share.id, child_id=share.child_id)

"""What a link's message is made of, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import RecipientLink
from app.db.repositories.sharing import recipient_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.people.sessions.vaults import Vault
from app.domain.sharing.recipients import rules


@dataclass(frozen=True, slots=True)
class Letter:
    """A link that is still to be mailed; the school's name is all that is said."""

    address: str
    token: str
    language: str
    school: str


async def letter_of(work: UnitOfWork, vault: Vault, link_id: UUID) -> Letter | None:
    """What to send; None where the link has ended, is over, or was mailed."""
    link = await work.recipients.find(RecipientLink, link_id)
    return await _letter(work, vault, link) if link is not None and _waits(link) else None


async def answer_letter_of(work: UnitOfWork, vault: Vault, link_id: UUID) -> Letter | None:
    """What to send to say that an answer waits; None where the link has ended, or is over."""
    link = await work.recipients.find(RecipientLink, link_id)
    return await _letter(work, vault, link) if link is not None else None


async def _letter(work: UnitOfWork, vault: Vault, link: RecipientLink) -> Letter | None:
    if link.address is None or link.sealed is None or _is_over(link, work.now):
        return None
    token = rules.Token(link.school_id, link.id, vault.open(link.sealed, link.id.bytes))
    school = await recipient_reads.school_name(await work.driver(), link.school_id)
    return Letter(link.address, token.text, link.language, school)


async def note_mailed(work: UnitOfWork, link_id: UUID) -> None:
    """The message was taken."""
    link = await work.recipients.lock(RecipientLink, link_id)
    if link is None or not _waits(link):
        return
    link.mailed_at = work.now
    work.record(
        AuditEvent.RECIPIENT_LINK_MAILED,
        link.noun,
        link.thing_id,
        details={"link_id": str(link.id)},
    )


async def note_answer_mailed(work: UnitOfWork, link_id: UUID) -> None:
    """The message that an answer waits was taken."""
    link = await work.recipients.find(RecipientLink, link_id)
    if link is not None:
        details = {"link_id": str(link.id), "answer": True}
        work.record(AuditEvent.RECIPIENT_LINK_MAILED, link.noun, link.thing_id, details=details)


async def note_refused(work: UnitOfWork, link_id: UUID) -> None:
    """The address takes no mail: whoever owns what was sent finds another way."""
    link = await work.recipients.find(RecipientLink, link_id)
    if link is None or link.ended_at is not None:
        return
    owner = await recipient_reads.owner_of(
        await work.driver(), link.school_id, link.noun, link.thing_id
    )
    tell(work, owner["owner_id"], "link_not_delivered", about=(link.noun, link.thing_id))


def _is_over(link: RecipientLink, now: datetime) -> bool:
    """Whether its time is over, or nothing goes by it until a lead has decided."""
    return link.expires_at <= now or link.paused_at is not None


def _waits(link: RecipientLink) -> bool:
    return link.ended_at is None and link.mailed_at is None and link.address is not None

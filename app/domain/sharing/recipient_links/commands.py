"""Make, mail and end a link, and renew its code."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import RecipientLink, Referral, Share
from app.db.repositories.sharing import recipient_links
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.kinds import when_corrected
from app.domain.people.second_factors.rules import Vault
from app.domain.sharing.recipient_links import rules
from app.domain.sharing.recipient_links.errors import LinkMissing
from app.domain.sharing.recipient_links.queries import behind
from app.domain.steps import new

Noun = Literal["share", "referral"]
MAIL, MAIL_ANSWER = "recipient.send_link", "recipient.tell_answered"


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link and its code, which cannot be shown again; `{base_url}/shared/{token}` opens it."""

    link_id: UUID
    token: str
    code: str
    expires_at: datetime
    code_route: str


@dataclass(frozen=True, slots=True)
class ByMail:
    """Address and language (`en` or `cy`) for mailing a link."""

    address: str
    language: str = "en"


async def make_link(
    work: UnitOfWork,
    resource_type: Noun,
    resource_id: UUID,
    *,
    expires_at: datetime,
    code_route: str,
    vault: Vault | None = None,
    mail: ByMail | None = None,
    language: str = "en",
) -> MadeLink:
    """Make a link with its code; the previous one ends.

    `vault` seals the secret, so that the link can be mailed (`mail`) and given a new code; without
    it the link can only be handed over, in `language`. The code has to go by another route: raises
    `ValidationFailed`.
    """
    check_route(code_route, mail)
    await end_links(work, resource_type, resource_id, "superseded")
    secret, code = rules.new_secret(), rules.new_code()
    link = new(
        work, RecipientLink, share_id=resource_id if resource_type == "share" else None,
        referral_id=resource_id if resource_type == "referral" else None,
        secret_hash=rules.hash_of(secret), code_mac=rules.mac_of(code, secret),
        code_route=code_route, code_made_at=work.now,
        wrong_codes=0, expires_at=expires_at, language=mail.language if mail else language,
        address=mail.address if mail else None,
    )  # fmt: skip
    link.sealed = vault.seal(secret, link.id.bytes) if vault else None
    work.recipients.add(link)
    _record_code(work, link)
    if mail is not None:
        work.enqueue(Job(MAIL, {"link_id": str(link.id)}))
    token = rules.Token(link.school_id, link.id, secret).text
    return MadeLink(link.id, token, code, expires_at, code_route)


def check_route(code_route: str, mail: ByMail | None) -> None:
    """Raise `ValidationFailed` if link and code would go by one route."""
    if mail is not None and code_route in (rules.EMAIL, "secure_email"):
        problem = FieldProblem(
            "/code_route", "same_route", "The link goes by email: tell the code another way."
        )
        raise ValidationFailed(problems=[problem])


async def end_links(work: UnitOfWork, resource_type: Noun, resource_id: UUID, reason: str) -> None:
    """End the link to a share or a referral, and every session behind it, at once.

    Its mail address stays with it, for those who may send.
    """
    link = await work.recipients.live_link(resource_type, resource_id, lock=True)
    if link is None:
        return
    link.ended_at, link.ended_reason_code = work.now, reason
    link.sealed = link.code_mac = link.spent_mac = None
    await work.recipients.end_sessions(link.id, work.now)
    work.record(
        AuditEvent.RECIPIENT_LINK_ENDED, resource_type, resource_id,
        details={"link_id": str(link.id), "because": reason},
    )  # fmt: skip
    await work.session.flush()


async def withhold(work: UnitOfWork, resource_type: Noun, resource_id: UUID) -> None:
    """End a link whose content is about another child; waits until none is being made."""
    await work.sharing.lock(Share if resource_type == "share" else Referral, resource_id)
    await end_links(work, resource_type, resource_id, "corrected")


when_corrected("share", lambda work, id_: withhold(work, "share", id_))
when_corrected("referral", lambda work, id_: withhold(work, "referral", id_))


async def tell_answered(work: UnitOfWork, resource_type: Noun, resource_id: UUID) -> None:
    """Tell a recipient whose link was mailed that the school has answered."""
    link = await work.recipients.live_link(resource_type, resource_id)
    if link is not None and link.address is not None and link.expires_at > work.now:
        args = {"link_id": str(link.id), "answer_id": str(new_id())}
        work.enqueue(Job(MAIL_ANSWER, args))


async def renew_code(
    work: UnitOfWork, vault: Vault, resource_type: Noun, resource_id: UUID, code_route: str
) -> MadeLink:
    """Make a new code for the live link; the old code ends and a lock is opened.

    Raises `LinkMissing`, even if its secret was never sealed: then make a new link.
    """
    link = await work.recipients.live_link(resource_type, resource_id, lock=True)
    if link is None or link.sealed is None or link.expires_at <= work.now:
        raise LinkMissing
    check_route(code_route, ByMail(link.address) if link.address else None)
    secret, code = vault.open(link.sealed, link.id.bytes), rules.new_code()
    link.code_mac, link.code_route = rules.mac_of(code, secret), code_route
    link.code_made_at, link.wrong_codes, link.locked_at = work.now, 0, None
    _record_code(work, link)
    token = rules.Token(link.school_id, link.id, secret).text
    return MadeLink(link.id, token, code, link.expires_at, code_route)


async def reseal_links(work: UnitOfWork, vault: Vault) -> None:
    """Seal again the secrets of links that an older key sealed."""
    for link in await work.recipients.sealed_links():
        assert link.sealed is not None  # noqa: S101 - they were chosen by it
        if not vault.is_current(link.sealed):
            link.sealed = vault.seal(vault.open(link.sealed, link.id.bytes), link.id.bytes)
            _record_code(work, link, resealed=True)


def _record_code(work: UnitOfWork, link: RecipientLink, **details: bool) -> None:
    work.record(
        AuditEvent.RECIPIENT_CODE_MADE, link.resource_type, link.resource_id,
        details={"link_id": str(link.id), "code_route": link.code_route, **details},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A link still to be mailed; the message contains only the school's name."""

    address: str
    token: str
    language: str
    school: str


async def tell_stopped(work: UnitOfWork, link: RecipientLink) -> None:
    """Alert the owner, once, that the recipient may no longer be told."""
    if link.stop_told_at is not None:
        return
    link.stop_told_at = work.now
    about = (link.resource_type, link.resource_id)
    owner = await recipient_links.owner_of(await work.driver(), link.school_id, *about)
    tell(work, owner["owner_id"], "recipient_stopped", about=about)


async def letter_of(work: UnitOfWork, vault: Vault, link_id: UUID) -> Letter | None:
    """Get the mail to send; None if the link has ended, expired, was mailed, or is stopped."""
    link = await work.recipients.find(RecipientLink, link_id)
    return await _letter(work, vault, link) if link is not None and _waits(link) else None


async def answer_letter_of(work: UnitOfWork, vault: Vault, link_id: UUID) -> Letter | None:
    """Get the mail that announces an answer; None if the link has ended, expired or is stopped."""
    link = await work.recipients.find(RecipientLink, link_id)
    return await _letter(work, vault, link) if link is not None else None


async def _letter(work: UnitOfWork, vault: Vault, link: RecipientLink) -> Letter | None:
    if link.address is None or link.sealed is None or _is_over(link, work.now):
        return None
    if await behind(link.resource_type).is_stopped(work, link):
        await tell_stopped(work, link)
        return None
    token = rules.Token(link.school_id, link.id, vault.open(link.sealed, link.id.bytes))
    school = await recipient_links.school_name(await work.driver(), link.school_id)
    return Letter(link.address, token.text, link.language, school)


async def note_mailed(work: UnitOfWork, link_id: UUID) -> None:
    """Record that the mail server accepted the message."""
    link = await work.recipients.lock(RecipientLink, link_id)
    if link is None or not _waits(link):
        return
    link.mailed_at = work.now
    work.record(
        AuditEvent.RECIPIENT_LINK_MAILED, link.resource_type, link.resource_id,
        details={"link_id": str(link.id)},
    )  # fmt: skip


async def note_answer_mailed(work: UnitOfWork, link_id: UUID) -> None:
    """Record that the mail server accepted the announcement of an answer."""
    link = await work.recipients.find(RecipientLink, link_id)
    if link is not None:
        details = {"link_id": str(link.id), "answer": True}
        work.record(
            AuditEvent.RECIPIENT_LINK_MAILED, link.resource_type, link.resource_id, details=details
        )


async def note_refused(work: UnitOfWork, link_id: UUID) -> None:
    """Alert the owner to find another route, because the address takes no mail."""
    link = await work.recipients.find(RecipientLink, link_id)
    if link is None or link.ended_at is not None:
        return
    owner = await recipient_links.owner_of(
        await work.driver(), link.school_id, link.resource_type, link.resource_id
    )
    tell(
        work, owner["owner_id"], "link_not_delivered", about=(link.resource_type, link.resource_id)
    )


def _is_over(link: RecipientLink, now: datetime) -> bool:
    """Whether it has expired, or is paused until a lead decides."""
    return link.expires_at <= now or link.paused_at is not None


def _waits(link: RecipientLink) -> bool:
    return link.ended_at is None and link.mailed_at is None and link.address is not None

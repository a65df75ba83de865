"""Sending a referral: by what way it went, by the agency's own system, or by a link and a code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.sessions.vaults import Vault
from app.domain.sharing.recipients.links import ByMail, MadeLink, make_link
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.content import referral_content, unconfirmed_files
from app.domain.sharing.referrals.delivering import SENT, tell_agency
from app.domain.sharing.referrals.drafting import referral_at
from app.domain.sharing.referrals.errors import NoAddress
from app.domain.sharing.referrals.steps import Note, chronicled, go_on, move, note, traced
from app.domain.sharing.shares.checks import check_moment, member_of_staff
from app.domain.sharing.shares.content import Content, freeze
from app.domain.sharing.shares.errors import ApprovalIncomplete
from app.domain.sharing.shares.files import Confirmed, choices, problems_with_files
from app.domain.sharing.shares.recipients import BARRED_ADDRESS, is_barred_address

LINK, WEBHOOK = "portal_link", "webhook"
LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SendReferral:
    """It went to the agency at a moment, by a route, to somebody, by a member of staff."""

    referral_id: UUID
    version: int
    route: str
    at: datetime
    to: str
    by_id: UUID | None = None
    note: str | None = None
    attachments: Sequence[Confirmed] = ()
    """What whoever sends an emergency says of its files: nobody else looks at them first."""


@dataclass(frozen=True, slots=True)
class SendLink:
    """A link for the agency: mailed where it has an address, and its code by another way.

    A referral that was not sent yet is sent by it; else the link before ends.
    """

    referral_id: UUID
    version: int
    code_route: str
    email: str | None = None
    by_hand: bool = False
    language: str = "en"
    days: int = LASTS.days
    attachments: Sequence[Confirmed] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral with the link made for it, and whether that is mailed."""

    referral: Referral
    made: MadeLink
    mailed: bool


async def send_referral(work: UnitOfWork, wish: SendReferral) -> Referral:
    """Say that it was sent. An emergency may go before approval, and is frozen as it went.

    Sending again, such as in writing after a call, is recorded beside the first. By `webhook`
    the agency's system is told by a job. Raises `PermissionMissing`, `ReferralNotFound`,
    `ItemsHidden`, `VersionStale`, `StateConflict`, `NoAddress`, `ValidationFailed`,
    `ApprovalIncomplete` (an emergency with files that nobody has looked at for it).
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "send_referral")
    if wish.route == LINK:
        problem = FieldProblem("/route", "needs_link", "Make a link for the agency to send it so.")
        raise ValidationFailed(problems=[problem])
    agency = await _agency(work, referral)
    if wish.route == WEBHOOK and agency.webhook_url is None:
        raise NoAddress
    check_moment(work, wish.at, referral.drafted_at)
    by_id = await member_of_staff(work, wish.by_id)
    await went(work, referral, wish.at, wish.route, wish.attachments)
    said = Note("sent", wish.at, by_id, route=wish.route, text=wish.note, details={"to": wish.to})
    event_id = note(work, referral, said)
    if wish.route == WEBHOOK:
        tell_agency(work, referral, agency, event_id, SENT)
    trace_sending(work, referral, wish.route)
    return referral


async def send_link(work: UnitOfWork, vault: Vault, wish: SendLink) -> Sent:
    """Make the agency's link; the link before ends. Raises as `send_referral`."""
    referral = await referral_at(work, wish.referral_id, wish.version, "make_referral_link")
    agency = await _agency(work, referral)
    address = None if wish.by_hand else agency.email or wish.email
    if address and await is_barred_address(work, referral.child_id, address):
        raise ValidationFailed(problems=[BARRED_ADDRESS])
    first = referral.state in ("draft", "approved")
    if first:
        await went(work, referral, work.now, LINK, wish.attachments)
    made = await make_link(
        work, "referral", referral.id, expires_at=work.now + timedelta(days=wish.days),
        code_route=wish.code_route, vault=vault,
        mail=ByMail(address, wish.language) if address else None, language=wish.language,
    )  # fmt: skip
    details = {"to": agency.name, "link_id": str(made.link_id), "mailed": address is not None}
    kind = "sent" if first else "link_made"
    note(work, referral, Note(kind, work.now, work.actor.id, route=LINK, details=details))
    if not first:
        move(work, referral, referral.state)
    trace_sending(work, referral, LINK)
    return Sent(referral, made, address is not None)


async def went(
    work: UnitOfWork,
    referral: Referral,
    at: datetime,
    route: str,
    confirmed: Sequence[Confirmed] = (),
) -> None:
    """Freeze it where it was not frozen yet, and start the clock of the agency's answer.

    An emergency waits for nobody's approval; each of its files still needs the word of whoever
    sends it, or is taken out first. Raises `ApprovalIncomplete`.
    """
    if referral.state == "draft":
        content = await referral_content(work, referral)
        await _check_files(work, referral, content, confirmed)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
    referral.sent_at = referral.sent_at or at
    move(work, referral, "sent")
    await go_on(work, referral, route=route)
    await chronicled(work, referral, at)


async def _check_files(
    work: UnitOfWork, referral: Referral, content: Content, confirmed: Sequence[Confirmed]
) -> None:
    if not any(choices(referral.items)):
        return
    problems = problems_with_files(content.problems)
    problems += await unconfirmed_files(work, referral, content, confirmed)
    if problems:
        raise ApprovalIncomplete(problems=problems)


def trace_sending(work: UnitOfWork, referral: Referral, route: str) -> None:
    """Say in the trail that it was sent, and whether somebody must review it still."""
    owed = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    traced(work, referral, AuditEvent.REFERRAL_SENT, {"route": route, "approval_owed": owed})


async def _agency(work: UnitOfWork, referral: Referral) -> Agency:
    found = await work.sharing.find(Agency, referral.agency_id)
    assert found is not None  # noqa: S101 - a foreign key says so
    return found

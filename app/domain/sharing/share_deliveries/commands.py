"""Send an approved share: a link by mail or by hand, and its code by another route."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Share
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of, start_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.errors import FieldProblem, SecondPersonNeeded, StateConflict, ValidationFailed
from app.domain.people.second_factors.rules import Vault
from app.domain.sharing.barred_recipients.queries import BARRED_ADDRESS
from app.domain.sharing.recipient_links.commands import ByMail, MadeLink, make_link, renew_code
from app.domain.sharing.share_approvals.commands import approval
from app.domain.sharing.share_deliveries.schemas import (
    ShareCodeIn,
    ShareConfirmationIn,
    ShareSendingIn,
)
from app.domain.sharing.share_recipients.queries import guard_marks, is_barred, kept_address
from app.domain.sharing.share_recipients.rules import hash_of
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.commands import enter_chronology, frozen, move, note_event, share_at
from app.domain.sharing.shares.errors import AddressChanged, RecipientBarred
from app.domain.steps import record_row


@dataclass(frozen=True, slots=True)
class Sent:
    """A share that went out, its link and whether that is mailed."""

    share: Share
    made: MadeLink
    mailed: bool


async def send_share(
    work: UnitOfWork, vault: Vault, share_id: UUID, version: int, body: ShareSendingIn
) -> Sent:
    """Make a link and mail it, or return it for handing over; the previous link ends.

    Raises `PermissionMissing`, `ShareNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`,
    `RecipientBarred`, `AddressChanged`, `FileLocked`, `ValidationFailed`, `TellingBlocked`,
    `ParentsGuarded`, `ItemNotOfChild`.
    """
    share = await share_at(work, share_id, version, "send_share")
    first = share.state == "approved"
    if await is_barred(work, share, refuse=True):
        raise RecipientBarred
    share.expires_at = share.expires_at or await _default_expiry(work)
    if share.expires_at <= work.now:
        raise StateConflict("This share has expired.")
    mail = await _by_mail(work, share, body)
    if mail is not None and await is_barred(work, share, mail.address, refuse=True):
        raise ValidationFailed(problems=[BARRED_ADDRESS])
    made = await make_link(
        work, "share", share.id, expires_at=share.expires_at, code_route=body.code_route,
        vault=vault, mail=mail, language=body.language,
    )  # fmt: skip
    move(work, share, rules.state_after_hand_over(share.state))
    if share.ended_at is None and share.due_rule not in rules.WAITING.values():
        await start_clock(work, share, rules.FOLLOW_UP)
    details = {"link_id": str(made.link_id), "mailed": mail is not None}
    note_event(
        work, share, "sent", at=work.now, by_id=work.actor.id, route="portal_link", details=details
    )
    if first:
        await enter_chronology(work, share, work.now)
    record_row(work, AuditEvent.SHARE_SENT, share, details=details)
    return Sent(share, made, mail is not None)


async def renew_share_code(
    work: UnitOfWork, vault: Vault, share_id: UUID, version: int, body: ShareCodeIn
) -> Sent:
    """Make a new code for the live link, which opens a lock.

    Raises as `send_share`, and `LinkMissing`.
    """
    share = await share_at(work, share_id, version, "renew_share_code")
    if await is_barred(work, share, refuse=True):
        raise RecipientBarred
    made = await renew_code(work, vault, "share", share.id, body.code_route)
    move(work, share, share.state)
    note_event(
        work, share, "code_made", at=work.now, by_id=work.actor.id,
        details={"link_id": str(made.link_id)},
    )  # fmt: skip
    return Sent(share, made, mailed=False)


async def confirm_share(
    work: UnitOfWork, share_id: UUID, version: int, body: ShareConfirmationIn
) -> Share:
    """Sign, as one of two, that a recipient who has since been barred may still read it.

    One person is enough if all that came since needs only a reason. It goes where it was approved
    to go: nobody signs for an address here.

    Raises `PermissionMissing`, `ShareNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`
    (nothing bars them), `SecondPersonNeeded` (signed already), `TellingBlocked`, `ParentsGuarded`,
    `ItemNotOfChild`.
    """
    share = await share_at(work, share_id, version, "confirm_share")
    if not await is_barred(work, share, refuse=True):
        raise StateConflict
    marks, home = await guard_marks(work, share)
    marks += [*home.marks, *home.reason_marks]
    me = str(work.actor.id)
    if any(
        item["by"] == me and set(item.get("guards", ())) >= set(marks) for item in share.approvals
    ):
        raise SecondPersonNeeded
    snapshot = await work.sharing.snapshot(frozen(share))
    signed = approval(work, snapshot.sha256, marks, None, body.guard_reason, None)
    share.approvals = [*share.approvals, signed | {"address": None}]
    move(work, share, share.state)
    note_event(work, share, "confirmed", at=work.now, by_id=work.actor.id)
    record_row(
        work, AuditEvent.SHARE_APPROVED, share,
        details={"approvals": len(share.approvals), "guarded": True, "confirmed": True},
    )  # fmt: skip
    return share


async def _default_expiry(work: UnitOfWork) -> datetime:
    calendar = await calendar_of(work)
    rule = rule_on(rules.EXPIRY, calendar.local(work.now).date())
    return rule.due(work.now, calendar)


async def _by_mail(work: UnitOfWork, share: Share, body: ShareSendingIn) -> ByMail | None:
    """Address and language of the mail; None if it is handed over.

    Raises `ValidationFailed`, and `AddressChanged` if the address is not the approved one and
    nobody entered it.
    """
    saved_address = await kept_address(work, share)
    if (
        saved_address
        and body.email is not None
        and body.email.casefold() != saved_address.casefold()
    ):
        problem = FieldProblem(
            "/email", "other_address", "The contact has another address: change it there."
        )
        raise ValidationFailed(problems=[problem])
    address = saved_address or body.email
    if body.by_hand or not address:
        return None
    approved = rules.approved_address(share.approvals)
    if approved is not None and approved != hash_of(address) and body.email is None:
        raise AddressChanged
    return ByMail(address, body.language)

"""Send a referral, notify its agency, and withdraw a mistaken one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.moments import to_json_bytes, written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent
from app.db.models import Agency, Referral, Task
from app.db.repositories.sharing import referrals
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.duty.milestones.commands import happened
from app.domain.duty.milestones.rules import EVENTS
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.second_factors.rules import Vault
from app.domain.people.staff.queries import member_of_staff
from app.domain.record.contacts.queries import Somebody
from app.domain.sharing.barred_recipients.queries import barred_agency, barred_among, items_of
from app.domain.sharing.recipient_links.commands import ByMail, MadeLink, end_links, make_link
from app.domain.sharing.referral_contents.queries import referral_content, unconfirmed_files
from app.domain.sharing.referral_deliveries.schemas import ReferralLinkIn, SendingIn
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.commands import (
    Note,
    around,
    chronicled,
    end,
    go_on,
    move,
    note,
    traced,
)
from app.domain.sharing.referrals.errors import NoAddress
from app.domain.sharing.referrals.kind import REFERRAL
from app.domain.sharing.referrals.queries import referral_at
from app.domain.sharing.shared_files.rules import choices, problems_with_files
from app.domain.sharing.shared_files.schemas import AttachmentConfirmationIn
from app.domain.sharing.shares.commands import check_moment
from app.domain.sharing.shares.errors import ApprovalIncomplete
from app.domain.sharing.snapshots.commands import Content, freeze, strictest
from app.domain.steps import known_among, touch

SENT, ANSWERED, WITHDRAWN = "referral.sent", "referral.answered", "referral.withdrawn"
TASK = "referrals.tell_agency"
MOST = 12
"""Maximum attempts; with the waits between them about four hours."""
TOLD_EARLY = 3
"""Attempts after which the owner of an emergency is alerted, while Cairn continues to try."""
FINAL = frozenset({"gone", "target_refused"})

LINK, WEBHOOK = "portal_link", "webhook"

REFER_AGAIN: Final = "refer_again"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One outgoing message: address, ID, and the sealed secret that signs it."""

    referral_id: UUID
    agency_id: UUID
    message_id: UUID
    kind: str
    url: str
    sealed: bytes
    body: str


def tell_agency(
    work: UnitOfWork, referral: Referral, agency: Agency | None, event_id: UUID, kind: str
) -> None:
    """Queue a message to the agency's own system, if it has one."""
    if agency is None or agency.webhook_url is None:
        return
    at = written(work.now)
    referral.delivery = {"state": "pending", "attempts": 0, "at": at, "code": None}
    args = {"referral_id": str(referral.id), "event_id": str(event_id), "kind": kind}
    work.enqueue(Job(TASK, args))


async def parcel_of(
    work: UnitOfWork, referral_id: UUID, event_id: UUID, kind: str, base_url: str
) -> Parcel | None:
    """Build the message to send; None if it is no longer needed.

    It holds IDs and the address for the rest, which needs the agency's key: nothing about a child.
    """
    referral = await work.sharing.find(Referral, referral_id)
    agency = referral and await work.sharing.find(Agency, referral.agency_id)
    if referral is None or not agency or agency.webhook_url is None:
        return None
    if not _waits(referral, kind):
        return None
    assert agency.webhook_secret is not None  # noqa: S101 - a check of the table says so
    data = {
        "school_id": str(work.actor.school_id),
        "referral_id": str(referral.id),
        "url": f"{base_url}/v1/agency/referrals/{referral.id}",
    }
    at: datetime = referral.sent_at or work.now
    message = {"type": kind, "timestamp": at, "data": data}
    body = to_json_bytes(message).decode()
    sealed = agency.webhook_secret
    return Parcel(referral.id, agency.id, event_id, kind, agency.webhook_url, sealed, body)


async def note_delivery(work: UnitOfWork, parcel: Parcel, code: str | None) -> bool:
    """Record the result of an attempt, `code` None for success; returns whether to try again.

    Alerts the owner of a permanent failure, and early in an emergency.
    """
    referral = await work.sharing.lock(Referral, parcel.referral_id)
    if referral is None or not _waits(referral, parcel.kind):
        return False
    attempts = int((referral.delivery or {})["attempts"]) + 1
    ended = code in FINAL or attempts >= MOST
    state = "delivered" if code is None else "failed" if ended else "pending"
    referral.delivery = {
        "state": state, "attempts": attempts, "at": written(work.now), "code": code,
    }  # fmt: skip
    touch(work, referral)
    if state == "pending":
        early = referral.urgency == "emergency" and attempts == TOLD_EARLY
        _traced(work, referral, AuditEvent.REFERRAL_CHANGED, {"attempts": attempts, "code": code})
        if early:
            _tell_owner(work, referral)
        return True
    kind = "delivered" if code is None else "not_delivered"
    _noted(work, referral, kind, {"attempts": attempts, "code": code})
    if code is None:
        _traced(work, referral, AuditEvent.REFERRAL_DELIVERED, {"attempts": attempts})
        return False
    _traced(work, referral, AuditEvent.REFERRAL_NOT_DELIVERED, {"attempts": attempts, "code": code})
    _tell_owner(work, referral)
    return False


def _waits(referral: Referral, kind: str) -> bool:
    """Whether a message is still to be sent: after a withdrawal only the one that announces it."""
    if referral.state == rules.WITHDRAWN and kind != WITHDRAWN:
        return False
    return (referral.delivery or {}).get("state") == "pending"


def _noted(work: UnitOfWork, referral: Referral, kind: str, details: dict[str, Any]) -> None:
    event = Note(kind, work.now, by_kind="system", route="webhook", details=details)
    note(work, referral, event)


def _traced(work: UnitOfWork, referral: Referral, did: AuditEvent, details: dict[str, Any]) -> None:
    traced(work, referral, did, {"route": "webhook", **details})


def _tell_owner(work: UnitOfWork, referral: Referral) -> None:
    tell(
        work, referral.owner_id, "referral_not_delivered",
        urgent=referral.urgency == "emergency", about=("referral", referral.id),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral with the link made for it, and whether that is mailed."""

    referral: Referral
    made: MadeLink
    mailed: bool


async def record_referral_sent(
    work: UnitOfWork, referral_id: UUID, version: int, body: SendingIn
) -> Referral:
    """Record that it was sent. An emergency may be sent before approval, and is frozen as sent.

    Sending again, such as in writing after a call, is recorded beside the first. By `webhook` a job
    notifies the agency's system. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`,
    `VersionStale`, `StateConflict`, `NoAddress`, `ValidationFailed`, `ApprovalIncomplete` (an
    emergency with files that nobody has checked for it).
    """
    referral = await referral_at(work, referral_id, version, "record_referral_sent")
    if body.route == LINK:
        problem = FieldProblem(
            "/route", "needs_link", "To send it this way, make a link for the agency."
        )
        raise ValidationFailed(problems=[problem])
    agency = await _agency(work, referral)
    if body.route == WEBHOOK and agency.webhook_url is None:
        raise NoAddress
    check_moment(work, body.at, referral.drafted_at)
    await _check_receiver(work, referral, agency, body.to)
    by_id = await member_of_staff(work, body.by_id)
    await went(work, referral, body.at, body.route, body.attachments)
    event = Note("sent", body.at, by_id, route=body.route, text=body.note, details={"to": body.to})
    event_id = note(work, referral, event)
    if body.route == WEBHOOK:
        tell_agency(work, referral, agency, event_id, SENT)
    trace_sending(work, referral, body.route)
    return referral


async def _check_receiver(
    work: UnitOfWork, referral: Referral, agency: Agency, to: str | None
) -> None:
    """Refuse an approved referral to someone barred; an emergency is sent before any check."""
    if referral.state == "draft":
        return
    problems = await barred_agency(work, referral, agency)
    problems += await barred_among(
        work, referral.child_id, {"/to": Somebody.written(to)}, items_of(referral)
    )  # fmt: skip
    if problems:
        raise ValidationFailed(problems=problems)


async def send_link(
    work: UnitOfWork, vault: Vault, referral_id: UUID, version: int, body: ReferralLinkIn
) -> Sent:
    """Make the agency's link; the previous one ends. Raises as `record_referral_sent`."""
    referral = await referral_at(work, referral_id, version, "send_referral_link")
    agency = await _agency(work, referral)
    address = None if body.by_hand else agency.email or body.email
    if problems := await barred_agency(work, referral, agency, address):
        raise ValidationFailed(problems=problems)
    first = referral.state in ("draft", "approved")
    if first:
        await went(work, referral, work.now, LINK, body.attachments)
    made = await make_link(
        work, "referral", referral.id, expires_at=work.now + timedelta(days=body.days),
        code_route=body.code_route, vault=vault,
        mail=ByMail(address, body.language) if address else None, language=body.language,
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
    confirmed: Sequence[AttachmentConfirmationIn] = (),
) -> None:
    """Mark a referral as sent: freeze it if needed, and start the clock for the answer.

    An emergency needs no approval; its sender still has to confirm each of its files, or remove it
    first. Raises `ApprovalIncomplete`.
    """
    if referral.state == "draft":
        content = await referral_content(work, referral)
        await _check_files(work, referral, content, confirmed)
        referral.snapshot_id = await freeze(work, "referral", referral.child_id, content)
    referral.sent_at = referral.sent_at or at
    move(work, referral, "sent")
    await go_on(work, referral, route=route)
    await chronicled(work, referral, at)
    if f"sent.{referral.kind}" in EVENTS:
        await happened(work, around(referral, at), f"sent.{referral.kind}")


async def _check_files(
    work: UnitOfWork,
    referral: Referral,
    content: Content,
    confirmed: Sequence[AttachmentConfirmationIn],
) -> None:
    if not any(choices(referral.items)):
        return
    problems = problems_with_files(content.problems)
    problems += await unconfirmed_files(work, referral, content, confirmed)
    if problems:
        raise ApprovalIncomplete(problems=problems)


def trace_sending(work: UnitOfWork, referral: Referral, route: str) -> None:
    """Log that it was sent, and whether someone still has to review it."""
    outstanding = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    traced(work, referral, AuditEvent.REFERRAL_SENT, {"route": route, "approval_owed": outstanding})


async def _agency(work: UnitOfWork, referral: Referral) -> Agency:
    agency = await work.sharing.find(Agency, referral.agency_id)
    assert agency is not None  # noqa: S101 - a foreign key says so
    return agency


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A referral that was taken back, and the task to refer to the right agency, if one is set."""

    referral: Referral
    refer_again: Task | None


async def withdraw_referral(
    work: UnitOfWork, referral_id: UUID, version: int, body: ReasonIn
) -> Withdrawn:
    """Withdraw a sent referral: its agency can no longer read it, by link or by key.

    This works whatever the agency has done since. An emergency without a review still gets one.
    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`,
    `DutyIsTheirs`.
    """
    referral = await referral_at(work, referral_id, version, "withdraw_referral")
    before = referral.state
    outstanding = rules.approval_owed(before, referral.approvals, referral.duty_of)
    move(work, referral, rules.WITHDRAWN)
    referral.challenge = None
    if outstanding:
        await go_on(work, referral, answered=True)
    else:
        end(work, referral, rules.WITHDRAWN)
    await end_links(work, "referral", referral.id, rules.WITHDRAWN)
    event = Note(rules.WITHDRAWN, work.now, work.actor.id, text=body.reason)
    event_id = note(work, referral, event)
    agency = await work.sharing.find(Agency, referral.agency_id)
    tell_agency(work, referral, agency, event_id, WITHDRAWN)
    traced(work, referral, AuditEvent.REFERRAL_WITHDRAWN, {"from": before})
    return Withdrawn(referral, await _refer_again(work, referral))


async def asked_of(work: UnitOfWork, task: Task | None) -> dict[str, Any] | None:
    """Who has to refer to the right agency, and by when."""
    if task is None:
        return None
    asked = {"task_id": task.id, "owner_id": task.owner_id, "due_at": task.due_at}
    return await work.accounts.name_in(asked, "owner_id")


async def _refer_again(work: UnitOfWork, referral: Referral) -> Task | None:
    """Ask the concern's owner to refer to the right agency, the same day.

    None if the actor may know of another open one of that kind for the child and the concern.
    """
    concern_id = referral.concern_id
    after_withdrawing = await referrals.after_withdrawing(
        await work.driver(), work.actor.school_id, referral.id
    )
    if await known_among(work, REFERRAL, after_withdrawing["others"]):
        return None
    also = [concern_id] if concern_id else []
    return await set_task(
        work,
        SetTask(
            REFER_AGAIN,
            child_id=referral.child_id,
            concern_id=concern_id,
            about=("referral", referral.id),
            confidentiality=await strictest(work, referral.items, also),
            first=after_withdrawing["concern_owner_id"] or referral.owner_id,
            barred=after_withdrawing["barred"],
            urgent=referral.urgency == "emergency",
        ),
    )

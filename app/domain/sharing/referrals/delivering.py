"""Telling an agency that something waits for it: by a job, and without any content."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.moments import packed, written
from app.core.words import AuditEvent
from app.db.models import Agency, Referral
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.steps import Note, note, traced

SENT, ANSWERED, WITHDRAWN = "referral.sent", "referral.answered", "referral.withdrawn"
TASK = "referrals.tell_agency"
MOST = 12
"""Attempts; with the waits between them about four hours."""
TOLD_EARLY = 3
"""After so many the owner of an emergency is told, while Cairn goes on trying."""
FINAL = frozenset({"gone", "target_refused"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as it goes out: where to, under which id, signed by which sealed secret."""

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
    """Have the agency's own system told, where it has one."""
    if agency is None or agency.webhook_url is None:
        return
    at = written(work.now)
    referral.delivery = {"state": "pending", "attempts": 0, "at": at, "code": None}
    args = {"referral_id": str(referral.id), "event_id": str(event_id), "kind": kind}
    work.enqueue(Job(TASK, args))


async def parcel_of(
    work: UnitOfWork, referral_id: UUID, event_id: UUID, kind: str, base_url: str
) -> Parcel | None:
    """The message to send; None where it needs no sending any more.

    It holds ids and where to fetch the rest with the agency's key: nothing of a child.
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
    body = packed(message).decode()
    sealed = agency.webhook_secret
    return Parcel(referral.id, agency.id, event_id, kind, agency.webhook_url, sealed, body)


async def note_delivery(work: UnitOfWork, parcel: Parcel, code: str | None) -> bool:
    """Keep what came of an attempt, `code` None for success; whether to try again.

    The owner is told where it fails for good, and early in an emergency.
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
    referral.version += 1
    referral.changed_at = work.now
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
    """Whether a message is still to go: of what was taken back none but the one that says so."""
    if referral.state == rules.WITHDRAWN and kind != WITHDRAWN:
        return False
    return (referral.delivery or {}).get("state") == "pending"


def _noted(work: UnitOfWork, referral: Referral, kind: str, details: dict[str, Any]) -> None:
    said = Note(kind, work.now, by_kind="system", route="webhook", details=details)
    note(work, referral, said)


def _traced(work: UnitOfWork, referral: Referral, did: AuditEvent, details: dict[str, Any]) -> None:
    traced(work, referral, did, {"route": "webhook", **details})


def _tell_owner(work: UnitOfWork, referral: Referral) -> None:
    tell(
        work, referral.owner_id, "referral_not_delivered",
        urgent=referral.urgency == "emergency", about=("referral", referral.id),
    )  # fmt: skip

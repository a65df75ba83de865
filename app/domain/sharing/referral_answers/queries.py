"""An agency's reads with its key: only what was sent to it, as it was frozen."""

from typing import Any
from uuid import UUID

import orjson

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import Referral, ReferralEvent, Snapshot, SnapshotFile
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.sharing import referrals
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import require_agency, sent_referral_for
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.commands import read_by_agency, traced
from app.domain.sharing.referrals.queries import approval_of
from app.domain.sharing.shared_files.commands import frozen_file

PASSED = frozenset(
    {"acknowledged", "replied", "question", "correction_requested", "answer", "outcome_received"}
)
"""Events between agency and school; the school's own notes stay there."""
STEPS = {
    "acknowledge_referral": "record_acknowledgement",
    "ask_about_referral": "answer_agency",
    "return_referral_outcome": "record_outcome",
}


async def list_sent(reading: Reading, state: str | None, asked: PageOf) -> Page[dict[str, Any]]:
    """List what was sent to the agency, newest first; no name and no content."""
    require_agency(reading.actor)
    rows = await referrals.sent_to_agency(
        reading.driver, reading.actor.school_id, reading.actor.id, state, asked
    )
    return page_of(rows, asked, key="sent_at", shape=dict)


async def open_sent(work: UnitOfWork, referral_id: UUID) -> dict[str, Any]:
    """Open one as it was frozen, with later messages. Raises as `sent_referral_for`."""
    referral, snapshot = await open_frozen(work, referral_id)
    return await to_response(work, referral, snapshot)


async def open_frozen(work: UnitOfWork, referral_id: UUID) -> tuple[Referral, Snapshot]:
    """Get the referral and the bytes that were sent, and log the view."""
    referral = await sent_referral_for(work, referral_id)
    assert referral.snapshot_id is not None  # noqa: S101 - it was sent
    traced(work, referral, AuditEvent.REFERRAL_READ, {"by": "agency_key"})
    return referral, await work.sharing.snapshot(referral.snapshot_id)


async def download_attachment(work: UnitOfWork, referral_id: UUID, number: int) -> SnapshotFile:
    """Get a file that was sent; the referral records the download.

    Raises as `open_sent`, and `SharedFileNotFound`, `SharedFileStopped`.
    """
    referral = await sent_referral_for(work, referral_id)
    assert referral.snapshot_id is not None  # noqa: S101 - it was sent
    file = await frozen_file(work, referral.snapshot_id, number)
    details = {"by": "agency_key", "attachment": number, "sha256": file.sha256}
    read_by_agency(work, referral, details)
    traced(work, referral, AuditEvent.REFERRAL_READ, details)
    return file


async def download_document(work: UnitOfWork, referral_id: UUID) -> tuple[str, dict[str, Any]]:
    """Reference and content of what was sent, as printed. Raises as `open_sent`."""
    referral, snapshot = await open_frozen(work, referral_id)
    about = {
        "sha256": snapshot.sha256,
        "made_at": written(snapshot.made_at),
        "printed_by": None,
        "printed_at": written(work.now),
        "reference": referral.reference,
        "approval": await approval_of(work, referral, snapshot.made_at),
    }
    return referral.reference, {**orjson.loads(snapshot.content), "document": about}


async def answered(work: UnitOfWork, referral: Referral) -> dict[str, Any]:
    """A referral after a step of the agency."""
    assert referral.snapshot_id is not None  # noqa: S101 - it was sent
    await work.session.flush()
    return await to_response(work, referral, await work.sharing.snapshot(referral.snapshot_id))


async def to_response(work: UnitOfWork, referral: Referral, snapshot: Snapshot) -> dict[str, Any]:
    """Build the agency's view."""
    events = await work.sharing.referral_events(referral.id)
    names = (
        "id",
        "reference",
        "kind",
        "urgency",
        "state",
        "sent_at",
        "agency_reference",
        "outcome",
    )
    steps = [
        step
        for step, rule in STEPS.items()
        if rules.possible(rule, referral.state, referral.urgency, outstanding=False)
    ]
    return {
        **{name: getattr(referral, name) for name in names},
        "sha256": snapshot.sha256,
        "content": orjson.loads(snapshot.content),
        "passed": [_event(event) for event in events if event.kind in PASSED],
        "permissions": steps,
    }


def _event(event: ReferralEvent) -> dict[str, Any]:
    """An event without the names of staff."""
    return {
        "kind": event.kind,
        "at": event.at,
        "by_agency": event.by_kind == "agency",
        "by": event.details.get("from") if event.by_kind == "agency" else None,
        "text": event.text,
        "outcome": event.details.get("outcome"),
    }

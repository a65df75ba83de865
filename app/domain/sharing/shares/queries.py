"""Reads of shares: lists, one opened with its preview and snapshot; every view is logged."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.core.moments import rewritten
from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import Share, ShareEvent, Snapshot, SnapshotFile
from app.db.paging import Conditions, Page, PageOf
from app.db.reading import Reading
from app.db.repositories.file_locks import OPEN
from app.db.repositories.sharing import shares
from app.db.unit_of_work import UnitOfWork
from app.domain.access.closed_files.queries import closed_file
from app.domain.access.share_access.queries import page_of_files, share_for
from app.domain.policy import may
from app.domain.sharing.share_recipients.queries import (
    approvals_of,
    contact_of,
    guards_of,
    reach_of,
)
from app.domain.sharing.shared_files.commands import frozen_file
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.errors import NothingFrozen
from app.domain.sharing.shares.kind import SHARE
from app.domain.sharing.snapshots.commands import Content, share_content
from app.domain.sharing.snapshots.rules import known_name
from app.domain.steps import record_row

NEEDS: Mapping[str, Permission] = {
    "update_share": Permission.SHARE_WRITE,
    "approve_share": Permission.SHARE_APPROVE,
    "confirm_share": Permission.SHARE_APPROVE,
    "send_share": Permission.SHARE_WRITE,
    "renew_share_code": Permission.SHARE_WRITE,
    "answer_correction": Permission.SHARE_WRITE,
    "answer_recipient": Permission.SHARE_WRITE,
    "record_hand_over": Permission.SHARE_WRITE,
    "record_response": Permission.SHARE_WRITE,
    "revoke_share": Permission.SHARE_WRITE,
}


WAITS: Mapping[str, str] = {
    "answer_correction": "correction_requested",
    "answer_recipient": "question",
}
"""Steps that are possible only while the recipient needs them."""


async def list_shares(
    reading: Reading, child_id: UUID | None, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """List the school's shares, newest first, without their content."""
    where = Conditions(reading.actor.school_id)
    SHARE.keep(reading.actor, where)
    asked_for = {"child_id": child_id, "state": state}
    rows = await shares.shares_of(reading.driver, where, asked_for, asked)
    return await page_of_files(reading, asked, rows, lambda row: orjson.loads(row["items"]))


async def open_share(work: UnitOfWork, share_id: UUID) -> Share:
    """Open a share. Raises `PermissionMissing`, `ShareNotFound`, `ItemsHidden`."""
    share = await share_for(work, share_id, Permission.SHARE_READ)
    record_row(work, AuditEvent.SHARE_OPENED, share)
    return share


async def preview_share(work: UnitOfWork, share_id: UUID) -> Content:
    """Build what would be frozen now. Raises as `open_share`."""
    share = await share_for(work, share_id, Permission.SHARE_READ)
    record_row(work, AuditEvent.SHARE_OPENED, share, details={"part": "preview"})
    return await share_content(work, share, await contact_of(work, share))


async def download_share_snapshot(work: UnitOfWork, share_id: UUID) -> Snapshot:
    """Get exactly what was approved. Raises as `open_share`, and `NothingFrozen`."""
    share = await share_for(work, share_id, Permission.SHARE_READ)
    if share.snapshot_id is None:
        raise NothingFrozen
    record_row(work, AuditEvent.SHARE_OPENED, share, details={"part": "snapshot"})
    return await work.sharing.snapshot(share.snapshot_id)


async def download_share_attachment(work: UnitOfWork, share_id: UUID, number: int) -> SnapshotFile:
    """A file exactly as it was approved. Raises as `download_share_snapshot`, and

    `SharedFileNotFound`, `SharedFileStopped`.
    """
    share = await share_for(work, share_id, Permission.SHARE_READ)
    if share.snapshot_id is None:
        raise NothingFrozen
    file = await frozen_file(work, share.snapshot_id, number)
    record_row(
        work, AuditEvent.SHARE_OPENED, share,
        details={"part": "attachment", "attachment": number, "sha256": file.sha256},
    )  # fmt: skip
    return file


async def open_openings(work: UnitOfWork, share_id: UUID) -> list[dict[str, Any]]:
    """Each time that the recipient opened it, oldest first. Raises as `open_share`."""
    share = await share_for(work, share_id, Permission.SHARE_READ)
    record_row(work, AuditEvent.SHARE_OPENED, share, details={"part": "openings"})
    events = [
        share_event
        for share_event in await work.sharing.share_events(share.id)
        if share_event.kind == "opened"
    ]
    names = await work.sharing.staff_names([event.by_id for event in events if event.by_id])
    return [
        {
            "at": event.at,
            "how": event.details.get("how", "recorded"),
            "link_id": event.details.get("link_id"),
            "network": event.details.get("network"),
            "attachment": event.details.get("attachment"),
            "recorded_by": event.by_id and person(event.by_id, names),
        }
        for event in events
    ]


async def to_response(work: UnitOfWork, share: Share) -> dict[str, Any]:
    """The whole record, for a reader who may see all of its items."""
    driver, school_id = await work.driver(), work.actor.school_id
    beside = await shares.beside(driver, shares.BESIDE_SHARE, school_id, share.id)
    events = await work.sharing.share_events(share.id)
    names = await work.sharing.staff_names(_people(share, events))
    mailed_to = addresses_of(beside) if may(work.actor, Permission.SHARE_WRITE) else {}
    waits = rules.waiting([event.kind for event in events])
    asked = share.state == "draft" or share.state in rules.OUT
    closed = await closed_file(work, share.child_id) if asked else OPEN
    shut = share.state == "draft" and closed.shuts(share.drafted_at)
    return {
        **picked(share, "id", "reference", "child_id", "items", "state"),
        "child_name": known_name(beside), "recipient": _recipient(share),
        **{name: getattr(share, name) for name in _AS_KEPT},
        "approvals": [approval_told(approval, names) for approval in share.approvals],
        "waiting_for": _waiting_for(share, waits), "snapshot": snapshot_facts(beside),
        "parents": await _parents(work, share), "goes_to": await _goes_to(work, share),
        "link": _link(beside), "owner": person(share.owner_id, names),
        "drafted_by": person(share.drafted_by, names),
        "events": [event_told(event, names, mailed_to) for event in events],
        "permissions": [
            step
            for step, needed in NEEDS.items()
            if rules.possible(step, share.state)
            and may(work.actor, needed)
            and (step not in WAITS or WAITS[step] in waits)
            and (step == "revoke_share" or not shut)
            and not (closed.locked and rules.gives_again(step, share.state))
        ],
    }  # fmt: skip


async def _goes_to(work: UnitOfWork, share: Share) -> dict[str, Any] | None:
    """Where the contact is reached, for those who may send it, while it can still go there."""
    if share.state in rules.AT_END or not may(work.actor, Permission.SHARE_WRITE):
        return None
    reach = await reach_of(work, share, await contact_of(work, share))
    return reach.to_response() if reach else None


async def _parents(work: UnitOfWork, share: Share) -> dict[str, Any] | None:
    """Guards on telling the family it is for, while something can still be done about it."""
    if share.state in rules.AT_END:
        return None
    guarded = await guards_of(work, share)
    if guarded.home is None:
        return None
    people = {approval.by for approval in approvals_of(share)}
    items = guarded.home.to_response(guarded.guards, reason=bool(people), second=len(people) > 1)
    return {
        "guards": items, "social_care": guarded.home.call, "vocabulary_status": DRAFT,
    }  # fmt: skip


_AS_KEPT = (
    "purpose", "purpose_detail", "lawful_basis", "special_category_condition", "para18_limb",
    "detriment_test", "agreement", "decision_id", "expires_at", "ended_at", "due_at",
    "drafted_at", "changed_at",
)  # fmt: skip


def _recipient(share: Share) -> dict[str, Any]:
    facts = {name: share.recipient[name] for name in ("via", "name", "job_title", "organisation")}
    return {
        **facts,
        "kind": share.recipient_kind,
        "contact_id": share.contact_id,
        "agency_id": share.agency_id,
    }


def _waiting_for(share: Share, waits: Collection[str]) -> str | None:
    if share.state == "draft" and share.approvals:
        return "second_approver"
    if "correction_requested" in waits:
        return "correction_answer"
    return "answer" if waits else None


def _link(beside: Mapping[str, Any]) -> dict[str, Any] | None:
    """The live link; None if there is none."""
    if beside["link_id"] is None:
        return None
    named = {name: beside[f"link_{name}"] for name in _OF_LINK}
    return {**named, "by_mail": beside["link_by_mail"]}


_OF_LINK = (
    "id", "made_at", "expires_at", "code_route", "code_used", "wrong_codes", "locked_at",
    "mailed_at", "code_asked_at",
)  # fmt: skip


def approval_told(approval: Mapping[str, Any], names: Mapping[UUID, str]) -> dict[str, Any]:
    """One approval of a share or a referral."""
    return {
        "by": person(UUID(approval["by"]), names),
        "role": approval["role"],
        "at": rewritten(approval["at"]),
        "reason": approval["reason"],
        "guard_reason": approval["guard_reason"],
        "attachments": [file["number"] for file in approval.get("attachments", ())],
    }


def snapshot_facts(beside: Mapping[str, Any]) -> dict[str, Any] | None:
    """Time, hash and size in bytes of a snapshot; None while there is none."""
    if beside["sha256"] is None:
        return None
    return {name: beside[name] for name in ("sha256", "made_at", "size")}


def addresses_of(beside: Mapping[str, Any]) -> Mapping[str, str]:
    """Mail address of each link, by its ID, for those who may send."""
    content: Mapping[str, str] = orjson.loads(beside["addresses"] or "{}")
    return content


def event_told(
    event: Any, names: Mapping[UUID, str], mailed_to: Mapping[str, str]
) -> dict[str, Any]:
    """One event of a share or a referral."""
    return {
        **picked(event, "kind", "at", "recorded_at", "route", "text"),
        "by": None if event.by_id is None else person(event.by_id, names),
        "to": mailed_to.get(event.details.get("link_id"), event.details.get("to")),
    }  # fmt: skip


def person(staff_id: UUID, names: Mapping[UUID, str]) -> dict[str, Any]:
    """A member of staff as others see them."""
    return {"id": staff_id, "name": names[staff_id]}


def _people(share: Share, events: Sequence[ShareEvent]) -> list[UUID]:
    items = {share.owner_id, share.drafted_by}
    items |= {UUID(approval["by"]) for approval in share.approvals}
    items |= {event.by_id for event in events if event.by_id is not None}
    return sorted(items)

"""Reads of referrals: lists, one opened with its preview and snapshot; every view is logged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.models import Referral, ReferralEvent, Share, Snapshot, SnapshotFile
from app.db.paging import Conditions, Page, PageOf
from app.db.reading import Reading
from app.db.repositories.sharing import documents as stored
from app.db.repositories.sharing import referrals, shares
from app.db.unit_of_work import UnitOfWork
from app.domain.access.closed_files.queries import check_unlocked, is_shut
from app.domain.access.share_access.queries import page_of_files, referral_for, with_source
from app.domain.errors import FieldProblem, StateConflict
from app.domain.etags import check_version
from app.domain.policy import may
from app.domain.sharing.referral_contents.queries import plain, referral_content, unconfirmed_files
from app.domain.sharing.referral_forms.queries import form_for
from app.domain.sharing.referral_forms.rules import KindSchema, Section
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.kind import REFERRAL
from app.domain.sharing.referrals.rules import approval_owed
from app.domain.sharing.shared_files.commands import frozen_file
from app.domain.sharing.shared_files.rules import choices, problems_with_files
from app.domain.sharing.shares.errors import NothingFrozen
from app.domain.sharing.shares.queries import (
    addresses_of,
    approval_told,
    event_told,
    person,
    snapshot_facts,
)
from app.domain.sharing.snapshots.commands import Content
from app.domain.sharing.snapshots.rules import known_name
from app.domain.steps import record_row

NEEDS: Mapping[str, Permission] = {
    "update_referral": Permission.REFERRAL_WRITE,
    "approve_referral": Permission.REFERRAL_APPROVE,
    "record_referral_sent": Permission.REFERRAL_WRITE,
    "record_acknowledgement": Permission.REFERRAL_WRITE,
    "record_outcome": Permission.REFERRAL_WRITE,
    "close_referral": Permission.REFERRAL_WRITE,
    "chase_referral": Permission.REFERRAL_WRITE,
    "challenge_referral": Permission.REFERRAL_WRITE,
    "resolve_challenge": Permission.REFERRAL_WRITE,
    "answer_agency": Permission.REFERRAL_WRITE,
    "send_referral_link": Permission.REFERRAL_WRITE,
    "withdraw_referral": Permission.REFERRAL_WRITE,
}
_AS_KEPT = (
    "id", "reference", "child_id", "concern_id", "kind", "agency_id", "urgency", "fields",
    "lawful_basis", "special_category_condition", "para18_limb", "state", "decision_id",
    "outcome", "agency_reference", "due_at", "due_rule", "sent_at", "ended_at", "drafted_at",
    "changed_at", "form_variant", "form_version", "sources", "chronology", "duty_of",
)  # fmt: skip


async def list_referrals(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """List the school's referrals, newest first, without their content."""
    where = Conditions(reading.actor.school_id)
    REFERRAL.keep(reading.actor, where)
    rows = await shares.referrals_of(reading.driver, where, filters, asked)
    return await page_of_files(
        reading,
        asked,
        rows,
        lambda row: with_source(orjson.loads(row["items"]), row["concern_id"]),
    )


async def list_own_duties(reading: Reading) -> list[dict[str, Any]]:
    """The reader's own reports, newest first."""
    rows = await referrals.own_duties(reading.driver, reading.actor.school_id, reading.actor.id)
    return [dict(row) for row in rows]


async def open_referral(work: UnitOfWork, referral_id: UUID) -> Referral:
    """Open a referral. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`."""
    referral = await referral_for(work, referral_id, Permission.REFERRAL_READ)
    _record(work, referral, None)
    return referral


async def preview_referral(work: UnitOfWork, referral_id: UUID) -> Content:
    """Build what would be frozen now. Raises as `open_referral`."""
    referral = await referral_for(work, referral_id, Permission.REFERRAL_READ)
    _record(work, referral, "preview")
    return await referral_content(work, referral)


async def download_referral_attachment(
    work: UnitOfWork, referral_id: UUID, number: int
) -> SnapshotFile:
    """A file exactly as it was approved or sent. Raises as `download_referral_snapshot`, and

    `SharedFileNotFound`, `SharedFileStopped`.
    """
    referral = await referral_for(work, referral_id, Permission.REFERRAL_READ)
    if referral.snapshot_id is None:
        raise NothingFrozen
    file = await frozen_file(work, referral.snapshot_id, number)
    _record(work, referral, "attachment")
    return file


async def open_missing(work: UnitOfWork, referral_id: UUID) -> dict[str, Any]:
    """List what approval still needs, each with a pointer and a remedy.

    Raises as `open_referral`.
    """
    referral = await referral_for(work, referral_id, Permission.REFERRAL_READ)
    _record(work, referral, "missing")
    form = await form_for(work, referral)
    decided = referral.decision_id is not None
    problems = rules.missing_for_approval(form, for_approval(referral), decided=decided)
    if any(choices(referral.items)):
        content = await referral_content(work, referral)
        problems += problems_with_files(content.problems)
        problems += await unconfirmed_files(work, referral, content, ())
    sections = {field.name: part for part in form.sections for field in part.fields}
    answered = sum(1 for field in form.fields.values() if field.name in referral.fields)
    return {
        "items": [_missing(problem, form, sections) for problem in problems],
        "answered": answered,
        "fields": len(form.fields),
        "next": None,
    }


def _missing(
    problem: FieldProblem, form: KindSchema, sections: Mapping[str, Section]
) -> dict[str, Any]:
    """One missing item; for a field, with its position on the form."""
    name = problem.pointer.removeprefix("/fields/")
    field = form.fields.get(name) if problem.pointer.startswith("/fields/") else None
    return {
        "pointer": problem.pointer,
        "code": problem.code,
        "detail": problem.detail,
        "section": sections[name].name if field else None,
        "label": field.label if field else None,
    }


async def download_referral_snapshot(work: UnitOfWork, referral_id: UUID) -> Snapshot:
    """Get exactly what was approved or sent. Raises as `open_referral`, and `NothingFrozen`."""
    referral = await referral_for(work, referral_id, Permission.REFERRAL_READ)
    if referral.snapshot_id is None:
        raise NothingFrozen
    _record(work, referral, "snapshot")
    return await work.sharing.snapshot(referral.snapshot_id)


def _record(work: UnitOfWork, referral: Referral, part: str | None) -> None:
    record_row(work, AuditEvent.REFERRAL_OPENED, referral, details={"part": part} if part else {})


async def to_response(work: UnitOfWork, referral: Referral) -> dict[str, Any]:
    """The whole record, for a reader who may see all of its items."""
    driver, school_id = await work.driver(), work.actor.school_id
    statement = shares.BESIDE_REFERRAL
    beside = await shares.beside(driver, statement, school_id, referral.id)
    events = await work.sharing.referral_events(referral.id)
    names = await work.sharing.staff_names(_people(referral, events))
    mailed_to = addresses_of(beside) if may(work.actor, Permission.REFERRAL_WRITE) else {}
    outstanding = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    sent_by = [event.by_id for event in events if event.kind == "sent" and event.by_id]
    reviewable = rules.may_review(work.actor.id, beside["made_by"], sent_by)
    consent = referral.consent or {}
    return {
        **{name: getattr(referral, name) for name in _AS_KEPT},
        "child_name": known_name(beside),
        "agency_name": beside["agency_name"],
        "consent": consent.get("block"),
        "name_others": _name_others(consent.get("name_others"), names),
        "items": plain(referral.items),
        "approvals": [approval_told(approval, names) for approval in referral.approvals],
        "approval_owed": outstanding,
        "outcome_class": rules.outcome_class(referral.outcome),
        "challenge": _challenge(referral.challenge),
        "delivery": referral.delivery,
        "snapshot": snapshot_facts(beside),
        "owner": person(referral.owner_id, names),
        "drafted_by": person(referral.drafted_by, names),
        "events": [_event(event, names, mailed_to) for event in events],
        "permissions": await _permissions(
            work, referral, outstanding=outstanding, mine=not reviewable
        ),
    }


async def _permissions(
    work: UnitOfWork, referral: Referral, *, outstanding: bool, mine: bool
) -> list[str]:
    """List what this reader may do next; `mine`: an emergency that another person reviews."""
    held = rules.holds_duty(work.actor.id, referral.duty_of, referral.owner_id)
    own = rules.may_take_back(work.actor.id, referral.duty_of)
    drafted = referral.state == "draft" and referral.duty_of is None
    shut = drafted and await is_shut(work, referral.child_id, referral.drafted_at)
    return [
        step
        for step, needed in NEEDS.items()
        if rules.possible(step, referral.state, referral.urgency, outstanding=outstanding)
        and may(work.actor, needed)
        and not (outstanding and mine and step == "approve_referral")
        and (referral.sent_at is not None or held or step not in rules.OF_DUTY)
        and (step != "withdraw_referral" or own)
        and (step == "close_referral" or not shut)
    ]


def _event(
    event: ReferralEvent, names: Mapping[UUID, str], mailed_to: Mapping[str, str]
) -> dict[str, Any]:
    details = event.details
    return {
        **event_told(event, names, mailed_to),
        "id": event.id,
        "question_id": details.get("question_id"),
        "by_kind": event.by_kind,
        "from_agency": details.get("from"),
        "outcome": details.get("outcome"),
        "stage": details.get("stage"),
        "issue": details.get("issue"),
        "resolution": details.get("resolution"),
        "learning": details.get("learning"),
    }


def _challenge(challenge: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The open disagreement, without fields that only the rules need."""
    return (
        None
        if challenge is None
        else {name: challenge[name] for name in challenge if name != "from"}
    )


def _name_others(
    decision: Mapping[str, Any] | None, names: Mapping[UUID, str]
) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "reason": decision["reason"],
        "by": person(UUID(decision["by"]), names),
        "at": decision["at"],
    }


def _people(referral: Referral, events: Sequence[ReferralEvent]) -> list[UUID]:
    items = {referral.owner_id, referral.drafted_by}
    items |= {event.by_id for event in events if event.by_id is not None}
    items |= {referral.duty_of} if referral.duty_of else set()
    items |= {UUID(approval["by"]) for approval in referral.approvals}
    named = (referral.consent or {}).get("name_others")
    return sorted(items | ({UUID(named["by"])} if named else set()))


async def approval_of(
    work: UnitOfWork, file: Share | Referral, made_at: datetime
) -> dict[str, Any] | None:
    """The last approval of content frozen at `made_at`, or that an emergency had none.

    None if nobody had to approve, such as a report that is a person's own legal duty.
    """
    if not file.approvals:
        outstanding = isinstance(file, Referral) and approval_owed(file.state, [], file.duty_of)
        return {"before_sending": False, "at": None, "by": None} if outstanding else None
    last = file.approvals[-1]
    name = await stored.name_of(await work.driver(), work.actor.school_id, UUID(last["by"]))
    return {
        "before_sending": datetime.fromisoformat(last["at"]) <= made_at,
        "at": last["at"],
        "by": name,
    }


async def referral_at(
    work: UnitOfWork,
    referral_id: UUID,
    version: int,
    step: str,
    permission: Permission = Permission.REFERRAL_WRITE,
) -> Referral:
    """Lock the referral at the version the writer saw, in a state that allows the step.

    A later reading by the agency blocks no step, and nothing by the agency blocks a withdrawal. A
    draft whose file has gone to another school can only be closed, unless it is a person's own
    legal duty. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`, `DutyIsTheirs`, `FileLocked`, `ItemNotOfChild` (a step that sends it).
    """
    referral = await referral_for(
        work, referral_id, permission, lock=True, goes_out=partial(rules.goes_out, step)
    )
    await _check_seen(work, referral, version, step)
    outstanding = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    if not rules.possible(step, referral.state, referral.urgency, outstanding=outstanding):
        raise StateConflict
    rules.require_duty(step, work.actor.id, referral)
    if referral.state == "draft" and referral.duty_of is None and step != "close_referral":
        await check_unlocked(work, referral.child_id, written_at=referral.drafted_at)
    return referral


async def _check_seen(work: UnitOfWork, referral: Referral, version: int, step: str) -> None:
    """Raise `VersionStale` if there is news that the writer has to see first."""
    if version < referral.version:
        if rules.whatever_came(step):
            return
        events = await work.sharing.referral_events(referral.id)
        read = [event.details.get("version") for event in events if event.kind == "opened"]
        if rules.only_read(version, referral.version, read):
            return
    check_version(referral, version)


def for_approval(referral: Referral) -> dict[str, Any]:
    """Fields that approval checks."""
    names = ("kind", "fields", "lawful_basis", "special_category_condition", "para18_limb")
    facts = {name: getattr(referral, name) for name in names}
    return {**facts, "consent": (referral.consent or {}).get("block")}

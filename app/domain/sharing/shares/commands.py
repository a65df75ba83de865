"""Draft, change and revoke a share, and record its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from app.core.schemas import ReasonIn, fields_of
from app.core.words import AuditEvent, Permission
from app.db.models import Share, ShareEvent
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.share_access.queries import check_items, decision_for, share_for
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.people.staff.queries import member_of_staff
from app.domain.record.chronology.commands import chronicle
from app.domain.sharing.recipient_links.commands import end_links
from app.domain.sharing.share_recipients.queries import check_not_blocked, is_barred, recipient_for
from app.domain.sharing.shared_files.commands import check_files
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.errors import RecipientBarred
from app.domain.sharing.shares.rules import problems_of_moment
from app.domain.sharing.shares.schemas import HandOverIn, ResponseIn, ShareIn
from app.domain.sharing.snapshots.commands import strictest
from app.domain.steps import new, record_row, touch


def check_moment(work: UnitOfWork, at: datetime, not_before: datetime | None) -> None:
    """Raise `ValidationFailed` for a future moment, or one before what it follows."""
    if problems := problems_of_moment("/at", at, work.now, not_before=not_before):
        raise ValidationFailed(problems=problems)


async def draft_share(work: UnitOfWork, body: ShareIn) -> Share:
    """Draft a share. Raises `PermissionMissing`, `ChildNotFound`, `ContactNotFound`,

    `AgencyNotFound`, `StateConflict` (agency retired), `ValidationFailed`, `TellingBlocked`.
    """
    policy.require(work.actor, Permission.SHARE_WRITE)
    sent = fields_of(body)
    child = await child_for(work, body.child_id, Permission.CHILD_OPEN)
    await check_unlocked(work, child.id, adds=True)
    recipient = await recipient_for(work, child.id, body.recipient)
    await check_not_blocked(work, child.id, recipient.contact_id, recipient.content["name"])
    await _check(work, child.id, items=sent["items"], decision_id=body.decision_id)
    _check_expiry(work, body.expires_at)
    share = new(
        work, Share, body, child_id=child.id, recipient_kind=recipient.kind,
        contact_id=recipient.contact_id, agency_id=recipient.agency_id, recipient=recipient.content,
        items=sent["items"], detriment_test=sent["detriment_test"], agreement=sent["agreement"],
        state="draft", approvals=[], owner_id=work.actor.id,
        drafted_by=work.actor.id, drafted_at=work.now,
    )  # fmt: skip
    await start_clock(work, share, rules.FOLLOW_UP)
    record_row(work, AuditEvent.SHARE_DRAFTED, share, child_id=child.id, after=facts_of(share))
    share.reference = await work.sharing.next_reference("S", work.now.year)
    work.sharing.add(share)
    await work.session.flush()
    return share


async def update_share(
    work: UnitOfWork, share_id: UUID, version: int, changes: Mapping[str, Any]
) -> Share:
    """Change a draft; an earlier approval no longer counts.

    Nor does a decision made by an approval of other items. Raises `PermissionMissing`,
    `ShareNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`, `ValidationFailed`.
    """
    share = await share_at(work, share_id, version, "update_share")
    changes = dict(changes)
    await _check(
        work, share.child_id, items=changes.get("items"), decision_id=changes.get("decision_id")
    )
    _check_expiry(work, changes.get("expires_at"))
    if share.approvals and "items" in changes:
        changes.setdefault("decision_id", None)
    before = facts_of(share)
    for name, value in changes.items():
        setattr(share, name, value)
    share.approvals = []
    move(work, share, share.state)
    record_row(
        work, AuditEvent.SHARE_CHANGED, share, before=before, after=facts_of(share),
        details={"fields": sorted(changes)},
    )  # fmt: skip
    return share


async def revoke_share(work: UnitOfWork, share_id: UUID, version: int, body: ReasonIn) -> Share:
    """End a share at once. Raises as `update_share`."""
    share = await share_at(work, share_id, version, "revoke_share")
    before = share.state
    await bring_to_end(work, share, "revoked")
    await end_links(work, "share", share.id, "revoked")
    note_event(work, share, "revoked", at=work.now, by_id=work.actor.id, text=body.reason)
    record_row(work, AuditEvent.SHARE_REVOKED, share, details={"from": before})
    return share


async def record_hand_over(
    work: UnitOfWork, share_id: UUID, version: int, body: HandOverIn
) -> Share:
    """Record how an approved share reached its recipient.

    Raises as `update_share`, and `FileLocked`; `RecipientBarred` if a new bar on the recipient
    needs two people's review; `TellingBlocked`, `ParentsGuarded`.
    """
    share = await share_at(work, share_id, version, "record_hand_over")
    if await is_barred(work, share, to=body.to, refuse=True):
        raise RecipientBarred
    if share.expires_at is not None and share.expires_at <= work.now:
        raise StateConflict("This share has expired.")
    snapshot = await work.sharing.snapshot(frozen(share))
    check_moment(work, body.at, snapshot.made_at)
    by_id = await member_of_staff(work, body.by_id)
    move(work, share, rules.state_after_hand_over(share.state))
    if share.ended_at is None and share.due_rule not in rules.WAITING.values():
        await start_clock(work, share, rules.FOLLOW_UP)
    note_event(
        work, share, "handed_over", at=body.at, by_id=by_id, route=body.route, text=body.note,
        details={"to": body.to},
    )  # fmt: skip
    await enter_chronology(work, share, body.at)
    record_row(work, AuditEvent.SHARE_HANDED_OVER, share, details={"route": body.route})
    return share


async def record_response(
    work: UnitOfWork, share_id: UUID, version: int, body: ResponseIn
) -> Share:
    """Record what the recipient did. Raises as `update_share`."""
    share = await share_at(work, share_id, version, "record_response")
    if body.kind in ("replied", "correction_requested") and body.text is None:
        problem = FieldProblem("/text", "missing", "Say what the recipient wrote or said.")
        raise ValidationFailed(problems=[problem])
    snapshot = await work.sharing.snapshot(frozen(share))
    check_moment(work, body.at, snapshot.made_at)
    await take_answer(work, share, Answer(body.kind, body.at, body.text), by_id=work.actor.id)
    return share


@dataclass(frozen=True, slots=True)
class Answer:
    """An action or message of the recipient; `details` hold IDs and codes."""

    kind: str
    at: datetime
    text: str | None = None
    details: Mapping[str, Any] | None = None


async def take_answer(
    work: UnitOfWork, share: Share, answer: Answer, *, by_id: UUID | None
) -> None:
    """Save what the recipient did; `by_id` is who recorded it, None the recipient in person.

    A request that needs our answer keeps its clock, whatever else is said; reading again postpones
    nothing.
    """
    before = share.state
    move(work, share, rules.state_after_response(before, answer.kind))
    if answer.kind != "opened" or share.state != before:
        await _next_clock(work, share, answer.kind)
    note_event(
        work, share, answer.kind, at=answer.at, by_id=by_id, text=answer.text,
        details=answer.details,
    )  # fmt: skip
    record_row(work, AuditEvent.SHARE_ANSWERED, share, details={"kind": answer.kind})


async def _next_clock(work: UnitOfWork, share: Share, kind: str) -> None:
    if share.ended_at is None and share.due_rule in rules.WAITING.values():
        return
    rule = rules.rule_after_response(share.state, kind)
    if rule is not None:
        share.ended_at = None
        await start_clock(work, share, rule)
    elif share.ended_at is None:
        end(work, share, share.state)


async def bring_to_end(work: UnitOfWork, share: Share, state: str) -> None:
    """End access to it; a recipient's request stays open until someone answers."""
    events = await work.sharing.share_events(share.id)
    move(work, share, state)
    if not rules.waiting([event.kind for event in events]):
        end(work, share, state)


def end(work: UnitOfWork, share: Share, reason: str) -> None:
    """End it, and stop its clock."""
    share.ended_at, share.due_at, share.due_rule = work.now, None, None
    stop_clock(work, share, reason)


def move(work: UnitOfWork, share: Share, state: str) -> None:
    """Change its state, as a new version."""
    share.state = state
    touch(work, share)


def note_event(
    work: UnitOfWork,
    share: Share,
    kind: str,
    *,
    at: datetime,
    by_id: UUID | None,
    route: str | None = None,
    text: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one event of a share."""
    row = new(
        work, ShareEvent, share_id=share.id, kind=kind, at=at, by_id=by_id, route=route, text=text,
        details=dict(details or {}),
    )  # fmt: skip
    work.sharing.add(row)


def facts_of(share: Share) -> dict[str, Any]:
    """A writer's choices in a share; the audit log holds their hash."""
    names = (
        "purpose", "purpose_detail", "lawful_basis", "special_category_condition", "para18_limb",
        "detriment_test", "agreement", "decision_id", "items", "recipient", "expires_at",
    )  # fmt: skip
    return {name: getattr(share, name) for name in names}


async def share_at(work: UnitOfWork, share_id: UUID, version: int, step: str) -> Share:
    """Lock a share for writing, in a state in which the step is possible.

    A draft whose file has gone to another school can only be revoked, and what is out is not given
    again: that school shares from then on. People may revoke it without
    having seen its recipient's later actions. Raises `PermissionMissing`, `ShareNotFound`,
    `ItemsHidden`, `VersionStale`, `StateConflict`, `FileLocked`, `ItemNotOfChild` (a step that
    sends it).
    """
    permission = Permission.SHARE_APPROVE if step in rules.SIGNED else Permission.SHARE_WRITE
    goes_out = partial(rules.goes_out, step)
    share = await share_for(work, share_id, permission, lock=True, goes_out=goes_out)
    if version > share.version or not rules.whatever_came(step, share.state):
        check_version(share, version)
    if not rules.possible(step, share.state):
        raise StateConflict
    if share.state == "draft" and step != "revoke_share":
        await check_unlocked(work, share.child_id, written_at=share.drafted_at)
    if rules.gives_again(step, share.state):
        await check_unlocked(work, share.child_id, adds=True)
    return share


async def _check(
    work: UnitOfWork,
    child_id: UUID,
    *,
    items: Sequence[Mapping[str, Any]] | None,
    decision_id: UUID | None,
) -> None:
    await check_items(work, child_id, items or ())
    await check_files(work, items or ())
    if decision_id is not None:
        await decision_for(work, child_id, decision_id)


def _check_expiry(work: UnitOfWork, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= work.now:
        problem = FieldProblem("/expires_at", "in_past", "It is in the past.")
        raise ValidationFailed(problems=[problem])


def frozen(share: Share) -> UUID:
    """The snapshot of an approved share."""
    assert share.snapshot_id is not None  # noqa: S101 - a check of the table says so
    return share.snapshot_id


async def enter_chronology(work: UnitOfWork, share: Share, at: datetime) -> None:
    """Enter a significant step of the share, in the strictest class of its content."""
    chronicle(
        work,
        child_ids=[share.child_id],
        kind="share",
        resource_id=share.id,
        occurred_at=at,
        confidentiality=await strictest(work, share.items),
    )

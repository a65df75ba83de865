"""Setting, changing, holding, cancelling and correcting meetings."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Attachment, Meeting, MeetingMinute
from app.db.repositories.record import meetings as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import check_reach, child_for
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, check_furthest, start_clock
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, why_not
from app.domain.duty.milestones.commands import Around, happened
from app.domain.duty.milestones.rules import CONFERENCES, LOOKED_AFTER, LOOKED_AFTER_REVIEW
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed, VersionStale
from app.domain.record.actions.commands import add_action
from app.domain.record.actions.errors import ActionOwnerUnsuitable
from app.domain.record.actions.rules import LONGEST, reminder_at
from app.domain.record.chronology.commands import chronicle, is_late
from app.domain.record.meetings.errors import (
    MeetingNotBegun,
    MeetingNotHeld,
    MeetingOwnerUnsuitable,
    MeetingPersonUnsuitable,
)
from app.domain.record.meetings.kind import MEETING
from app.domain.record.meetings.schemas import (
    CorrectMeetingIn,
    HoldMeetingIn,
    InvitedIn,
    MeetingIn,
    MeetingPatch,
    MinuteIn,
    PaperIn,
)
from app.domain.steps import (
    Details,
    Target,
    check_may_work_on,
    columns_of,
    find_target,
    new,
    record_change,
    record_row,
    step,
    touch,
)

P = Permission
OUTCOME: Final = "meeting.outcome"
FURTHEST: Final = "due.review"
"""The rule for how far ahead a meeting can be set."""
NO_MORE: Final = ("duplicate_of", "entered_in_error")
SOON: Final = "meeting_soon"
HELD, CANCELLED, ADJOURNED = "held", "cancelled", "adjourned"


async def set_meeting(work: UnitOfWork, body: MeetingIn) -> Meeting:
    """Set a meeting about a child, or one for each of several siblings; returns the first.

    Alerts its owner. Raises `PermissionMissing`, `ConcernNotFound`, `ChildNotFound`,
    `ConflictOfInterest`, `OutsideCohort`, `StateConflict`, `ValidationFailed`, `DueTooFar`,
    `MeetingPersonUnsuitable`, `MeetingOwnerUnsuitable`.
    """
    class_ = await _class_of(work, body)
    first = body.id or new_id()
    together = first if len(body.child_ids) > 1 else None
    made = [
        new(
            work, Meeting, body, id=first if index == 0 else new_id(), child_id=child_id,
            confidentiality=class_, together_id=together, after_id=None, state="planned",
            owner_id=body.owner_id or work.actor.id, invited=_dumped(body.invited),
            papers=_dumped(body.papers),
        )
        for index, child_id in enumerate(body.child_ids)
    ]  # fmt: skip
    for meeting in made:
        await _plan(work, meeting)
    return made[0]


async def _plan(work: UnitOfWork, meeting: Meeting) -> None:
    """Keep a planned meeting with its clocks, and tell its owner."""
    await _check(work, meeting)
    await _run_clock(work, meeting)
    work.concerns.add(meeting)
    await work.session.flush()
    record_row(
        work, AuditEvent.MEETING_SET, meeting,
        after={"starts_at": meeting.starts_at, "invited": meeting.invited},
        details={
            "kind": meeting.kind, "owner_id": str(meeting.owner_id),
            "concern_id": meeting.concern_id and str(meeting.concern_id),
        },
    )  # fmt: skip
    _tell_owner(work, meeting)
    await _owe_report(work, meeting)


def _dumped(listed: Sequence[InvitedIn | PaperIn]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in listed]


def _tell_owner(work: UnitOfWork, meeting: Meeting) -> None:
    if meeting.owner_id != work.actor.id:
        tell(
            work, meeting.owner_id, "meeting_set", concern_id=meeting.concern_id,
            about=(MEETING.name, meeting.id),
        )  # fmt: skip


async def _class_of(work: UnitOfWork, body: MeetingIn) -> str:
    """Class of a meeting, if the actor works on every child and on the concern."""
    alone = replace(work.actor, grants=())  # grants are for reading
    for child_id in body.child_ids:
        child = await child_for(work, child_id, P.MEETING_SET)
        check_reach(alone, child.id, child.year_group, child.registration_group)
    if body.concern_id is None:
        if body.confidentiality not in policy.triage_classes(work.actor):
            raise _refused("/confidentiality", "unreadable", "Your role does not read it.")
        return body.confidentiality
    concern = await concern_to_work_on(work, body.concern_id, P.MEETING_SET)
    if concern.state in NO_MORE:
        raise StateConflict
    if not set(body.child_ids) <= set(await work.concerns.child_ids(concern.id)):
        raise _refused("/child_ids", "of_concern", "The concern is not about this child.")
    return concern.confidentiality


def _refused(pointer: str, code: str, text: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, text)])


async def _check_owner(work: UnitOfWork, meeting: Meeting) -> None:
    """Raise `MeetingOwnerUnsuitable` unless the owner may own it and has no conflict."""
    thing = OwnedResource(
        MEETING.name, meeting.id, meeting.owner_id, meeting.confidentiality, meeting.concern_id,
        frozenset(await _about(work, meeting)),
    )  # fmt: skip
    people = await people_here(work, [meeting.owner_id])
    if why_not(next(iter(people), None), thing) is not None:
        raise MeetingOwnerUnsuitable


async def _about(work: UnitOfWork, meeting: Meeting) -> set[UUID]:
    if meeting.concern_id is None:
        return {meeting.child_id}
    children = await work.concerns.child_ids(meeting.concern_id)
    return {meeting.child_id, meeting.concern_id, *children}


async def _check_people(
    work: UnitOfWork, meeting: Meeting, people: Iterable[dict[str, Any]]
) -> None:
    """Raise `MeetingPersonUnsuitable` for staff who are not here, or who have a conflict."""
    staff = {UUID(person["staff_id"]) for person in people if person["staff_id"]}
    if not staff:
        return
    about = await _about(work, meeting)
    here = await people_here(work, sorted(staff))
    if staff - {item.id for item in here if not about & item.locked_out}:
        raise MeetingPersonUnsuitable


async def _check_papers(work: UnitOfWork, meeting: Meeting) -> None:
    """Raise `ValidationFailed` for a paper that is no attachment of the meeting's concern."""
    for index, paper in enumerate(meeting.papers):
        if paper["attachment_id"] is None:
            continue
        attachment = await work.concerns.find(Attachment, UUID(paper["attachment_id"]))
        if attachment is None or attachment.concern_id != meeting.concern_id:
            raise _refused(
                f"/papers/{index}/attachment_id",
                "unknown",
                "Cairn cannot find this attachment in the concern.",
            )


async def _check(work: UnitOfWork, meeting: Meeting) -> None:
    """Raise where a paper, a person or the owner of a planned meeting cannot be."""
    await _check_papers(work, meeting)
    await _check_people(work, meeting, meeting.invited)
    await _check_owner(work, meeting)


async def _owe_report(work: UnitOfWork, meeting: Meeting) -> None:
    """Set the school's report to a conference, due before it."""
    if meeting.kind in CONFERENCES:
        await happened(work, _around(meeting, meeting.starts_at), "planned.conference")


async def _move(work: UnitOfWork, meeting: Meeting) -> None:
    await _run_clock(work, meeting)
    await _owe_report(work, meeting)


async def _run_clock(work: UnitOfWork, meeting: Meeting) -> None:
    """Start the clock for its outcome from its start time, or from now if that has passed."""
    await check_furthest(work, meeting.starts_at, FURTHEST)
    await start_clock(work, meeting, OUTCOME, since=max(meeting.starts_at, work.now))


def _around(meeting: Meeting, since: datetime) -> Around:
    return Around(
        [meeting.child_id], since, meeting.concern_id, meeting.id, meeting.confidentiality,
        meeting.owner_id,
    )  # fmt: skip


async def remind_of_meetings(work: UnitOfWork) -> int:
    """Remind each owner once for each time, the school day before; returns how many meetings."""
    calendar = await calendar_of(work)
    rows = await stored.to_remind(
        await work.driver(), work.actor.school_id, work.now,
        work.now + LONGEST + timedelta(days=1), work.today,
    )  # fmt: skip
    reminded = 0
    for row in rows:
        when = reminder_at(row["starts_at"], calendar)
        if not row["made_at"] < when <= work.now:
            continue
        reminded += 1
        for person in dict.fromkeys([row["owner_id"], *row["stand_ins"]]):
            tell(work, person, SOON, concern_id=row["concern_id"], about=(MEETING.name, row["id"]))
    return reminded


@step(
    MEETING, AuditEvent.MEETING_CHANGED, P.MEETING_SET, body=MeetingPatch, path="",
    errors=(MeetingOwnerUnsuitable, MeetingPersonUnsuitable, DueTooFar),
)  # fmt: skip
async def update_meeting(work: UnitOfWork, target: Target[Meeting], body: MeetingPatch) -> Details:
    """Update a planned meeting.

    Changes a planned meeting with a merge patch. A new time moves its deadlines.
    """
    meeting, sent, owner = target.row, body.model_fields_set, target.row.owner_id
    for name in sent & {"starts_at", "place", "owner_id"}:
        setattr(meeting, name, getattr(body, name))
    for name in sent & {"invited", "papers"}:
        setattr(meeting, name, _dumped(getattr(body, name)))
    if {"papers", "invited", "owner_id"} & sent:
        await _check(work, meeting)
    if "starts_at" in sent:
        await _move(work, meeting)
    if meeting.owner_id != owner:
        _tell_owner(work, meeting)
    return {"fields": sorted(sent)}


@step(
    MEETING, AuditEvent.MEETING_HELD, P.MEETING_SET, body=HoldMeetingIn, ends=HELD, path="hold",
    errors=(
        MeetingNotBegun, MeetingPersonUnsuitable, MeetingOwnerUnsuitable, ActionOwnerUnsuitable,
        DueTimePassed, DueTooFar, StateConflict,
    ),
)  # fmt: skip
async def record_meeting(work: UnitOfWork, target: Target[Meeting], body: HoldMeetingIn) -> Details:
    """Record that a meeting was held.

    Records who came, what was decided, and when the next meeting is.

    The meeting's deadlines stop, and the deadlines of what was decided start.
    """
    meeting = target.row
    minute = await _write(work, meeting, body, meeting.starts_at)
    chronicle(
        work, child_ids=[meeting.child_id], kind=MEETING.name, resource_id=meeting.id,
        occurred_at=minute.held_at, concern_id=meeting.concern_id,
        confidentiality=meeting.confidentiality,
    )  # fmt: skip
    await _follow(work, meeting, minute)
    await _set_actions(work, meeting, body)
    if body.next_at is not None:
        await _plan(work, _next(work, meeting, body))
    return {"result": body.result}


async def _write(
    work: UnitOfWork, meeting: Meeting, body: MinuteIn, unless_said: datetime,
    reason: str | None = None,
) -> MeetingMinute:  # fmt: skip
    """Save the minutes, which never change; `unless_said` is when it was held without a time."""
    held_at = body.held_at or unless_said
    if held_at > work.now:
        raise MeetingNotBegun
    people = _dumped(body.people)
    await _check_people(work, meeting, people)
    if body.papers is not None:
        meeting.papers = _dumped(body.papers)
        await _check_papers(work, meeting)
    minute = new(
        work, MeetingMinute, body, meeting_id=meeting.id, held_at=held_at, people=people,
        papers=meeting.papers, dissent=[item.model_dump() for item in body.dissent], reason=reason,
    )  # fmt: skip
    work.concerns.add(minute)
    return minute


async def _follow(work: UnitOfWork, meeting: Meeting, minute: MeetingMinute) -> None:
    """Stop the clocks that the meeting ends, and start those of its results."""
    around = _around(meeting, minute.held_at)
    if meeting.kind in CONFERENCES:
        await happened(work, around, "ended.conference")
    if minute.result == ADJOURNED:
        return
    name = f"meeting.{meeting.kind}"
    events = [name, f"{name}.{minute.result}"]
    if meeting.kind == LOOKED_AFTER_REVIEW:
        before = await stored.held_before(
            await work.driver(), meeting.school_id, meeting.child_id, meeting.kind, meeting.id,
            LOOKED_AFTER,
        )  # fmt: skip
        events.append(f"{name}.later" if before else f"{name}.first")
    await happened(work, around, *events)


async def _set_actions(work: UnitOfWork, meeting: Meeting, body: HoldMeetingIn) -> None:
    if body.actions and meeting.concern_id is None:
        raise _refused("/actions", "no_concern", "Only a meeting about a concern can set actions.")
    for action in body.actions:
        assert meeting.concern_id is not None  # noqa: S101 - as was looked at above
        await add_action(work, meeting.concern_id, action, meeting_id=meeting.id)


def _next(work: UnitOfWork, meeting: Meeting, body: HoldMeetingIn) -> Meeting:
    """Set the agreed next meeting, with the same people and no papers yet."""
    return new(
        work, Meeting, kind=body.next_kind or meeting.kind, child_id=meeting.child_id,
        concern_id=meeting.concern_id, together_id=None, after_id=meeting.id,
        confidentiality=meeting.confidentiality, starts_at=body.next_at, place=meeting.place,
        invited=meeting.invited, papers=[], owner_id=meeting.owner_id, state="planned",
        cancel_reason=None,
    )  # fmt: skip


@step(
    MEETING, AuditEvent.MEETING_CANCELLED, P.MEETING_SET, body=ReasonIn, ends=CANCELLED,
)  # fmt: skip
async def cancel_meeting(work: UnitOfWork, target: Target[Meeting], body: ReasonIn) -> Details:
    """Cancel a meeting.

    Records that the meeting will not be held, and why. Deadlines tied to its date continue.
    """
    meeting = target.row
    if meeting.kind in CONFERENCES:
        await happened(work, _around(meeting, work.now), "ended.conference")
    meeting.cancel_reason = body.reason
    chronicle(
        work, child_ids=[meeting.child_id], kind=MEETING.name, resource_id=meeting.id,
        occurred_at=work.now, concern_id=meeting.concern_id,
        confidentiality=meeting.confidentiality,
    )  # fmt: skip
    return None


async def correct_meeting(
    work: UnitOfWork, meeting_id: UUID, version: int, body: CorrectMeetingIn
) -> Meeting:
    """Correct a meeting's minutes; the earlier ones stay, with the reason.

    Raises `PermissionMissing`, `MeetingNotFound`, `VersionStale`, `MeetingNotHeld`,
    `MeetingNotBegun`, `MeetingPersonUnsuitable`, `ValidationFailed`.
    """
    policy.require(work.actor, P.MEETING_SET)
    target = await find_target(work, MEETING, meeting_id, lock=True)
    await check_may_work_on(work, target)
    meeting = target.row
    if meeting.version != version:
        raise VersionStale
    if meeting.state != HELD:
        raise MeetingNotHeld
    before = columns_of(meeting)
    driver = await work.driver()
    *_, newest = await stored.minutes_of(driver, meeting.school_id, meeting.id)
    minute = await _write(work, meeting, body, newest["held_at"], body.reason)
    await stored.move_in_time(
        driver, meeting.school_id, meeting.id, minute.held_at,
        late=is_late(minute.held_at, meeting.ended_at or work.now),
    )  # fmt: skip
    await _follow(work, meeting, minute)
    touch(work, meeting)
    if target.concern is not None:
        touch(work, target.concern)
    record_change(
        work, AuditEvent.MEETING_CORRECTED, target, before,
        {"minute_id": str(minute.id), "result": minute.result},
    )  # fmt: skip
    await work.session.flush()
    return meeting

"""Putting right which child a concern is about, when it was and where."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Child, Concern, ConcernCorrection, Task
from app.db.repositories.duty.alerts import alerted_of
from app.db.repositories.duty.ladder import may_tell
from app.db.repositories.record import concern_corrections as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import kinds
from app.domain.access.closed_files.queries import check_not_held, check_unlocked
from app.domain.access.conflicts.commands import move_work
from app.domain.common.alerts.commands import tell
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.errors import ConflictOfInterest, FieldProblem
from app.domain.record.cases.commands import leave_cases
from app.domain.record.chronology.commands import is_late
from app.domain.record.concern_corrections.errors import CorrectionUnsuitable
from app.domain.record.concern_corrections.schemas import ChildMeantIn, CorrectIn
from app.domain.record.concerns import rules
from app.domain.record.concerns.commands import concern_to_change, take_step
from app.domain.record.concerns.errors import ChildUnknown
from app.domain.safety.self_harm_concerns.commands import child_corrected
from app.domain.steps import new, record_row, touch

TOLD: Final = "concern_child_corrected"
PUT_RIGHT: Final = "child_corrected"
"""Task to correct what was sent about the former child."""
ENDED_BY_IT: Final = frozenset({"support_list_entry"})
"""Kinds that the correction itself withdraws from the former child: no task once ended."""


async def correct_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: CorrectIn
) -> Concern:
    """Correct the child, the time or the place of a concern; the old values are kept.

    With another child the whole concern moves to that child's file and out of the former one.
    People who knew of it are alerted, and someone gets a task to deal with its effects on the
    former child. Raises `CorrectionUnsuitable`, `ChildUnknown`, `ConflictOfInterest`,
    `OccurredInFuture`, and the errors of every step.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    rules.next_state("correct", concern.state)
    meant = body.child
    if meant is not None:
        await _check_child(work, concern, meant)
    correction = new(
        work, ConcernCorrection, concern_id=concern.id, former_child_id=meant and meant.former_id,
        child_id=meant and meant.id, was={}, became={}, reason=body.reason,
    )  # fmt: skip
    await _correct_fields(work, concern, body, correction)
    work.concerns.add(correction)
    if meant is not None:
        await _put_child(work, concern, meant, correction)
    take_step(
        work, concern, AuditEvent.CONCERN_CORRECTED, reason=body.reason if meant is None else None,
        details={
            "correction_id": str(correction.id),
            "fields": [*(["child"] if meant is not None else []), *correction.became],
        },
    )  # fmt: skip
    return concern


async def _check_child(work: UnitOfWork, concern: Concern, meant: ChildMeantIn) -> None:
    there = await work.concerns.child_ids(concern.id)
    if meant.former_id not in there or meant.id in there:
        raise CorrectionUnsuitable
    if meant.id in work.actor.conflicts.children:
        raise ConflictOfInterest
    if await work.children.find(Child, meant.id) is None:
        problem = FieldProblem("/child/id", "child_unknown", "Cairn cannot find this child.")
        raise ChildUnknown(problems=[problem])
    await check_not_held(work, concern.id)
    await check_unlocked(work, meant.id, adds=True)


async def _correct_fields(
    work: UnitOfWork, concern: Concern, body: CorrectIn, concern_correction: ConcernCorrection
) -> None:
    """Change time and place, and keep what they were."""
    if body.occurred_at is not None:
        rules.check_occurred(body.occurred_at, work.now)
    for name in ("occurred_at", "occurred_precision", "place"):
        becomes = getattr(body, name)
        if becomes is None or becomes == getattr(concern, name):
            continue
        concern_correction.was = {**concern_correction.was, name: _plain(getattr(concern, name))}
        concern_correction.became = {**concern_correction.became, name: _plain(becomes)}
        setattr(concern, name, becomes)
    if concern_correction.became.keys() & {"occurred_at", "occurred_precision"}:
        await work.session.flush()
        await stored.move_in_time(
            await work.driver(), concern.school_id, concern.id, concern.occurred_at,
            concern.occurred_precision, late=is_late(concern.occurred_at, concern.recorded_at),
        )  # fmt: skip


def _plain(value: Any) -> Any:
    return written(value) if hasattr(value, "isoformat") else value


async def _put_child(
    work: UnitOfWork, concern: Concern, meant: ChildMeantIn, concern_correction: ConcernCorrection
) -> None:
    driver, school_id = await work.driver(), work.actor.school_id
    hear = await alerted_of(driver, school_id, concern.id, work.now)
    await work.session.flush()
    await stored.put_child(driver, school_id, concern.id, meant.former_id, meant.id)
    work.vouch("concern_child", [f"{concern.id}/{meant.former_id}"])
    for child_id in (meant.former_id, meant.id):  # in the log of each; the reason names the other
        record_row(
            work, AuditEvent.CONCERN_CORRECTED, concern, child_id=child_id,
            details={"correction_id": str(concern_correction.id)},
        )  # fmt: skip
    owners = await _name_in_tasks(work, concern, meant)
    await _end_above(work, concern)
    await child_corrected(work, concern, meant.former_id, meant.id)
    await leave_cases(work, concern.id)
    await _owe(work, concern, concern_correction)
    await move_work(work)
    await _tell(work, concern, {*hear, *owners, concern.reporter_id, concern.owner_id})


async def _name_in_tasks(work: UnitOfWork, concern: Concern, meant: ChildMeantIn) -> list[UUID]:
    """Move open tasks to the child who was meant; returns their owners.

    A task about a record of the former child stays with that record.
    """
    tasks = await open_tasks(work, concern_id=concern.id)
    await _end_outstanding(work, [task for task in tasks if task.kind == PUT_RIGHT], meant.id)
    moved = [item for item in tasks if item.child_id == meant.former_id and item.about_id is None]
    for task in moved:
        task.child_id = meant.id
        touch(work, task)
    return [task.owner_id for task in moved]


async def _end_outstanding(work: UnitOfWork, tasks: Sequence[Task], child_id: UUID) -> None:
    """End the correction tasks for a child who is in the concern again: what was sent is right."""
    for task in tasks:
        correction = await work.concerns.held(ConcernCorrection, UUID(task.facts["correction_id"]))
        if correction is not None and correction.former_child_id == child_id:
            finish(work, task, state=NOT_NEEDED, outcome="corrected_back")


async def _end_above(work: UnitOfWork, concern: Concern) -> None:
    """End the tasks of concerns it was merged into, if this one held all that was left."""
    above = concern.duplicate_of and await work.concerns.find(Concern, concern.duplicate_of)
    while above:
        for task in await open_tasks(work, kinds=[PUT_RIGHT], concern_id=above.id):
            correction = await work.concerns.held(
                ConcernCorrection, UUID(task.facts["correction_id"])
            )  # fmt: skip
            if correction is not None and not await _led(work, correction):
                finish(work, task, state=NOT_NEEDED, outcome="put_right")
        above = above.duplicate_of and await work.concerns.find(Concern, above.duplicate_of)


async def _led(work: UnitOfWork, concern_correction: ConcernCorrection) -> list[Any]:
    """List a concern's effects on the former child that someone has to deal with."""
    assert concern_correction.former_child_id is not None  # noqa: S101 - only called with a child
    led = await stored.led_to_at_all(
        await work.driver(),
        work.actor.school_id,
        concern_correction.concern_id,
        concern_correction.former_child_id,
        [item.name for item in kinds.every_kind()],
    )
    return [item for item in led if item["open"] or item["kind"] not in ENDED_BY_IT]


async def _owe(work: UnitOfWork, concern: Concern, concern_correction: ConcernCorrection) -> None:
    """Set a task to correct what was sent, set or written about the former child.

    Closes at once whatever is open to someone outside.
    """
    await work.session.flush()
    led = await _led(work, concern_correction)
    for item in led:
        await kinds.correct(work, item["kind"], item["id"])
    if led:
        await set_task(
            work,
            SetTask(
                PUT_RIGHT,
                concern_id=concern.id,
                confidentiality=concern.confidentiality,
                first=concern.owner_id,
                facts={"correction_id": str(concern_correction.id)},
                urgent=True,
            ),
        )


async def _tell(work: UnitOfWork, concern: Concern, people: set[UUID | None]) -> None:
    """Alert those who knew of it, if they still work here and have no interest in it."""
    driver, school_id = await work.driver(), work.actor.school_id
    for person in sorted({item for item in people if item is not None} - {work.actor.id}):
        if await may_tell(driver, school_id, person, concern.id, work.today):
            tell(
                work, person, TOLD, concern_id=concern.id, about=("concern", concern.id),
                urgent=concern.ended_at is None and concern.immediacy != "routine",
            )  # fmt: skip

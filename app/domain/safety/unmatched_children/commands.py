"""Match a report to a child, once a lead has found out which one it is about."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import BodyMark, Child, Concern, ConcernChild, UnmatchedChild
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.commands import move_work
from app.domain.duty.tasks.commands import finish, open_tasks
from app.domain.duty.tasks.rules import CHILDREN_NAMED, NOT_NEEDED
from app.domain.errors import ConflictOfInterest, FieldProblem
from app.domain.record.concerns.commands import concern_to_change, take_step
from app.domain.record.concerns.errors import ChildUnknown
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.commands import (
    keep_states,
    put_on_support_list,
    read_plans_soon,
    set_missing,
)
from app.domain.safety.self_harm.errors import NamedBesides, NobodyMatched, NothingToMatch
from app.domain.safety.self_harm_concerns.commands import subjects
from app.domain.steps import new, touch


async def match_child(
    work: UnitOfWork, concern_id: UUID, version: int, children: Sequence[tuple[UUID, str]]
) -> Concern:
    """Link the children, with everything recorded since; move work away from their relatives.

    A pupil already in the concern may be linked. Once its subjects are known, this links the others
    the report names. Raises as every step of a concern, `NothingToMatch`, `NamedBesides`,
    `NobodyMatched`, `ChildUnknown`, `ConflictOfInterest`.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    unmatched = await work.concerns.lock(UnmatchedChild, concern.id)
    if unmatched is None or unmatched.matched_at is not None:
        return await _link_named(work, concern, children)
    there = await stored.roles_in(work.session, concern.school_id, concern.id)
    known = subjects([*there.items()])
    new = [(child, role) for child, role in children if child not in there]
    await _check(work, new)
    matched = [child for child in subjects(children) if child not in there or child in known]
    if not matched:
        raise NobodyMatched
    _join(work, concern, new, len(there))
    unmatched.matched_at, unmatched.matched_by = work.now, work.actor.id
    _keep_marks(work, concern, unmatched.marks, matched[0])
    take_step(
        work,
        concern,
        AuditEvent.CONCERN_MATCHED,
        details={"children": [str(child) for child in matched]},
    )
    on_pathway = await stored.enter_chronology(
        await work.driver(), concern.school_id, concern.id, [child for child, _ in new]
    )
    joined = [child for child in matched if child not in known]
    tasks = await _name_in_tasks(work, concern, next(iter(joined), None))
    if on_pathway:
        await work.session.flush()
        if len(joined) > 1:
            await set_missing(work, concern.id, tasks, pupils=joined)
        await _look_after(work, concern, matched, known)
    await move_work(work)
    queue_link_check(work)
    return concern


async def _link_named(
    work: UnitOfWork, concern: Concern, children: Sequence[tuple[UUID, str]]
) -> Concern:
    """Link people the report names besides its subjects; this sets no tasks for them."""
    if not concern.also_named:
        raise NothingToMatch
    if subjects(children):
        raise NamedBesides
    there = await stored.roles_in(work.session, concern.school_id, concern.id)
    new = [(child, role) for child, role in children if child not in there]
    await _check(work, new)
    _join(work, concern, new, len(there))
    linked = [child for child, _ in new]
    take_step(
        work, concern, AuditEvent.CONCERN_MATCHED,
        details={"children": [str(child) for child in linked]},
    )  # fmt: skip
    await stored.enter_chronology(await work.driver(), concern.school_id, concern.id, linked)
    for task in await open_tasks(work, kinds=[CHILDREN_NAMED], concern_id=concern.id):
        finish(work, task, outcome="matched")
    await move_work(work)
    queue_link_check(work)
    return concern


def _join(
    work: UnitOfWork, concern: Concern, children: Sequence[tuple[UUID, str]], there: int
) -> None:
    for position, (child_id, role) in enumerate(children, start=there):
        row = new(
            work, ConcernChild, id=concern.id, child_id=child_id, role=role, position=position
        )
        work.concerns.add(row)


async def _look_after(
    work: UnitOfWork, concern: Concern, matched: Sequence[UUID], known: Sequence[UUID]
) -> None:
    """Set the state of newly matched pupils, start their support, and review their plans.

    If there was more than one, earlier steps may have been for another: someone speaks with each,
    and decides about each one's parents.
    """
    pathway = await work.concerns.pathway_of(concern.id, lock=True)
    assert pathway is not None  # noqa: S101 - the statement that entered the children saw it
    states = rules.states_of(pathway.state, pathway.pupils, [*known, None])
    where = states.pop(None)
    if len(matched) > 1:
        where = rules.state_of_one_of_several(where)
        await set_missing(work, concern.id, rules.tasks_again(at_school=True), pupils=matched)
    keep_states(work, pathway, {**dict.fromkeys(matched, where), **states})
    await put_on_support_list(work, concern.id, matched)
    await read_plans_soon(work, concern.id, matched)


async def _check(work: UnitOfWork, children: Sequence[tuple[UUID, str]]) -> None:
    problems = []
    for index, (child_id, _) in enumerate(children):
        if child_id in work.actor.conflicts.children:
            raise ConflictOfInterest
        if await work.children.find(Child, child_id) is None:
            pointer = f"/children/{index}/child_id"
            problems.append(FieldProblem(pointer, "child_unknown", "Cairn cannot find this child."))
    if problems:
        raise ChildUnknown(problems=problems)


def _keep_marks(
    work: UnitOfWork, concern: Concern, marks: Sequence[Mapping[str, Any]], child_id: UUID
) -> None:
    """Save the body map marks with the matched child."""
    for mark in marks:
        row = {**mark, "id": new_id(), "child_id": child_id, "concern_id": concern.id}
        work.concerns.add(new(work, BodyMark, **row))


async def _name_in_tasks(work: UnitOfWork, concern: Concern, subject: UUID | None) -> list[str]:
    """Move tasks without a child to the matched one; complete the task to match them.

    None if the pupil was already in the concern: their own tasks stay. Returns the kinds of open
    tasks.
    """
    tasks = []
    for task in await open_tasks(work, concern_id=concern.id):
        if task.kind == rules.UNMATCHED:
            finish(work, task, outcome="matched")
            continue
        if task.child_id is not None:
            continue
        if task.kind in rules.OF_PATHWAY:
            tasks.append(task.kind)
        if subject is None:
            finish(work, task, state=NOT_NEEDED, outcome="matched")
            continue
        task.child_id = subject
        touch(work, task)
    return tasks

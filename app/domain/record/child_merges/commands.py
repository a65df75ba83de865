"""Merge two files of one pupil, and undo the merge."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Child, ChildIdentifier, ChildMerge, Contact, FactChange
from app.db.repositories.record import child_merges as stored
from app.db.repositories.record.fact_changes import changes_of_one_work
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import check_reach, child_for, refuse_missing
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.conflicts.commands import find_conflicts, move_work
from app.domain.access.grants.commands import end_row
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import (
    ChildNotFound,
    FieldProblem,
    PermissionMissing,
    SecondPersonNeeded,
    StateConflict,
    ValidationFailed,
)
from app.domain.etags import check_version
from app.domain.record.child_merge_protection.commands import barred_since, protect_both
from app.domain.record.child_merges import rules
from app.domain.record.child_merges.errors import MergeBlocked
from app.domain.record.child_merges.queries import in_the_way
from app.domain.record.child_merges.schemas import MergeChildIn, UnmergeChildIn
from app.domain.record.children.commands import words_of
from app.domain.record.children.queries import Record
from app.domain.record.children.rules import ONE_AT_A_TIME
from app.domain.record.contact_merges.commands import merge_rows, unmerge_rows
from app.domain.steps import new, touch

ASKED, MERGED, UNDONE = "asked", "merged", "undone"
TASK: Final = "child_merge"
SETTLE: Final = "child_merge.settle"
FIELDS: Final = (*rules.WHERE_EMPTY, "roll_status")
SEALED: Final = "K5"
TRANSFER_OPEN: Final = "transfer_open"


async def merge_child(
    work: UnitOfWork, child_id: UUID, version: int, body: MergeChildIn
) -> tuple[Record, int]:
    """Merge a child into another of the school: its whole record moves to the other's file.

    The first request asks, and a second person's request carries it out. This applies to every
    merge: if only sealed content required it, the answer would reveal that content. What the actor
    may not read refuses no request for the same reason: somebody who reads it has to decide. Raises
    `PermissionMissing`, `ChildNotFound`, `OutsideCohort`, `ConflictOfInterest`, `VersionStale`,
    `FileLocked`, `FileFrozen`, `ValidationFailed`, `MergeBlocked`, `SecondPersonNeeded`.
    """
    merged, target = await _two(work, child_id, body.into)
    check_version(merged, version)
    way = await in_the_way(work, merged, target)
    if way.blocked_by:
        raise MergeBlocked(way.blocked_by)
    row = await stored.last_merge(work.session, work.actor.school_id, merged.id)
    sealed = reads_sealed(work)
    if row is not None and row.state == ASKED and row.kept_id != target.id:
        await _withdraw(work, row, body.reason)
    if row is None or row.state == UNDONE:
        row = _new(work, merged, target, body.reason)
        work.children.add(row)
        await work.session.flush()
        await _ask(work, row)
        return await to_response(work, row, ()), merged.version
    enough = not way.is_hidden and (sealed or row.details["reads_sealed"])
    if row.asked_by == work.actor.id or not enough:
        raise SecondPersonNeeded
    row.approved_by = work.actor.id
    moved = await _merge(work, row, merged, target, way.plans)
    return await to_response(work, row, _counted(moved)), merged.version


async def _two(work: UnitOfWork, child_id: UUID, into: UUID) -> tuple[Child, Child]:
    """Lock both children against everything that would name one of them meanwhile."""
    await child_for(work, child_id, Permission.CHILD_SAFEGUARD)
    both = await work.children.lock_two(child_id, into, whole=True)
    if child_id not in both or both[child_id].merged_into is not None:
        await refuse_missing(work, child_id)
    if into == child_id or into not in both or both[into].merged_into is not None:
        problem = FieldProblem(
            "/into", "child_unknown", "This is not another child of this school."
        )
        raise ValidationFailed(problems=[problem])
    target = both[into]
    check_reach(work.actor, target.id, target.year_group, target.registration_group)
    await check_unlocked(work, target.id)
    return both[child_id], target


def _new(work: UnitOfWork, merged: Child, child: Child, reason: str) -> ChildMerge:
    return new(
        work, ChildMerge, merged_id=merged.id, kept_id=child.id, state=ASKED, reason=reason,
        asked_by=work.actor.id, asked_at=work.now, approved_by=None, merged_at=None,
        details={"reads_sealed": reads_sealed(work)}, undone_by=None, undone_at=None,
        undo_reason=None,
    )  # fmt: skip


def reads_sealed(work: UnitOfWork) -> bool:
    """Whether the actor reads the whole of a file, including sealed content."""
    return SEALED in policy.rights_of(work.actor).classes


async def _withdraw(work: UnitOfWork, row: ChildMerge, reason: str) -> None:
    """Withdraw a request to merge."""
    row.state, row.undone_by, row.undone_at = UNDONE, work.actor.id, work.now
    row.undo_reason = reason
    work.record(
        AuditEvent.CHILD_UNMERGED, "child", row.merged_id, child_id=row.merged_id, reason=reason,
        details={"with": str(row.kept_id), "merge_id": str(row.id), "asked": True},
    )  # fmt: skip
    await finish_all(work, [TASK], child_id=row.merged_id)
    await work.session.flush()


async def _ask(work: UnitOfWork, row: ChildMerge) -> None:
    """Ask a second person to confirm the merge."""
    work.record(
        AuditEvent.CHILD_MERGE_ASKED, "child", row.merged_id, child_id=row.merged_id,
        reason=row.reason, details={"with": str(row.kept_id)},
    )  # fmt: skip
    await set_task(
        work,
        SetTask(
            TASK, child_id=row.merged_id, barred=[work.actor.id],
            confidentiality="K3" if row.details["reads_sealed"] else SEALED,
            facts={"into": str(row.kept_id)},
        ),
    )  # fmt: skip


async def _merge(
    work: UnitOfWork, row: ChildMerge, merged: Child, child: Child, plans: int
) -> list[stored.Found]:
    driver, school_id = await work.driver(), work.actor.school_id
    await finish_all(work, [TASK], child_id=merged.id)
    details = {
        **row.details, "plans": plans, "ended": await _end_numbers(work, merged, child),
        "contacts": await _merge_contacts(work, merged, child, row.reason),
    }  # fmt: skip
    await work.session.flush()
    moved = await stored.rows_of(driver, school_id, merged.id, child.id)
    for item in moved:
        await stored.move(driver, row.id, item, shift=plans)
    _vouch(work, moved, merged.id, child.id)
    await _read_again(work, row)
    row.state, row.merged_at, row.details = MERGED, work.now, details
    changes = rules.taken_over(vars(child), vars(merged))
    for name, value in changes.items():
        setattr(child, name, value)
    child.merged_from = [*child.merged_from, merged.id]
    merged.merged_into, merged.roll_status = child.id, "left"
    touch(work, child)
    touch(work, merged)
    await work.session.flush()
    await work.children.index_names_of({merged.id: (), child.id: await words_of(work, child)})
    _record(work, AuditEvent.CHILD_MERGED, row, row.reason, moved, sorted(changes))
    await find_conflicts(work)
    await move_work(work)
    await work.session.flush()
    live = await stored.live_conflicts(work.session, school_id, [child.id])
    row.details = {**details, "conflicts": {str(entry.id): entry.state for entry in live}}
    await stored.keep(driver, school_id, row.id, moved)
    work.enqueue(Job(SETTLE, {}))
    return moved


async def settle_merges(work: UnitOfWork) -> int:
    """Move records that requests begun before the merge wrote about the merged child.

    Grants for the former file end: moved, they would open the whole other file. Returns the number
    of rows; repeating it changes nothing.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    count = 0
    for row in await stored.standing_merges(work.session, school_id):
        for grant in await stored.live_grants(work.session, school_id, row.merged_id, work.now):
            end_row(work, grant, grant.version)
        await work.session.flush()
        late = await stored.rows_of(driver, school_id, row.merged_id, row.kept_id)
        for item in late:
            await stored.move(driver, row.id, item)
        _vouch(work, late, row.merged_id, row.kept_id)
        await stored.keep(driver, school_id, row.id, late)
        if late:
            count += sum(len(entry.rows) for entry in late)
            _record(work, AuditEvent.CHILD_MERGED, row, "Written while they were merged.", late, ())
    return count


async def _end_numbers(work: UnitOfWork, merged: Child, child: Child) -> list[str]:
    """End the merged child's UPN: a child has one at a time. The old one stays findable."""
    own = await work.children.identifiers_of(child.id)
    taken = {item.system for item in own if item.valid_to is None} & set(ONE_AT_A_TIME)
    ended = []
    for identifier in await work.children.identifiers_of(merged.id):
        if identifier.valid_to is None and identifier.system in taken:
            identifier.valid_to = work.today
            ended.append(str(identifier.id))
    return ended


async def _merge_contacts(
    work: UnitOfWork, merged: Child, child: Child, reason: str
) -> list[list[str]]:
    """Contacts that one source knows as one person of both children."""
    own = {
        (contact.source, contact.source_id): contact
        for contact in await work.children.contacts_of(child.id)
        if contact.source_id is not None and contact.merged_into is None
    }
    pairs = []
    for contact in await work.children.contacts_of(merged.id):
        known = (contact.source, contact.source_id or "")
        other = own.get(known) if contact.merged_into is None else None
        if other is not None:
            await merge_rows(work, contact, other, reason)
            pairs.append([str(contact.id), str(other.id)])
    return pairs


async def unmerge_child(
    work: UnitOfWork, child_id: UUID, version: int, body: UnmergeChildIn
) -> tuple[Record, int]:
    """Undo a merge: both files are as before, except for what people changed since.

    Records made since stay with the remaining child, unless they belong to something that goes
    back; protections apply to both from then on. Raises as `merge_child` does, and `StateConflict`.
    """
    row = await merge_of(work, child_id)
    both = await work.children.lock_two(child_id, row.kept_id, whole=True)
    merged, target = both[child_id], both[row.kept_id]
    check_version(merged, version)
    if row.state == ASKED:
        await _withdraw(work, row, body.reason)
        return await to_response(work, row, ()), merged.version
    _check_can_be_undone(work, row, target)
    await check_unlocked(work, target.id)
    driver, school_id = await work.driver(), work.actor.school_id
    if await stored.has_open_transfer(driver, school_id, [merged.id, target.id]):
        raise MergeBlocked([TRANSFER_OPEN])
    restricted = await barred_since(work, row)
    back = await stored.rows_back(driver, school_id, row.id, target.id)
    for result in back.rows:
        await stored.move(driver, row.id, result, back=True, shift=-row.details["plans"])
    _vouch(work, back.rows, target.id, merged.id)
    await _read_again(work, row)
    left = await _restore(work, row, merged, target, body.reason)
    await work.session.flush()
    copied = await protect_both(work, row, restricted)
    listed = [
        {"table": table, "id": str(id_), "reason_code": code}
        for code, rows in (
            ("changed", back.changed), ("elsewhere", back.elsewhere), ("added", back.added),
            ("copied", copied),
        )
        for table, id_ in rows
    ]  # fmt: skip
    listed += [{"table": "child", "id": str(row.kept_id), "reason_code": "field"} for _ in left[:1]]
    row.state, row.undone_by, row.undone_at = UNDONE, work.actor.id, work.now
    row.undo_reason, row.details = body.reason, {**row.details, "not_restored": listed}
    _record(work, AuditEvent.CHILD_UNMERGED, row, body.reason, back.rows, left)
    await work.session.flush()
    await find_conflicts(work)
    await move_work(work)
    return await to_response(work, row, _counted(back.rows)), merged.version


def _check_can_be_undone(work: UnitOfWork, row: ChildMerge, child: Child) -> None:
    """Check that the actor reads the whole file; others learn nothing of what is in it."""
    if row.state != MERGED:
        raise StateConflict("This child is not merged.")
    if child.merged_into is not None:
        raise StateConflict("The child that was kept has been merged too: undo that merge first.")
    if not reads_sealed(work):
        raise PermissionMissing


async def merge_of(work: UnitOfWork, child_id: UUID) -> ChildMerge:
    """Get a child's last merge, for someone who may open both files. Raises `ChildNotFound`."""
    policy.require(work.actor, Permission.CHILD_SAFEGUARD)
    row = await stored.last_merge(work.session, work.actor.school_id, child_id)
    if row is None:
        raise ChildNotFound
    both = await work.children.lock_two(row.merged_id, row.kept_id)
    for item in both.values():
        check_reach(work.actor, item.id, item.year_group, item.registration_group)
    return row


async def open_child_merge(work: UnitOfWork, child_id: UUID) -> tuple[Record, int]:
    """Open how a child was merged, requested to be, or unmerged, and log the view."""
    row = await merge_of(work, child_id)
    work.record(
        AuditEvent.CHILD_OPENED, "child", row.kept_id, child_id=row.kept_id,
        details={"part": "merge"},
    )  # fmt: skip
    counts = await stored.moved_by(work.session, row.school_id, row.id)
    both = await work.children.lock_two(row.merged_id, row.kept_id, whole=True)
    return await to_response(work, row, counts), both[row.merged_id].version


async def _restore(
    work: UnitOfWork, row: ChildMerge, merged: Child, child: Child, reason: str
) -> list[str]:
    """Restore both children's own fields, numbers and contacts; returns fields changed since."""
    changes: Mapping[UUID, FactChange] = await changes_of_one_work(
        work.session, row.school_id, AuditEvent.CHILD_MERGED, merged.id, child.id
    )
    left = _put_back(child, changes.get(child.id))
    child.merged_from = [item for item in child.merged_from if item != merged.id]
    merged.merged_into = None
    if (was := changes.get(merged.id)) is not None and "roll_status" in was.before:
        merged.roll_status = was.before["roll_status"]
    touch(work, child)
    touch(work, merged)
    await _number_again(work, row.details["ended"])
    await work.session.flush()
    names = {item.id: await words_of(work, item) for item in (merged, child)}
    await work.children.index_names_of(names)
    for item, other in row.details["contacts"]:
        pair = [await work.children.lock(Contact, UUID(id_)) for id_ in (item, other)]
        if pair[0] is not None and pair[1] is not None and pair[0].merged_into == pair[1].id:
            await unmerge_rows(work, pair[0], pair[1], reason)
    return left


def _put_back(child: Child, was: FactChange | None) -> list[str]:
    """Restore the fields that the remaining child took over; returns those changed since."""
    left: list[str] = []
    if was is None:
        return left
    for name in (item for item in FIELDS if item in was.after):
        if _plain(getattr(child, name)) == was.after[name]:
            setattr(child, name, _value(name, was.before[name]))
        else:
            left.append(name)
    return left


async def _number_again(work: UnitOfWork, ended: Sequence[str]) -> None:
    """Restore numbers that the merge ended, unless someone has them by now."""
    for id_ in ended:
        number = await work.children.lock(ChildIdentifier, UUID(id_))
        holder = await work.children.child_with(number.system, number.value) if number else None
        if number is not None and number.ended_by is None and holder is None:
            number.valid_to = None


async def _read_again(work: UnitOfWork, row: ChildMerge) -> None:
    """Discard loaded rows that the database function moved, so that they are read again."""
    both = await work.children.lock_two(row.merged_id, row.kept_id, whole=True)
    keeps = {id(row), *(id(item) for item in both.values())}
    for item in list(work.session.sync_session):
        if id(item) not in keeps:
            work.session.expunge(item)


def _vouch(work: UnitOfWork, moved: Sequence[stored.Found], came: UUID, goes: UUID) -> None:
    for table, keys in stored.vouched(moved, came, goes):
        work.vouch(table, keys)


def _record(
    work: UnitOfWork, did: AuditEvent, row: ChildMerge, reason: str,
    moved: Sequence[stored.Found], fields: Sequence[str],
) -> None:  # fmt: skip
    """Add one entry to the log of each child."""
    for item, other in ((row.merged_id, row.kept_id), (row.kept_id, row.merged_id)):
        work.record(
            did, "child", item, child_id=item, reason=reason,
            details={
                "with": str(other), "kept": item == row.kept_id, "merge_id": str(row.id),
                "moved": dict(_counted(moved)), "fields": list(fields),
            },
        )  # fmt: skip


def _counted(moved: Sequence[stored.Found]) -> Sequence[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for item in moved:
        counts[item.place.table] += len(item.rows)
    return sorted(counts.items())


async def to_response(
    work: UnitOfWork, row: ChildMerge, moved: Sequence[tuple[str, int]]
) -> Record:
    """Build the answer for a merge; only those who may read everything see what moved."""
    steps = {ASKED: ["merge_child"], MERGED: ["unmerge_child"], UNDONE: ["merge_child"]}
    own = row.state == ASKED and row.asked_by == work.actor.id
    sealed = reads_sealed(work)
    merge = {
        "id": row.id, "child_id": row.merged_id, "merged_into": row.kept_id, "state": row.state,
        "reason": row.reason, "asked_by": row.asked_by, "asked_at": row.asked_at,
        "approved_by": row.approved_by, "merged_at": row.merged_at, "undone_by": row.undone_by,
        "undone_at": row.undone_at, "undo_reason": row.undo_reason,
        "moved": [{"table": kind, "count": count} for kind, count in moved if sealed],
        "not_restored": row.details.get("not_restored", []) if sealed else [],
        "permissions": [] if own else steps[row.state],
    }  # fmt: skip
    return await work.accounts.name_in(merge, "asked_by", "approved_by", "undone_by")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


def _value(name: str, before: Any) -> Any:
    return date.fromisoformat(before) if name == "date_of_birth" and before else before

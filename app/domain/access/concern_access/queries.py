"""Find a concern for someone who may open it; a hidden concern is not found."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from uuid import UUID

from app.core.words import Actor, Permission
from app.db import visibility as atoms
from app.db.facts import Facts
from app.db.models import Concern, SchoolRow, noun_of
from app.db.models.base import NO_ID, NO_IDS
from app.db.paging import Conditions
from app.db.record_visibility import entry_columns
from app.db.repositories.concern_facts import AccessFilter, ConcernAccess
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.db.work_visibility import SEALED_TO_READER
from app.domain import policy, visibility
from app.domain.access.closed_files.queries import check_concern_unlocked
from app.domain.errors import ConcernMoved, ConcernNotFound, PermissionMissing, require_row
from app.domain.kinds import KINDS, registry
from app.domain.policy import Effect, Step
from app.domain.visibility import ALLOW, DENY, Chain, First, If, Or, Rule, Unless

MOVED = "moved_to_adults"
ONLY_READING = "What you see through a grant or emergency access is for reading only."


COLUMNS = Columns("c", "c.id", NO_ID)
ENTRY = Columns("e", "e.concern_id", "e.child_id", own_class="e.confidentiality")
OF_ENTRY = If(atoms.HAS_CONCERN, visibility.OF_CONCERN, visibility.OWN_CLASS)
"""Access rule for every chronology entry, whatever its kind."""
KNOWS_OF: Chain = Unless(
    (visibility.CHILD_CONFLICT,),
    If(
        atoms.HAS_CONCERN,
        First((
            visibility.CONFLICT,
            Rule("class", atoms.CONCERN_CLASS, ALLOW),
            Rule("grant", atoms.CONCERN_GRANT, ALLOW),
            Rule("assigned", atoms.ASSIGNED, ALLOW),
            Rule("own", atoms.REPORTER, ALLOW),
            Rule("sealed", atoms.CONCERN_SEALED, DENY, ALLOW),
        )),
        First((
            Rule("class", atoms.OWN_CLASS, ALLOW),
            Rule("sealed", SEALED_TO_READER, DENY, ALLOW),
        )),
    ),
)  # fmt: skip
"""Be told that something exists, as an alert does: not of what is sealed from the reader.

It is judged by its concern, or by its own class without one.
"""


def reading_steps(actor: Actor, row: ConcernAccess) -> tuple[Step, ...]:
    """The rules about reading the whole of a concern, up to the one that decided."""
    return tuple(visibility.OF_CONCERN.steps(visibility.reader_of(actor), _facts(row)))


def opening_steps(actor: Actor, row: ConcernAccess) -> tuple[Step, ...]:
    """Rules for opening a concern: the whole of it, or as its reporter (rule `own`)."""
    return tuple(visibility.OPENS_CONCERN.steps(visibility.reader_of(actor), _facts(row)))


def reads_concern(actor: Actor, row: ConcernAccess | None) -> bool:
    """Whether the actor may read the whole of a concern, discussion and decisions included."""
    return row is not None and reading_steps(actor, row)[-1].effect is Effect.ALLOW


def works_on_concern(actor: Actor, row: ConcernAccess | None) -> bool:
    """Whether the actor may change a concern: they see it by class, assignment or cohort.

    Grants and emergency access are for reading only, so that a brief one has no lasting effect.
    """
    return reads_concern(replace(actor, grants=()), row)


def is_assigned(actor: Actor, row: ConcernAccess) -> bool:
    """Whether the actor owns a concern, or an open action of it."""
    return atoms.ASSIGNED.holds(visibility.reader_of(actor), _facts(row))


def grant_for(actor: Actor, row: ConcernAccess) -> str | None:
    """Kind of the live grant that covers a concern in its class, or None."""
    return atoms.grant_of(_facts(row), visibility.reader_of(actor))


def _facts(row: ConcernAccess) -> Facts:
    return Facts(row.id, concern=row)


def in_conflict(actor: Actor, concern_id: UUID, children: Iterable[UUID]) -> bool:
    """Whether the actor is named in a concern, or related to one of its children."""
    conflicts = actor.conflicts
    return concern_id in conflicts.concerns or not conflicts.children.isdisjoint(children)


def knows_of(actor: Actor, row: ConcernAccess) -> bool:
    """Whether the actor may be told that a concern exists."""
    steps = list(KNOWS_OF.steps(visibility.reader_of(actor), _facts(row)))
    return steps[-1].effect is Effect.ALLOW


def keep_known(actor: Actor, where: Conditions, at: Columns) -> None:
    """Keep rows that the actor may be told of, by their concern (alias `c`) or their own class.

    That class must not be null.
    """
    visibility.keep(KNOWS_OF, actor, where, at)


def keep_opened(actor: Actor, where: Conditions) -> None:
    """Keep the concerns (alias `c`) that the actor may open, also as their reporter."""
    visibility.keep(visibility.OPENS_CONCERN, actor, where, COLUMNS)


def access_filter(actor: Actor) -> AccessFilter:
    """The actor's access, for the statements that filter by it."""
    keep = partial(visibility.keep, visibility.OF_CONCERN, actor, at=COLUMNS)
    return AccessFilter(
        actor, keep, partial(_keep_file, actor),
        partial(visibility.keep, OF_ENTRY, actor, at=ENTRY), partial(_keep_of_class, actor),
        partial(_keep_entry, actor),
    )  # fmt: skip


@cache
def _asked_of_entry(
    model: type[SchoolRow],
) -> tuple[Chain, Columns, tuple[tuple[atoms.Atom, bool], ...]]:
    """The rules still to ask about an entry's row, its columns, and what is known of it.

    A chronology already asks `OF_ENTRY` of every entry, and whether the reader reaches the child.
    """
    kind, stored = registry()[noun_of(model)], model.stored()
    always = stored.concern == "t.id" or model.hangs_on_concern()
    everybody, known = visibility.EVERYBODY, [(atoms.MOVED, False)]
    if always or stored.concern == NO_ID:
        known.append((atoms.HAS_CONCERN, always))
    if stored.mentions == NO_IDS and not stored.items:
        known.append((atoms.CONCERN_CONFLICT, False))
    if stored.candidates == NO_IDS:
        known.append((atoms.CHILD_CONFLICT, False))
    of_concern = If(atoms.HAS_CONCERN, everybody, visibility.OF_CONCERN)
    asked: dict[int, Chain] = {
        id(visibility.OF_CONCERN): everybody if always else of_concern,
        id(visibility.OWN_CLASS): If(atoms.HAS_CONCERN, visibility.OWN_CLASS, everybody),
        id(visibility.OF_CHILD): Unless((visibility.CHILD_CONFLICT,), everybody),
    }
    chain = kind.visible if kind.also is None else Or(kind.visible, kind.also)
    return visibility.left_of(chain, asked), entry_columns(model), tuple(known)


def _keep_entry(actor: Actor, model: type[SchoolRow], where: Conditions) -> None:
    """Keep entries whose rows their kind's chain shows, without rules already asked."""
    chain, columns, known = _asked_of_entry(model)
    if chain is not visibility.EVERYBODY:
        visibility.keep(chain, actor, where, columns, *known)


def _keep_of_class(actor: Actor, own_class: str, child: str, where: Conditions) -> None:
    columns = replace(ENTRY, own_class=own_class, child_id=child)
    visibility.keep(visibility.OWN_CLASS, actor, where, columns)


def _keep_file(actor: Actor, resource_type: str, where: Conditions) -> None:
    KINDS[resource_type].keep(actor, where, row="x")


async def concern_for(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    adds: bool = False,
) -> Concern:
    """Find a concern for someone who may read the whole of it; `adds` if it changes nothing.

    Raises `PermissionMissing`, `ConcernNotFound` (also for one that exists but is hidden).
    """
    policy.require(work.actor, permission)
    concern = await (work.concerns.lock if lock else work.concerns.find)(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    if not reads_concern(work.actor, await work.concerns.access_to(concern_id)):
        raise ConcernNotFound
    if lock:
        await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def concern_to_work_on(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    *,
    granted_too: bool = False,
    adds: bool = False,
) -> Concern:
    """Lock a concern for someone who may change it: seen by class, assignment or cohort.

    Access by grant or emergency is for reading and commenting. `granted_too` admits people
    with a lead's grant, but not emergency access. `adds`: nothing in it changes. Raises
    `PermissionMissing`, `ConcernNotFound` (also for one that exists but is hidden).
    """
    policy.require(work.actor, permission)
    concern = require_row(await work.concerns.lock(Concern, concern_id), ConcernNotFound)
    await _check_works_on(work, concern_id, granted_too=granted_too)
    await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def _check_works_on(work: UnitOfWork, concern_id: UUID, *, granted_too: bool = False) -> None:
    access = await work.concerns.access_to(concern_id)
    if access is None or not reads_concern(work.actor, access):
        raise ConcernNotFound
    if granted_too and grant_for(work.actor, access) == "grant":
        return
    if not works_on_concern(work.actor, access):
        raise PermissionMissing(ONLY_READING)


async def own_concern_for(work: UnitOfWork, concern_id: UUID, permission: Permission) -> Concern:
    """Find a concern for its reporter or someone who may read the whole of it.

    Raises `PermissionMissing`, `ConcernNotFound`.
    """
    policy.require(work.actor, permission)
    concern = require_row(await work.concerns.find(Concern, concern_id), ConcernNotFound)
    if concern.reporter_id == work.actor.id:
        return concern
    if not reads_concern(work.actor, await work.concerns.access_to(concern_id)):
        raise ConcernNotFound
    return concern


async def own_concern_to_work_on(
    work: UnitOfWork, concern_id: UUID, permission: Permission, *, adds: bool = False
) -> Concern:
    """Lock a concern for its reporter or someone who may change it.

    `adds`: nothing in it changes. Raises as `concern_to_work_on`, and `ConcernMoved`: nobody would
    read an addition made here.
    """
    policy.require(work.actor, permission)
    concern = require_row(await work.concerns.lock(Concern, concern_id), ConcernNotFound)
    if concern.reporter_id != work.actor.id:
        await _check_works_on(work, concern_id)
    if concern.state == MOVED:
        raise ConcernMoved
    await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def check_sees_concern(work: UnitOfWork, concern_id: UUID, *, own: bool) -> None:
    """Raise `ConcernNotFound` unless the actor sees the whole of it, or with `own` reported it."""
    access = await work.concerns.access_to(concern_id)
    reported = own and access is not None and access.reporter_id == work.actor.id
    if not reported and not reads_concern(work.actor, access):
        raise ConcernNotFound

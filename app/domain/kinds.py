"""The registry of kinds: each sort of record is described once, beside its noun.

How a row is stored stands on its model (`__kind__`). Who sees it, who may own it and which steps
change it stand in its `Kind`. Whatever walks over all kinds asks here: an undescribed kind is
shown to nobody, told to nobody and owned by nobody, and a test fails for a table that has to be
one.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission
from app.db.facts import Facts, facts_of
from app.db.models import SchoolRow
from app.db.models.base import NO_ID
from app.db.paging import Conditions, Places
from app.db.session import Driver
from app.db.trails import Register
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import BARRED, Atom, Columns, Reader, Sql
from app.domain import policy, visibility
from app.domain.errors import Conflict, NotFound, PermissionMissing, StateConflict
from app.domain.owning import Owning, owning, register
from app.domain.policy import Effect
from app.domain.policy import Step as Reason

Row = TypeVar("Row", bound=SchoolRow)


Key = tuple[str, UUID]
"""The name of a kind, and the id of a row of it."""
Moves = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""For each verb, the states it may start from and where it leads; a row is made from `NEW`.

A verb is an operation's id, its first word, or words that say what Cairn does by itself.
"""
NEW = ""
DEATH, DEATH_UNDONE = "a death is confirmed", "undo_bereavement_case"
"""Verbs by which open work about a child who died ends, and goes on after a mistake."""


@dataclass(frozen=True, slots=True)
class AtDeath:
    """How open work about a child ends when two people have confirmed their death.

    A state, where rows have one, goes as `moves` says by `DEATH` and `DEATH_UNDONE`.
    """

    ended: AuditEvent
    again: AuditEvent
    """What happened where it goes on, since the confirmation was a mistake."""
    reason: str = "end_reason"
    """The column that says why it ended."""


BY_HAND = "ended by commands of its own"
"""What has more to it than `AtDeath` says: `app.domain.safety.bereavement_freezes` ends it."""


def _has_not_ended(row: Any) -> bool:
    return getattr(row, "ended_at", None) is None


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """One kind of record."""

    name: str
    """As the audit log, events, alerts and addresses name it."""
    model: type[Row]
    reads: Permission | None
    """What its lists and openings need, besides visibility of the row, if anything."""
    visible: visibility.Chain
    """Who sees a row; the same chain decides for lists, events, alerts and explanations."""
    missing: type[NotFound]
    whole: visibility.Chain | None = None
    """What opening one asks besides: lists show that it is there, and not what is in it.

    `And` of `opening`, beside the chain, since a list is kept by `visible` alone.
    """
    also: visibility.Chain | None = None
    """Further people who may know of a row, whatever their role reads.

    `Or` of `opening`, beside the chain, since all of `visible` stands behind `reads`.
    """
    ended: type[Conflict] = StateConflict
    open_to: Callable[[Actor], bool] | None = None
    """Whose role could open any, where no single permission says so."""
    register: Register = "children"
    """Which audit log has it. What is apart is in no list, event or day of the children's."""
    opened: AuditEvent | None = None
    """The audit verb of opening one; None where it shows nothing about a child."""
    description: str = ""
    """Of the operation that opens one."""
    reassigned: AuditEvent = AuditEvent.WORK_HANDED_OVER
    events: tuple[AuditEvent, ...] = ()
    """Audit verbs that become events for everybody who sees the row."""
    owning: Owning | None = None
    is_open: Callable[[Any], bool] = _has_not_ended
    """Whether somebody still has to act on a row."""
    at_death: AtDeath | str = ""
    """What becomes of open work about a child who died: how it ends, or why it goes on."""
    guard: Callable[[UnitOfWork, Any], Awaitable[None]] | None = None
    """Raises where its file may not be changed now."""
    waiting: tuple[str, str] | None = None
    """Where the next step is somebody else's: in the reader's own (`{me}`), and in all."""
    by_password: bool = False
    """A password alone opens it: what every member of staff may do."""
    moves: Moves = field(default_factory=dict)
    """Where its rows go from one state to another, but for what its declared changes end."""
    steps: list[Any] = field(default_factory=list, compare=False)
    """Its declared changes in the order they are offered; `app.domain.steps` adds them."""

    @property
    def opening(self) -> visibility.Chain:
        """The permission first, then visibility."""
        chain = self.visible
        if self.whole is not None:
            chain = visibility.And(chain, self.whole)
        if self.reads is not None:
            chain = visibility.And(visibility.First((visibility.permission(self.reads),)), chain)
        return chain if self.also is None else visibility.Or(chain, self.also)

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """Each change of state: from where, to where, and the verb."""
        ends = {step.name: step.ends for step in self.steps if step.ends is not None}
        begun = [str(places[NEW]) for places in self.moves.values() if NEW in places]
        ending = {name: dict.fromkeys(begun, state) for name, state in ends.items()}
        for verb, places in {**self.moves, **ending}.items():
            for before, after in places.items():
                states = (after,) if isinstance(after, str) else after
                yield from ((before, state, verb) for state in states)

    def permits(self, actor: Actor) -> bool:
        """Whether the actor's role opens any at all."""
        reads = self.reads is None or policy.may(actor, self.reads).allowed
        return reads and (self.open_to is None or self.open_to(actor))

    def require(self, actor: Actor) -> None:
        """Raise `PermissionMissing` for somebody whose role opens none."""
        if not self.permits(actor):
            raise PermissionMissing

    def reasons(self, actor: Actor, facts: Facts) -> tuple[Reason, ...]:
        """Every rule with its answer, for explanations."""
        return tuple(self.opening.steps(visibility.reader_of(actor), facts))

    def shows(self, actor: Actor, facts: Facts | None) -> bool:
        """Whether the actor may open it; never without facts."""
        return facts is not None and self.reasons(actor, facts)[-1].effect is Effect.ALLOW

    def locks_out(self, actor: Actor, facts: Facts) -> bool:
        """Whether the actor must not even hear of it."""
        reader = visibility.reader_of(actor)
        out = (visibility.CONFLICT, visibility.CHILD_CONFLICT)
        return actor.id in facts.barred or any(rule.when.holds(reader, facts) for rule in out)

    @cached_property
    def lock_outs(self) -> tuple[visibility.Rule, ...]:
        """Rules after which nobody even reads that something was done with one."""
        barring = [
            rule
            for rule in visibility.rules_of(self.visible)
            if rule.when is BARRED and rule.then is Effect.DENY
        ]
        return (*barring, visibility.CONFLICT, visibility.CHILD_CONFLICT)

    @property
    def is_work_about_a_child(self) -> bool:
        """Whether somebody owns its rows, and they are about a child or a concern."""
        stored = self.model.stored()
        about = {stored.child, stored.concern} != {NO_ID}
        return about and self.owning is not None and self.register == "children"

    @property
    def hides_by_name(self) -> bool:
        """Whether one may be kept from people who are named with it."""
        return any(rule.when is BARRED for rule in self.lock_outs)

    def barred_where(self, reader: Reader, places: Places, row: str) -> Sql:
        """The condition that one (by alias) is kept from the reader by name."""
        return BARRED.where(reader, Columns.of(self.model, row), places)

    def hides_from(self, actor: Actor, facts: Facts) -> bool:
        """Whether the audit log shows the actor nothing that was done with it.

        Who may only not own one reads on; `locks_out` keeps them from hearing of it, too.
        """
        reader = visibility.reader_of(actor)
        return any(rule.when.holds(reader, facts) for rule in self.lock_outs)

    def is_for(self, actor: Actor, facts: Facts) -> bool:
        """Whether the actor may open it, and may hear of it."""
        return self.shows(actor, facts) and not self.locks_out(actor, facts)

    def keep(
        self, actor: Actor, where: Conditions, *assumed: tuple[Atom, bool], row: str = "t"
    ) -> None:
        """Keep the rows of a list (by alias) that the actor sees, as `visibility.keep` does."""
        visibility.keep(self.visible, actor, where, Columns.of(self.model, row), *assumed)


@dataclass(frozen=True, slots=True)
class HandsOver:
    """How open rows of a kind that is `apart` get another owner, by rules of its own register.

    No step has it: walkers of the children's register may hand over what they must not open.
    """

    why_not: Callable[[UnitOfWork, UUID, UUID | None], Awaitable[str | None]]
    """Locks one; why a person cannot have it. Raises the kind's `missing` if it is hidden."""
    give: Callable[[UnitOfWork, UUID, UUID, str], Awaitable[None]]
    """Gives one to a person who can have it, with the reason that was written."""
    settle: Callable[[UnitOfWork, Collection[UUID]], Awaitable[int]]
    """Gives each whose owner can no longer act to the next one; answers how many moved."""


_HANDS_OVER: dict[str, HandsOver] = {}


def hands_over(name: str, how: HandsOver) -> None:
    """Say how a kind that is `apart` gets another owner; its commands call this."""
    _HANDS_OVER[name] = how


def handing_over(name: str) -> HandsOver:
    """How a kind that is `apart` gets another owner. Raises KeyError where nothing says how."""
    return _HANDS_OVER[name]


Correct = Callable[[UnitOfWork, UUID], Awaitable[None]]
_WHEN_CORRECTED: dict[str, Correct] = {}


def when_corrected(name: str, do: Correct) -> None:
    """Say what becomes of one that tells of a concern which is about another child, it turned out.

    Its commands call this.
    """
    _WHEN_CORRECTED[name] = do


async def correct(work: UnitOfWork, name: str, id_: UUID) -> None:
    """Do what its commands gave to `when_corrected`, if anything."""
    if (do := _WHEN_CORRECTED.get(name)) is not None:
        await do(work, id_)


KINDS: dict[str, Kind[Any]] = {}
"""By name. Importing `app.domain.nouns` fills it, as every door does."""


def kind(described: Kind[Row]) -> Kind[Row]:
    """Register a kind.

    Raises ValueError for a name that is taken, and for work about a child that does not say what
    becomes of it when the child has died.
    """
    if described.name in KINDS:
        raise ValueError(f"{described.name} is described twice")
    if described.is_work_about_a_child and not described.at_death:
        raise ValueError(f"{described.name} says nothing for `at_death`")
    KINDS[described.name] = described
    if described.owning is not None:
        register(described.name, described.owning)
    return described


def registry() -> Mapping[str, Kind[Any]]:
    """Every kind by its name. Raises RuntimeError before all are registered.

    Whoever asks whether there is a kind of a name asks here: half a registry says that there is
    none, which would look like a denial.
    """
    owning()
    return KINDS


def every_kind() -> Iterator[Kind[Any]]:
    """The kinds of the children's register. Raises RuntimeError before all are registered."""
    return (item for item in registry().values() if item.register == "children")


def adult_kinds() -> Iterator[Kind[Any]]:
    """The kinds of the adult register. Raises RuntimeError before all are registered."""
    return (item for item in registry().values() if item.register == "adults")


def owned_kinds() -> Iterator[Kind[Any]]:
    """The kinds of the children's register whose rows have an owner.

    Raises RuntimeError before all are registered.
    """
    return (KINDS[name] for name in owning() if KINDS[name].register == "children")


def audit_log_of(name: str) -> Register:
    """Which audit log has records of a kind. Raises RuntimeError before all are registered."""
    known = registry()
    return known[name].register if name in known else "children"


async def facts_by_key(driver: Driver, school_id: UUID, keys: Iterable[Key]) -> dict[Key, Facts]:
    """What decides about rows of any kinds, a statement for each; other names have none.

    Raises RuntimeError before all are registered.
    """
    known = registry()
    wanted: dict[str, set[UUID]] = {}
    for name, id_ in keys:
        if name in known:
            wanted.setdefault(name, set()).add(id_)
    return {
        (name, id_): facts
        for name, ids in wanted.items()
        for id_, facts in (
            await facts_of(driver, school_id, known[name].model, sorted(ids))
        ).items()
    }


def children_of(facts: Facts) -> Sequence[UUID]:
    """The child that it names, or all children of its concern."""
    if facts.child is not None:
        return (facts.child.id,)
    return facts.concern.children if facts.concern else ()

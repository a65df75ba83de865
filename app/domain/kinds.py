"""The registry of kinds: each sort of record is described once, beside its noun.

A row's model says how it is stored (`__kind__`). Its `Kind` says who sees it, who may own it and
which steps change it. Code that walks over all kinds reads this registry: an undescribed kind is
shown to nobody, alerts nobody and has no owner. A test fails for a table that needs a kind and has
none.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission
from app.db.facts import Facts, facts_of
from app.db.models import SchoolRow
from app.db.models.base import NO_ID, NO_IDS
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
"""The name of a kind, and the ID of one of its rows."""
Moves = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""For each verb, the states it may start from and where it leads; a new row starts from `NEW`.

A verb is an operation's ID, its first word, or words for what Cairn does on its own.
"""
NEW = ""
DEATH, DEATH_UNDONE = "a death is confirmed", "undo_bereavement_case"
"""Verbs by which open work ends after a child's death, and resumes after a mistake."""


@dataclass(frozen=True, slots=True)
class AtDeath:
    """How open work about a child ends when two people have confirmed their death.

    Where rows have a state, it moves as `moves` says for `DEATH` and `DEATH_UNDONE`.
    """

    ended: AuditEvent
    again: AuditEvent
    """The audit event when work resumes because the confirmation was a mistake."""
    reason: str = "end_reason"
    """The column that says why it ended."""


BY_HAND = "ended by commands of its own"
"""For work that needs more than `AtDeath`: `app.domain.safety.bereavement_freezes` ends it."""


def _has_not_ended(row: Any) -> bool:
    return getattr(row, "ended_at", None) is None


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """One kind of record."""

    name: str
    """Name in the audit log, events, alerts and addresses."""
    model: type[Row]
    reads: Permission | None
    """Permission for lists and opening, besides visibility of the row. None: no permission."""
    visible: visibility.Chain
    """Who sees a row; the same chain decides for lists, events, alerts and explanations."""
    missing: type[NotFound]
    whole: visibility.Chain | None = None
    """Further rule for opening one: lists show that it exists, but not its content.

    `opening` joins it by `And`. It is a separate chain because lists use `visible` alone.
    """
    also: visibility.Chain | None = None
    """Further people who may know of a row, whatever their role reads.

    `opening` joins it by `Or`. It is a separate chain because `visible` applies only after `reads`.
    """
    ended: type[Conflict] = StateConflict
    open_to: Callable[[Actor], bool] | None = None
    """Which roles could open any, where no single permission decides."""
    register: Register = "children"
    """The audit log it belongs to. Adult records are in no list, event or day of the children's."""
    opened: AuditEvent | None = None
    """The audit verb of opening one. None where it shows nothing about a child."""
    description: str = ""
    """Description of the operation that opens one."""
    reassigned: AuditEvent = AuditEvent.WORK_HANDED_OVER
    events: tuple[AuditEvent, ...] = ()
    """Audit verbs that become events for everyone who sees the row."""
    owning: Owning | None = None
    is_open: Callable[[Any], bool] = _has_not_ended
    """Whether someone still has to act on a row."""
    at_death: AtDeath | str = ""
    """How open work about a child who died ends, or why it goes on."""
    guard: Callable[[UnitOfWork, Any], Awaitable[None]] | None = None
    """Raises where the child's file may not be changed now."""
    waiting: tuple[str, str] | None = None
    """SQL conditions for a next step that is someone else's: for the reader (`{me}`), and for all.
    """
    by_password: bool = False
    """Whether a password alone opens it, as for everything that all staff may do."""
    moves: Moves = field(default_factory=dict)
    """How rows move between states, apart from the endings that its declared changes name."""
    steps: list[Any] = field(default_factory=list, compare=False)
    """Declared changes in the order Cairn offers them; `app.domain.steps` adds them."""

    @property
    def opening(self) -> visibility.Chain:
        """Combine the permission, then visibility, then `whole` and `also`."""
        chain = self.visible
        if self.whole is not None:
            chain = visibility.And(chain, self.whole)
        if self.reads is not None:
            chain = visibility.And(visibility.First((visibility.permission(self.reads),)), chain)
        return chain if self.also is None else visibility.Or(chain, self.also)

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """List each change of state: from, to, and the verb."""
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
        """Raise `PermissionMissing` if the actor's role opens none."""
        if not self.permits(actor):
            raise PermissionMissing

    def reasons(self, actor: Actor, facts: Facts) -> tuple[Reason, ...]:
        """List every rule with its answer, for explanations."""
        return tuple(self.opening.steps(visibility.reader_of(actor), facts))

    def shows(self, actor: Actor, facts: Facts | None) -> bool:
        """Whether the actor may open it. False without facts."""
        return facts is not None and self.reasons(actor, facts)[-1].effect is Effect.ALLOW

    def locks_out(self, actor: Actor, facts: Facts) -> bool:
        """Whether the actor must not even learn that it exists."""
        reader = visibility.reader_of(actor)
        out = (visibility.CONFLICT, visibility.CHILD_CONFLICT)
        return actor.id in facts.barred or any(rule.when.holds(reader, facts) for rule in out)

    @cached_property
    def lock_outs(self) -> tuple[visibility.Rule, ...]:
        """Rules that hide even the log entries about one from the reader."""
        barring = [
            rule
            for rule in visibility.rules_of(self.visible)
            if rule.when is BARRED and rule.then is Effect.DENY
        ]
        return (*barring, visibility.CONFLICT, visibility.CHILD_CONFLICT)

    @cached_property
    def known(self) -> visibility.Chain:
        """Rules for being told that there is one, as by a refusal: not if it is kept or sealed.

        People who only have no part in it are told, so that nothing ends while it is outstanding.
        """
        sealed = [rule for rule in visibility.rules_of(self.visible) if rule.name == "sealed"]
        out = (*self.lock_outs, *visibility.CLOSED_BEHIND, *sealed)
        return visibility.Or(self.visible, visibility.Unless(out, visibility.EVERYBODY))

    @property
    def is_work_about_a_child(self) -> bool:
        """Whether someone owns its rows, and they are about a child or a concern."""
        stored = self.model.stored()
        about = {stored.child, stored.concern} != {NO_ID}
        return about and self.owning is not None and self.register == "children"

    @property
    def hides_by_name(self) -> bool:
        """Whether people named in one can be kept from seeing it."""
        return any(rule.when is BARRED for rule in self.lock_outs)

    @property
    def bars_by_name(self) -> bool:
        """Whether people named in one can be kept from owning it, and from being alerted to it."""
        return self.model.stored().barred != NO_IDS

    def barred_where(self, reader: Reader, places: Places, row: str) -> Sql:
        """SQL condition for a row (by alias) that bars the reader by name."""
        return BARRED.where(reader, Columns.of(self.model, row), places)

    def hides_from(self, actor: Actor, facts: Facts) -> bool:
        """Whether the audit log hides every entry about it from the actor.

        Someone barred only from owning one still reads its log; `locks_out` keeps alerts from them.
        """
        reader = visibility.reader_of(actor)
        return any(rule.when.holds(reader, facts) for rule in self.lock_outs)

    def is_for(self, actor: Actor, facts: Facts) -> bool:
        """Whether the actor may open it and may be alerted to it."""
        return self.shows(actor, facts) and not self.locks_out(actor, facts)

    def keep_known(self, actor: Actor, where: Conditions, *, row: str) -> None:
        """Keep the rows of a list (by alias) that the actor may be told of."""
        visibility.keep(self.known, actor, where, Columns.of(self.model, row))

    def keep(
        self, actor: Actor, where: Conditions, *assumed: tuple[Atom, bool], row: str = "t"
    ) -> None:
        """Keep the rows of a list (by alias) that the actor sees, using `visibility.keep`."""
        visibility.keep(self.visible, actor, where, Columns.of(self.model, row), *assumed)


@dataclass(frozen=True, slots=True)
class HandsOver:
    """How open rows of an `apart` kind get another owner, by the rules of their own register.

    This is not a step: code for the children's register may hand over rows it must not open.
    """

    why_not: Callable[[UnitOfWork, UUID, UUID | None], Awaitable[str | None]]
    """Lock one and say why a person cannot have it. Raises the kind's `missing` if it is hidden."""
    give: Callable[[UnitOfWork, UUID, UUID, str], Awaitable[None]]
    """Give one to a person who can have it, with the written reason."""
    settle: Callable[[UnitOfWork, Collection[UUID]], Awaitable[int]]
    """Give each row whose owner can no longer act to the next owner. Returns how many moved."""


_HANDS_OVER: dict[str, HandsOver] = {}


def hands_over(name: str, how: HandsOver) -> None:
    """Register how an `apart` kind gets another owner; its commands call this."""
    _HANDS_OVER[name] = how


def handing_over(name: str) -> HandsOver:
    """Get how an `apart` kind gets another owner. Raises KeyError if none is registered."""
    return _HANDS_OVER[name]


Correct = Callable[[UnitOfWork, UUID], Awaitable[None]]
_WHEN_CORRECTED: dict[str, Correct] = {}


def when_corrected(name: str, do: Correct) -> None:
    """Register what to do when a concern turns out to be about another child.

    The commands of each kind whose rows quote a concern call this.
    """
    _WHEN_CORRECTED[name] = do


async def correct(work: UnitOfWork, name: str, id_: UUID) -> None:
    """Run what the kind registered with `when_corrected`, if anything."""
    if (do := _WHEN_CORRECTED.get(name)) is not None:
        await do(work, id_)


KINDS: dict[str, Kind[Any]] = {}
"""Kinds by name. Importing `app.domain.nouns` fills it, as every entry point does."""


def kind(described: Kind[Row]) -> Kind[Row]:
    """Register a kind.

    Raises ValueError for a name that is taken, and for work about a child without `at_death`.
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

    Use this to test whether a kind exists: a partial registry would answer no, like a denial.
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
    """Audit log of a kind's records. Raises RuntimeError before all are registered."""
    known = registry()
    return known[name].register if name in known else "children"


async def facts_by_key(driver: Driver, school_id: UUID, keys: Iterable[Key]) -> dict[Key, Facts]:
    """Read the facts that decide on rows of any kinds, one statement each; skip unknown names.

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
    """List the child the facts name, or else every child of their concern."""
    if facts.child is not None:
        return (facts.child.id,)
    return facts.concern.children if facts.concern else ()

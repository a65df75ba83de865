"""Who sees what: each chain of rules has one meaning and three uses.

A chain decides on one row with its reasons (`steps`), keeps the rows of a list (`where`), and needs
only what `app.db.facts.facts_of` reads of any kind. Deny is the default: a chain without a decision
shows nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID

from app.core.words import Actor, Permission
from app.db import visibility as atoms
from app.db.facts import Facts
from app.db.paging import Conditions, Places
from app.db.visibility import Atom, Columns, Reader, Sql
from app.db.work_visibility import SEALED_BEHIND, SEALED_TO_READER
from app.domain import policy
from app.domain.policy import Effect, Step

ALLOW, DENY, PASS = Effect.ALLOW, Effect.DENY, Effect.PASS
Sentence = str | Callable[[Reader, Facts], str]
Assumed = Mapping[int, bool]
Later = Callable[[], Sql]


def reader_of(actor: Actor) -> Reader:
    """The actor with the rights of their role."""
    own = policy.own_rights(actor)
    return Reader(actor, policy.rights_of(actor), policy.reads_by_role(actor), own.permissions)


@dataclass(slots=True)
class Asked:
    """The reader of a list, the location of its columns, and what is known of every row."""

    reader: Reader
    at: Columns
    values: Places
    assumed: Assumed = field(default_factory=dict)

    def of(self, atom: Atom, *, negated: bool = False) -> Sql:
        """SQL condition of an atom."""
        if (holds := self.assumed.get(id(atom))) is not None:
            return holds is not negated
        return atom.condition(self.reader, self.at, self.values, negated=negated)

    def knowing(self, atom: Atom, holds: bool) -> "Asked":
        """Copy this with an atom's answer, so that inner rules do not ask it again."""
        return Asked(self.reader, self.at, self.values, {**self.assumed, id(atom): holds})


class Chain(Protocol):
    """Rules that lead to a decision."""

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield each rule with its answer, up to the deciding one."""

    def where(self, asked: Asked) -> Sql:
        """SQL condition for the rows it allows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The effect of an atom that holds and of one that does not, each with its reason."""

    name: str
    when: Atom
    then: Effect = PASS
    otherwise: Effect = PASS
    yes: Sentence = ""
    no: Sentence = ""

    def step(self, reader: Reader, facts: Facts) -> Step:
        """The rule's answer for one row."""
        holds = self.when.holds(reader, facts)
        sentence = self.yes if holds else self.no
        text = sentence(reader, facts) if callable(sentence) else sentence
        return Step(self.name, self.then if holds else self.otherwise, text)


@dataclass(frozen=True, slots=True)
class First:
    """Rules in order: the first to allow or deny decides; without one, the chain denies."""

    rules: tuple[Rule, ...]

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield each rule with its answer, up to the deciding one."""
        for rule in self.rules:
            yield (step := rule.step(reader, facts))
            if step.effect is not PASS:
                return

    def where(self, asked: Asked) -> Sql:
        """Build the condition from the end: later rules apply only where a rule passes."""
        return self._fold(asked, 0)

    def _fold(self, asked: Asked, number: int) -> Sql:
        if number == len(self.rules):
            return False
        rule = self.rules[number]
        if rule.then is rule.otherwise:
            return self._fold(asked, number + 1) if rule.then is PASS else rule.then is ALLOW

        def after(*, holds: bool) -> Sql:
            effect = rule.then if holds else rule.otherwise
            if effect is PASS:
                return self._fold(asked.knowing(rule.when, holds), number + 1)
            return effect is ALLOW

        if rule.then is ALLOW:
            return either(asked.of(rule.when), lambda: after(holds=False))
        if rule.then is DENY:
            return both(asked.of(rule.when, negated=True), lambda: after(holds=False))
        if rule.otherwise is ALLOW:
            return either(asked.of(rule.when, negated=True), lambda: after(holds=True))
        return both(asked.of(rule.when), lambda: after(holds=True))


@dataclass(frozen=True, slots=True)
class Or:
    """The first chain decides; if it denies, a second may still allow."""

    first: Chain
    second: Chain

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield the first chain's steps; add the second's last step only if it allows."""
        result = list(self.first.steps(reader, facts))
        yield from result
        if result[-1].effect is not ALLOW:
            more = list(self.second.steps(reader, facts))
            if more[-1].effect is ALLOW:
                yield more[-1]

    def where(self, asked: Asked) -> Sql:
        """SQL condition for rows that either chain allows."""
        return either(self.first.where(asked), lambda: self.second.where(asked))


@dataclass(frozen=True, slots=True)
class And:
    """The first chain has to allow before the second decides."""

    first: Chain
    second: Chain

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield the first chain's steps; its permission counts only as a pass."""
        *passed, last = self.first.steps(reader, facts)
        yield from passed
        if last.effect is not ALLOW:
            yield last
            return
        yield replace(last, effect=PASS)
        yield from self.second.steps(reader, facts)

    def where(self, asked: Asked) -> Sql:
        """SQL condition for rows that both chains allow."""
        return both(self.first.where(asked), lambda: self.second.where(asked))


@dataclass(frozen=True, slots=True)
class If:
    """One chain where an atom holds, another where it does not."""

    when: Atom
    then: Chain
    otherwise: Chain

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield the steps of the chain that applies."""
        chosen = self.then if self.when.holds(reader, facts) else self.otherwise
        yield from chosen.steps(reader, facts)

    def where(self, asked: Asked) -> Sql:
        """SQL condition of the chain that applies to each row."""
        holds = asked.of(self.when)
        if isinstance(holds, bool):
            return (self.then if holds else self.otherwise).where(asked)
        fails = asked.of(self.when, negated=True)
        then = self.then.where(asked.knowing(self.when, True))
        otherwise = self.otherwise.where(asked.knowing(self.when, False))
        if then is True and otherwise is True:
            return True
        return either(both(holds, lambda: then), lambda: both(fails, lambda: otherwise))


@dataclass(frozen=True, slots=True)
class Unless:
    """Locks people out first, whatever the chain says; each rule is asked once on every branch."""

    out: tuple[Rule, ...]
    chain: Chain

    def steps(self, reader: Reader, facts: Facts) -> Iterator[Step]:
        """Yield a lock-out only where it decides; otherwise the chain's steps."""
        for rule in self.out:
            if (step := rule.step(reader, facts)).effect is DENY:
                yield step
                return
        yield from self.chain.steps(reader, facts)

    def where(self, asked: Asked) -> Sql:
        """SQL condition with the lock-outs outermost, where the query planner sees them."""
        sql: Sql = True
        for rule in self.out:
            condition = asked.of(rule.when, negated=True)
            sql = both(sql, lambda item=condition: item)  # type: ignore[misc]
            asked = asked.knowing(rule.when, False)
        return both(sql, lambda: self.chain.where(asked))


def rules_of(chain: Chain) -> Iterator[Rule]:
    """Yield every rule of a chain, at any depth."""
    match chain:
        case First(rules):
            yield from rules
        case Or(first, second) | And(first, second) | If(_, first, second):
            yield from rules_of(first)
            yield from rules_of(second)
        case Unless(out, first):
            yield from out
            yield from rules_of(first)


def left_of(chain: Chain, asked: Mapping[int, Chain]) -> Chain:
    """Replace the parts of a chain already asked, by the `id` of each part, and keep the rest."""
    if (left := asked.get(id(chain))) is not None:
        return left
    match chain:
        case Or(first, second):
            return Or(left_of(first, asked), left_of(second, asked))
        case And(first, second):
            return And(left_of(first, asked), left_of(second, asked))
        case If(when, first, second):
            return If(when, left_of(first, asked), left_of(second, asked))
        case Unless(out, first):
            return Unless(out, left_of(first, asked))
    return chain


def either(sql: Sql, other: Later) -> Sql:
    """Join two conditions with `or`; skip the second if the first holds for every row."""
    if sql is True:
        return True
    two = other()
    if isinstance(sql, str) and isinstance(two, str):
        return f"({sql} or {two})"
    return two if isinstance(sql, bool) else (True if two is True else sql)


def both(sql: Sql, other: Later) -> Sql:
    """Join two conditions with `and`; skip the second if the first holds for no row."""
    if sql is False:
        return False
    two = other()
    if isinstance(sql, str) and isinstance(two, str):
        return f"({sql} and {two})"
    return two if isinstance(sql, bool) else (False if two is False else sql)


ME = UUID("00000000-0000-4000-8000-00000000000e")
"""Stands for the reader in a condition that everybody with the same rights and bars shares."""
OF_READER = ("role", "custom_role", "rights", "cohort", "conflicts", "grants", "whole")
facts_of_reader = attrgetter(*OF_READER)


def keep(
    chain: Chain, actor: Actor, where: Conditions, at: Columns, *assumed: tuple[Atom, bool]
) -> None:
    """Keep the rows of a list that the actor may see.

    `assumed` holds what the list already filters by: a list of my own rows need not ask whose.
    """
    result, places = _folded(_Same(id(chain), chain), facts_of_reader(actor), at, assumed)
    if isinstance(result, str):
        where.keep(places.bind(result, where, lambda value: actor.id if value is ME else value))
    elif not result:
        where.keep("false")


@dataclass(frozen=True, slots=True)
class _Same:
    """A chain that is equal to itself alone: to compare rules would take longer than to fold."""

    number: int
    chain: Chain = field(compare=False)


@lru_cache(maxsize=2048)
def _folded(
    same: _Same, facts: tuple[Any, ...], at: Columns, assumed: tuple[tuple[Atom, bool], ...]
) -> tuple[Sql, Places]:
    reader = reader_of(Actor(ME, ME, **dict(zip(OF_READER, facts, strict=True))))
    known, places = {id(atom): holds for atom, holds in assumed}, Places()
    result = same.chain.where(Asked(reader, at, places, known))
    if str(ME) in str(result) or places.holds_beside(ME):
        raise RuntimeError("the id of a reader is within another value, so nobody can share this")
    return result, places


# What is said of concerns and children; every kind that hangs on one is seen through it.


def _role(reader: Reader) -> str:
    return reader.actor.role_name


def _class(facts: Facts) -> str:
    return facts.concern.confidentiality if facts.concern else facts.own_class or ""


def permission(needed: Permission, name: str = "role.may") -> Rule:
    """Require a permission: alone it allows; in an `And` it opens the next chain."""
    return Rule(
        name, atoms.carries(needed), ALLOW, DENY,
        yes=lambda reader, _: f"role {_role(reader)} may {needed}",
        no=lambda reader, _: f"role {_role(reader)} may not {needed}",
    )  # fmt: skip


def reads_concerns(when: Atom, then: Effect = ALLOW) -> Rule:
    """Require a role that reads concerns, also for kinds that repeat a concern's content."""
    return Rule(
        "role.reads", when, then, DENY,
        yes=lambda reader, _: f"role {_role(reader)} reads concerns",
        no=lambda reader, _: f"role {_role(reader)} does not read concerns",
    )  # fmt: skip


def owns(what: str) -> Rule:
    """Allow only its owner."""
    return Rule("assigned", atoms.HOLDER, ALLOW, DENY, yes=f"assigned: owner of the {what}")


NO_CONFLICT = "no conflict of interest"
CONFLICT = Rule(
    "conflict", atoms.CONCERN_CONFLICT, DENY,
    yes="conflict of interest: named in it or related", no=NO_CONFLICT,
)  # fmt: skip
BARRED = Rule("barred", atoms.BARRED, DENY, yes="it is about them, or kept from them")
EVERYBODY = First((Rule("permission", atoms.of_reader(lambda _: True), ALLOW, yes="permitted"),))
"""Everyone whose role carries the permission needed to open it."""
SEALED_RULE = Rule("sealed", SEALED_TO_READER, DENY, yes="class K5 is read by the lead")
CLOSED_BEHIND = (
    CONFLICT,
    Rule("sealed", SEALED_BEHIND, DENY, yes="its concern is sealed, or in the adult register"),
)
"""Lock-outs of what a concern repeats word for word: it is closed as the concern is."""
MOVED = Rule("moved", atoms.MOVED, DENY, yes="its concern has moved to the adult register")


def _grant_reason(reader: Reader, facts: Facts) -> str:
    if atoms.grant_of(facts, reader) == "break_glass":
        return "break-glass: taken for a stated reason, under review"
    return "granted for this record, for a while"


def _not_assigned(reader: Reader, facts: Facts) -> str:
    if atoms.ASSIGNED.holds(reader, facts):
        return f"an owner, but role {_role(reader)} reads nothing beyond what was granted"
    return "owns neither it nor one of its open actions"


OF_CONCERN: Chain = First((
    reads_concerns(atoms.carries(Permission.CONCERN_READ), PASS),
    CONFLICT,
    Rule(
        "class", atoms.CONCERN_CLASS, ALLOW,
        yes=lambda reader, facts: f"role {_role(reader)} reads class {_class(facts)}",
        no=lambda reader, facts: (
            f"role {_role(reader)} does not read class {_class(facts)} by itself"
        ),
    ),
    Rule("grant", atoms.CONCERN_GRANT, ALLOW, yes=_grant_reason, no="no live grant covers it"),
    Rule(
        "sealed", atoms.CONCERN_SEALED, DENY, yes="class K5 is read by the lead, or by grant",
        no=lambda _, facts: f"class {_class(facts)} is not sealed",
    ),
    Rule(
        "assigned", atoms.ASSIGNED_BY_ROLE, ALLOW, no=_not_assigned,
        yes="assigned: owner of the concern or of one of its open actions",
    ),
    Rule(
        "cohort", atoms.CONCERN_COHORT, ALLOW, DENY,
        yes=lambda _, facts: f"pastoral: a child in their cohort, class {_class(facts)}",
        no=lambda reader, _: f"role {_role(reader)} has no working reason for this concern",
    ),
))  # fmt: skip
"""Read a whole concern."""
OPENS_CONCERN: Chain = Or(
    OF_CONCERN,
    And(
        First((permission(Permission.CONCERN_RAISE),)),
        First((
            Rule("own", atoms.REPORTER, ALLOW, DENY,
                 yes="reporter: own submission and its progress"),
        )),
    ),
)  # fmt: skip
"""Open a concern: all of it, or by rule `own` the reporter's own submission and its progress."""


def _child_grant_reason(reader: Reader, facts: Facts) -> str:
    if atoms.child_grant_of(facts, reader) == "break_glass":
        return "break-glass: taken for a stated reason, under review"
    return "granted for this child's record, for a while"


CHILD_CONFLICT = Rule(
    "conflict", atoms.CHILD_CONFLICT, DENY,
    yes="conflict of interest: related to the child", no=NO_CONFLICT,
)  # fmt: skip
OF_CHILD: Chain = First((
    Rule(
        "role.opens", atoms.carries(Permission.CHILD_OPEN, Permission.CHILD_CHANGE), PASS, DENY,
        yes=lambda reader, _: f"role {_role(reader)} opens children's records",
        no=lambda reader, _: f"role {_role(reader)} does not open children's records",
    ),
    CHILD_CONFLICT,
    Rule(
        "reach", atoms.of_reader(lambda reader: not reader.rights.cohort_only), ALLOW,
        yes=lambda reader, _: f"role {_role(reader)} works with the whole school",
        no=lambda reader, _: f"role {_role(reader)} works with a part of the school",
    ),
    Rule("cohort", atoms.CHILD_COHORT, ALLOW,
         yes="a child in their cohort", no="not a child in their cohort"),
    Rule("grant", atoms.CHILD_GRANT, ALLOW, yes=_child_grant_reason, no="no live grant covers it"),
    Rule("outside", atoms.of_reader(lambda _: True), DENY,
         yes="outside their cohort, and not granted"),
))  # fmt: skip
"""Open a child's record."""


def _own_class_reason(reads: str) -> Sentence:
    return lambda reader, facts: (
        f"role {_role(reader)} {reads} class {facts.own_class}, by itself or as granted"
    )


OWN_CLASS: Chain = First((
    Rule("class", atoms.OWN_CLASS, ALLOW, DENY,
         yes=_own_class_reason("reads"), no=_own_class_reason("does not read")),
))  # fmt: skip
"""Read a class of record attached to a child but to no concern."""

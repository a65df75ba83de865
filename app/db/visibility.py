"""Facts about a reader and a row, each stated twice: in Python for one row, in SQL for lists.

An atom decides nothing; `app.domain.visibility` orders atoms and says what each means. A property
test checks that both forms of every kind agree.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from app.core import clock
from app.core.words import Actor, Permission, Rights
from app.db.behind import class_of, looked_up
from app.db.facts import Facts, Mentioned
from app.db.models.base import NO_IDS, TODAY, SchoolRow
from app.db.paging import Places
from app.db.repositories.concern_facts import HAS_ACTION, IN_COHORT, IS_ABOUT, ConcernAccess

Sql = str | bool
"""A condition, or its value if it is the same for every row."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader and their role's rights, resolved once by policy."""

    actor: Actor
    rights: Rights
    by_role: bool
    """Whether the role itself reads concerns, rather than only what a grant covers."""
    own_permissions: frozenset[Permission] = frozenset()
    """The role's permissions without any grant."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a statement has the row (`t`), its concern (`c`) and its child (`k`)."""

    row: str = "t"
    concern_id: str = "t.concern_id"
    child_id: str = "t.child_id"
    candidates: str | None = None
    """Further children it may be about; None for a kind without any."""
    hidden: str | None = None
    """People who must not see it; None for nobody."""
    mentions: str | None = None
    """Further concerns that it mentions; None for a kind without any."""
    holders: tuple[str, ...] = ("t.owner_id",)
    team: str | None = None
    """Further people who work with it, from another table; None for a kind without any."""
    own_class: str = "t.confidentiality"
    marks: Mapping[str, str] = field(default_factory=dict, hash=False)
    items: str | None = None
    """The items it is made of; None for a kind without items."""

    @classmethod
    @cache
    def of(cls, model: type[SchoolRow], row: str = "t") -> "Columns":
        """The columns of a kind that its chain uses, under an alias."""
        stored = model.stored(row)

        def known(ids: str) -> str | None:
            return None if ids == NO_IDS else ids

        return cls(
            row, stored.concern, stored.child, known(stored.candidates),
            known(stored.hidden or stored.barred), known(stored.mentions), stored.holders,
            known(stored.team), stored.own_class, stored.marks, stored.items or None,
        )  # fmt: skip


Holds = Callable[[Reader, Facts], bool]
Condition = Callable[[Reader, Columns, Places], Sql]


@dataclass(frozen=True, slots=True)
class Atom:
    """A statement that is true or false of a reader and a row; `unless` is its SQL negation."""

    holds: Holds
    where: Condition
    unless: Condition | None = None

    def condition(self, reader: Reader, at: Columns, values: Places, *, negated: bool) -> Sql:
        """The condition or its negation; a negation is never null."""
        if negated and self.unless is not None:
            return self.unless(reader, at, values)
        where = self.where(reader, at, values)
        if isinstance(where, bool):
            return where is not negated
        return f"not coalesce({where}, false)" if negated else where


def carries(*permissions: Permission) -> Atom:
    """The reader's role has one of the permissions."""
    wanted = frozenset(permissions)
    return Atom(
        lambda reader, _: bool(wanted & reader.rights.permissions),
        lambda reader, _at, _values: bool(wanted & reader.rights.permissions),
    )


def of_reader(holds: Callable[[Reader], bool]) -> Atom:
    """A statement about the reader that is the same for every row."""
    return Atom(lambda reader, _: holds(reader), lambda reader, _at, _values: holds(reader))


def asked_of(readers: Callable[[Reader], bool], atom: Atom) -> Atom:
    """The atom for some readers; false for all others."""
    return Atom(
        lambda reader, facts: readers(reader) and atom.holds(reader, facts),
        lambda reader, at, v: readers(reader) and atom.where(reader, at, v),
        lambda reader, at, v: not readers(reader) or atom.condition(reader, at, v, negated=True),
    )


def _present_day() -> date:
    return clock.day_of(clock.now())


def _today(condition: str, values: Places) -> str:
    if TODAY not in condition:
        return condition
    return condition.replace(TODAY, f"{values.place(_present_day)}::date")


def marked(name: str) -> Atom:
    """A mark that the kind gives its rows under this name, for any reader."""
    return Atom(
        lambda _, facts: name in facts.marks,
        lambda _, at, values: f"({_today(at.marks[name], values)})",
    )


def mentioned_concerns(facts: Facts) -> tuple[ConcernAccess | Mentioned, ...]:
    """The row's concern and every other that it mentions."""
    own = (facts.concern,) if facts.concern else ()
    return (*own, *facts.mentions, *facts.item_concerns)


def _concern_in_conflict(reader: Reader, facts: Facts) -> bool:
    conflicts = reader.actor.conflicts
    return any(
        of.id in conflicts.concerns or not conflicts.children.isdisjoint(of.children)
        for of in mentioned_concerns(facts)
    )


def _mentions_conflict(reader: Reader, mentions: str, values: Places) -> str:
    conflicts = reader.actor.conflicts
    concerns, children = (
        values.place(list(ids)) for ids in (conflicts.concerns, conflicts.children)
    )
    return (
        f"coalesce((select true from unnest({mentions}) as told(id) "
        f"where told.id = any({concerns}::uuid[]) or (select true from concern_child cc "
        f"where cc.school_id = $1 and cc.id = told.id and cc.child_id = any({children}::uuid[]) "
        "limit 1) limit 1), false)"
    )


def _concern_conflict(reader: Reader, at: Columns, values: Places) -> Sql:
    conflicts, concern = reader.actor.conflicts, at.concern_id
    ways: list[str] = []
    if conflicts.concerns:
        ways.append(f"{concern} = any({values.place(list(conflicts.concerns))}::uuid[])")
    if conflicts.children:
        children = values.place(list(conflicts.children))
        ways.append(
            f"(select true {looked_up('concern_child', 'cc', concern)} "
            f"and cc.child_id = any({children}::uuid[]) limit 1)"
        )
    if ways and at.mentions is not None:
        ways.append(_mentions_conflict(reader, at.mentions, values))
    return f"({' or '.join(ways)})" if ways else False


def _no_concern_conflict(reader: Reader, at: Columns, values: Places) -> Sql:
    """Written so that the planner expects most rows to pass."""
    conflicts, concern = reader.actor.conflicts, at.concern_id
    words: list[str] = []
    if conflicts.concerns:
        listed = values.place(list(conflicts.concerns))
        words.append(f"({concern} is null or {concern} <> all({listed}::uuid[]))")
    if conflicts.children:
        children = values.place(list(conflicts.children))
        words.append(
            f"not coalesce((select true {looked_up('concern_child', 'cc', concern)} "
            f"and cc.child_id = any({children}::uuid[]) limit 1), false)"
        )
    if words and at.mentions is not None:
        words.append(f"not {_mentions_conflict(reader, at.mentions, values)}")
    return " and ".join(words) or True


CONCERN_CONFLICT = Atom(_concern_in_conflict, _concern_conflict, _no_concern_conflict)
"""The reader is named in a concern that the row mentions, or related to one of its children."""


def _child_in_conflict(reader: Reader, facts: Facts) -> bool:
    about = facts.candidates | ({facts.child.id} if facts.child else set())
    return not about.isdisjoint(reader.actor.conflicts.children)


def _child_conflict(reader: Reader, at: Columns, values: Places) -> Sql:
    if not reader.actor.conflicts.children:
        return False
    related = values.place(list(reader.actor.conflicts.children))
    child = f"coalesce({at.child_id} = any({related}::uuid[]), false)"
    if at.candidates is None:
        return child
    return f"({child} or coalesce(({at.candidates}) && {related}::uuid[], false))"


def _no_child_conflict(reader: Reader, at: Columns, values: Places) -> Sql:
    if not reader.actor.conflicts.children:
        return True
    related = values.place(list(reader.actor.conflicts.children))
    child = f"({at.child_id} is null or {at.child_id} <> all({related}::uuid[]))"
    if at.candidates is None:
        return child
    return f"({child} and not coalesce(({at.candidates}) && {related}::uuid[], false))"


CHILD_CONFLICT = Atom(_child_in_conflict, _child_conflict, _no_child_conflict)
"""The reader is related to the child, or to one that the row may be about."""
RELATED = Atom(
    lambda reader, facts: facts.child is not None and facts.child.id in reader.actor.conflicts.kin,
    lambda reader, at, v: (
        f"coalesce({at.child_id} = any({v.place(list(kin))}::uuid[]), false)"
        if (kin := reader.actor.conflicts.kin)
        else False
    ),
)
"""The reader is related to the child. A file limited only by the child's death does not count."""


def _barred_where(reader: Reader, at: Columns, values: Places) -> Sql:
    if at.hidden is None:
        return False
    me, people = values.place(reader.actor.id), _today(at.hidden, values)
    listed = re.fullmatch(r"array\[([\w., ]+)\]", people)
    return f"{me} in ({listed[1]})" if listed else f"coalesce({me} = any({people}), false)"


BARRED = Atom(lambda reader, facts: reader.actor.id in facts.hidden, _barred_where)
"""The row is about the reader, or hidden from them by name."""

HAS_CONCERN = Atom(
    lambda _, facts: facts.concern is not None,
    lambda _reader, at, _: f"{at.concern_id} is not null",
    lambda _reader, at, _: f"{at.concern_id} is null",
)


def _holds(reader: Reader, at: Columns, values: Places) -> Sql:
    me = values.place(reader.actor.id)
    held = f"{me} in ({', '.join(at.holders)})" if at.holders else "false"
    return held if at.team is None else f"({held} or coalesce({me} = any({at.team}), false))"


HOLDER = Atom(lambda reader, facts: reader.actor.id in facts.holders, _holds)
"""The reader works with the row: owns it, or stands in."""


def _class_read(reader: Reader, facts: Facts) -> bool:
    of = facts.concern
    return of is not None and reader.by_role and of.confidentiality in reader.rights.classes


def _class_where(reader: Reader, _at: Columns, values: Places) -> Sql:
    if not (reader.by_role and reader.rights.classes):
        return False
    return f"c.confidentiality = any({values.place(sorted(reader.rights.classes))}::text[])"


REPORTER = Atom(
    lambda reader, facts: (
        facts.concern is not None and facts.concern.reporter_id == reader.actor.id
    ),
    lambda reader, _at, values: f"c.reporter_id = {values.place(reader.actor.id)}",
)
"""The reader reported the concern."""
CONCERN_CLASS = Atom(_class_read, _class_where)
"""The reader's role itself reads the class of the concern."""


def grant_of(facts: Facts, reader: Reader) -> str | None:
    """The kind of a live grant that covers the concern in its class, or None."""
    of = facts.concern
    if of is None:
        return None
    for grant in reader.actor.grants:
        covers = grant.concern_id == of.id if grant.concern_id else grant.child_id in of.children
        if covers and of.confidentiality in grant.classes:
            return grant.kind
    return None


def _granted_where(reader: Reader, _at: Columns, values: Places) -> Sql:
    ways = [
        f"(c.confidentiality = any({values.place(sorted(grant.classes))}::text[]) and "
        + ("c.id = any({}::uuid[])" if grant.concern_id else IS_ABOUT).format(
            values.place([grant.concern_id or grant.child_id])
        )
        + ")"
        for grant in reader.actor.grants
    ]
    return f"({' or '.join(ways)})" if ways else False


CONCERN_GRANT = Atom(lambda reader, facts: grant_of(facts, reader) is not None, _granted_where)

SEALED_CLASSES = ("K5", "K6")
"""K5, which only the lead reads, and K6, which nobody here reads: it is in the adult register."""
CONCERN_SEALED = Atom(
    lambda _, facts: facts.concern is not None and facts.concern.confidentiality in SEALED_CLASSES,
    lambda _reader, _at, _: "c.confidentiality in ('K5', 'K6')",
    lambda _reader, _at, _: "c.confidentiality not in ('K5', 'K6')",
)
MOVED = Atom(
    lambda _, facts: facts.concern is not None and facts.concern.confidentiality == "K6",
    lambda _reader, at, _: f"coalesce({class_of(at.concern_id)}, '') = 'K6'",
    lambda _reader, at, _: f"coalesce({class_of(at.concern_id)}, '') <> 'K6'",
)
"""The concern has moved to the adult register."""


def _assigned(reader: Reader, facts: Facts) -> bool:
    of, me = facts.concern, reader.actor.id
    return of is not None and (of.owner_id == me or me in of.action_owners)


def _assigned_where(reader: Reader, _at: Columns, values: Places) -> Sql:
    me = values.place(reader.actor.id)
    return f"(c.owner_id = {me} or {HAS_ACTION.format(me)})"


ASSIGNED = Atom(_assigned, _assigned_where)
"""The reader owns the concern or one of its open actions."""
ASSIGNED_BY_ROLE = Atom(
    lambda reader, facts: reader.by_role and _assigned(reader, facts),
    lambda reader, at, values: reader.by_role and _assigned_where(reader, at, values),
)


def _groups(reader: Reader, values: Places) -> tuple[str, str]:
    cohort = reader.actor.cohort
    return values.place(list(cohort.year_groups)), values.place(list(cohort.registration_groups))


def in_groups(reader: Reader, year_group: str | None, registration_group: str | None) -> bool:
    """Whether a child of these groups is in the reader's cohort."""
    cohort = reader.actor.cohort
    return year_group in cohort.year_groups or registration_group in cohort.registration_groups


def _concern_in_cohort(reader: Reader, facts: Facts) -> bool:
    of = facts.concern
    if of is None or not reader.by_role or of.confidentiality not in reader.rights.cohort_classes:
        return False
    return any(in_groups(reader, year, group) for year, group in of.groups)


def _concern_cohort_where(reader: Reader, _at: Columns, values: Places) -> Sql:
    if not (reader.by_role and reader.rights.cohort_classes):
        return False
    classes = values.place(sorted(reader.rights.cohort_classes))
    return (
        f"(c.confidentiality = any({classes}::text[]) "
        f"and {IN_COHORT.format(*_groups(reader, values))})"
    )


CONCERN_COHORT = Atom(_concern_in_cohort, _concern_cohort_where)


def _child_cohort_where(reader: Reader, _at: Columns, values: Places) -> Sql:
    years, groups = _groups(reader, values)
    return f"(k.year_group = any({years}::text[]) or k.registration_group = any({groups}::text[]))"


CHILD_COHORT = Atom(
    lambda reader, facts: (
        facts.child is not None
        and in_groups(reader, facts.child.year_group, facts.child.registration_group)
    ),
    _child_cohort_where,
)


def child_grant_of(facts: Facts, reader: Reader, confidentiality: str | None = None) -> str | None:
    """The kind of a live grant that covers the child (in a class), or None."""
    for grant in reader.actor.grants:
        covers = facts.child is not None and grant.child_id == facts.child.id
        if covers and (confidentiality is None or confidentiality in grant.classes):
            return grant.kind
    return None


def _child_granted_where(reader: Reader, at: Columns, values: Places) -> Sql:
    of = [grant.child_id for grant in reader.actor.grants if grant.child_id is not None]
    return f"{at.child_id} = any({values.place(of)}::uuid[])" if of else False


CHILD_GRANT = Atom(
    lambda reader, facts: child_grant_of(facts, reader) is not None, _child_granted_where
)


def _own_class_read(reader: Reader, facts: Facts) -> bool:
    own = facts.own_class
    return own is not None and (
        own in reader.rights.classes | reader.rights.cohort_classes
        or child_grant_of(facts, reader, own) is not None
    )


def _own_class_where(reader: Reader, at: Columns, values: Places) -> Sql:
    ways: list[str] = []
    if own := sorted(reader.rights.classes | reader.rights.cohort_classes):
        ways.append(f"{at.own_class} = any({values.place(own)}::text[])")
    ways += [
        f"({at.child_id} = {values.place(grant.child_id)}::uuid and "
        f"{at.own_class} = any({values.place(sorted(grant.classes))}::text[]))"
        for grant in reader.actor.grants
        if grant.child_id is not None
    ]
    return f"({' or '.join(ways)})" if ways else False


OWN_CLASS = Atom(_own_class_read, _own_class_where)
"""The reader reads the row's own class, by role or by a grant for the child."""


def either(atom: Atom, other: Atom) -> Atom:
    """Either of two atoms whose facts a step has; not for lists."""
    return Atom(
        lambda reader, facts: atom.holds(reader, facts) or other.holds(reader, facts),
        lambda reader, at, v: _or(atom.where(reader, at, v), other.where(reader, at, v)),
    )


def _or(sql: Sql, more: Sql) -> Sql:
    if isinstance(sql, str) and isinstance(more, str):
        return f"({sql} or {more})"
    return True if sql is True or more is True else (more or sql)

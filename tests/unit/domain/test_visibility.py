"""A chain means one thing: what it says of a row is what its list keeps of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from types import ModuleType
from uuid import uuid4

import pytest

from app.core import clock
from app.core.words import Actor, Cohort, Conflicts, Grant, Role
from app.db import record_visibility, visibility, work_visibility
from app.db.facts import Facts
from app.db.models.base import TODAY, SchoolRow
from app.db.paging import Conditions, Places
from app.db.visibility import Atom, Columns
from app.domain.kinds import registry
from app.domain.policy import Effect
from app.domain.visibility import (
    ME,
    OF_READER,
    And,
    Asked,
    Chain,
    First,
    If,
    Or,
    Rule,
    Unless,
    keep,
    reader_of,
)

READER = reader_of(Actor(uuid4(), uuid4(), Role.DSL))
FACTS = Facts(uuid4())
ALWAYS, NEVER = (
    Atom(lambda _r, _f, holds=holds: holds, lambda _r, _a, _v, holds=holds: str(holds).lower())  # type: ignore[misc]
    for holds in (True, False)
)
"""Their conditions are SQL text, so that folding cannot look ahead."""
RULES = [
    Rule("rule", atom, then, otherwise)
    for atom, then, otherwise in product((ALWAYS, NEVER), Effect, Effect)
]


def opens(chain: Chain) -> bool:
    """What the chain says of the row; nothing decided is a denial."""
    return list(chain.steps(READER, FACTS))[-1].effect is Effect.ALLOW


def keeps(chain: Chain) -> bool:
    """Whether the condition of its list is true of the row."""
    found = chain.where(Asked(READER, Columns(), Places()))
    if isinstance(found, bool):
        return found
    python = found.replace("coalesce(true, false)", "true").replace(
        "coalesce(false, false)", "false"
    )
    return bool(eval(python.replace("true", "True").replace("false", "False")))  # noqa: S307


@pytest.mark.parametrize("first", RULES)
def test_two_rules_mean_the_same_in_both_faces(first: Rule) -> None:
    for second in RULES:
        chain = First((first, second))
        assert keeps(chain) == opens(chain), (first, second)


def test_each_form_means_the_same_in_both_faces() -> None:
    allow, deny = First((RULES[0],)), First((Rule("no", ALWAYS, Effect.DENY),))
    for atom, one, other in product((ALWAYS, NEVER), (allow, deny), (allow, deny)):
        out = (Rule("out", atom, Effect.DENY),)
        for chain in (Or(one, other), And(one, other), If(atom, one, other), Unless(out, one)):
            assert keeps(chain) == opens(chain), (atom, one, other, chain)


def kept_by(chain: Chain, actor: Actor, at: Columns = Columns()) -> tuple[str, list[object]]:  # noqa: B008
    """A list's condition for a reader, and the values it binds."""
    where = Conditions("the school")
    keep(chain, actor, where, at)
    return str(where), where.values


class TestSharedConditions:
    """A chain is folded once for all readers with the same rights and bars."""

    def test_bind_each_readers_own_id(self) -> None:
        chain = First((Rule("own", visibility.HOLDER, Effect.ALLOW),))
        one, other = (Actor(uuid4(), uuid4(), Role.STAFF) for _ in range(2))
        assert kept_by(chain, one)[1] == ["the school", one.id]
        assert kept_by(chain, other)[1] == ["the school", other.id]
        assert kept_by(chain, one)[0] == kept_by(chain, other)[0]

    def test_differ_by_rights_bars_and_places(self) -> None:
        chain = First((
            Rule("conflict", visibility.CHILD_CONFLICT, Effect.DENY),
            Rule("class", visibility.OWN_CLASS, Effect.ALLOW),
        ))  # fmt: skip
        person, child = uuid4(), uuid4()
        lead = Actor(person, uuid4(), Role.DSL)
        deputy = replace(lead, role=Role.DEPUTY_DSL)
        barred = replace(lead, conflicts=Conflicts(frozenset([child]), frozenset()))
        told = [kept_by(chain, actor) for actor in (lead, deputy, barred)]
        told.append(kept_by(chain, lead, Columns(own_class="e.confidentiality")))
        assert len({repr(item) for item in told}) == 4
        assert [child] in told[2][1]

    def test_differ_by_a_missing_second_factor(self) -> None:
        proved = visibility.of_reader(lambda reader: reader.actor.whole is None)
        chain = First((Rule("proved", proved, Effect.ALLOW),))
        lead = Actor(uuid4(), uuid4(), Role.DSL)
        assert kept_by(chain, lead)[0] == "true"
        assert kept_by(chain, replace(lead, whole=lead))[0] == "false"

    @pytest.mark.parametrize("role", Role)
    def test_ask_of_a_reader_only_what_is_compared(self, role: Role) -> None:
        """Whoever asks for more would be given what is another reader's."""
        bare = object.__new__(Actor)  # reading what it does not have raises
        known = Actor(ME, ME, role, conflicts=Conflicts(frozenset([ME]), frozenset([ME])))
        for name in ("id", *OF_READER):
            object.__setattr__(bare, name, getattr(known, name))
        for kind in registry().values():
            model: type[SchoolRow] = kind.model
            for chain in (kind.visible, kind.known):
                chain.where(Asked(reader_of(bare), Columns.of(model), Places()))

    def test_follow_the_day_on_which_they_are_bound(self) -> None:
        at = Columns(marks={"due": f"t.due_on <= {TODAY}"})
        chain = First((Rule("due", visibility.marked("due"), Effect.ALLOW),))
        actor, first = Actor(uuid4(), uuid4(), Role.STAFF), datetime(2026, 3, 2, 12, tzinfo=UTC)
        for days in (0, 1):
            with clock.frozen(first + timedelta(days=days)):
                assert kept_by(chain, actor, at)[1] == [
                    "the school", (first + timedelta(days=days)).date(),
                ]  # fmt: skip

    def test_are_refused_where_the_id_is_hidden_within_another_value(self) -> None:
        atom = Atom(lambda _r, _f: True, lambda r, _a, v: f"x = any({v.place([r.actor.id])})")
        written = Atom(lambda _r, _f: True, lambda r, _a, _v: f"x = '{r.actor.id}'")
        for hidden in (atom, written):
            with pytest.raises(RuntimeError):
                kept_by(First((Rule("odd", hidden, Effect.ALLOW),)), READER.actor)


def _stands_alone(condition: str) -> bool:
    """Whether no `or` of a condition is outside of its brackets, where an `and` would part it."""
    depth = 0
    for word in re.split(r"([()]|\bor\b)", condition):
        depth += (word == "(") - (word == ")")
        if word == "or" and depth == 0:
            return False
    return True


@pytest.mark.parametrize("module", [visibility, work_visibility, record_visibility])
@pytest.mark.parametrize("role", [Role.STAFF, Role.PASTORAL, Role.DSL])
def test_conditions_can_be_joined(module: ModuleType, role: Role) -> None:
    few = frozenset({uuid4(), uuid4()})
    grants = tuple(
        Grant(uuid4(), "grant", frozenset({"K2"}), **{about: uuid4()})
        for about in ("child_id", "concern_id", "child_id")
    )
    reader = reader_of(
        Actor(
            uuid4(), uuid4(), role, cohort=Cohort(("7",)), conflicts=Conflicts(few, few),
            grants=grants,
        )
    )  # fmt: skip
    at = Columns(candidates="array[t.x]", hidden="array[t.y]", mentions="array[t.z]")
    for name, atom in vars(module).items():
        if isinstance(atom, Atom):
            found = atom.condition(reader, at, Places(), negated=False)
            assert isinstance(found, bool) or _stands_alone(found), name

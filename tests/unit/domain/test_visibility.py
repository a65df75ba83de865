"""A chain means one thing: what it says of a row is what its list keeps of it."""

import re
from itertools import product
from types import ModuleType
from uuid import uuid4

import pytest

from app.core.words import Actor, Cohort, Conflicts, Grant, Role
from app.db import record_visibility, visibility, work_visibility
from app.db.facts import Facts
from app.db.paging import Places
from app.db.visibility import Atom, Columns
from app.domain.policy import Effect
from app.domain.visibility import And, Asked, Chain, First, If, Or, Rule, Unless, reader_of

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

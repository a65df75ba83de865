"""A registry that is not filled is a fault for whoever walks over it, never an empty answer."""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import app
from app.core.ids import NIL
from app.core.words import Actor, Role
from app.domain import courses, kinds, owning
from app.domain.access.explanations import queries as explanations
from app.domain.access.explanations.rules import Named
from app.domain.common.owners import rules as owner_rules
from app.domain.duty.ladder import queries as ladder
from app.domain.duty.overview import queries as overview
from app.domain.exchange.event_audiences import kind as event_kinds
from app.domain.exchange.event_audiences import queries as event_audiences
from app.domain.record.concern_corrections import queries as corrections
from app.domain.record.look_up import queries as look_up

ACTOR = Actor(NIL, NIL, Role.DSL)
NOTHING = cast(Any, None)
"""A database, for those who must not get that far."""
WALKERS: dict[str, Callable[[], Any]] = {
    "registry": kinds.registry,
    "every_kind": kinds.every_kind,
    "adult_kinds": kinds.adult_kinds,
    "owned_kinds": lambda: list(kinds.owned_kinds()),
    "audit_log_of": lambda: kinds.audit_log_of("adult_concern"),
    "owning": owning.owning,
    "may_own": lambda: owner_rules.may_own(cast(Any, None), "action", None),
    "with_states": courses.with_states,
    "events": event_kinds.told_kinds.__wrapped__,
    "facts by key": lambda: kinds.facts_by_key(NOTHING, NIL, [("action", NIL)]),
    "events of a page": lambda: event_audiences.facts_for(NOTHING, NIL, ()),
    "ladder": lambda: ladder.things_of(NOTHING, NIL, [("action", NIL)]),
    "overview": lambda: overview.overview_access(ACTOR),
    "overview, what waits": lambda: overview._waiting(mine=True),
    "look-up": lambda: look_up._kept_by_kind(ACTOR),
    "explanations": lambda: explanations.load(NOTHING, Named("action", NIL)),
    "corrections": lambda: corrections._led_to(NOTHING, NIL, {}),
}


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that imported no noun."""
    monkeypatch.setattr(owning, "_complete", [])
    monkeypatch.setattr(kinds, "KINDS", {})


class TestWalkers:
    @pytest.mark.parametrize("name", sorted(WALKERS))
    @pytest.mark.usefixtures("empty")
    async def test_raise_on_an_empty_registry(self, name: str) -> None:
        with pytest.raises(RuntimeError, match=r"app\.domain\.nouns"):
            await _asked(WALKERS[name])

    def test_ask_the_registry_and_not_the_table_behind_it(self) -> None:
        """A kind that has to be there may be taken from the table: without it that raises."""
        asking = {f"{path}:{line}" for path, line in _walks()}
        assert not asking, f"ask app.domain.kinds.registry in {sorted(asking)}"


async def _asked(walker: Callable[[], Any]) -> Any:
    answer = walker()
    return await answer if inspect.isawaitable(answer) else answer


def _walks() -> Iterator[tuple[str, int]]:
    """Where the table of kinds is used otherwise than for one kind, by its name."""
    top = Path(app.__file__).parent
    for path in sorted(top.rglob("*.py")):
        tree = ast.parse(path.read_text())
        if path == Path(kinds.__file__) or not _imports_the_table(tree):
            continue
        taken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
        for node in ast.walk(tree):
            if isinstance(node, ast.alias) and node.name == "KINDS" and node.asname:
                yield str(path.relative_to(top)), node.lineno
            named = isinstance(node, ast.Name) and node.id == "KINDS"
            named = named or (isinstance(node, ast.Attribute) and node.attr == "KINDS")
            if named and id(node) not in taken:
                yield str(path.relative_to(top)), node.lineno  # type: ignore[attr-defined]


def _imports_the_table(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (
            node.module == "app.domain.kinds"
            or (node.module == "app.domain" and any(one.name == "kinds" for one in node.names))
        )
        for node in ast.walk(tree)
    )

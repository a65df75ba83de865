"""The scope is set before anything is read under it, however the planner would like to join."""

from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from app.db.scope import PERSON_SCOPE, SERVICE_SCOPE
from tests.world import World

TYPES = {
    PERSON_SCOPE: "text, text, uuid, text, timestamptz",
    SERVICE_SCOPE: "text, text, timestamptz, inet",
}


@pytest.mark.parametrize("statement", [PERSON_SCOPE, SERVICE_SCOPE])
class TestTheScopeStatement:
    def test_leaves_the_planner_no_choice(self, world: World, statement: str) -> None:
        """The tables stand behind a limit, on the inner side of the one row that sets it."""
        plan = planned(world, statement)
        assert plan["Node Type"] == "Nested Loop"
        outer, inner = plan["Plans"]
        assert tables(outer) == set()
        assert inner["Node Type"] == "Limit"
        assert tables(inner)


def planned(world: World, statement: str) -> dict[str, Any]:
    """The generic plan of a statement for the application's role."""
    url = world.runtime.settings.database_url.get_secret_value()
    nulls = ", ".join("null" for _ in TYPES[statement].split(","))
    with psycopg.connect(url) as connection:
        connection.execute("set local plan_cache_mode = force_generic_plan")
        connection.execute(cast(Any, f"prepare scoped ({TYPES[statement]}) as {statement}"))
        rows = connection.execute(cast(Any, f"explain (format json) execute scoped({nulls})"))
        found: Any = rows.fetchone()
    plan: dict[str, Any] = found[0][0]["Plan"]
    return plan


def tables(plan: dict[str, Any]) -> set[str]:
    """Every table a part of a plan reads."""
    return set(_tables(plan))


def _tables(plan: dict[str, Any]) -> Iterator[str]:
    if name := plan.get("Relation Name"):
        yield name
    for part in plan.get("Plans", ()):
        yield from _tables(part)

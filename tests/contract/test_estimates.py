"""No statement's plan is estimated at what the planner itself calls dear.

From a cost of 100,000 on a stock PostgreSQL compiles a statement, which takes a second, and an
estimate far from the truth misleads every join beside it. On next to no rows only a statement
whose shape misleads the planner comes near: recursion over lists, products of functions.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from app.db import repositories, session, unit_of_work
from app.db.migrate import migrate
from app.db.repositories import shared_items
from tests.world import World

DEAREST = 20_000.0
"""`jit_above_cost` is 100,000."""
KNOWN = {"app.db.repositories.sharing.shares.WHOLE_MATERIAL": 40_000.0}
"""What goes out looks for the names of other children wherever they may be written."""
STATEMENT = re.compile(r"\s*(?:select|with|insert|update|delete)\b", re.IGNORECASE)
PLACES = """
select cardinality(parameter_types) from pg_prepared_statements where name = 'one'
"""


def statements() -> Iterator[tuple[str, str]]:
    """Name and text of every statement that stands as a constant on the floor that remembers."""
    listed = pkgutil.walk_packages(repositories.__path__, f"{repositories.__name__}.")
    found = (importlib.import_module(module.name) for module in listed)
    for module in (*found, session, unit_of_work):
        for name, value in vars(module).items():
            text = getattr(value, "text", value)
            if isinstance(text, str) and STATEMENT.match(text):
                yield f"{module.__name__}.{name}", text


def plan_of(connection: "psycopg.Connection[Any]", statement: str) -> dict[str, Any] | None:
    """The root of the generic plan, or None for the mere part of a statement."""
    try:
        with connection.transaction():
            connection.execute(cast(Any, f"prepare one as {statement}"))
            (places,) = connection.execute(PLACES).fetchone() or (0,)
            nulls = f"({', '.join(['null'] * places)})" if places else ""
            row = connection.execute(
                cast(Any, f"explain (format json) execute one{nulls}")
            ).fetchone()
            connection.execute("deallocate one")
    except (psycopg.errors.SyntaxError, psycopg.errors.UndefinedTable,
            psycopg.errors.IndeterminateDatatype):  # fmt: skip
        connection.execute("deallocate all")
        return None
    assert row is not None
    return cast(dict[str, Any], row[0][0]["Plan"])


@pytest.fixture(scope="module")
def empty(admin_url: str) -> str:
    """The application's URL of a database without rows: other tests' would change the plans."""
    return World.new_database(admin_url, migrate)[1]


@pytest.fixture
def planning(empty: str) -> Iterator["psycopg.Connection[Any]"]:
    """A connection that plans as the application does."""
    with psycopg.connect(empty) as connection:
        connection.execute(
            "select set_config('app.school_id', gen_random_uuid()::text, false), "
            "set_config('app.account_id', gen_random_uuid()::text, false), "
            "set_config('plan_cache_mode', 'force_generic_plan', false)"
        )
        connection.commit()
        yield connection


class TestEveryStatement:
    def test_is_estimated_at_what_it_costs(self, planning: "psycopg.Connection[Any]") -> None:
        plans = {name: plan_of(planning, text) for name, text in statements()}
        planned = {name: plan["Total Cost"] for name, plan in plans.items() if plan}
        assert len(planned) > 300, "most statements have to be planned"
        dear = {name: cost for name, cost in planned.items() if cost > KNOWN.get(name, DEAREST)}
        assert dear == {}


class TestWhatStandsBehindADecision:
    def test_is_estimated_at_a_few_rows(self, planning: "psycopg.Connection[Any]") -> None:
        """Without care the planner expects a hundred items of each of a hundred decisions."""
        plan = plan_of(planning, shared_items.ITEMS)
        assert plan is not None
        assert plan["Plan Rows"] < 1_000

"""What rings now is found by its index: which schools, and the next of one school.

Thousands of clocks of a county, in a transaction that is never committed.
"""

from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.db.repositories.duty import ladder
from tests.contract.plans import flat
from tests.world import School, World

CLOCKS = """
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at, ended_at, ended_reason_code)
select case when n % 50 = 0 then '{school}'::uuid else md5((n % 200)::text)::uuid end,
  gen_random_uuid(), 'concern', gen_random_uuid(), 'concern.triage', '1', 'routine', now(), now(),
  gen_random_uuid(), now(), now() + (n % 1000 - 10) * interval '1 hour',
  case when n % 3 = 0 then now() end, case when n % 3 = 0 then 'ended' end
from generate_series(1, 30000) n
"""
SCHOOLS = """
select distinct d.school_id from deadline d where d.ended_at is null and d.next_at <= $1
"""


class County:
    """A connection in which the clocks are there."""

    def __init__(self, world: World, school: School, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._app = make_url(world.runtime.settings.database_url.get_secret_value()).username
        self._settings = {
            "app.school_id": str(school.id), "plan_cache_mode": "force_generic_plan",
            "random_page_cost": "1.1",
        }  # fmt: skip

    def plan(self, statement: str, places: int, *, role: str | None = None) -> list[dict[str, Any]]:
        """The nodes of a generic plan."""
        self._connection.execute(cast(Any, f'set local role "{role or self._app}"'))
        for name, value in self._settings.items():
            self._connection.execute("select set_config(%s, %s, true)", (name, value))
        self._connection.execute(cast(Any, f"prepare hot as {statement}"))
        nulls = ", ".join(["null"] * places)
        found = self._connection.execute(cast(Any, f"explain (format json) execute hot({nulls})"))
        row = found.fetchone()
        assert row is not None
        return list(flat(row[0][0]["Plan"]))


@pytest.fixture
def county(world: World, school: School) -> Iterator[County]:
    url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url) as connection:
        connection.execute(cast(Any, CLOCKS.format(school=school.id)))
        connection.execute("analyze deadline")
        yield County(world, school, connection)
        connection.rollback()


def indexes(nodes: list[dict[str, Any]]) -> set[str]:
    """The indexes of a plan; fails where a table is read from end to end."""
    assert "Seq Scan" not in {node["Node Type"] for node in nodes}
    return {node["Index Name"] for node in nodes if "Index Name" in node}


class TestWhatRingsNow:
    def test_is_found_in_all_schools_by_its_index(self, county: County) -> None:
        nodes = county.plan(SCHOOLS, 1, role="cairn_sealer")
        assert indexes(nodes) == {"ix_deadline_next"}

    def test_is_found_in_one_school_without_reading_any_other(self, county: County) -> None:
        """By time, or by the school's open clocks, of which there are some hundred at most."""
        nodes = county.plan(ladder.DUE, 4)
        assert indexes(nodes) <= {"ix_deadline_next", "uq_deadline_open"}
        (scan,) = [node for node in nodes if node.get("Index Name")]
        assert "school_id" in scan["Index Cond"]

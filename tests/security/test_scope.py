"""The scope is set before anything is read under it, however the planner would like to join."""

from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from app.core.ids import new_id
from app.core.words import Role
from app.db.scope import PERSON_FACTS, SERVICE_FACTS, _scoped
from tests.api.access.test_grants import granted
from tests.world import Api, School, World

FACTS = {
    PERSON_FACTS: "text, text, uuid, text, timestamptz",
    SERVICE_FACTS: "text, text, timestamptz, inet",
}
CLAIM = ", text, bytea, timestamptz"


@pytest.mark.parametrize("facts", [PERSON_FACTS, SERVICE_FACTS])
class TestTheScopeStatement:
    @pytest.mark.parametrize("claiming", [False, True])
    def test_leaves_the_planner_no_choice(self, world: World, facts: str, claiming: bool) -> None:
        """The tables stand behind a limit, on the inner side of the one row that sets it."""
        statement = _scoped(facts, len(FACTS[facts].split(",")), claiming=claiming)
        plan = planned(world, statement, FACTS[facts] + (CLAIM if claiming else ""))
        assert plan["Node Type"] == "Nested Loop"
        parts = {part["Parent Relationship"]: part for part in plan["Plans"]}
        assert tables(parts["Outer"]) == set()
        assert parts["Inner"]["Node Type"] == "Limit"
        assert tables(parts["Inner"])

    def test_claims_a_key_for_the_row_that_sets_the_scope(self, world: World, facts: str) -> None:
        """So the scope is set before the policy of the keys' table reads it."""
        statement = _scoped(facts, len(FACTS[facts].split(",")), claiming=True)
        plan = planned(world, statement, FACTS[facts] + CLAIM)
        (claimed,) = [part for part in plan["Plans"] if part.get("Subplan Name") == "CTE claimed"]
        assert claimed["Relation Name"] == "idempotency_key"
        (source,) = [it for it in claimed["Plans"] if it["Parent Relationship"] == "Outer"]
        assert source["CTE Name"] == "scope"


async def test_who_is_bound_has_the_cohort_of_today(world: World, school: School) -> None:
    """A role that was held for another year group, or will be, opens none of its files."""
    seven, eight, nine = [await school.child(year_group=year) for year in ("7", "8", "9")]
    other = await school.child("Sam", "Stone", year_group="10")
    person = await world.a_person(
        school.id, Role.PASTORAL, cohort={"year_groups": ["7"], "registration_groups": []}
    )
    world.sql(
        "update membership set valid_from = current_date - 9, valid_to = current_date - 1"
        " where staff_id = %s", person.id,
    )  # fmt: skip
    for year, first, last in (("8", 0, None), ("9", 5, None)):
        world.sql(
            "insert into membership (school_id, id, staff_id, role, valid_from, valid_to,"
            " created_at, cohort) values (%s, %s, %s, 'pastoral', current_date + %s::int,"
            " current_date + %s::int, now(), jsonb_build_object('year_groups', array[%s::text]))",
            school.id, new_id(), person.id, first, last, year,
        )  # fmt: skip
    await granted(school, person, child_id=str(other))
    pastoral = Api(world, person.token)
    statuses = [
        (await pastoral.get(f"/v1/children/{child}")).status_code for child in (seven, eight, nine)
    ]
    assert statuses == [403, 200, 403]


def planned(world: World, statement: str, types: str) -> dict[str, Any]:
    """The generic plan of a statement for the application's role."""
    url = world.runtime.settings.database_url.get_secret_value()
    nulls = ", ".join("null" for _ in types.split(","))
    with psycopg.connect(url) as connection:
        connection.execute("set local plan_cache_mode = force_generic_plan")
        connection.execute(cast(Any, f"prepare scoped ({types}) as {statement}"))
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

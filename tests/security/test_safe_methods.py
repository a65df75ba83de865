"""GET changes nothing: it asks in a transaction that cannot write.

That no statement of it writes but its trace: `test_sweeps.py`, which does every operation.
"""

import pytest
from asyncpg.exceptions import ReadOnlySQLTransactionError

from app.api import seen_again
from app.api.route_classes import CommandRoute, QueryRoute
from app.core.words import Actor, Role
from app.db.reading import open_reading
from tests.routes import api_routes
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.world import School, World

OPERATIONS = operations()
SAFE = sorted(name for name, one in OPERATIONS.items() if one.method == "GET" and name in TABLE)


class TestGet:
    def test_asks_in_a_transaction_that_cannot_write_unless_it_leaves_a_trace(
        self, world: World
    ) -> None:
        """What is no query opens a record and leaves a trace, or is for anybody."""
        doors = {route.name: route for _, route in api_routes(world.application.app)}
        others = {
            name for name in SAFE
            if not isinstance(doors[name], QueryRoute) and not OPERATIONS[name].is_public
        }  # fmt: skip
        opening = {
            route.name for route in seen_again.OPENINGS.values() if isinstance(route, CommandRoute)
        }
        assert others <= opening
        assert len(SAFE) - len(others) > 10

    async def test_cannot_write_in_the_transaction_of_a_query(
        self, world: World, school: School
    ) -> None:
        person = school[Role.DSL]
        actor = Actor(
            id=person.id, school_id=school.id, role=Role.DSL, session_id=person.session_id
        )
        with pytest.raises(ReadOnlySQLTransactionError):
            async with open_reading(world.runtime.database, actor) as reading:
                await reading.driver.write("update staff set name = 'x'")

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE"])
    async def test_has_no_other_safe_method_that_does_something(
        self, world: World, method: str
    ) -> None:
        for path in ("/v1/concerns", "/v1/me", "/v1/auth/token"):
            assert (await world.http.request(method, path)).status_code == 405

"""GET changes nothing: the trail apart, no statement of such an operation writes."""

import pytest
from asyncpg.exceptions import ReadOnlySQLTransactionError

from app.api import seen_again
from app.api.doors import CommandRoute, QueryRoute
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.db.session import tables_written
from tests.routes import api_routes
from tests.security.matrix import TABLE
from tests.security.operations import operations
from tests.security.scenes import a_school
from tests.security.test_sweeps import perform
from tests.world import School, World

OPERATIONS = operations()
SAFE = sorted(name for name, one in OPERATIONS.items() if one.method == "GET" and name in TABLE)
TRACES = {"trail", "adult_trail", "service_key"}
"""A look leaves an entry in a trail; a service key's use leaves when and from where."""
LIMITS = {"rate_limit"}
"""Who has no session is counted."""
OPENINGS = {"alert", "share_event", "recipient_session", "share", "deadline", "row_trail"}
"""The first look of a recipient's session is an opening: a lead waits for it no more."""
FETCHES = {"referral", "referral_event", "row_trail"}
"""What an agency fetched is noted with the referral, and rows that are written are hashed."""
TELLS = {"alert", "row_trail", "procrastinate_jobs"}
"""Leads hear of each download of a whole school."""
SEARCHES = {"child_search"}
"""A reader of the audit log ends the searches that go on, so that it has them."""
BESIDE = {
    "look_at_link": LIMITS, "read_shared": OPENINGS, "read_shared_snapshot": OPENINGS,
    "print_shared": OPENINGS, "download_shared_attachment": OPENINGS,
    "open_sent_attachment": FETCHES, "download_school_export": TELLS,
    "open_audit": SEARCHES, "read_child_access_log": SEARCHES,
}  # fmt: skip


class TestGet:
    async def test_writes_nothing_but_its_trace(self, world: World) -> None:
        school = await a_school(world)
        changed = {}
        for name in SAFE:
            came = await perform(world, school, name)
            assert came.answer.status_code in came.operation.good, came.answer.text
            written = {table for one in came.statements for table in tables_written(one)}
            if more := written - TRACES - BESIDE.get(name, set()):
                changed[name] = more
        assert len(SAFE) > 20
        assert changed == {}

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

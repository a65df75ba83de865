"""A server that closed its connections, as at a restart or a fail-over, costs no request."""

import asyncio

from tests.faults.test_commit import a_concern, concerns
from tests.world import School, World

CLOSE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and application_name = 'cairn'
"""
AT_ONCE = 8


async def test_that_nobody_has_heard_of_yet_are_replaced(world: World, school: School) -> None:
    child = await school.child()
    kept = 0
    for _ in range(5):
        await asyncio.gather(*(school.staff.get("/v1/me") for _ in range(AT_ONCE)))
        assert world.sql(CLOSE)[0][0] > 0
        reads = [school.staff.get("/v1/me") for _ in range(AT_ONCE // 2)]
        raises = [school.staff.post("/v1/concerns", a_concern(child)) for _ in range(AT_ONCE // 2)]
        answers = await asyncio.gather(*reads, *raises)
        assert {answer.status_code for answer in answers} <= {200, 201}, answers
        kept += len(raises)
        assert concerns(world, school) == kept
    assert world.runtime.database.lender.lent == 0

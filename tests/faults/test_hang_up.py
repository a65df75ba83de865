"""A client that hangs up at every await point: a write is whole or absent, and a retry is safe."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import Role
from tests.faults.cutting import Asked, Plan, counting
from tests.world import School, World

MOST = 400
TRACES = """
select
  (select count(*) from concern where id = %(id)s) as concern,
  (select count(*) from concern_child where id = %(id)s) as children,
  (select count(*) from account_statement where concern_id = %(id)s) as account,
  (select count(*) from concern_event where concern_id = %(id)s) as events,
  (select count(*) from trail where noun_id = %(id)s and verb = 'concern.raised') as trail,
  (select count(*) from alert where concern_id = %(id)s) as alerts,
  (select count(*) from idempotency_key where key = %(key)s and status = 201) as kept,
  (select count(*) from idempotency_key where key = %(key)s) as claimed
"""
HELD = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'cairn'
  and state like 'idle in transaction%%'
"""


def a_concern(id_: str, child: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "children": [{"child_id": str(child)}],
        "account": [{"kind": "observed", "text": "Seen."}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
    }


def traces(world: World, id_: str, key: str) -> tuple[int, ...]:
    statement = TRACES.replace("%(id)s", f"'{id_}'").replace("%(key)s", f"'{key}'")
    return tuple(world.sql(statement)[0])


async def calm(world: World) -> None:
    """Nothing is left running, checked out or open."""
    await world.runtime.drain()
    for _ in range(100):
        if world.runtime.database.lender.lent == 0:
            break
        await asyncio.sleep(0.01)
    assert world.runtime.database.lender.lent == 0
    for _ in range(100):
        if world.sql(HELD) == [(0,)]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a connection is idle in a transaction")


class TestRaiseConcern:
    async def test_is_whole_or_absent_wherever_the_client_hangs_up(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        token = school[Role.STAFF].token
        outcomes = set()
        with counting():
            for at in range(1, MOST):
                sent, key = new_id(), str(uuid4())
                id_ = str(made_by(school[Role.STAFF].id, sent))
                body = a_concern(str(sent), child)
                plan = Plan(at, world.runtime.running)
                asked = Asked("POST", "/v1/concerns", token=token, body=body, key=key)
                await asked.run(world.application, plan)
                await calm(world)
                left = traces(world, id_, key)
                committed = left[0] == 1
                if committed:
                    assert min(left) >= 1, f"half done after await {at}: {left}"
                else:
                    assert set(left) == {0}, f"half done after await {at}: {left}"
                    assert asked.status is None, f"answered {asked.status} and wrote nothing"
                if plan.was_running:
                    assert committed, f"the command was cut with its client after await {at}"
                outcomes.add(committed)
                again = await school.staff.request(
                    "POST", "/v1/concerns", key=key, content=json.dumps(body),
                    headers={"Content-Type": "application/json"},
                )  # fmt: skip
                assert again.status_code == 201, again.text
                assert again.json()["id"] == id_
                assert ("idempotency-replayed" in again.headers) is committed
                if asked.content:
                    assert json.loads(asked.content) == again.json()
                after = traces(world, id_, key)
                assert after[:2] == (1, 1)
                assert after[4] == 1
                if not plan.was_cut:
                    break
            else:
                pytest.fail("the request never came to its end")
        assert outcomes == {True, False}, "no cut fell before, or none after, the commit"


class TestAnyOperation:
    @pytest.mark.parametrize(
        ("role", "path"),
        [
            (Role.STAFF, "/v1/me"),
            (Role.DSL, "/v1/concerns"),
            (Role.DSL, "/v1/children/{child}"),
            (Role.STAFF, "/v1/agencies"),
            (Role.STAFF, "/v1/children/{child}"),
        ],
        ids=["query", "list", "opening", "refusal", "refused opening"],
    )
    async def test_holds_no_connection_after_a_hang_up(
        self, world: World, school: School, role: Role, path: str
    ) -> None:
        path = path.format(child=await school.child())
        with counting():
            for at in range(1, MOST):
                plan = Plan(at)
                asked = Asked("GET", path, token=school[role].token)
                await asked.run(world.application, plan)
                await calm(world)
                if not plan.was_cut:
                    break
            else:
                pytest.fail("the request never came to its end")
        answers = await asyncio.gather(*(school.staff.get("/v1/me") for _ in range(16)))
        assert {answer.status_code for answer in answers} == {200}


class TestAReplay:
    async def test_writes_a_record_of_its_own(self, world: World, school: School) -> None:
        """So that its answer waits for the standby, like the first one's."""
        body, key = a_concern(str(new_id()), await school.child()), str(uuid4())
        await school.staff.post("/v1/concerns", body, key=key)
        before = world.sql("select pg_current_wal_insert_lsn()::text")
        again = await school.staff.post("/v1/concerns", body, key=key)
        assert again.headers["idempotency-replayed"] == "true"
        moved = world.sql("select pg_current_wal_insert_lsn() > %s::pg_lsn", before[0][0])
        assert moved == [(True,)]

"""The commit comes before the answer, needs a trace, and happens once for one key."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.schemas.sessions import AcceptedOut
from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.faults import UntracedChange
from app.db.lending import CommitRefused, Lent
from app.db.models import Agency
from app.main import answer_problems
from tests.world import School, World

CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'cairn'
  and state = 'idle in transaction'
"""


def a_concern(child: Any, text: str = "Seen.") -> dict[str, Any]:
    return {
        "children": [{"child_id": str(child)}],
        "account": [{"kind": "observed", "text": text}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
    }


def concerns(world: World, school: School) -> int:
    number: int = world.sql("select count(*) from concern where school_id = %s", school.id)[0][0]
    return number


class TestACommitThatFails:
    @pytest.fixture
    def cut(self, world: World) -> Iterator[list[Any]]:
        """The server ends the connection just before it is told to commit."""
        cuts: list[Any] = []
        commit = Lent.commit

        async def cut_and_commit(lent: Lent) -> None:
            if not cuts and "written" in lent.info:
                cuts.append(world.sql(CUT))
            await commit(lent)

        with patch.object(Lent, "commit", cut_and_commit):
            yield cuts

    async def test_is_never_answered_with_success(
        self, world: World, school: School, cut: list[Any]
    ) -> None:
        cut.append("not yet")
        body, key = a_concern(await school.child()), str(uuid4())
        cut.clear()
        answer = await school.staff.post("/v1/concerns", body, key=key)
        assert len(cut) == 1
        assert cut[0], "no connection was cut"
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "service_unavailable"
        assert answer.headers["retry-after"]
        assert concerns(world, school) == 0
        again = await school.staff.post("/v1/concerns", body, key=key)
        assert again.status_code == 201
        assert "idempotency-replayed" not in again.headers
        assert concerns(world, school) == 1


class TestAFailureThatNobodySaid:
    async def test_is_no_commit(self, world: World, school: School) -> None:
        async def swallow() -> None:
            async with world.work(school.id) as work:
                driver = await work.driver()
                with suppress(asyncpg.DivisionByZeroError):
                    await driver.value("select 1 / 0")

        with pytest.raises(CommitRefused):
            await swallow()


class TestAChangeWithoutATrace:
    async def test_is_refused_by_the_unit_of_work(self, world: World, school: School) -> None:
        with pytest.raises(UntracedChange):
            async with world.work(school.id) as work:
                work.sharing.add(an_agency(school))
        assert world.sql("select 1 from agency where school_id = %s", school.id) == []

    async def test_is_a_fault_of_ours_over_http(self, world: World, school: School) -> None:
        ops = Operations("test")

        @ops.command("POST", "/v1/untraced", out=AcceptedOut, needs=None)
        async def change_secretly(work: Work) -> Response:
            work.sharing.add(an_agency(school))
            return replies.record({"accepted": True})

        @ops.command("POST", "/v1/traced", out=AcceptedOut, needs=None)
        async def change_openly(work: Work) -> Response:
            row = an_agency(school)
            work.sharing.add(row)
            work.record(AuditEvent.AGENCY_ADDED, "agency", row.id)
            return replies.record({"accepted": True})

        application = FastAPI()
        application.state.runtime = world.runtime
        application.include_router(ops.router)
        answer_problems(application)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {school[Role.DSL].token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as client:
            secret = await client.post("/v1/untraced", headers=headers)
            assert secret.status_code == 500
            assert secret.json()["code"] == "internal_fault"
            assert "agency" not in secret.text
            assert world.sql("select 1 from agency where school_id = %s", school.id) == []
            assert (await client.post("/v1/traced", headers=headers)).status_code == 200


def an_agency(school: School) -> Agency:
    now = clock.now()
    return Agency(
        school_id=school.id, id=new_id(), name="A", kind="police", route="phoned",
        created_at=now, changed_at=now,
    )  # fmt: skip


class TestOneKey:
    async def test_makes_one_row_of_eight_simultaneous_requests(
        self, world: World, school: School
    ) -> None:
        body, key = a_concern(await school.child()), str(uuid4())
        answers = await asyncio.gather(
            *(school.staff.post("/v1/concerns", body, key=key) for _ in range(8))
        )
        assert [answer.status_code for answer in answers] == [201] * 8
        replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
        assert sorted(replayed, key=str) == [None, *["true"] * 7]
        assert len({answer.content for answer in answers}) == 1
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert len({answer.headers["etag"] for answer in answers}) == 1
        assert concerns(world, school) == 1

    async def test_lets_another_request_with_it_lose(self, world: World, school: School) -> None:
        child, key = await school.child(), str(uuid4())
        answers = await asyncio.gather(
            *(
                school.staff.post("/v1/concerns", a_concern(child, f"Seen {number}."), key=key)
                for number in range(8)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]
        codes = {answer.json().get("code") for answer in answers} - {None}
        assert codes == {"idempotency_key_reused"}
        assert concerns(world, school) == 1

    async def test_is_free_again_after_a_refusal(self, world: World, school: School) -> None:
        key = str(uuid4())
        wrong = await school.staff.post("/v1/concerns", a_concern(new_id()), key=key)
        assert wrong.status_code in (404, 422)
        right = await school.staff.post("/v1/concerns", a_concern(await school.child()), key=key)
        assert right.status_code == 201

    async def test_belongs_to_one_person(self, world: World, school: School) -> None:
        body, key = a_concern(await school.child()), str(uuid4())
        for api in (school.staff, school.lead):
            answer = await api.post("/v1/concerns", body, key=key)
            assert answer.status_code == 201
            assert "idempotency-replayed" not in answer.headers
        assert concerns(world, school) == 2

    async def test_belongs_to_one_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        key = str(uuid4())
        for place in (school, other_school):
            answer = await place.staff.post("/v1/concerns", a_concern(await place.child()), key=key)
            assert "idempotency-replayed" not in answer.headers

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\x7fb", '""', "ü"])
    async def test_has_to_be_visible_ascii(self, school: School, key: str) -> None:
        answer = await school.staff.request(
            "POST", "/v1/concerns", json={}, headers={"Idempotency-Key": key.encode()}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_invalid"

    async def test_does_not_hide_a_second_opening_from_the_trail(
        self, world: World, school: School
    ) -> None:
        """A kept answer to a GET would show a record again and leave no trace."""
        child, key = await school.child(), str(uuid4())
        for _ in range(2):
            answer = await school.lead.get(f"/v1/children/{child}", key=key)
            assert answer.status_code == 200
            assert "idempotency-replayed" not in answer.headers
        opened = world.sql(
            "select count(*) from trail where noun_id = %s and verb = 'child.opened'", child
        )
        assert opened == [(2,)]

    async def test_quoted_or_bare_is_the_same(self, school: School) -> None:
        body, key = a_concern(await school.child()), str(uuid4())
        one = await school.staff.post("/v1/concerns", body, key=key)
        two = await school.staff.post("/v1/concerns", body, key=f'"{key}"')
        assert two.headers["idempotency-replayed"] == "true"
        assert one.content == two.content

"""Drills: the ladder rung on purpose, saying that it is a drill, and whom it reached."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core import clock
from app.core.pointers import pointer
from app.core.words import Role
from tests.jobs.climbing import LEADS, a_trust, acknowledge, after, away, climbs, fresh, ids, tick
from tests.world import School, World


async def start(school: School, ladder: str = "immediate", **fields: Any) -> httpx.Response:
    """Start a drill as the lead."""
    return await school.lead.post("/v1/drills", {"ladder": ladder} | fields)


class TestStartDrill:
    async def test_rings_the_first_person_on_duty_at_once(
        self, world: World, school: School
    ) -> None:
        answer = await start(school, reason="Autumn test")
        assert answer.status_code == 201, answer.text
        drill = answer.json()
        assert answer.headers["location"] == f"/v1/drills/{drill['id']}"
        assert answer.headers["etag"] == '"1"'
        assert drill["owner"]["id"] == str(school[Role.DSL].id)
        assert (drill["reason"], drill["climbs"], drill["told"]) == ("Autumn test", [], [])
        assert drill["permissions"] == ["end_drill"]
        await tick(world, school)
        assert climbs(world, school) == [("owner", ids(school, Role.DSL))]
        (card,) = (await school.lead.get("/v1/alerts?state=open")).json()["items"]
        assert (card["kind"], card["urgent"]) == ("drill", False)
        assert card["about"] == pointer("drill", drill["id"])
        verbs = world.sql("select verb from trail where noun_id = %s", drill["id"])
        assert verbs == [("drill.started",)]

    async def test_is_owned_by_who_stands_in(self, world: World, school: School) -> None:
        away(world, school, school[Role.DSL].id)
        drill = (await start(school)).json()
        assert drill["owner"]["id"] == str(school[Role.DEPUTY_DSL].id)

    async def test_refuses_a_second_of_the_same_ladder(self, school: School) -> None:
        assert (await start(school)).status_code == 201
        again = await start(school)
        assert (again.status_code, again.json()["code"]) == (409, "drill_running")
        assert (await start(school, "today")).status_code == 201

    async def test_waits_ten_minutes_after_the_last_of_its_ladder(
        self, world: World, school: School
    ) -> None:
        first = (await start(school)).json()
        await school.lead.post(f"/v1/drills/{first['id']}/end", version=1)
        free = datetime.fromisoformat(first["started_at"]) + timedelta(minutes=10)
        with after(minutes=9):
            again = await fresh(world, school[Role.DSL]).post("/v1/drills", {"ladder": "immediate"})
            assert (again.status_code, again.json()["code"]) == (409, "drill_too_soon")
            assert datetime.fromisoformat(again.json()["retry_at"]) == free
            assert (await start(school, "today")).status_code == 201
        with clock.shifted(free - clock.now() + timedelta(seconds=1)):
            assert (await start(school)).status_code == 201

    @pytest.mark.parametrize(
        ("ladder", "at", "rings"),
        [
            ("today", "2027-01-13T22:00:00", "2027-01-14T07:00:00+00:00"),
            ("routine", "2027-01-15T22:00:00", "2027-01-18T07:00:00+00:00"),  # a Friday
            ("today", "2027-01-13T12:00:00", None),
            ("immediate", "2027-01-13T22:00:00", None),
        ],
    )
    async def test_says_when_it_rings_in_quiet_hours(
        self, world: World, school: School, ladder: str, at: str, rings: str | None
    ) -> None:
        with clock.shifted(datetime.fromisoformat(at).replace(tzinfo=UTC) - clock.now()):
            lead = fresh(world, school[Role.DSL])
            drill = (await lead.post("/v1/drills", {"ladder": ladder})).json()
            wanted = rings and datetime.fromisoformat(rings)
            assert (drill["rings_at"] and datetime.fromisoformat(drill["rings_at"])) == wanted
            await tick(world, school)
            assert len(climbs(world, school)) == (rings is None)
            if rings is None:
                return
            shown = (await lead.get(f"/v1/drills/{drill['id']}")).json()
            assert shown["rings_at"] == drill["rings_at"]
        with clock.shifted(datetime.fromisoformat(rings) - clock.now() + timedelta(seconds=1)):
            await tick(world, school)
            assert len(climbs(world, school)) == 1
            lead = fresh(world, school[Role.DSL])
            assert (await lead.get(f"/v1/drills/{drill['id']}")).json()["rings_at"] is None

    async def test_begins_once_where_two_start_at_once(self, school: School) -> None:
        answers = await asyncio.gather(*(start(school) for _ in range(4)))
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]

    @pytest.mark.parametrize("ladder", ["", "no such ladder"])
    async def test_refuses_an_unknown_ladder(self, school: School, ladder: str) -> None:
        answer = await start(school, ladder)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/ladder"

    async def test_takes_the_clients_id_and_replays(self, school: School) -> None:
        body = {"ladder": "duty", "id": str(uuid4())}
        first = await school.lead.post("/v1/drills", body, key="k1")
        again = await school.lead.post("/v1/drills", body, key="k1")
        assert first.json() == again.json()
        assert again.headers["idempotency-replayed"] == "true"

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        answer = await school.staff.post("/v1/drills", {"ladder": "today"})
        assert answer.status_code == 403


class TestGetDrill:
    async def test_shows_who_was_told_when_and_who_answered(
        self, world: World, school: School
    ) -> None:
        await a_trust(world, school)
        drill = (await start(school)).json()["id"]
        for minutes in (0, 5, 15, 30):
            with after(minutes=minutes):
                await tick(world, school)
        with after(minutes=31):
            assert (await acknowledge(world, school[Role.HEADTEACHER], "drill")).status_code == 200
            lead = fresh(world, school[Role.DSL])
            shown = (await lead.get(f"/v1/drills/{drill}")).json()
        assert [(one["rung"], one["name"], one["in_trust"]) for one in shown["climbs"]] == [
            (1, "owner", 0), (2, "leads", 0), (3, "head", 0), (4, "trust", 2),
        ]  # fmt: skip
        assert set(shown["climbs"][1]["recipients"]) == {
            str(person) for person in ids(school, *LEADS)
        }
        told = {one["person"]["id"]: one for one in shown["told"]}
        assert set(told) == {str(one) for one in ids(school, *LEADS, Role.HEADTEACHER)}
        answered = [one for one in shown["told"] if one["acknowledged_at"]]
        assert [one["person"]["id"] for one in answered] == [str(school[Role.HEADTEACHER].id)]
        assert shown["ended_reason_code"] == "acknowledged"
        assert shown["permissions"] == []

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        drill = (await start(other_school)).json()["id"]
        answer = await school.lead.get(f"/v1/drills/{drill}")
        assert (answer.status_code, answer.json()["code"]) == (404, "drill_not_found")

    async def test_answers_304_to_who_has_it(self, school: School) -> None:
        drill = (await start(school)).json()["id"]
        tag = (await school.lead.get(f"/v1/drills/{drill}")).headers["etag"]
        answer = await school.lead.get(f"/v1/drills/{drill}", headers={"If-None-Match": tag})
        assert answer.status_code == 304


class TestEndDrill:
    async def test_ends_at_the_first_acknowledgement(self, world: World, school: School) -> None:
        drill = (await start(school)).json()["id"]
        await tick(world, school)
        answer = await acknowledge(world, school[Role.DSL], "drill")
        assert (answer.status_code, answer.json()["state"]) == (200, "settled")
        for minutes in (5, 15, 60):
            with after(minutes=minutes):
                await tick(world, school)
        assert len(climbs(world, school)) == 1
        verbs = world.sql("select verb, actor_id from trail where noun_id = %s order by seq", drill)
        assert verbs == [
            ("drill.started", school[Role.DSL].id), ("drill.ended", school[Role.DSL].id),
        ]  # fmt: skip

    async def test_ends_by_hand(self, world: World, school: School) -> None:
        drill = (await start(school)).json()["id"]
        await tick(world, school)
        path = f"/v1/drills/{drill}/end"
        assert (await school.lead.post(path)).status_code == 428
        assert (await school.lead.post(path, version=7)).status_code == 412
        answer = await school.api(Role.HEADTEACHER).post(path, version=1)
        assert (answer.status_code, answer.json()["ended_reason_code"]) == (200, "ended")
        over = await school.lead.post(path, version=2)
        assert (over.status_code, over.json()["code"]) == (409, "drill_over")
        with after(minutes=10):
            await tick(world, school)
        assert len(climbs(world, school)) == 1

    async def test_ends_once_where_somebody_acknowledges_meanwhile(
        self, world: World, school: School
    ) -> None:
        for ladder in ("immediate", "today", "duty"):
            drill = (await start(school, ladder)).json()["id"]
            await tick(world, school)
            ended, seen = await asyncio.gather(
                school.lead.post(f"/v1/drills/{drill}/end", version=1),
                acknowledge(world, school[Role.DSL], "drill"),
            )
            assert seen.status_code == 200
            assert ended.status_code in (200, 412)
            count = world.sql(
                "select count(*) from trail where noun_id = %s and verb = 'drill.ended'", drill
            )
            assert count == [(1,)]

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        drill = (await start(other_school)).json()["id"]
        assert (await school.lead.post(f"/v1/drills/{drill}/end", version=1)).status_code == 404


class TestListDrills:
    async def test_shows_the_newest_first_and_filters(self, school: School) -> None:
        first = (await start(school, "today")).json()["id"]
        await school.lead.post(f"/v1/drills/{first}/end", version=1)
        with clock.shifted(timedelta(minutes=1)):
            second = (await start(school, "duty")).json()["id"]
        page = (await school.lead.get("/v1/drills?limit=1")).json()
        assert [one["id"] for one in page["items"]] == [second]
        rest = (await school.lead.get(f"/v1/drills?limit=1&cursor={page['next']}")).json()
        assert [one["id"] for one in rest["items"]] == [first]
        for state, found in (("running", second), ("ended", first)):
            items = (await school.lead.get(f"/v1/drills?state={state}")).json()["items"]
            assert [(one["id"], one["state"]) for one in items] == [(found, state)]

    async def test_refuses_unknown_parameters_and_roles(self, school: School) -> None:
        assert (await school.lead.get("/v1/drills?colour=red")).status_code == 422
        assert (await school.api(Role.DEPUTY_DSL).get("/v1/drills")).status_code == 403

"""Acknowledging many alerts together: each judged as one alone, with a reason in the trail."""

from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Role
from tests.api.duty.test_alerts import an_alert
from tests.api.record.test_concerns import raise_one
from tests.jobs.climbing import after, fresh, tick
from tests.world import Api, School, World

LEAD, DEPUTY = Role.DSL, Role.DEPUTY_DSL
REASON = "Read them all at Monday's meeting."


async def together(api: Api, *ids: UUID | str, reason: str = REASON) -> Any:
    """Acknowledge these; the answer."""
    body = {"alert_ids": [str(one) for one in ids], "reason": reason}
    return await api.post("/v1/alerts/acknowledgements", body)


class TestAcknowledgeAlerts:
    async def test_marks_mine_and_names_what_is_not(self, world: World, school: School) -> None:
        mine = [await an_alert(world, school, school[LEAD].id) for _ in range(2)]
        colleagues = await an_alert(world, school, school[DEPUTY].id)
        nothing = new_id()
        answer = await together(school.lead, mine[1], colleagues, mine[0], nothing)
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [one["id"] for one in results] == [
            str(one) for one in (mine[1], colleagues, mine[0], nothing)
        ]
        assert [one["error"] for one in results] == [None, "alert_not_found"] * 2
        assert [one["acknowledged_at"] is None for one in results] == [False, True] * 2
        traced = world.sql(
            "select noun_id, reason from trail where school_id = %s "
            "and verb = 'alert.acknowledged' order by noun_id",
            school.id,
        )
        assert traced == [(one, REASON) for one in sorted(mine)]
        left = world.sql("select acknowledged_at from alert where id = %s", colleagues)
        assert left == [(None,)]

    async def test_a_second_time_changes_nothing(self, world: World, school: School) -> None:
        alert = await an_alert(world, school, school[LEAD].id)
        first = (await together(school.lead, alert)).json()
        again = (await together(school.lead, alert, alert)).json()
        assert first == again
        assert world.sql("select version from alert where id = %s", alert) == [(2,)]

    async def test_stops_what_rings_as_one_alone_does(self, world: World, school: School) -> None:
        for _ in range(2):
            await raise_one(school.staff, await school.child(), immediacy="immediate_danger")
        with after(minutes=15):
            await tick(world, school)
            lead = fresh(world, school[LEAD])
            cards = (await lead.get("/v1/alerts?state=open")).json()["items"]
            assert [card["kind"] for card in cards] == ["overdue"] * 2
            answer = await together(lead, *(card["id"] for card in cards))
            assert answer.status_code == 200, answer.text
        kept = world.sql(
            "select acknowledged_by from deadline where school_id = %s and ended_at is null",
            school.id,
        )
        assert kept == [(school[LEAD].id,)] * 2

    async def test_is_bounded_and_needs_a_reason(self, school: School) -> None:
        for answer in (
            await together(school.lead),
            await together(school.lead, *(new_id() for _ in range(201))),
            await together(school.lead, new_id(), reason=" "),
        ):
            assert answer.status_code == 422
        assert (await together(school.lead, *(new_id() for _ in range(200)))).status_code == 200

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await together(school.api(Role.GOVERNOR), new_id())).status_code == 403

"""My inbox of alerts: mine only, newest first, without content."""

from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Alert
from tests.api.records import a_concern, classify
from tests.security.capture import captured
from tests.world import School, World


async def an_alert(
    world: World, school: School, recipient: UUID, *, age: int = 0, urgent: bool = False
) -> UUID:
    """An alert some minutes old that hangs on no concern."""
    alert_id = new_id()
    async with world.work(school.id) as work:
        work.concerns.add(
            Alert(
                school_id=school.id, id=alert_id, recipient_id=recipient, kind="concern_raised",
                urgent=urgent, created_at=clock.now() - timedelta(minutes=age),
                matter_id=alert_id, mail="digest",
            )
        )  # fmt: skip
        work.record(AuditEvent.ALERT_RAISED, "alert", alert_id)
    return alert_id


class TestListAlerts:
    async def test_shows_mine_newest_first(self, world: World, school: School) -> None:
        me, colleague = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        old = await an_alert(world, school, me, age=10)
        new = await an_alert(world, school, me, urgent=True)
        await an_alert(world, school, colleague)
        answer = await school.lead.get("/v1/alerts")
        assert answer.status_code == 200
        assert [row["id"] for row in answer.json()["items"]] == [str(new), str(old)]
        assert answer.json()["items"][0]["urgent"] is True
        assert answer.json()["next"] is None

    async def test_visits_each_row_once(self, world: World, school: School) -> None:
        made = {str(await an_alert(world, school, school[Role.DSL].id, age=n)) for n in range(5)}
        seen: list[str] = []
        path = "/v1/alerts?limit=2"
        cursor = ""
        while True:
            page = (await school.lead.get(path + cursor)).json()
            seen += [row["id"] for row in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(seen) == 5
        assert set(seen) == made

    async def test_fills_a_page_past_what_is_hidden(self, world: World, school: School) -> None:
        """However much lies between, and without a statement for each of it."""
        deputy = school[Role.DEPUTY_DSL]
        concern = await a_concern(school, await school.child())
        world.sql("delete from alert where school_id = %s", school.id)
        old, older = [await an_alert(world, school, deputy.id, age=age) for age in (5, 6)]
        world.sql(
            "insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, matter_id, "
            "created_at, mail) select %s, i, %s, 'concern_raised', false, %s, i, %s, 'never' "
            "from (select gen_random_uuid() as i from generate_series(1, 100)) made",
            school.id, deputy.id, concern, clock.now(),
        )  # fmt: skip
        await classify(world, concern, "K5")
        async with captured(world) as asked:
            page = (await school.api(Role.DEPUTY_DSL).get("/v1/alerts?limit=1")).json()
        assert [row["id"] for row in page["items"]] == [str(old)]
        assert len(asked) < 20
        more = await school.api(Role.DEPUTY_DSL).get(f"/v1/alerts?limit=1&cursor={page['next']}")
        assert [row["id"] for row in more.json()["items"]] == [str(older)]
        assert more.json()["next"] is None

    async def test_filters_by_acknowledged(self, world: World, school: School) -> None:
        seen = await an_alert(world, school, school[Role.DSL].id)
        fresh = await an_alert(world, school, school[Role.DSL].id)
        await school.lead.post(f"/v1/alerts/{seen}/acknowledge")
        yes = await school.lead.get("/v1/alerts?state=ended")
        no = await school.lead.get("/v1/alerts?state=open")
        assert [row["id"] for row in yes.json()["items"]] == [str(seen)]
        assert [row["id"] for row in no.json()["items"]] == [str(fresh)]

    async def test_refuses_unknown_parameters(self, school: School) -> None:
        answer = await school.lead.get("/v1/alerts?colour=red")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/query/colour"

    async def test_refuses_a_cursor_of_another_maker(self, school: School) -> None:
        assert (await school.lead.get("/v1/alerts?cursor=WzFd")).status_code == 422

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await school.api(Role.GOVERNOR).get("/v1/alerts")).status_code == 403


class TestAcknowledgeAlert:
    async def test_marks_it_and_leaves_a_trace(self, world: World, school: School) -> None:
        alert = await an_alert(world, school, school[Role.DSL].id)
        first = await school.lead.post(f"/v1/alerts/{alert}/acknowledge")
        again = await school.lead.post(f"/v1/alerts/{alert}/acknowledge")
        assert first.status_code == again.status_code == 200
        assert first.json()["acknowledged_at"] is not None
        assert again.json() == first.json()
        verbs = world.sql("select verb from trail where noun_id = %s order by seq", alert)
        assert verbs == [("alert.raised",), ("alert.acknowledged",)]

    async def test_hides_somebody_elses(self, world: World, school: School) -> None:
        alert = await an_alert(world, school, school[Role.DEPUTY_DSL].id)
        answer = await school.lead.post(f"/v1/alerts/{alert}/acknowledge")
        assert answer.status_code == 404
        assert answer.json()["code"] == "alert_not_found"

    async def test_hides_another_schools(
        self, world: World, school: School, other_school: School
    ) -> None:
        alert = await an_alert(world, other_school, other_school[Role.DSL].id)
        assert (await school.lead.post(f"/v1/alerts/{alert}/acknowledge")).status_code == 404

    async def test_refuses_a_role_without_permission(self, world: World, school: School) -> None:
        alert = await an_alert(world, school, school[Role.GOVERNOR].id)
        answer = await school.api(Role.GOVERNOR).post(f"/v1/alerts/{alert}/acknowledge")
        assert answer.status_code == 403

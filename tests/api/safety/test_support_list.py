"""The support list: a stated reason and an end date each, handed over and never closed by time."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.safety.support_list import commands
from app.domain.safety.support_list.commands import put_on_list, take_off_list
from tests.api.duty.test_tasks import fits
from tests.api.planning import in_use
from tests.check_ins import MONDAY, a_plan, keep, lead, tasks
from tests.jobs.climbing import fresh
from tests.world import Api, School, World


async def listed(api: Api) -> list[dict[str, Any]]:
    """The rows of the list."""
    found = await api.get("/v1/support-list")
    assert found.status_code == 200, found.text
    rows: list[dict[str, Any]] = found.json()["items"]
    return rows


async def stated(school: School, child: UUID, days: int = 5) -> dict[str, Any]:
    """An entry that the lead stated."""
    until = (clock.now() + timedelta(days=days)).isoformat()
    body = {"child_id": str(child), "reason": "Her father is in hospital.", "until": until}
    made = await lead(school).post("/v1/support-list", body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


class TestPages:
    async def test_lose_nobody_where_a_child_went_off_the_list_in_between(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            children = [await school.child(name) for name in ("Ada", "Bo", "Cy")]
            entries = [await stated(school, child) for child in children]
            api = lead(school)
            first = (await api.get("/v1/support-list?limit=1")).json()
            assert first["items"][0]["child"]["id"] == str(children[0])
            gone = await api.post(
                f"/v1/support-list/{entries[0]['id']}/end", {"reason": "All is well."}, version=1
            )
            assert gone.status_code == 200, gone.text
            rest = (await api.get(f"/v1/support-list?limit=5&cursor={first['next']}")).json()
        assert [one["child"]["id"] for one in rest["items"]] == [str(one) for one in children[1:]]


class TestPutOn:
    async def test_is_once_for_each_source_and_renews_its_end(
        self, world: World, school: School
    ) -> None:
        child, source = await school.child(), ("concern", uuid4())
        soon, later = clock.now() + timedelta(days=1), clock.now() + timedelta(days=9)
        for until in (soon, later, soon):
            async with world.work(school.id) as work:
                await put_on_list(work, child, "pathway", source=source, until=until)
        ((row,),) = (await listed(school.lead),)
        assert [one["reason_code"] for one in row["entries"]] == ["pathway"]
        assert row["entries"][0]["until"][:19] == later.isoformat()[:19]
        for _ in range(2):
            async with world.work(school.id) as work:
                await take_off_list(work, source)
        assert await listed(school.lead) == []


class TestReadList:
    async def test_is_for_leads_and_head(self, school: School) -> None:
        await stated(school, await school.child())
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN):
            assert (await school.api(role).get("/v1/support-list")).status_code == 403
        ((row,), (own,)) = await listed(school.api(Role.HEADTEACHER)), await listed(school.lead)
        assert row["entries"][0]["permissions"] == []
        assert own["entries"][0]["permissions"] == [
            "extend_support_list_entry",
            "end_support_list_entry",
        ]

    async def test_shows_what_is_overdue_first_then_by_due_time_then_name(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            second = await a_plan(school, await school.child("Zoe", "Zimmer"))
            third = await a_plan(school, await school.child("Adam", "Abbot"))
            await stated(school, await school.child("Amy", "Ash"), days=30)
        with clock.frozen(MONDAY.replace(hour=11, minute=31)):
            await keep(world, school)
            names = [row["child"]["name"] for row in await listed(lead(school))]
            assert names == ["Adam Abbot", "Zoe Zimmer", "Amy Ash"]
            check_in = (await lead(school).get("/v1/check-ins?overdue=true")).json()["items"]
            (of_third,) = [one for one in check_in if one["child"]["id"] == third["child_id"]]
            body = {"outcome": "seen_later"}
            path = f"/v1/check-ins/{of_third['id']}/settle"
            settled = await lead(school).post(path, body, version=int(of_third["etag"].strip('"')))
            assert settled.status_code == 200
            rows = await listed(lead(school))
            assert [row["child"]["name"] for row in rows] == ["Zoe Zimmer", "Adam Abbot", "Amy Ash"]
            assert rows[0]["child"]["id"] == second["child_id"]
            assert set(rows[0]) == {
                "child", "entries", "in_touch", "next_check_in", "overdue", "holiday_arrangement",
            }  # fmt: skip

    async def test_goes_on_page_by_page(self, school: School) -> None:
        with clock.frozen(MONDAY):
            for name in ("Ash", "Birch", "Cedar"):
                await a_plan(school, await school.child("Sam", name))
            seen, path = [], "/v1/support-list?limit=1"
            while path:
                page = (await lead(school).get(path)).json()
                seen += [row["child"]["name"] for row in page["items"]]
                path = page["next"] and f"/v1/support-list?limit=1&cursor={page['next']}"
            assert seen == ["Sam Ash", "Sam Birch", "Sam Cedar"]

    async def test_hides_a_related_child(self, school: School) -> None:
        child = await school.child()
        entry = await stated(school, child)
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        assert await listed(school.lead) == []
        path = f"/v1/support-list/{entry['id']}/end"
        gone = await school.lead.post(path, {"reason": "No."}, version=1)
        assert gone.status_code == 404

    async def test_hides_a_plan_of_a_class_that_is_not_read(
        self, world: World, school: School
    ) -> None:
        deputy, child = school.api(Role.DEPUTY_DSL), await school.child()
        await in_use(school, child, confidentiality="K5")
        ((row,),) = (await listed(school.lead),)
        assert await listed(deputy) == []
        id_, until = row["entries"][0]["id"], (clock.now() + timedelta(days=3)).isoformat()
        body = {"until": until}
        hidden = await deputy.post(f"/v1/support-list/{id_}/extend", body, version=1)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "support_list_entry_not_found")
        world.sql("update support_list_entry set until = now() where id = %s", id_)
        await keep(world, school)
        ended = "select confidentiality from task where kind = 'support_list_end' and about_id = %s"
        assert world.sql(ended, id_) == [("K5",)]

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        await listed(school.lead)
        rows = world.sql(
            "select verb from trail where school_id = %s and verb = 'support_list.listed'",
            school.id,
        )
        assert len(rows) == 1


class TestEnd:
    async def test_past_its_end_date_an_entry_stays_and_somebody_decides(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            entry = await stated(school, await school.child())
        with clock.frozen(MONDAY + timedelta(days=5)):
            await keep(world, school)
            await keep(world, school)
            assert len(await listed(lead(school))) == 1
            assert len(tasks(world, school, "support_list_end")) == 1
            until = (clock.now() + timedelta(days=3)).isoformat()
            path = f"/v1/support-list/{entry['id']}"
            longer = await lead(school).post(f"{path}/extend", {"until": until}, version=1)
            assert longer.status_code == 200
            assert tasks(world, school, "support_list_end") == []
            assert (await lead(school).post(f"{path}/end", {}, version=2)).status_code == 422
            body = {"reason": "His father is home."}
            off = await lead(school).post(f"{path}/end", body, version=2)
            assert (off.status_code, off.json()["end_reason"]) == (200, body["reason"])
            assert await listed(lead(school)) == []
            assert await fits(world, school)

    async def test_needs_an_end_date_ahead(self, school: School) -> None:
        child = str(await school.child())
        for days in (-1, 400):
            until = (clock.now() + timedelta(days=days)).isoformat()
            body = {"child_id": child, "reason": "She is sad.", "until": until}
            made = await school.lead.post("/v1/support-list", body)
            assert (made.status_code, made.json()["code"]) == (422, "support_list_until_unsuitable")


class TestHandOver:
    async def test_from_friday_noon_a_lead_hands_over_and_a_person_acknowledges(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            plan = await a_plan(school)
        friday = MONDAY + timedelta(days=4)
        with clock.frozen(friday.replace(hour=11, minute=59)):
            await keep(world, school)
            assert tasks(world, school, "support_list_hand_over") == []
        with clock.frozen(friday.replace(hour=12, minute=0)):
            await keep(world, school)
            await keep(world, school)
            ((owner, due, _),) = tasks(world, school, "support_list_hand_over")
            assert (owner, due) == (school[Role.DSL].id, friday.replace(hour=16, minute=0))
            await self._acknowledged(world, school, plan)
            assert await fits(world, school)

    async def test_has_everybody_on_the_list_however_long_it_is(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        children = {str(await school.child()) for _ in range(5)}
        for child in sorted(children):
            await stated(school, UUID(child))
        monkeypatch.setattr(commands, "AT_ONCE", 2)
        body = {"to_id": str(school[Role.DEPUTY_DSL].id), "note": "Please look after them."}
        note = (await lead(school).post("/v1/support-list/hand-over", body)).json()["id"]
        ((kept,),) = world.sql("select content from support_list_hand_over where id = %s", note)
        assert {one["child_id"] for one in kept} == children
        assert len(kept) == len(children)

    async def _acknowledged(self, world: World, school: School, plan: dict[str, Any]) -> None:
        path, deputy = "/v1/support-list/hand-over", school[Role.DEPUTY_DSL]
        found = (await lead(school).get(path)).json()
        (row,) = found["items"]
        assert (row["child"]["id"], row["in_touch"]["id"]) == (
            plan["child_id"], str(school[Role.STAFF].id),
        )  # fmt: skip
        assert row["from"]
        wrong = {"to_id": str(school[Role.STAFF].id), "note": "Please look after them."}
        refused = await lead(school).post(path, wrong)
        assert refused.json()["code"] == "hand_over_person_unsuitable"
        note = (await lead(school).post(path, wrong | {"to_id": str(deputy.id)})).json()
        ((owner, _, _),) = tasks(world, school, "support_list_hand_over")
        assert owner == deputy.id
        mine = await lead(school).post(f"{path}/{note['id']}/acknowledge", version=1)
        assert mine.status_code == 404
        read = await fresh(world, deputy).post(f"{path}/{note['id']}/acknowledge", version=1)
        assert (read.status_code, bool(read.json()["acknowledged_at"])) == (200, True)
        again = await fresh(world, deputy).post(f"{path}/{note['id']}/acknowledge", version=2)
        assert (again.status_code, again.json()["code"]) == (409, "hand_over_acknowledged")
        assert tasks(world, school, "support_list_hand_over") == []

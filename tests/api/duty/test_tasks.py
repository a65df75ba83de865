"""Tasks: what one person has to do by a time."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.behind import ANYONE
from app.core.words import Role
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from tests.api.record.test_concerns import a_body
from tests.inconsistency import find_inconsistent
from tests.owners import Plot
from tests.world import Api, School, World


async def a_task(
    world: World, school: School, *, owner: Role = Role.DEPUTY_DSL, class_: str = "K3"
) -> tuple[str, UUID]:
    """A task about a new child, and the child."""
    child = await school.child()
    task = Plot(world, school, child).plant("task", school[owner].id)
    world.sql("update task set confidentiality = %s where id = %s", class_, task)
    return str(task), child


async def ids_of(api: Api, query: str = "") -> list[str]:
    """The ids a list shows."""
    found = await api.get(f"/v1/tasks{query}")
    assert found.status_code == 200, found.text
    return [one["id"] for one in found.json()["items"]]


async def fits(world: World, school: School) -> bool:
    """Whether everything open of the school has its owner and clock."""
    async with world.work(school.id) as work:
        return not await find_inconsistent(await work.driver(), school.id)


class TestListTasks:
    async def test_shows_a_lead_everybodys_and_others_their_own(
        self, world: World, school: School
    ) -> None:
        of_deputy, _ = await a_task(world, school)
        of_teacher, _ = await a_task(world, school, owner=Role.STAFF, class_=ANYONE)
        assert {*await ids_of(school.lead)} >= {of_deputy, of_teacher}
        assert await ids_of(school.staff) == [of_teacher]
        assert of_deputy in await ids_of(school.api(Role.DEPUTY_DSL), "?mine=true")
        assert await ids_of(school.api(Role.SCHOOL_ADMIN)) == []

    async def test_tells_no_reason(self, world: World, school: School) -> None:
        await a_task(world, school, owner=Role.STAFF, class_=ANYONE)
        (card,) = (await school.staff.get("/v1/tasks")).json()["items"]
        assert set(card) == {
            "id", "kind", "child", "owner", "cover", "about", "due_at", "urgent", "state",
            "set_at", "ended_at", "concern_id", "duty", "ends_by", "etag",
        }  # fmt: skip

    async def test_names_its_concern_to_leads_alone(self, world: World, school: School) -> None:
        block = {"kind": "worry_without_words"}
        body = a_body(await school.child(), self_harm=block)
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        shown = (await school.lead.get(f"/v1/tasks?concern_id={concern}")).json()["items"]
        assert {one["concern_id"] for one in shown if one["kind"] != "collect_by_adult"} == {
            concern
        }
        (check,) = [one for one in shown if one["kind"] == "sh_check"]
        assert (check["ends_by"], check["etag"]) == ("add_record", '"1"')
        opened = await school.lead.get(f"/v1/tasks/{check['id']}")
        same = set(check) - {"due_at", "set_at"}  # told to the second in a list
        assert {name: opened.json()[name] for name in same} == {name: check[name] for name in same}
        staff = str(school[Role.STAFF].id)
        world.sql(
            "update task set owner_id = %s, confidentiality = 'anyone' where id = %s",
            staff, check["id"],
        )  # fmt: skip
        (mine,) = (await school.staff.get("/v1/tasks")).json()["items"]
        assert mine["concern_id"] is None
        whole = (await school.staff.get(f"/v1/tasks/{check['id']}")).json()
        assert whole["concern_id"] is None

    async def test_names_no_concern_of_a_class_one_does_not_read(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = (await school.staff.post("/v1/concerns", a_body(child))).json()["id"]
        for kind in ("other", "collect_by_adult"):
            async with world.work(school.id) as work:
                await set_task(
                    work,
                    SetTask(
                        kind, child_id=child, concern_id=UUID(concern), confidentiality=ANYONE,
                        owner_id=school[Role.DEPUTY_DSL].id,
                    ),
                )  # fmt: skip
                await work.commit()
        deputy = school.api(Role.DEPUTY_DSL)
        named = {
            one["kind"]: one["concern_id"]
            for one in (await deputy.get("/v1/tasks")).json()["items"]
        }
        assert named == {"other": concern, "collect_by_adult": None}
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        for one in (await deputy.get("/v1/tasks")).json()["items"]:
            assert one["concern_id"] is None
            assert (await deputy.get(f"/v1/tasks/{one['id']}")).json()["concern_id"] is None

    async def test_says_which_duty_it_is(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        world.sql(
            """update task set kind = 'bereavement_duty', facts = '{"duty": "confirm"}'
            where id = %s""",
            task,
        )
        deputy = school.api(Role.DEPUTY_DSL)
        (card,) = (await deputy.get("/v1/tasks")).json()["items"]
        assert (card["duty"], card["ends_by"]) == ("confirm", None)
        assert (await deputy.get(f"/v1/tasks/{task}")).json()["duty"] == "confirm"

    async def test_hides_what_is_about_a_related_child(self, world: World, school: School) -> None:
        task, child = await a_task(world, school)
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        assert task not in await ids_of(school.lead)
        assert (await school.lead.get(f"/v1/tasks/{task}")).status_code == 404


class TestCompleteTask:
    async def test_ends_it_with_its_clock(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        path = f"/v1/tasks/{task}/complete"
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post(path, {})).status_code == 428
        assert (await deputy.post(path, {}, version=9)).status_code == 412
        done = await deputy.post(path, {"note": "Spoke with her."}, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "done")
        again = await deputy.post(path, {}, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "task_ended")
        assert await fits(world, school)

    async def test_keeps_a_code_in_the_trail_and_no_sentence(
        self, world: World, school: School
    ) -> None:
        task, child = await a_task(world, school)
        path = f"/v1/tasks/{task}/complete"
        told = await school.lead.post(path, {"outcome": "She cried."}, version=1)
        assert told.status_code == 422
        done = await school.lead.post(path, {"outcome": "seen", "note": "She cried."}, version=1)
        assert (done.json()["outcome"], done.json()["note"]) == ("seen", "She cried.")
        trail = await school.lead.get(f"/v1/audit?child_id={child}&verb=task.done")
        assert [one["details"]["outcome"] for one in trail.json()["items"]] == ["seen"]
        assert "cried" not in trail.text

    async def test_says_what_ends_it_instead(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        world.sql("update task set kind = 'support_list_end' where id = %s", task)
        answer = await school.api(Role.DEPUTY_DSL).post(f"/v1/tasks/{task}/complete", {}, version=1)
        assert (answer.status_code, answer.json()["code"]) == (409, "task_of_record")
        assert "extend_support_list_entry, end_support_list_entry" in answer.json()["detail"]

    async def test_is_not_for_somebody_else(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        assert (
            await school.staff.post(f"/v1/tasks/{task}/complete", {}, version=1)
        ).status_code == 404
        head = await school.api(Role.HEADTEACHER).post(f"/v1/tasks/{task}/complete", {}, version=1)
        assert head.status_code == 403


class TestAssignTask:
    async def test_tells_who_has_it_now(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        lead = school[Role.DSL].id
        body = {"owner_id": str(lead)}
        answer = await school.api(Role.DEPUTY_DSL).post(f"/v1/tasks/{task}/assign", body, version=1)
        assert answer.json()["owner"]["id"] == str(lead)
        told = world.sql("select kind from alert where recipient_id = %s", lead)
        assert told == [("task_assigned",)]
        assert await fits(world, school)

    async def test_refuses_who_may_not_read_it(self, world: World, school: School) -> None:
        task, _ = await a_task(world, school)
        body = {"owner_id": str(school[Role.STAFF].id)}
        answer = await school.lead.post(f"/v1/tasks/{task}/assign", body, version=1)
        assert (answer.status_code, answer.json()["code"]) == (422, "task_owner_unsuitable")


class TestSetTask:
    async def test_goes_to_the_first_lead_and_once(self, world: World, school: School) -> None:
        child = await school.child()
        for _ in range(2):
            async with world.work(school.id) as work:
                await set_task(work, SetTask("other", child_id=child, dedupe="once"))
        rows = world.sql("select owner_id, due_rule from task where school_id = %s", school.id)
        assert rows == [(school[Role.DSL].id, "task.do")]
        assert await fits(world, school)

    async def test_goes_past_a_lead_with_an_interest(self, world: World, school: School) -> None:
        child = await school.child()
        said = {"child_id": str(child), "reason": "My niece."}
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        async with world.work(school.id) as work:
            await set_task(work, SetTask("other", child_id=child))
        rows = world.sql("select owner_id from task where school_id = %s", school.id)
        assert rows == [(school[Role.DEPUTY_DSL].id,)]

    async def test_can_be_ended_by_what_it_is_about(self, world: World, school: School) -> None:
        child = await school.child()
        async with world.work(school.id) as work:
            due = clock.now() + timedelta(days=2)
            await set_task(work, SetTask("other", child_id=child, due_at=due))
        async with world.work(school.id) as work:
            ended = await finish_all(work, ["other"], child_id=child)
        assert [one.state for one in ended] == ["done"]
        assert await fits(world, school)


@pytest.mark.parametrize("role", [Role.DSL, Role.DEPUTY_DSL])
async def test_an_events_reader_learns_no_kind(world: World, school: School, role: Role) -> None:
    api, child = school.api(role), await school.child()
    place = (await api.get("/v1/changes")).json()["next"]
    async with world.work(school.id) as work:
        await set_task(work, SetTask("sh_check", child_id=child))
    found = (await api.get(f"/v1/changes?since={place}")).json()["items"]
    (told,) = (one for one in found if one["kind"] == "task.set")
    assert "sh_check" not in str(told)

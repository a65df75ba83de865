"""Whoever was asked to be in touch writes it with their task, and learns nothing of the concern."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.behind import ANYONE
from app.core.words import Role
from app.domain.duty.tasks.commands import SetTask, set_task
from tests.api.record.test_concerns import raise_one
from tests.api.safety.test_self_harm import state_of, taken, tasks, whole
from tests.api.safety.test_self_harm_pupils import told
from tests.jobs.climbing import MONDAY, fresh
from tests.world import Api, Person, School, World

NEXT_DAY = MONDAY + timedelta(days=1)
SPOKE = {"how": "spoke_with_family", "note": "She slept."}


async def left(
    world: World, school: School, *children: UUID, phones: UUID, named: UUID | None = None
) -> str:
    """Pupils who left on Monday, and who was asked to phone one or all of them."""
    with clock.frozen(MONDAY):
        parts = [(child, "subject") for child in children]
        concern = await told(fresh(world, school[Role.STAFF]), *parts)
        body: dict[str, Any] = {"handed_to": "Her mother", "phones_tomorrow": str(phones)}
        body |= {"child_ids": [str(named)]} if named else {}
        await taken(fresh(world, school[Role.DSL]), concern, "leave-safely", body)
    return concern


async def task_of(api: Api) -> dict[str, Any]:
    """The one task that somebody has, opened."""
    (card,) = (await api.get("/v1/tasks?mine=true")).json()["items"]
    answer = await api.get(f"/v1/tasks/{card['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def call(api: Api, task: dict[str, Any], body: dict[str, Any] = SPOKE) -> Any:
    """Write down that somebody was called, at the version that was read."""
    version = int(task["etag"].strip('"'))
    return await api.post(f"/v1/tasks/{task['id']}/contact", body, version=version)


class TestWhoWasAsked:
    async def test_writes_it_with_their_task_and_sees_no_concern(
        self, world: World, school: School
    ) -> None:
        phones, ada = await school.person(Role.STAFF), await school.child("Ada")
        concern = await left(world, school, ada, phones=phones.id)
        with clock.frozen(NEXT_DAY):
            api = fresh(world, phones)
            task = await task_of(api)
            assert (task["concern"], task["concern_id"]) == (None, None)
            assert task["ends_by"] == "record_task_contact"
            assert task["permissions"] == ["record_task_contact"]
            answer = await call(api, task)
            again = await call(api, answer.json())
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["step"]) == ("done", "followed")
        assert (again.status_code, again.json()["code"]) == (409, "task_ended")
        reference = world.sql("select reference from concern where id = %s", concern)[0][0]
        for text in (str(task), answer.text):
            assert concern not in text
            assert reference not in text
        assert state_of(world, concern) == "followed"
        assert {"sh_next_day", "sh_contact_48"}.isdisjoint(tasks(world, concern))
        assert await whole(world, school)

    async def test_that_nobody_answered_ends_nothing_and_a_lead_is_to_be_told(
        self, world: World, school: School
    ) -> None:
        """Nothing that was told is in what whoever phones reads."""
        phones, ada = await school.person(Role.STAFF), await school.child("Ada")
        concern = await left(world, school, ada, phones=phones.id)
        world.sql(
            """update self_harm set told = '{"means_group": {"value": "swallowed"}}'
            where id = %s""",
            concern,
        )
        with clock.frozen(NEXT_DAY):
            api = fresh(world, phones)
            task = await task_of(api)
            answer = await call(api, task, {"how": "no_answer"})
            assert answer.status_code == 200, answer.text
            assert answer.json()["state"] == "open"
            assert answer.json()["etag"] == task["etag"], "the same version writes what comes next"
            first = " ".join(answer.json()["first"])
            assert first.startswith("Tell a safeguarding lead now")
            for word in ("swallowed", "Nobody who says this"):
                assert word not in first
            assert (await call(api, task)).json()["state"] == "done"
        steps = world.sql(
            "select verb, by_id from self_harm_step where concern_id = %s order by recorded_at",
            concern,
        )
        assert ("no_answer", phones.id) in steps

    async def test_speaks_of_their_own_pupil_alone(self, world: World, school: School) -> None:
        ada, bo = await school.child("Ada"), await school.child("Bo")
        first, second = [await school.person(Role.STAFF) for _ in range(2)]
        concern = await left(world, school, ada, bo, phones=first.id, named=ada)
        with clock.frozen(MONDAY):
            body = {"handed_to": "His father", "phones_tomorrow": str(second.id)}
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "leave-safely", body | {"child_ids": [str(bo)]})
        with clock.frozen(NEXT_DAY):
            task = await task_of(fresh(world, first))
            wrong = await call(fresh(world, first), task, SPOKE | {"child_ids": [str(bo)]})
            assert wrong.status_code == 422
            answer = await call(fresh(world, first), task)
            assert answer.status_code == 200, answer.text
            assert "Bo" not in answer.text
            assert str(bo) not in answer.text
            assert (await task_of(fresh(world, second)))["child"]["id"] == str(bo)
        rows = world.sql(
            "select kind, child_id from task where concern_id = %s and ended_at is null"
            " and kind in ('sh_next_day', 'sh_contact_48')", concern,
        )  # fmt: skip
        assert sorted(rows) == [("sh_contact_48", bo), ("sh_next_day", bo)]

    async def test_the_same_evening_is_not_the_next_day(self, world: World, school: School) -> None:
        phones, ada = await school.person(Role.STAFF), await school.child("Ada")
        concern = await left(world, school, ada, phones=phones.id)
        with clock.frozen(MONDAY + timedelta(hours=3)):
            api = fresh(world, phones)
            answer = await call(api, await task_of(api))
        assert answer.json()["state"] == "open"
        owed = tasks(world, concern)
        assert "sh_next_day" in owed
        assert "sh_contact_48" not in owed

    async def test_what_was_before_or_has_not_happened_ends_nothing(
        self, world: World, school: School
    ) -> None:
        phones, ada = await school.person(Role.STAFF), await school.child("Ada")
        await left(world, school, ada, phones=phones.id)
        with clock.frozen(NEXT_DAY):
            api = fresh(world, phones)
            task = await task_of(api)
            ahead = SPOKE | {"at": (NEXT_DAY + timedelta(hours=1)).isoformat()}
            assert (await call(api, task, ahead)).json()["code"] == "occurred_in_future"
            before = SPOKE | {"at": (MONDAY - timedelta(days=2)).isoformat()}
            assert (await call(api, task, before)).json()["state"] == "open"
            stale = await api.post(f"/v1/tasks/{task['id']}/contact", SPOKE, version=99)
            assert stale.status_code == 412
            none = await api.post(f"/v1/tasks/{task['id']}/contact", SPOKE)
            assert none.status_code == 428

    async def test_its_reporter_who_phones_knows_which_it_is(
        self, world: World, school: School
    ) -> None:
        ada = await school.child("Ada")
        concern = await left(world, school, ada, phones=school[Role.STAFF].id)
        with clock.frozen(NEXT_DAY):
            api = fresh(world, school[Role.STAFF])
            task = await task_of(api)
            assert task["concern"]["id"] == concern
            assert task["concern_id"] is None
            assert (await call(api, task)).json()["state"] == "done"


class TestNobodyElse:
    @pytest.fixture
    async def phones(self, school: School) -> Person:
        return await school.person(Role.STAFF)

    async def test_writes_it(self, world: World, school: School, phones: Person) -> None:
        concern = await left(world, school, await school.child("Ada"), phones=phones.id)
        with clock.frozen(NEXT_DAY):
            task = await task_of(fresh(world, phones))
            for other in (await school.person(Role.STAFF), school[Role.STAFF]):
                answer = await call(fresh(world, other), task)
                assert (answer.status_code, answer.json()["code"]) == (404, "task_not_found")
            path = f"/v1/concerns/{concern}/contact"
            assert (await fresh(world, phones).post(path, SPOKE)).status_code == 404
            reporter = await fresh(world, school[Role.STAFF]).post(path, SPOKE)
            assert (reporter.status_code, reporter.json()["code"]) == (403, "permission_missing")
            assert "Tell a lead" in reporter.json()["detail"]
            head = await call(fresh(world, school[Role.HEADTEACHER]), task)
            assert (head.status_code, head.json()["code"]) == (403, "permission_missing")
            lead = fresh(world, school[Role.DSL])
            assert (
                "record_task_contact"
                in (await lead.get(f"/v1/tasks/{task['id']}")).json()["permissions"]
            )
            assert (await call(lead, task)).status_code == 200

    async def test_of_a_task_that_asks_for_something_else(
        self, world: World, school: School, phones: Person
    ) -> None:
        concern = await left(world, school, await school.child("Ada"), phones=phones.id)
        ((task, version),) = world.sql(
            "select id, version from task where concern_id = %s and kind = 'sh_check'", concern
        )
        answer = await school.lead.post(f"/v1/tasks/{task}/contact", SPOKE, version=version)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_contact_asked")

    async def test_sees_the_concern_of_what_they_were_given(
        self, world: World, school: School, phones: Person
    ) -> None:
        """Of any task, whatever its kind."""
        concern = (await raise_one(school.staff, await school.child("Ada")))["id"]
        async with world.work(school.id) as work:
            await set_task(
                work,
                SetTask(
                    "other", concern_id=UUID(concern), confidentiality=ANYONE, owner_id=phones.id
                ),
            )  # fmt: skip
        task = await task_of(fresh(world, phones))
        assert (task["concern"], task["concern_id"]) == (None, None)
        lead = (await school.lead.get(f"/v1/tasks/{task['id']}")).json()
        assert lead["concern"]["id"] == concern

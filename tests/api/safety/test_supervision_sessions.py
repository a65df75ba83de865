"""Supervision of a lead: between the two people alone, with what they agreed as tasks."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.pointers import pointer
from app.core.words import Role
from tests.api.record.test_child_merges import merged, two
from tests.api.records import a_concern, classify
from tests.world import Api, School, World

PATH = "/v1/supervision-sessions"
LEAD, HEAD, DEPUTY = Role.DSL, Role.HEADTEACHER, Role.DEPUTY_DSL
EVERYBODY_ELSE = (Role.DSL, Role.STAFF, Role.SCHOOL_ADMIN, Role.PASTORAL)


def a_session(school: School, **fields: Any) -> dict[str, Any]:
    """Of the deputy, by the head."""
    due = (clock.now() + timedelta(days=7)).isoformat()
    return {
        "supervisee_id": str(school[DEPUTY].id), "supervisor_id": str(school[HEAD].id),
        "held_on": clock.now().date().isoformat(),
        "note": "You carry three families at once. What would help?",
        "actions": [
            {"what": "Hand one over.", "owner_id": str(school[DEPUTY].id), "due_at": due}
        ],
    } | fields  # fmt: skip


async def recorded(by: Api, body: dict[str, Any]) -> dict[str, Any]:
    """A session that was written down."""
    answer = await by.post(PATH, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestReaders:
    async def test_are_the_two_and_nobody_else(self, school: School) -> None:
        made = await recorded(school.api(HEAD), a_session(school))
        for role in (HEAD, DEPUTY):
            opened = await school.api(role).get(f"{PATH}/{made['id']}")
            assert opened.status_code == 200, opened.text
            assert opened.json()["note"] == made["note"]
            assert [one["id"] for one in (await listed(school.api(role)))] == [made["id"]]
        for role in EVERYBODY_ELSE:
            api = school.api(role)
            assert (await api.get(f"{PATH}/{made['id']}")).status_code == 404
            assert await listed(api) == []

    async def test_are_not_the_head_unless_they_supervise(self, school: School) -> None:
        body = a_session(school, supervisor_id=str(school[LEAD].id))
        made = await recorded(school.lead, body)
        assert (await school.api(HEAD).get(f"{PATH}/{made['id']}")).status_code == 404
        assert (await school.api(DEPUTY).get(f"{PATH}/{made['id']}")).status_code == 200

    async def test_of_the_trail_and_of_tasks_learn_nothing_of_it(
        self, world: World, school: School
    ) -> None:
        """Other leads see that something was agreed, and of neither words nor note."""
        made = await recorded(school.api(HEAD), a_session(school))
        (action,) = made["actions"]
        for path in ("/v1/audit", f"/v1/tasks/{action['task_id']}", "/v1/tasks?mine=false"):
            answer = await school.lead.get(path)
            assert answer.status_code == 200, answer.text
            assert "Hand one over" not in answer.text
            assert "three families" not in answer.text

    async def test_leave_a_trace(self, world: World, school: School) -> None:
        made = await recorded(school.api(HEAD), a_session(school))
        await school.api(DEPUTY).get(f"{PATH}/{made['id']}")
        verbs = world.sql(
            "select verb, actor_id from trail where noun_id = %s order by seq", made["id"]
        )
        assert verbs == [
            ("supervision.recorded", school[HEAD].id), ("supervision.opened", school[DEPUTY].id)
        ]  # fmt: skip


async def listed(api: Api) -> list[dict[str, Any]]:
    """Somebody's sessions."""
    answer = await api.get(PATH)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    assert all("note" not in one for one in found)
    return found


class TestWhatWasAgreed:
    async def test_is_a_task_of_its_owner(self, world: World, school: School) -> None:
        made = await recorded(school.api(HEAD), a_session(school))
        (action,) = made["actions"]
        assert (action["what"], action["state"]) == ("Hand one over.", "open")
        ((kind, owner, facts),) = world.sql(
            "select kind, owner_id, facts from task where id = %s", action["task_id"]
        )
        assert (kind, owner, facts) == ("supervision_action", school[DEPUTY].id, {})
        told = world.sql(
            "select recipient_id from alert where matter_id = %s", UUID(action["task_id"])
        )
        assert told == [(school[DEPUTY].id,)]
        done = await school.api(DEPUTY).post(
            f"/v1/tasks/{action['task_id']}/complete", {"note": "Done."}, version=1
        )
        assert done.status_code == 200, done.text
        (seen,) = (await school.api(HEAD).get(f"{PATH}/{made['id']}")).json()["actions"]
        assert seen["state"] == "done"

    async def test_is_ended_and_given_away_by_its_owner_alone(
        self, world: World, school: School
    ) -> None:
        """Another lead sees that something was agreed; they neither do it nor learn its session."""
        made = await recorded(school.api(HEAD), a_session(school))
        path = f"/v1/tasks/{made['actions'][0]['task_id']}"
        opened = await school.lead.get(path)
        assert opened.status_code == 200
        assert opened.json()["permissions"] == []
        for seen in (opened, await school.lead.get("/v1/tasks?mine=false")):
            assert made["id"] not in seen.text
        to_me = {"owner_id": str(school[LEAD].id), "cover_id": None}
        for step, body in (
            ("complete", {"note": "Mine."}), ("end", {"reason": "Not needed."}), ("assign", to_me),
        ):  # fmt: skip
            refused = await school.lead.post(f"{path}/{step}", body, version=1)
            assert_code(refused, 403, "permission_missing")
        own = await school.api(DEPUTY).get(path)
        assert own.json()["about"] == pointer("supervision_session", made["id"])
        cards = (await school.api(DEPUTY).get("/v1/tasks")).json()["items"]
        assert [one["about"] for one in cards if one["kind"] == "supervision_action"] == [
            own.json()["about"]
        ]
        world.sql(
            "update task set owner_id = %s where id = %s", school[LEAD].id,
            made["actions"][0]["task_id"],
        )  # fmt: skip
        done = await school.lead.post(f"{path}/complete", {"note": "Taken over."}, version=1)
        assert done.status_code == 200, done.text


class TestPointing:
    async def test_at_a_merged_child_names_the_one_who_goes_on(self, school: School) -> None:
        child, kept = await two(school)
        made = await recorded(school.api(HEAD), a_session(school, child_ids=[str(child)]))
        await merged(school, child, kept)
        found = (await school.api(HEAD).get(f"{PATH}/{made['id']}")).json()
        assert [one["id"] for one in found["children"]] == [str(kept)]
        assert str(child) not in str(found)

    async def test_needs_that_both_may_open_it(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        named = {"child_ids": [str(child)], "concern_ids": [concern]}
        made = await recorded(school.api(HEAD), a_session(school, **named))
        assert [one["id"] for one in made["children"]] == [str(child)]
        assert [one["id"] for one in made["concerns"]] == [concern]
        await classify(world, concern, "K5")
        lead = {"supervisor_id": str(school[LEAD].id), "concern_ids": [concern]}
        refused = await school.lead.post(PATH, a_session(school, **lead))
        assert_code(refused, 422, "supervision_session_points_too_far")
        hidden = await school.api(DEPUTY).get(f"{PATH}/{made['id']}")
        assert hidden.json()["concerns"] == [], "put out of their reach since"
        assert concern not in hidden.text

    async def test_is_refused_where_the_other_is_related(self, school: School) -> None:
        child = await school.child()
        declared = await school.api(DEPUTY).post(
            "/v1/conflicts", {"child_id": str(child), "reason": "My nephew."}
        )
        assert declared.status_code == 201, declared.text
        refused = await school.api(HEAD).post(PATH, a_session(school, child_ids=[str(child)]))
        assert_code(refused, 422, "supervision_session_points_too_far")

    async def test_at_nothing_there_is_not_found(self, school: School) -> None:
        refused = await school.api(HEAD).post(PATH, a_session(school, concern_ids=[str(new_id())]))
        assert_code(refused, 404, "concern_not_found")


class TestTheTwo:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"supervisee_id": Role.STAFF}, {"supervisor_id": Role.DEPUTY_DSL},
            {"supervisor_id": Role.DSL}, {"held_on": "2199-01-01"},
        ],
    )  # fmt: skip
    async def test_have_to_be_a_lead_and_a_colleague_of_whom_one_writes(
        self, school: School, wrong: dict[str, Any]
    ) -> None:
        said = {
            name: str(school[one].id) if isinstance(one, Role) else one
            for name, one in wrong.items()
        }
        refused = await school.api(HEAD).post(PATH, a_session(school, **said))
        assert_code(refused, 422, "supervision_session_unsuitable")

    async def test_do_what_they_agreed_themselves(self, school: School) -> None:
        body = a_session(school)
        body["actions"][0]["owner_id"] = str(school[LEAD].id)
        refused = await school.api(HEAD).post(PATH, body)
        assert_code(refused, 422, "supervision_session_unsuitable")


def assert_code(answer: httpx.Response, status: int, code: str) -> None:
    """It was refused, and why."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text

"""People affected by a death: their owner, where they are shown, and to whom."""

from datetime import timedelta

from app.core import clock
from app.core.words import Role
from tests.bereavement import PATH, affected, code_of, opened, tasks_of
from tests.world import School, World


class TestAffected:
    async def test_has_an_owner_with_something_to_do(self, world: World, school: School) -> None:
        case = await opened(school, await school.child())
        friend, tutor = await school.child("Bo", "Reed"), await school.person(Role.STAFF)
        one = await affected(
            school, case["id"], child_id=str(friend), reason_codes=["close_friend", "online_group"],
            note="Was called last night.", owner_id=str(tutor.id),
        )  # fmt: skip
        (task,) = await tasks_of(school, f"kind=affected_person&child_id={friend}")
        assert task["owner"]["id"] == str(tutor.id)
        assert task["about"]["id"] == one["id"]
        whole = await school.lead.get(f"/v1/tasks/{task['id']}")
        assert whole.json()["facts"] == {}, "never why"
        theirs = await world.as_token(tutor.token).get("/v1/tasks?mine=true")
        assert [one["id"] for one in theirs.json()["items"]] == [task["id"]]

    async def test_is_no_tag_on_the_child(self, world: World, school: School) -> None:
        case = await opened(school, await school.child())
        friend = await school.child("Bo", "Reed")
        await affected(
            school, case["id"], child_id=str(friend), reason_codes=["found"], note="Found the note."
        )
        lead = school.lead
        for path in (
            f"/v1/children/{friend}", f"/v1/children/{friend}/chronology",
            f"/v1/children/{friend}/statuses", f"/v1/children/{friend}/relationships",
        ):  # fmt: skip
            answer = await lead.get(path)
            assert answer.status_code == 200, answer.text
            assert "found" not in answer.text.lower().replace("not_found", "")
        assert (await lead.get(f"/v1/children/{friend}/chronology")).json()["items"] == []
        about = world.sql(
            "select verb, details::text from trail where child_id = %s and noun <> 'child'", friend
        )
        assert {verb for verb, _ in about} <= {"task.set", "chronology.read", "task.opened"}
        assert not [details for _, details in about if "found" in details]

    async def test_is_left_alone_who_asked(self, school: School) -> None:
        case = await opened(school, await school.child())
        friend = await school.child("Bo", "Reed")
        one = await affected(school, case["id"], child_id=str(friend), reason_codes=["same_class"])
        path = f"{PATH}/{case['id']}/affected/{one['id']}"
        answer = await school.lead.patch(path, {"left_alone": True}, version=1)
        assert answer.status_code == 200, answer.text
        assert await tasks_of(school, f"child_id={friend}") == []

    async def test_the_lead_of_another_school_is_telephoned(self, school: School) -> None:
        case = await opened(school, await school.child())
        friend, tutor = await school.child("Bo", "Reed"), await school.person(Role.STAFF)
        one = await affected(
            school, case["id"], child_id=str(friend), reason_codes=["other_school"],
            owner_id=str(tutor.id),
        )  # fmt: skip
        path = f"{PATH}/{case['id']}/affected/{one['id']}"
        moved = await school.lead.patch(path, {"moved_to": "Hill Academy"}, version=1)
        assert moved.status_code == 200, moved.text
        (task,) = await tasks_of(school, f"child_id={friend}")
        assert task["owner"]["id"] != str(tutor.id), "a lead phones"
        whole = (await school.lead.get(f"/v1/tasks/{task['id']}")).json()
        assert whole["facts"] == {"call": "other_school"}

    async def test_goes_to_another_owner(self, school: School) -> None:
        case = await opened(school, await school.child())
        friend = await school.child("Bo", "Reed")
        first, second = await school.person(Role.STAFF), await school.person(Role.STAFF)
        one = await affected(school, case["id"], child_id=str(friend), owner_id=str(first.id))
        path = f"{PATH}/{case['id']}/affected/{one['id']}"
        await school.lead.patch(path, {"owner_id": str(second.id)}, version=1)
        (task,) = await tasks_of(school, f"child_id={friend}")
        assert task["owner"]["id"] == str(second.id)

    async def test_is_put_on_the_support_list_until_a_date(
        self, world: World, school: School
    ) -> None:
        case = await opened(school, await school.child())
        friend, until = await school.child("Bo", "Reed"), clock.now() + timedelta(days=28)
        one = await affected(
            school, case["id"], child_id=str(friend), reason_codes=["sibling"],
            support_list_until=until.isoformat(),
        )  # fmt: skip
        rows = world.sql(
            "select reason_code, until, ended_at from support_list_entry where child_id = %s",
            friend,
        )
        assert rows == [("bereavement", until, None)]
        path = f"{PATH}/{case['id']}/affected/{one['id']}/end"
        await school.lead.post(path, {"reason": "Settled."}, version=1)
        ended = world.sql(
            "select ended_at is not null from support_list_entry where child_id = %s", friend
        )
        assert ended == [(True,)]

    async def test_hides_who_a_reader_is_related_to(self, school: School) -> None:
        case = await opened(school, await school.child())
        friend, deputy = await school.child("Bo", "Reed"), school[Role.DEPUTY_DSL]
        await affected(school, case["id"], child_id=str(friend), reason_codes=["witness"])
        conflict = {"staff_id": str(deputy.id), "child_id": str(friend), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", conflict)).status_code == 201
        found = await school.api(Role.DEPUTY_DSL).get(f"{PATH}/{case['id']}/affected")
        assert found.json()["items"] == []
        again = await school.lead.post(
            f"{PATH}/{case['id']}/affected", {"child_id": str(friend), "reason_codes": ["witness"]}
        )
        assert code_of(again) == (409, "affected_person_named")

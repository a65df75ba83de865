"""A step is about the pupils whom somebody names, and about every one who is known where nobody is

named: what is owed to another pupil of the same report stays owed.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import raise_one, step
from tests.api.records import a_share
from tests.api.safety.test_self_harm import opened, state_of, taken, whole
from tests.api.safety.test_self_harm_pupils import available, owed, told
from tests.api.sharing.test_record_redaction import NURSE
from tests.jobs.climbing import MONDAY, after, fresh
from tests.world import Api, School, World

LEFT = {"handed_to": "Her grandmother"}
EACH = ("sh_stay", "sh_check", "sh_parents", "sh_leaving")
CALLS = {"sh_next_day", "sh_contact_48"}


async def two(school: School) -> tuple[UUID, UUID]:
    """Two pupils."""
    return await school.child("Ada"), await school.child("Bo")


async def about(world: World, school: School, *children: UUID, **fields: Any) -> str:
    """A teacher's report about pupils, made during a school day."""
    parts = [(child, "subject") for child in children]
    return await told(fresh(world, school[Role.STAFF]), *parts, **fields)


def of(world: World, concern: str, child: UUID | None) -> set[str]:
    """What is owed to one pupil."""
    return {kind for kind, one in owed(world, concern) if one == child}


async def pupils(api: Api, concern: str) -> dict[str | None, dict[str, Any]]:
    """Each pupil as a lead reads them, by id."""
    found = (await opened(api, concern))["self_harm"]["pupils"]
    return {one["child_id"]: one for one in found}


async def states(api: Api, concern: str) -> dict[str | None, str]:
    """How far each pupil is."""
    return {child: one["state"] for child, one in (await pupils(api, concern)).items()}


@pytest.mark.parametrize(
    ("verb", "body", "ended"),
    [
        ("with-adult", {"name": "Mr Bell"}, {"sh_stay"}),
        ("emergency", {"went_with": "Ms Roe"}, {"sh_stay", "sh_leaving"}),
        ("emergency", {"reason_codes": ["missing"]}, set()),
        ("check", {"seen_by": "Ms Roe"}, {"sh_check"}),
        ("leave-safely", LEFT, {"sh_stay", "sh_leaving"}),
        ("stay-with-plan", {}, {"sh_stay"}),
    ],
)
class TestOfThoseWhoAreNamed:
    async def test_a_step_ends_what_is_owed_to_them_alone(
        self, world: World, school: School, verb: str, body: dict[str, Any], ended: set[str]
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, verb, body | {"child_ids": [str(ada)]})
            rows = await opened(lead, concern)
        assert of(world, concern, bo) == {*EACH}
        assert of(world, concern, ada) & {*EACH} == {*EACH} - ended
        assert rows["self_harm"]["steps"][-1]["child_ids"] == [str(ada)]
        assert "child_ids" not in rows["self_harm"]["steps"][-1]["details"]
        assert await whole(world, school)

    async def test_nobody_named_is_every_pupil(
        self, world: World, school: School, verb: str, body: dict[str, Any], ended: set[str]
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, verb, body)
            steps = (await opened(lead, concern))["self_harm"]["steps"]
        for one in (ada, bo):
            assert of(world, concern, one) & {*EACH} == {*EACH} - ended
        assert steps[-1]["child_ids"] == [str(ada), str(bo)]


class TestOfNoPupil:
    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("with-adult", {"name": "Mr Bell"}),
            ("check", {"seen_by": "Ms Roe"}),
            ("leave-safely", LEFT),
            ("stay-with-plan", {}),
            ("contact", {"how": "spoke_with_pupil"}),
            ("settle", {"reason": "Help is in place."}),
        ],
    )
    async def test_is_refused_and_ends_nothing(
        self, world: World, school: School, verb: str, body: dict[str, Any]
    ) -> None:
        ada, friend = await two(school)
        stranger = await school.child("Cy")
        concern = await told(school.staff, (ada, "subject"), (friend, "witness"))
        before = owed(world, concern)
        for wrong in (new_id(), stranger, friend, None):
            named = [str(ada), wrong and str(wrong)]
            answer = await step(school.lead, concern, verb, body | {"child_ids": named})
            assert (answer.status_code, answer.json()["code"]) == (422, "pupil_unknown"), verb
            assert [one["pointer"] for one in answer.json()["errors"]] == ["/child_ids/1"]
        assert owed(world, concern) == before
        answer = await step(school.lead, concern, verb, body | {"child_ids": []})
        assert answer.status_code == 422

    async def test_holds_up_no_emergency_and_ends_nothing_for_another(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        wrong = str(new_id())
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            before = owed(world, concern)
            teacher = fresh(world, school[Role.STAFF])
            path = f"/v1/concerns/{concern}/emergency"
            answer = await teacher.post(path, {"child_ids": [wrong]})
            assert answer.status_code == 201, answer.text
            assert owed(world, concern) == before
            lead = fresh(world, school[Role.DSL])
            assert {*(await states(lead, concern)).values()} == {"emergency"}
            last = (await opened(lead, concern))["self_harm"]["steps"][-1]
        assert last["details"] == {"unknown": [wrong]}
        urgent = "select count(*) from alert where concern_id = %s and kind = 'concern_urgent'"
        assert world.sql(urgent, concern)[0][0] >= 2

    async def test_that_nobody_is_with_one_of_them_may_be_any(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            teacher = fresh(world, school[Role.STAFF])
            await taken(teacher, concern, "with-adult", {"name": "Mr Bell"})
            said = {"nobody": True, "child_ids": [str(new_id())]}
            await taken(teacher, concern, "with-adult", said)
        assert {("sh_stay", ada), ("sh_stay", bo)} <= owed(world, concern)


class TestWithAnAdult:
    async def test_who_is_alone_again_is_one_of_them(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            teacher = fresh(world, school[Role.STAFF])
            await taken(teacher, concern, "with-adult", {"name": "Mr Bell"})
            assert state_of(world, concern) == "with_adult"
            said = {"nobody": True, "child_ids": [str(bo)]}
            await taken(teacher, concern, "with-adult", said)
            assert {one for one in owed(world, concern) if one[0] == "sh_stay"} == {("sh_stay", bo)}
            found = await states(fresh(world, school[Role.DSL]), concern)
        assert found == {str(ada): "with_adult", str(bo): "noticed"}
        assert state_of(world, concern) == "noticed"

    async def test_tells_its_reporter_nothing_of_the_pupils(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        concern = await about(world, school, ada, bo)
        said = {"name": "Mr Bell", "child_ids": [str(ada)]}
        answer = await taken(school.staff, concern, "with-adult", said)
        assert "pupils" not in answer
        block = (await opened(school.staff, concern))["self_harm"]
        assert "pupils" not in block
        assert "child_ids" not in block["steps"][-1]


class TestHowFar:
    async def test_the_pathway_is_as_far_as_every_pupil(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "acknowledge", None)
            answer = await taken(lead, concern, "leave-safely", LEFT | {"child_ids": [str(ada)]})
            assert answer["state"] == "lead_told"
            found = {one["child_id"]: one for one in answer["pupils"]}
            assert found == await pupils(lead, concern)
            assert (found[str(ada)]["state"], found[str(bo)]["state"]) == (
                "left_safely", "lead_told",
            )  # fmt: skip
            kinds = {one: [row["kind"] for row in found[one]["owed"]] for one in found}
            assert {*kinds[str(ada)]} == {"sh_check", "sh_parents", *CALLS}
            assert {*kinds[str(bo)]} == {*EACH}
            due = [row["due_at"] for row in found[str(bo)]["owed"]]
            assert due == sorted(due)
            await taken(lead, concern, "leave-safely", LEFT | {"child_ids": [str(bo)]})
        assert state_of(world, concern) == "left_safely"

    async def test_one_in_danger_is_the_first_thing_read(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "leave-safely", LEFT | {"child_ids": [str(ada)]})
            await taken(lead, concern, "emergency", {"child_ids": [str(bo)]})
            assert state_of(world, concern) == "emergency"
            assert of(world, concern, bo) >= CALLS
            found = await states(lead, concern)
            assert found == {str(ada): "left_safely", str(bo): "emergency"}
            await taken(lead, concern, "check", {"seen_by": "Ms Roe"})
        assert state_of(world, concern) == "checked"

    async def test_outside_school_hours_one_who_left_is_not_both(
        self, world: World, school: School
    ) -> None:
        """Nothing about leaving is owed to anybody then, and still only one of them has left."""
        ada, bo = await two(school)
        with clock.frozen(MONDAY + timedelta(hours=9)):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "leave-safely", LEFT | {"child_ids": [str(ada)]})
        assert state_of(world, concern) == "noticed"


class TestChecked:
    async def test_a_check_of_one_pupil_says_nothing_of_another(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            one, other = [await about(world, school, ada, bo) for _ in range(2)]
            lead = fresh(world, school[Role.DSL])
            path = f"/v1/children/{ada}/records"
            check = (await lead.post(path, {"kind": "safety_check", "concern_id": other})).json()[
                "id"
            ]
            for named in ([str(bo)], [str(ada), str(bo)]):
                said = {"check_id": check, "child_ids": named}
                answer = await step(lead, one, "check", said)
                assert (answer.status_code, answer.json()["code"]) == (422, "check_unknown")
            await taken(lead, one, "check", {"check_id": check})
        assert "sh_check" not in of(world, one, ada)
        assert "sh_check" in of(world, one, bo)

    async def test_a_check_of_a_friend_who_told_is_of_no_pupil(
        self, world: World, school: School
    ) -> None:
        ada, friend = await two(school)
        concern = await told(school.staff, (ada, "subject"), (friend, "witness"))
        made = await school.lead.post(f"/v1/children/{friend}/records", {"kind": "safety_check"})
        said = {"check_id": made.json()["id"]}
        answer = await step(school.lead, concern, "check", said)
        assert (answer.status_code, answer.json()["code"]) == (422, "check_unknown")
        assert "sh_check" in of(world, concern, ada)


class TestLeaving:
    async def test_each_has_who_phones_them(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        first, second = school[Role.STAFF].id, school[Role.DEPUTY_DSL].id
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            for child, phones in ((ada, first), (bo, second)):
                body = LEFT | {"child_ids": [str(child)], "phones_tomorrow": str(phones)}
                await taken(lead, concern, "leave-safely", body)
        rows = world.sql(
            "select child_id, owner_id from task where concern_id = %s and kind = 'sh_next_day'"
            " and ended_at is null", concern,
        )  # fmt: skip
        assert dict(rows) == {ada: first, bo: second}

    async def test_reception_goes_on_for_the_other(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            world.sql(
                "update task set kind = 'collect_by_adult' where concern_id = %s"
                " and kind = 'sh_stay'", concern,
            )  # fmt: skip
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "leave-safely", LEFT | {"child_ids": [str(ada)]})
        assert "collect_by_adult" not in of(world, concern, ada)
        assert "collect_by_adult" in of(world, concern, bo)

    async def test_a_word_with_one_family_is_not_with_another(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            await taken(fresh(world, school[Role.DSL]), concern, "leave-safely", LEFT)
        with clock.frozen(MONDAY + timedelta(days=1)):
            lead = fresh(world, school[Role.DSL])
            body = {"how": "spoke_with_family", "child_ids": [str(ada)]}
            await taken(lead, concern, "contact", body)
            assert CALLS.isdisjoint(of(world, concern, ada))
            assert of(world, concern, bo) >= CALLS
            assert state_of(world, concern) == "left_safely"
            await taken(lead, concern, "contact", body | {"child_ids": [str(bo)]})
        assert state_of(world, concern) == "followed"

    async def test_home_that_is_not_safe_is_asked_about_for_each(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        concern = await about(world, school, ada, bo)
        unsafe = {"safe_at_home": {"value": "no"}, "concern_id": concern}
        for done, child in enumerate((ada, bo), start=1):
            answer = await school.lead.post(
                f"/v1/children/{child}/records", {"kind": "safety_check"} | unsafe
            )
            assert answer.status_code == 201, answer.text
            asked = {one for kind, one in owed(world, concern) if kind == "sh_social_care"}
            assert asked == {ada, bo} if done == 2 else {ada}
        home = await about(world, school, ada, bo, alleged_source_of_harm="parent_carer")
        assert {("sh_social_care", ada), ("sh_social_care", bo)} <= owed(world, home)


class TestSettling:
    async def test_waits_for_each_pupil(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await all_done(world, lead, concern, ada)
            assert of(world, concern, ada) == set()
            said = {"reason": "Help is in place."}
            for named in ({}, {"child_ids": [str(bo)]}, {"child_ids": [str(ada), str(bo)]}):
                answer = await step(lead, concern, "settle", said | named)
                assert (answer.status_code, answer.json()["code"]) == (409, "tasks_open")
            await taken(lead, concern, "settle", said | {"child_ids": [str(ada)]})
            assert await states(lead, concern) == {str(ada): "settled", str(bo): "noticed"}
            assert available(world, school) == {bo}
            answer = await step(lead, concern, "close", CLOSES)
            assert answer.status_code == 409, "the other pupil waits"
            await all_done(world, lead, concern, bo)
            await taken(lead, concern, "settle", said | {"child_ids": [str(bo)]})
        assert state_of(world, concern) == "settled"
        assert available(world, school) == set()
        assert await whole(world, school)

    async def test_something_new_takes_up_that_pupil_alone(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        said = {"reason": "Help is in place."}
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            for child in (ada, bo):
                await all_done(world, lead, concern, child)
            await taken(lead, concern, "settle", said)
            again = await about(world, school, ada)
            found = await opened(lead, concern)
        assert await states(school.lead, concern) == {str(ada): "followed", str(bo): "settled"}
        last = found["self_harm"]["steps"][-1]
        assert (last["step"], last["child_ids"]) == ("new_event", [str(ada)])
        assert last["details"] == {"other_id": again}
        assert found["self_harm"]["state"] == "followed"

    async def test_one_settled_beside_another_is_taken_up(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await all_done(world, lead, concern, ada)
            body = {"reason": "Help is in place.", "child_ids": [str(ada)]}
            await taken(lead, concern, "settle", body)
            await about(world, school, ada)
            assert await states(lead, concern) == {str(ada): "followed", str(bo): "noticed"}


CLOSES = {"outcome": "explained", "reason": "She is well."}


async def all_done(world: World, lead: Api, concern: str, child: UUID) -> None:
    """Everything that is owed to one pupil is done."""
    named = {"child_ids": [str(child)]}
    await taken(lead, concern, "check", {"seen_by": "Ms Roe"} | named)
    decided = {"outcome": "told", "reason": "She asked.", "child_id": str(child)}
    path = f"/v1/concerns/{concern}/decide-on-parents"
    answer = await lead.post(path, decided)
    assert answer.status_code == 201, answer.text
    world.sql(
        "update task set kind = 'other' where concern_id = %s and child_id = %s"
        " and ended_at is null", concern, child,
    )  # fmt: skip
    rows = world.sql(
        "select id, version from task where concern_id = %s and child_id = %s"
        " and ended_at is null", concern, child,
    )  # fmt: skip
    for task, version in rows:
        done = await lead.post(f"/v1/tasks/{task}/complete", {}, version=version)
        assert done.status_code == 200, done.text


async def facts(lead: Api, concern: str, child: UUID) -> tuple[Any, ...]:
    """Whether "with an adult and safe" can be sent, and how far a pupil is."""
    answer = await lead.get(f"/v1/concerns/{concern}/parents-options?child_id={child}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["words_to_send"] is not None, found["facts"]["pathway_state"]


async def drafted_by(lead: Api, body: dict[str, Any]) -> dict[str, Any]:
    """A share as it was drafted."""
    answer = await lead.post("/v1/shares", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestWhomNobodyHasMatched:
    async def test_is_owed_everything_beside_a_pupil_who_is_known(
        self, world: World, school: School
    ) -> None:
        ada = await school.child("Ada")
        with clock.frozen(MONDAY):
            concern = await about(
                world, school, ada, unmatched_child={"name": "A boy in year 9"},
                self_harm={"kind": "thoughts_of_suicide", "with_now": "Mr Bell"},
            )  # fmt: skip
            assert "sh_stay" not in of(world, concern, ada)
            assert of(world, concern, None) == {*EACH, "child_unmatched"}
            lead = fresh(world, school[Role.DSL])
            for verb, body in (
                ("with-adult", {"name": "Ms Roe"}),
                ("check", {"seen_by": "Ms Roe"}),
                ("leave-safely", LEFT),
                ("emergency", {}),
            ):
                await taken(lead, concern, verb, body)
            assert of(world, concern, None) == {*EACH, "child_unmatched"}
            found = await pupils(lead, concern)
            assert found[None]["state"] == "noticed"
            assert {one["kind"] for one in found[None]["owed"]} == {*EACH, "child_unmatched"}
            bo = await school.child("Bo")
            await taken(lead, concern, "match", {"children": [{"child_id": str(bo)}]})
            assert of(world, concern, bo) == {*EACH}
            assert of(world, concern, None) == set()
            assert await states(lead, concern) == {str(ada): "emergency", str(bo): "noticed"}
        assert available(world, school) == {ada, bo}
        assert await whole(world, school)

    async def test_can_be_named_by_nothing(self, world: World, school: School) -> None:
        ada = await school.child("Ada")
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, unmatched_child={"name": "A boy in year 9"})
            lead = fresh(world, school[Role.DSL])
            body = {"name": "Mr Bell", "child_ids": [None]}
            await taken(lead, concern, "with-adult", body)
            assert "sh_stay" in of(world, concern, ada)
            assert "sh_stay" not in of(world, concern, None)
            steps = (await opened(lead, concern))["self_harm"]["steps"]
        assert steps[-1]["child_ids"] == [None]

    async def test_is_whom_a_report_about_nobody_else_means(
        self, world: World, school: School
    ) -> None:
        with clock.frozen(MONDAY):
            concern = await about(world, school, unmatched_child={"name": "A boy in year 9"})
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "with-adult", {"name": "Mr Bell"})
            await taken(lead, concern, "check", {"seen_by": "Ms Roe"})
            assert of(world, concern, None) == {"sh_parents", "sh_leaving", "child_unmatched"}
            bo = await school.child("Bo")
            await taken(lead, concern, "match", {"children": [{"child_id": str(bo)}]})
        assert of(world, concern, bo) == {"sh_parents", "sh_leaving"}
        assert state_of(world, concern) == "checked"

    async def test_where_it_was_two_each_is_spoken_with(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, unmatched_child={"name": "Two girls"})
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "check", {"seen_by": "Ms Roe"})
            children = [{"child_id": str(one)} for one in (ada, bo)]
            await taken(lead, concern, "match", {"children": children})
            for one in (ada, bo):
                assert of(world, concern, one) == {*EACH}
            found = await states(lead, concern)
        assert found == {str(ada): "lead_told", str(bo): "lead_told"}

    async def test_may_be_a_pupil_who_was_in_it_already(self, world: World, school: School) -> None:
        ada = await school.child("Ada")
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, unmatched_child={"name": "Adda"})
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "check", {"seen_by": "Ms Roe"})
            await taken(lead, concern, "match", {"children": [{"child_id": str(ada)}]})
            record = await opened(lead, concern)
        assert of(world, concern, None) == set()
        assert of(world, concern, ada) == {*EACH} - {"sh_check"}
        assert [one["id"] for one in record["children"]] == [str(ada)]
        assert await states(school.lead, concern) == {str(ada): "checked"}
        assert await whole(world, school)

    async def test_is_asked_for_where_only_a_friend_is_known(
        self, world: World, school: School
    ) -> None:
        friend = await school.child("Bo")
        concern = await told(school.staff, (friend, "witness"))
        assert "child_unmatched" in of(world, concern, None)
        plain = await raise_one(
            school.staff, friend, children=[{"child_id": str(friend), "role": "witness"}]
        )
        await taken(school.staff, plain["id"], "emergency", {})
        assert "child_unmatched" in of(world, plain["id"], None)
        ada = await school.child("Ada")
        for one in (concern, plain["id"]):
            await taken(school.lead, one, "match", {"children": [{"child_id": str(ada)}]})
            assert {child for _, child in owed(world, one)} == {ada}


class TestOfOnePupil:
    async def test_what_parents_may_hear_is_of_their_own_child(
        self, world: World, school: School
    ) -> None:
        """That an adult is with another pupil, or that another was in danger, says nothing."""
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, concern, "with-adult", {"name": "Mr Bell", "child_ids": [str(bo)]})
            assert await facts(lead, concern, ada) == (False, "noticed")
            assert await facts(lead, concern, bo) == (True, "with_adult")
            await taken(lead, concern, "emergency", {"child_ids": [str(bo)]})
            assert await facts(lead, concern, ada) == (False, "noticed")
            assert await facts(lead, concern, bo) == (False, "emergency")

    async def test_what_leaves_holds_no_step_of_another(self, world: World, school: School) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            concern = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            for child, whom in ((ada, "zqadaqz"), (bo, "zqboqz")):
                body = {"handed_to": whom, "child_ids": [str(child)]}
                await taken(lead, concern, "leave-safely", body)
            await taken(lead, concern, "check", {"seen_by": "zqbothqz"})
            await taken(lead, concern, "emergency", {"child_ids": [str(bo)]})
            item = {"kind": "concern", "id": concern, "include": ["self_harm"]}
            share = (await drafted_by(lead, a_share(ada, NURSE, items=[item])))["id"]
            version = world.sql("select version from share where id = %s", share)[0][0]
            approved = await lead.post(
                f"/v1/shares/{share}/approve", {"reason": "Needed."}, version=version
            )
            assert approved.status_code == 200, approved.text
            text = (await lead.get(f"/v1/shares/{share}/snapshot")).text
        assert "zqadaqz" in text
        assert "zqbothqz" in text
        assert "zqboqz" not in text
        assert '"state":"left_safely"' in text
        assert "emergency" not in text


class TestMerging:
    async def test_keeps_the_danger_of_the_pupil_who_is_in_it(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            both = await about(world, school, ada, bo)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, both, "check", {"seen_by": "Ms Roe"})
            with after(minutes=5):
                one = await about(world, school, ada)
                await taken(lead, one, "emergency", {})
                body = {"into": both, "reason": "The same."}
                await taken(lead, one, "merge", body)
                found = await states(lead, both)
        assert found == {str(ada): "emergency", str(bo): "checked"}
        assert {*EACH} - {"sh_check"} <= of(world, both, bo)
        assert "sh_check" in of(world, both, ada), "what the other was owed moves with it"

    async def test_puts_every_pupil_of_the_other_on_the_pathway(
        self, world: World, school: School
    ) -> None:
        ada, bo = await two(school)
        with clock.frozen(MONDAY):
            children = [{"child_id": str(one)} for one in (ada, bo)]
            teacher = fresh(world, school[Role.STAFF])
            into = (await raise_one(teacher, ada, children=children))["id"]
            one = await about(world, school, ada)
            lead = fresh(world, school[Role.DSL])
            await taken(lead, one, "leave-safely", LEFT)
            await taken(lead, one, "merge", {"into": into, "reason": "The same."})
            found = await states(lead, into)
        assert found == {str(ada): "left_safely", str(bo): "lead_told"}
        assert of(world, into, bo) == {"sh_check", "sh_parents"}
        assert available(world, school) == {ada, bo}
        assert await whole(world, school)

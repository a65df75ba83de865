"""Safety plans: in the pupil's words, with the pupil, read again by a time, never overtaken."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.duty.tasks.commands import finish_all
from app.domain.safety.safety_plan_reviews.commands import resume_reviews, review_soon
from tests.api.duty.test_tasks import fits
from tests.api.planning import STAFF_NOTE, begun, in_use, step, version_of
from tests.api.record.test_attachments import PNG, attach
from tests.api.record.test_concerns import raise_one
from tests.api.records import classify
from tests.jobs.climbing import fresh
from tests.security.scenes import soon
from tests.security.test_locked_files import LOCK
from tests.world import School, World


def tasks_of(world: World, school: School, kind: str = "sh_plan_review") -> list[Any]:
    """Tasks of a kind: state, outcome, due time and owner, oldest first."""
    return world.sql(
        "select state, outcome, due_at, owner_id, about_id from task "
        "where school_id = %s and kind = %s order by set_at, id",
        school.id, kind,
    )  # fmt: skip


def verbs(world: World, thing: str) -> list[str]:
    rows = world.sql("select verb from trail where noun_id = %s order by seq", thing)
    return [verb for (verb,) in rows]


A_COPY = {"kind": "family", "copy_kind": "paper"}


async def a_picture(school: School, child: UUID) -> str:
    """A drawing added to a concern of a child."""
    concern = (await raise_one(school.lead, child))["id"]
    added = await attach(school.lead, concern, PNG, "drawing.png", "image/png")
    assert added.status_code == 201, added.text
    return str(added.json()["id"])


class TestBeginPlan:
    async def test_needs_nothing_yet(self, school: School) -> None:
        child = await school.child()
        answer = await school.lead.post(f"/v1/children/{child}/safety-plans", {})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["number"], made["state"], made["review"]) == (1, "draft", None)
        assert made["steps"] == {
            "signs": [], "alone": [], "company": [], "helpers": [], "services": [],
            "safer_space": [],
        }  # fmt: skip
        assert made["vocabulary_status"] == "draft vocabulary, not yet clinically reviewed"
        assert not {name for name in made if "complet" in name or "percent" in name}

    async def test_keeps_words_and_numbers_as_they_were_written(self, school: School) -> None:
        made = await begun(school, await school.child())
        (nan, ellie) = made["steps"]["helpers"]
        assert nan["number"] == "01632 960010"
        assert nan["agreed"] == {"value": True, "none": None}
        assert (ellie["is_pupil"], ellie["agreed"]["none"]) == (True, "not_asked")
        assert made["at_school"] == {
            "exit_card": "Green card", "words_to_use": "Shall we walk?",
        }  # fmt: skip

    async def test_begins_with_what_the_present_one_says(self, school: School) -> None:
        child = await school.child()
        adult = str(school[Role.STAFF].id)
        present = await in_use(school, child, chosen_adult_id=adult)
        made = await begun(school, child, from_present=True, hold_on_to=[{"words": "The sea."}])
        path = f"/v1/children/{child}/safety-plans"
        only = await school.lead.post(path, {"from_present": True})
        assert (made["number"], made["supersedes_id"]) == (2, present)
        assert only.json()["steps"]["helpers"][0]["number"] == "01632 960010"
        assert only.json()["chosen_adult"]["id"] == adult
        assert made["hold_on_to"][0]["words"] == "The sea."

    @pytest.mark.parametrize("by", ["class", "concern"])
    async def test_takes_nothing_from_one_that_the_writer_cannot_read(
        self, world: World, school: School, by: str
    ) -> None:
        child, deputy = await school.child(), school.api(Role.DEPUTY_DSL)
        concern = (await raise_one(school.staff, child))["id"]
        own = (await raise_one(school.staff, child))["id"]
        more = {"confidentiality": "K5"} if by == "class" else {"concern_id": concern}
        present = await in_use(school, child, **more)
        await classify(world, concern, "K5")
        assert (await deputy.get(f"/v1/safety-plans/{present}")).status_code == 404

        path = f"/v1/children/{child}/safety-plans"
        after = await begun(school, child, concern_id=own)
        assert after["supersedes_id"] == present
        for shown in (path, f"/v1/safety-plans/{after['id']}"):
            answer = await deputy.get(shown)
            assert answer.status_code == 200
            assert present not in answer.text
        for body in ({}, {"concern_id": own}):
            made = await deputy.post(path, {"from_present": True, **body})
            assert made.status_code == 201, made.text
            assert (made.json()["supersedes_id"], made.json()["staff_note"]) == (None, None)
            assert STAFF_NOTE not in made.text
            assert present not in made.text

    async def test_is_not_put_in_use_over_one_that_is_hidden(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school.api(Role.DEPUTY_DSL)
        concern = (await raise_one(school.staff, child))["id"]
        present = await in_use(school, child, concern_id=concern)
        before = (await begun(school, child, api=deputy))["id"]
        await classify(world, concern, "K5")
        since = (await begun(school, child, api=deputy))["id"]
        for plan in (before, since):
            assert (await step(deputy, plan, "agree")).status_code == 200
            shown = (await deputy.get(f"/v1/safety-plans/{plan}")).json()
            assert "use_plan" not in shown["permissions"]
            answer = await step(deputy, plan, "use")
            assert (answer.status_code, answer.json()["code"]) == (409, "safety_plan_overtaken")
        assert (await school.lead.get(f"/v1/safety-plans/{present}")).json()["state"] == "in_use"

    async def test_takes_pictures_of_concerns_about_this_child_alone(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/safety-plans"
        mine, others = [await a_picture(school, one) for one in (child, await school.child("Bo"))]
        for file, status in ((mine, 201), (others, 422), (str(UUID(int=7)), 422)):
            lines = [{"attachment_id": file}]
            answer = await school.lead.post(path, {"steps": {"alone": lines}})
            assert answer.status_code == status, answer.text
        assert answer.json()["errors"][0]["code"] == "attachment_not_found"
        empty = await school.lead.post(path, {"steps": {"alone": [{}]}})
        assert empty.status_code == 422

    async def test_names_adults_who_are_here_and_two_of_them(self, school: School) -> None:
        child = await school.child()
        path, adult = f"/v1/children/{child}/safety-plans", str(school[Role.STAFF].id)
        twice = await school.lead.post(path, {"chosen_adult_id": adult, "cover_adult_id": adult})
        assert twice.json()["code"] == "safety_plan_adult_unsuitable"
        stranger = await school.lead.post(path, {"chosen_adult_id": str(UUID(int=9))})
        assert stranger.json()["code"] == "safety_plan_adult_unsuitable"
        leads = await school.lead.post(path, {"lead_id": adult})
        assert leads.json()["code"] == "safety_plan_adult_unsuitable"

    async def test_knows_friends_who_are_pupils_here(
        self, school: School, other_school: School
    ) -> None:
        child, elsewhere = await school.child(), await other_school.child()
        path = f"/v1/children/{child}/safety-plans"
        helper = {"name": "Ellie", "pupil_id": str(elsewhere)}
        answer = await school.lead.post(path, {"steps": {"helpers": [helper]}})
        assert answer.json()["errors"][0]["pointer"] == "/steps/helpers/0/pupil_id"


class TestChangePlan:
    async def test_merges_the_steps(self, school: School) -> None:
        plan = (await begun(school, await school.child()))["id"]
        answer = await school.lead.patch(
            f"/v1/safety-plans/{plan}", {"steps": {"company": [{"words": "Choir"}]}}, version=1
        )
        steps = answer.json()["steps"]
        assert [one["words"] for one in steps["company"]] == ["Choir"]
        assert len(steps["helpers"]) == 2
        assert answer.headers["ETag"] == '"2"'

    async def test_gives_the_reading_to_another_lead(self, world: World, school: School) -> None:
        plan = await in_use(school, await school.child())
        deputy = school[Role.DEPUTY_DSL]
        answer = await school.lead.patch(
            f"/v1/safety-plans/{plan}",
            {"lead_id": str(deputy.id)},
            version=await version_of(school.lead, plan),
        )
        assert answer.json()["review"]["owner"]["id"] == str(deputy.id)
        told = world.sql("select recipient_id from alert where school_id = %s", school.id)
        assert told == [(deputy.id,)]
        read = {"read_with_pupil": True, "still_right": True}
        again = await step(school.lead, plan, "review", read)
        assert again.json()["review"]["owner"]["id"] == str(deputy.id)
        assert await fits(world, school)

    async def test_leaves_what_was_agreed_and_changes_who_goes_with_it(
        self, school: School
    ) -> None:
        plan = await in_use(school, await school.child())
        path, version = f"/v1/safety-plans/{plan}", await version_of(school.lead, plan)
        refused = await school.lead.patch(path, {"hold_on_to": []}, version=version)
        assert (refused.status_code, refused.json()["code"]) == (409, "safety_plan_agreed")
        change = {"cover_adult_id": str(school[Role.PASTORAL].id), "holiday_arrangement": "Nan."}
        changed = await school.lead.patch(path, change, version=version)
        assert changed.json()["cover_adult"]["id"] == change["cover_adult_id"]


class TestAgreePlan:
    async def test_needs_the_pupil_or_a_reason(self, school: School) -> None:
        plan = (await begun(school, await school.child(), made_with=None))["id"]
        path = f"/v1/safety-plans/{plan}"
        refused = await step(school.lead, plan, "agree")
        assert refused.json()["code"] == "safety_plan_without_pupil"
        await school.lead.patch(path, {"made_with": "not_yet"}, version=1)
        refused = await step(school.lead, plan, "agree")
        assert refused.json()["errors"][0]["pointer"] == "/made_with_reason"
        why = {"made_with_reason": "He is in hospital until Friday."}
        await school.lead.patch(path, why, version=2)
        agreed = await step(school.lead, plan, "agree")
        assert agreed.status_code == 200, agreed.text
        assert agreed.json()["last_read_with_pupil_at"] is None

    @pytest.mark.parametrize("made_with", [None, "not_yet"])
    async def test_is_impossible_without_the_pupil_in_the_database_too(
        self, world: World, school: School, made_with: str | None
    ) -> None:
        plan = (await begun(school, await school.child(), made_with=made_with))["id"]
        with pytest.raises(Exception, match="ck_safety_plan_"):
            world.sql(
                "update safety_plan set state = 'agreed', agreed_at = now() where id = %s", plan
            )

    async def test_sets_a_reading_within_seven_days(self, world: World, school: School) -> None:
        plan = (await begun(school, await school.child()))["id"]
        late = await step(school.lead, plan, "agree", {"review_due_at": soon(days=9)})
        assert late.json()["code"] == "due_too_far"
        agreed = (await step(school.lead, plan, "agree")).json()
        ((state, _, due, owner, about),) = tasks_of(world, school)
        assert (state, owner, str(about)) == ("open", school[Role.DSL].id, plan)
        assert timedelta(days=6) < due - clock.now() <= timedelta(days=8)
        assert datetime.fromisoformat(agreed["review"]["due_at"]) == due
        assert await fits(world, school)

    async def test_keeps_what_was_agreed_for_good(self, world: World, school: School) -> None:
        child = await school.child()
        plan = (await begun(school, child))["id"]
        agreed = (await step(school.lead, plan, "agree")).json()
        ((kind, content),) = world.sql(
            "select kind, content from safety_record where id = %s", agreed["record_id"]
        )
        assert (kind, content["plan_id"], content["number"]) == ("safety_plan", plan, 1)
        assert content["steps"] == agreed["steps"]
        found = await school.lead.get(f"/v1/children/{child}/chronology")
        told = [one["summary"] for one in found.json()["items"]]
        assert told == ["Safety plan, version 1: agreed with the pupil."]

    async def test_is_ended_by_nothing_but_its_own_operations(
        self, world: World, school: School
    ) -> None:
        plan = (await begun(school, await school.child()))["id"]
        task = (await step(school.lead, plan, "agree")).json()["review"]["task_id"]
        answer = await school.lead.post(f"/v1/tasks/{task}/complete", {}, version=1)
        assert answer.json()["code"] == "task_of_record"


class TestUsePlan:
    async def test_replaces_the_one_before_which_stays_readable(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        first = await in_use(school, child)
        second = await in_use(school, child)
        found = (await school.lead.get(f"/v1/children/{child}/safety-plans")).json()["items"]
        assert [(one["id"], one["state"]) for one in found] == [
            (second, "in_use"), (first, "replaced"),
        ]  # fmt: skip
        old = (await school.lead.get(f"/v1/safety-plans/{first}")).json()
        assert (old["superseded_by_id"], old["steps"]["helpers"][0]["name"]) == (
            second,
            "Nan Bodley",
        )
        assert old["permissions"] == []
        states = [(state, outcome) for state, outcome, *_ in tasks_of(world, school)]
        assert states == [("done", "replaced"), ("open", None)]
        assert await fits(world, school)

    async def test_is_not_before_it_was_agreed(self, school: School) -> None:
        plan = (await begun(school, await school.child()))["id"]
        assert (await step(school.lead, plan, "use")).json()["code"] == "safety_plan_not_now"

    async def test_puts_the_child_on_the_support_list(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        entries = (
            "select reason_code, until, ended_at is null from support_list_entry "
            "where school_id = %s and child_id = %s and source_id = %s"
        )
        ((reason, until, is_on),) = world.sql(entries, school.id, child, plan)
        assert (reason, is_on) == ("plan_in_use", True)
        assert until == tasks_of(world, school)[-1][2]
        await step(school.lead, plan, "end", {"reason": "He says he no longer needs it."})
        assert world.sql(entries, school.id, child, plan)[0][2] is False

    async def test_gets_old_copies_on_paper_back(self, world: World, school: School) -> None:
        child = await school.child()
        first = await in_use(school, child)
        for kind, copy in (("pupil", "card"), ("family", "paper"), ("pupil", "digital")):
            given = {"kind": kind, "copy_kind": copy, "consent_by_pupil": {"value": True}}
            answer = await step(school.lead, first, "holders", given)
            assert answer.status_code == 200, answer.text
        await in_use(school, child)
        holders = (await school.lead.get(f"/v1/safety-plans/{first}")).json()["holders"]
        recalled = {one["copy_kind"]: one["recall"] and one["recall"]["state"] for one in holders}
        assert recalled == {"card": "open", "paper": "open", "digital": None}
        assert len(tasks_of(world, school, "plan_recall")) == 2

    async def test_gets_one_copy_back_once(self, school: School) -> None:
        first, other = [await in_use(school, await school.child()) for _ in range(2)]
        given = {"kind": "pupil", "copy_kind": "card", "consent_by_pupil": {"value": True}}
        answer = await step(school.lead, first, "holders", given)
        (holder,) = [one["id"] for one in answer.json()["holders"]]
        elsewhere = await step(school.lead, other, f"holders/{holder}/recall")
        assert elsewhere.status_code == 404
        assert elsewhere.json()["code"] == "safety_plan_holder_not_found"
        recalled = await step(school.lead, first, f"holders/{holder}/recall")
        assert recalled.status_code == 200, recalled.text
        again = await step(school.lead, first, f"holders/{holder}/recall")
        assert (again.status_code, again.json()["code"]) == (409, "safety_plan_copy_recalled")

    async def test_refuses_one_that_was_overtaken(self, school: School) -> None:
        child = await school.child()
        early, late = await begun(school, child), await begun(school, child)
        for one in (early, late):
            await step(school.lead, one["id"], "agree")
        assert (await step(school.lead, late["id"], "use")).status_code == 200
        answer = await step(school.lead, early["id"], "use")
        assert (answer.status_code, answer.json()["code"]) == (409, "safety_plan_overtaken")


class TestReviewPlan:
    async def test_keeps_what_changed_and_sets_the_next(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        command = {"read_with_pupil": True, "still_right": True, "what_changed": "A new number."}
        late = await step(school.lead, plan, "review", {**command, "next_due_at": soon(days=30)})
        assert late.json()["code"] == "due_too_far"
        read = await step(school.lead, plan, "review", command)
        assert (read.status_code, read.json()["state"]) == (200, "in_use"), read.text
        due = datetime.fromisoformat(read.json()["review"]["due_at"])
        assert timedelta(days=27) < due - clock.now() <= timedelta(days=29)
        told = world.sql(
            "select content->>'what_changed' from safety_record "
            "where school_id = %s and kind = 'safety_plan_review'",
            school.id,
        )
        assert told == [("A new number.",)]
        assert await fits(world, school)

    async def test_comes_sooner_where_the_pupil_took_no_part(self, school: School) -> None:
        plan = await in_use(school, await school.child())
        command: dict[str, Any] = {"read_with_pupil": False, "still_right": True}
        refused = await step(school.lead, plan, "review", command)
        assert refused.json()["code"] == "safety_plan_unread"
        read = await step(
            school.lead, plan, "review", {**command, "not_read_reason": "Ill at home."}
        )
        due = datetime.fromisoformat(read.json()["review"]["due_at"])
        assert due - clock.now() <= timedelta(days=8)

    async def test_keeps_it_in_use_while_a_new_one_is_written(self, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child, chosen_adult_id=str(school[Role.STAFF].id))
        command = {"read_with_pupil": True, "still_right": False}
        assert (await step(school.lead, plan, "review", command)).json()["state"] == "under_review"
        assert len((await school.staff.get("/v1/safety-plans/mine")).json()["items"]) == 1
        await in_use(school, child)
        assert (await school.lead.get(f"/v1/safety-plans/{plan}")).json()["state"] == "replaced"

    async def test_falls_due_the_next_school_day_after_something_new(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        before = tasks_of(world, school)[0][2]
        async with world.work(school.id) as work:
            sooner = await review_soon(work, child)
        after = tasks_of(world, school)[0][2]
        assert len(sooner) == 1
        assert after < before
        assert after - clock.now() < timedelta(days=5)
        shown = (await school.lead.get(f"/v1/safety-plans/{plan}")).json()["review"]
        assert datetime.fromisoformat(shown["due_at"]) == after
        async with world.work(school.id) as work:
            assert await review_soon(work, child) == []
        assert await fits(world, school)

    async def test_goes_on_where_a_death_was_confirmed_by_mistake(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await in_use(school, child)
        async with world.work(school.id) as work:
            await finish_all(work, ["sh_plan_review"], outcome="died", child_id=child)
        assert [one[:2] for one in tasks_of(world, school)] == [("done", "died")]
        async with world.work(school.id) as work:
            await resume_reviews(work, child)
        assert [one[0] for one in tasks_of(world, school)] == ["done", "open"]
        assert await fits(world, school)

    async def test_is_of_no_child_without_a_plan(self, world: World, school: School) -> None:
        async with world.work(school.id) as work:
            assert await review_soon(work, await school.child()) == []


class TestEndPlan:
    async def test_is_by_a_person_with_a_reason(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        with clock.shifted(timedelta(days=200)):
            ((state,),) = world.sql("select state from safety_plan where id = %s", plan)
            assert state == "in_use"
        ended = await step(school.lead, plan, "end", {"reason": "Settled."})
        assert (ended.json()["state"], ended.json()["end_reason"]) == ("ended", "Settled.")
        assert [one[0] for one in tasks_of(world, school)] == ["done"]
        assert verbs(world, plan)[-1] == "plan.ended"
        assert await fits(world, school)


class TestLockedFiles:
    async def test_can_have_their_plan_ended_and_nothing_else(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        version = await version_of(school.lead, plan)
        world.sql(LOCK, school[Role.DSL].id, school.id)
        review = {"read_with_pupil": True, "still_right": True}
        for verb, content in (("review", review), ("holders", A_COPY)):
            refused = await step(school.lead, plan, verb, content, version=version)
            assert refused.json()["code"] == "file_locked", verb
        path = f"/v1/safety-plans/{plan}"
        refused = await school.lead.patch(path, {"holiday_arrangement": "x"}, version=version)
        assert refused.json()["code"] == "file_locked"
        refused = await school.lead.post(f"/v1/children/{child}/safety-plans", {})
        assert refused.json()["code"] == "file_locked"
        ended = await step(school.lead, plan, "end", {"reason": "Moved."}, version=version)
        assert ended.status_code == 200, ended.text
        assert [one[0] for one in tasks_of(world, school)] == ["done"]
        assert await fits(world, school)


class TestListMyPlans:
    async def test_shows_a_chosen_adult_steps_and_what_helps_at_school_alone(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        chosen, cover = school[Role.STAFF], school[Role.PASTORAL]
        plan = await in_use(
            school, child, chosen_adult_id=str(chosen.id), cover_adult_id=str(cover.id)
        )
        answer = await school.staff.get("/v1/safety-plans/mine")
        (mine,) = answer.json()["items"]
        assert set(mine) == {"id", "child", "chosen", "vocabulary_status", "steps", "at_school"}
        assert (mine["id"], mine["chosen"]) == (plan, True)
        assert mine["steps"]["helpers"][1]["number"] == "07700 900123"
        for unseen in (STAFF_NOTE, "My little brother", "calm down", "Miss Lee"):
            assert unseen not in answer.text
        stands_in = (await school.api(Role.PASTORAL).get("/v1/safety-plans/mine")).json()["items"]
        assert [one["chosen"] for one in stands_in] == [False]
        assert verbs(world, plan).count("plan.read_by_adult") == 2
        assert (await school.api(Role.SCHOOL_ADMIN).get("/v1/safety-plans/mine")).json()[
            "items"
        ] == []

    async def test_opens_nothing_else_to_them(self, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child, chosen_adult_id=str(school[Role.STAFF].id))
        for path in (
            f"/v1/safety-plans/{plan}", f"/v1/safety-plans/{plan}/card.json",
            f"/v1/children/{child}/safety-plans", f"/v1/children/{child}/chronology",
        ):  # fmt: skip
            assert (await school.staff.get(path)).status_code == 403, path

    async def test_leaves_out_drafts_and_what_has_ended(self, school: School) -> None:
        adult = str(school[Role.STAFF].id)
        await begun(school, await school.child(), chosen_adult_id=adult)
        plan = await in_use(school, await school.child("Bo"), chosen_adult_id=adult)
        await step(school.lead, plan, "end", {"reason": "Settled."})
        assert (await school.staff.get("/v1/safety-plans/mine")).json()["items"] == []


class TestStaleClients:
    async def test_t26_find_the_present_plan_untouched(self, school: School) -> None:
        child = await school.child()
        first = await in_use(school, child)
        stale = await version_of(school.lead, first)
        second = await in_use(school, child)
        before = (await school.lead.get(f"/v1/safety-plans/{second}")).json()
        commands = [("end", {"reason": "Late."}), ("use", {}), ("agree", {}),
                  ("review", {"read_with_pupil": True, "still_right": True})]  # fmt: skip
        for verb, content in commands:
            answer = await step(school.lead, first, verb, content, version=stale)
            assert answer.status_code == 412, (verb, answer.text)
        change = await school.lead.patch(
            f"/v1/safety-plans/{first}", {"hold_on_to": []}, version=stale
        )
        assert change.status_code == 412
        assert (await school.lead.get(f"/v1/safety-plans/{second}")).json() == before

    async def test_t26_at_the_same_moment_only_one_is_taken(
        self, world: World, school: School
    ) -> None:
        plan = (await begun(school, await school.child()))["id"]
        path = f"/v1/safety-plans/{plan}"
        answers = await asyncio.gather(
            *(
                school.lead.patch(path, {"hold_on_to": [{"words": f"Reason {n}"}]}, version=1)
                for n in range(6)
            )
        )
        assert sorted(one.status_code for one in answers) == [200, *[412] * 5]
        (taken,) = [one for one in answers if one.status_code == 200]
        found = (await school.lead.get(path)).json()
        assert found["hold_on_to"] == taken.json()["hold_on_to"]

    async def test_t26_two_versions_are_never_in_use_at_once(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await in_use(school, child)
        plans = [(await begun(school, child))["id"] for _ in range(3)]
        for plan in plans:
            await step(school.lead, plan, "agree")
        answers = await asyncio.gather(
            *(step(school.lead, plan, "use", version=2) for plan in plans)
        )
        assert sorted(one.status_code for one in answers) == [200, 409, 409]
        rows = world.sql(
            "select id from safety_plan where school_id = %s and child_id = %s "
            "and state in ('in_use', 'under_review')",
            school.id, child,
        )  # fmt: skip
        (used,) = [plan for plan, one in zip(plans, answers, strict=True) if one.status_code == 200]
        assert [str(one) for (one,) in rows] == [used]


class TestBreakGlass:
    async def test_t28_at_night_opens_plan_checks_and_notes_and_nothing_more(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child(), await school.child("Bo")
        plan, unseen = await in_use(school, child), await in_use(school, other)
        draft = (await begun(school, child))["id"]
        second = await school.person(Role.DSL)
        night = school.api(Role.PASTORAL)
        assert (await night.get(f"/v1/safety-plans/{plan}")).status_code == 403
        command = {"child_id": str(child), "reason": "Mum phones at two: he has gone out."}
        answer = await night.post("/v1/access/break-glass", command)
        assert answer.status_code == 201, answer.text
        opens = (
            f"/v1/safety-plans/{plan}", f"/v1/safety-plans/{plan}/card.json",
            f"/v1/children/{child}/safety-plans", f"/v1/children/{child}/records",
            f"/v1/children/{child}/records",
        )  # fmt: skip
        for path in opens:
            assert (await night.get(path)).status_code == 200, path
        assert (await night.get(f"/v1/safety-plans/{unseen}")).status_code == 404
        assert (await night.get(f"/v1/children/{other}/safety-plans")).status_code == 403
        for path in ("/v1/support-list", f"/v1/shares?child_id={child}"):
            assert (await night.get(path)).status_code in (403, 404), path
        change = await night.patch(f"/v1/safety-plans/{draft}", {"hold_on_to": []}, version=1)
        assert change.status_code == 403
        for verb, content in (("agree", {}), ("end", {"reason": "x"})):
            refused = await step(night, draft, verb, content, version=1)
            assert refused.status_code == 403, verb
        told = world.sql(
            "select recipient_id, urgent from alert where school_id = %s and kind = 'break_glass'",
            school.id,
        )
        assert {(school[Role.DSL].id, True), (second.id, True)} <= {*told}
        queue = await school.lead.get("/v1/access/break-glass")
        assert [one["id"] for one in queue.json()["items"]] == [answer.json()["id"]]
        assert verbs(world, plan)[-1] in ("plan.opened", "plan.card_opened")
        assert await fits(world, school)

    async def test_t28_ends_with_its_minutes(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        night = school.api(Role.PASTORAL)
        command = {
            "child_id": str(child),
            "reason": "Mum phones at two: he has gone out.",
            "minutes": 15,
        }
        assert (await night.post("/v1/access/break-glass", command)).status_code == 201
        with clock.shifted(timedelta(minutes=16)):
            late = fresh(world, school[Role.PASTORAL])
            assert (await late.get(f"/v1/safety-plans/{plan}")).status_code == 403

    async def test_lets_a_deputy_read_what_is_sealed_and_not_change_it(
        self, school: School
    ) -> None:
        child = await school.child()
        plan = (await begun(school, child, confidentiality="K5"))["id"]
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/safety-plans/{plan}")).status_code == 404
        command = {"child_id": str(child), "reason": "Mum phones at two: he has gone out."}
        assert (await deputy.post("/v1/access/break-glass", command)).status_code == 201
        assert (await deputy.get(f"/v1/safety-plans/{plan}")).status_code == 200
        change = await deputy.patch(f"/v1/safety-plans/{plan}", {"hold_on_to": []}, version=1)
        assert change.status_code == 403


class TestSight:
    async def test_hides_it_from_relatives_among_the_staff(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/safety-plans/{plan}")).status_code == 200
        declared = await deputy.post(
            "/v1/conflicts", {"child_id": str(child), "reason": "My niece."}
        )
        assert declared.status_code == 201, declared.text
        assert (await deputy.get(f"/v1/safety-plans/{plan}")).status_code == 404
        assert (await deputy.get(f"/v1/children/{child}/safety-plans")).status_code == 403

    async def test_leaves_a_trace_of_each_look(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        await school.lead.get(f"/v1/safety-plans/{plan}")
        await school.lead.get(f"/v1/children/{child}/safety-plans")
        assert verbs(world, plan)[-1] == "plan.opened"
        assert verbs(world, str(child))[-1] == "plan.listed"

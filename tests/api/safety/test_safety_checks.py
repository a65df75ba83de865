"""Safety checks: facts in a pupil's words, saved half empty, never summed up, never a gate."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.pathways import a_pathway, open_kinds, state_of
from tests.api.records import a_concern, classify
from tests.jobs.climbing import fresh
from tests.world import Api, School, World

WHOLE: dict[str, Any] = {
    "seen_by": {"value": "Mr Ade, head of year"},
    "where": {"value": "The quiet room"},
    "asked_directly": {
        "answer": "yes", "question": "Are you thinking of ending your life?", "reply": "Sometimes.",
    },
    "thinking_now": {"value": "  Not now.\nLast night. "},
    "how_long_how_often": {"none": "not_asked"},
    "has_a_way_in_mind": {"none": "declined"},
    "can_get_at_it": {"value": "no"},
    "taken_anything": {"value": "no"},
    "alone_tonight": {"value": "no"},
    "safe_at_home": {"value": "yes"},
    "who_must_not_know": {"value": [{"who": "My uncle", "reason": "He shouts."}]},
    "what_would_change_this": {"none": "not_known"},
    "actions": ["plan", "check_in"],
}  # fmt: skip


async def keep(api: Api, child: UUID, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/v1/children/{child}/records", {"kind": "safety_check"} | body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def alerted(world: World, school: School) -> list[tuple[UUID, str, bool]]:
    return world.sql(
        "select recipient_id, kind, urgent from alert where school_id = %s and urgent", school.id
    )


class TestKeepSafetyCheck:
    async def test_keeps_words_as_they_were_said(self, school: School) -> None:
        child = await school.child()
        kept = await keep(school.lead, child, **WHOLE)
        content = kept["content"]
        assert content["thinking_now"] == {"value": "  Not now.\nLast night. ", "none": None}
        assert content["has_a_way_in_mind"] == {"value": None, "none": "declined"}
        assert content["anyone_hurting_you"] is None, "left out says nothing"
        assert content["asked_directly"]["reply"] == "Sometimes."
        assert content["actions"] == ["plan", "check_in"]
        assert kept["prompts"] == []

    async def test_keeps_in_which_way_the_pupil_could_answer(self, school: School) -> None:
        child, pictures = await school.child(), ["stop", "too_loud"]
        kept = await keep(
            school.lead, child, ways=["pictures", "few_words"], helped_by={"value": "Ms Adeyemi"},
            pictures={"value": pictures},
        )  # fmt: skip
        assert kept["content"]["ways"] == ["pictures", "few_words"]
        assert kept["content"]["pictures"]["value"] == pictures, "in the order of the pupil"
        assert kept["content"]["helped_by"]["value"] == "Ms Adeyemi"
        await keep(school.lead, child, 422, ways=["unheard_of"])
        await keep(school.lead, child, 422, pictures={"value": []})

    async def test_takes_an_empty_one(self, school: School) -> None:
        kept = await keep(school.lead, await school.child())
        assert kept["prompts"] == ["asked_directly"]
        assert kept["content"]["actions"] == []

    @pytest.mark.parametrize("answer", ["not_yet", "not_appropriate"])
    async def test_prompts_for_a_reason_and_takes_it_without(
        self, school: School, answer: str
    ) -> None:
        kept = await keep(school.lead, await school.child(), asked_directly={"answer": answer})
        assert kept["prompts"] == ["asked_directly.reason"]

    @pytest.mark.parametrize(
        "body",
        [
            {"risk_level": "low"}, {"score": 3}, {"outcome": "amber"}, {"diagnosis": "x"},
            {"taken_anything": {"value": "maybe"}}, {"actions": ["watch"]},
            {"thinking_now": {"value": "x", "none": "declined"}},
        ],
    )  # fmt: skip
    async def test_t01_has_no_field_for_a_grade(self, school: School, body: dict[str, Any]) -> None:
        await keep(school.lead, await school.child(), 422, **body)

    async def test_needs_no_time_to_come(self, school: School) -> None:
        at = (clock.now() + timedelta(hours=1)).isoformat()
        refused = await keep(school.lead, await school.child(), 422, at=at)
        assert refused["errors"][0]["pointer"] == "/at"

    async def test_stands_in_the_chronology_in_plain_words(self, school: School) -> None:
        child = await school.child()
        await keep(school.lead, child, **WHOLE)
        found = await school.lead.get(f"/v1/children/{child}/chronology")
        (entry,) = found.json()["items"]
        assert entry["kind"] == "safety_record"
        assert entry["summary"] == (
            "Safety check: somebody spoke with the pupil about how safe they are. "
            "Asked plainly about suicide: Yes. "
            "What follows: Make or read the safety plan; Agree when somebody asks again."
        )
        assert "Sometimes" not in entry["summary"]

    async def test_is_of_a_concern_of_the_child_only(self, school: School) -> None:
        child, other = await school.child(), await school.child("Bo")
        of_other = await a_concern(school, other)
        refused = await keep(school.lead, child, 422, concern_id=of_other)
        assert refused["code"] == "concern_of_another"

    async def test_is_closed_to_those_in_conflict_and_to_others(
        self, school: School, other_school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        body = {"staff_id": str(deputy.id), "child_id": str(child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        kept = await keep(school.lead, child)
        refused = await keep(school.api(Role.DEPUTY_DSL), child, 403)
        assert refused["code"] == "conflict_of_interest"
        path = f"/v1/children/{child}/records"
        assert (await school.api(Role.DEPUTY_DSL).get(path)).status_code == 403
        assert (await school.staff.get(path)).status_code == 403
        assert (await other_school.lead.get(path)).status_code == 404
        assert (await other_school.lead.get(f"{path}/{kept['id']}")).status_code == 404


class TestPathway:
    async def test_is_moved_on_and_what_waited_ends(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        assert open_kinds(world, concern) == {"sh_check", "sh_parents"}
        await keep(school.lead, child, **WHOLE)
        assert state_of(world, concern) == "checked"
        assert open_kinds(world, concern) == {"sh_parents"}

    async def test_of_a_named_concern_is_moved_alone(self, world: World, school: School) -> None:
        child = await school.child()
        one, other = [await a_pathway(world, school, child) for _ in range(2)]
        await keep(school.lead, child, concern_id=one)
        assert [state_of(world, each) for each in (one, other)] == ["checked", "lead_told"]

    async def test_of_a_friend_is_not_moved_by_the_friends_check(
        self, world: World, school: School
    ) -> None:
        child, friend = await school.child(), await school.child("Bo")
        concern = await a_pathway(world, school, child, friend)
        await keep(school.lead, friend)
        assert state_of(world, concern) == "lead_told"
        assert "sh_check" in open_kinds(world, concern)

    async def test_is_not_moved_by_who_is_named_in_it(self, world: World, school: School) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concern = await a_pathway(world, school, child)
        body = {"staff_id": str(deputy.id), "reason": "Was there."}
        named = await school.lead.post(f"/v1/concerns/{concern}/named-staff", body)
        assert named.status_code == 201, named.text
        await keep(school.api(Role.DEPUTY_DSL), child)
        assert state_of(world, concern) == "lead_told"
        assert "sh_check" in open_kinds(world, concern)


class TestTakenAnything:
    async def test_t07_something_taken_is_an_emergency_and_saving_is_not_blocked(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        before = len(alerted(world, school))
        deputy = school.api(Role.DEPUTY_DSL)
        kept = await keep(deputy, child, taken_anything={"value": "yes"})
        assert kept["content"]["taken_anything"]["value"] == "yes"
        assert state_of(world, concern) == "emergency"
        assert "sh_check" not in open_kinds(world, concern)
        told = {person for person, _, _ in alerted(world, school)[before:]}
        assert told >= {school[Role.DSL].id, school[Role.HEADTEACHER].id}
        jobs = world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'alert.send_one' "
            "and args->>'school_id' = %s",
            str(school.id),
        )
        assert jobs[0][0] >= 2, "and it is mailed"

    async def test_t07_without_any_pathway_the_leads_are_told(
        self, world: World, school: School
    ) -> None:
        await keep(
            school.api(Role.DEPUTY_DSL), await school.child(), taken_anything={"value": "yes"}
        )
        told = {person for person, _, _ in alerted(world, school)}
        assert told == {school[Role.DSL].id, school[Role.HEADTEACHER].id}

    async def test_t07_an_amendment_that_says_so_is_one_too(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        kept = await keep(school.lead, child, taken_anything={"none": "declined"})
        assert state_of(world, concern) == "checked"
        path = f"/v1/children/{child}/records/{kept['id']}/amend"
        body = {
            "kind": "safety_check",
            "taken_anything": {"value": "yes"},
            "reason": "Told me on the way out.",
        }
        answer = await school.api(Role.DEPUTY_DSL).post(path, body)
        assert answer.status_code == 201, answer.text
        assert state_of(world, concern) == "emergency"
        assert school[Role.DSL].id in {person for person, _, _ in alerted(world, school)}

    async def test_alerts_name_nobody_and_no_kind(self, world: World, school: School) -> None:
        child = await school.child("Zebedee", "Quark")
        await keep(school.api(Role.DEPUTY_DSL), child, taken_anything={"value": "yes"})
        rows = world.sql("select row_to_json(a)::text from alert a where school_id = %s", school.id)
        assert all("Zebedee" not in text and "taken" not in text for (text,) in rows)


class TestWhatFollows:
    async def test_emergency_help_is_an_emergency_and_leads_are_told(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        await keep(school.api(Role.DEPUTY_DSL), child, actions=["emergency"])
        assert state_of(world, concern) == "emergency"
        told = {person for person, _, _ in alerted(world, school)}
        assert told >= {school[Role.DSL].id, school[Role.HEADTEACHER].id}

    @pytest.mark.parametrize(
        "body", [{"safe_at_home": {"value": "no"}}, {"actions": ["call_social_care"]}]
    )
    async def test_social_care_is_asked_where_home_is_not_safe(
        self, world: World, school: School, body: dict[str, Any]
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        await keep(school.lead, child, **body)
        await keep(school.lead, child, **body)
        rows = world.sql("select kind from task where concern_id = %s", concern)
        assert [kind for (kind,) in rows].count("sh_social_care") == 1
        assert state_of(world, concern) == "checked"

    async def test_social_care_is_asked_without_any_pathway(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        kept = await keep(school.lead, child, safe_at_home={"value": "no"})
        await keep(school.lead, child, safe_at_home={"value": "no"})
        rows = world.sql("select kind, owner_id, about_id from task where child_id = %s", child)
        assert rows == [("sh_social_care", school[Role.DSL].id, UUID(kept["id"]))]

    @pytest.mark.parametrize("action", ["call_mental_health", "gp"])
    async def test_a_health_service_is_spoken_with_on_the_next_school_day(
        self, world: World, school: School, action: str
    ) -> None:
        child = await school.child()
        asked = (
            "select owner_id, facts, due_at, ended_at is null from task where child_id = %s"
            " and kind = 'sh_health'"
        )
        with clock.frozen(datetime(2026, 11, 30, 10, 0, tzinfo=UTC)):
            api = fresh(world, school[Role.DSL])
            kept = await keep(api, child, actions=["stay_with"])
            assert world.sql(asked, child) == []
            path = f"/v1/children/{child}/records/{kept['id']}/amend"
            body = {"kind": "safety_check", "actions": ["stay_with", action], "reason": "Agreed."}
            assert (await api.post(path, body)).status_code == 201
            await keep(api, child, actions=[action])
            closes = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
            owed = (school[Role.DSL].id, {action: True}, closes, True)
            assert world.sql(asked, child) == [owed]
            [card] = (await api.get(f"/v1/tasks?kind=sh_health&child_id={child}")).json()["items"]
            done = await api.post(f"/v1/tasks/{card['id']}/complete", {}, version=1)
            assert done.status_code == 200, done.text
            await keep(api, child, actions=[action])
            assert sorted(still for *_, still in world.sql(asked, child)) == [False, True]

    async def test_a_pathway_waits_for_it(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        await keep(school.lead, child, concern_id=concern, actions=["gp"])
        assert "sh_health" in open_kinds(world, concern)
        opened = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert any("family doctor" in one for one in opened["self_harm"]["next"])

    async def test_what_an_amendment_tells_newly_follows_too(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        kept = await keep(school.lead, child, safe_at_home={"value": "yes"})
        assert "sh_social_care" not in open_kinds(world, concern)
        path = f"/v1/children/{child}/records/{kept['id']}/amend"
        body = {"kind": "safety_check", "safe_at_home": {"value": "no"}, "actions": ["emergency"],
                "reason": "Said later."}  # fmt: skip
        assert (await school.lead.post(path, body)).status_code == 201
        assert "sh_social_care" in open_kinds(world, concern)
        assert state_of(world, concern) == "emergency"


class TestOld:
    async def test_is_said_when_read_and_nothing_ends(self, world: World, school: School) -> None:
        child = await school.child()
        with clock.frozen(datetime(2026, 11, 30, 10, 0, tzinfo=UTC)):
            api = fresh(world, school[Role.DSL])
            kept = await keep(api, child)
            assert kept["good_until"] == "2026-12-01T16:00:00.000000Z", (
                "the end of the next school day"
            )
            assert kept["old"] is False
        with clock.frozen(datetime(2026, 12, 1, 16, 1, tzinfo=UTC)):
            api = fresh(world, school[Role.DSL])
            (shown,) = (await api.get(f"/v1/children/{child}/records?kind=safety_check")).json()[
                "items"
            ]
            assert (shown["old"], shown["superseded_by_id"]) == (True, None)
            path = f"/v1/children/{child}/records/{kept['id']}"
            assert (await api.get(path)).json()["old"] is True

    async def test_over_a_weekend_lasts_until_monday(self, world: World, school: School) -> None:
        with clock.frozen(datetime(2026, 12, 4, 10, 0, tzinfo=UTC)):
            kept = await keep(fresh(world, school[Role.DSL]), await school.child())
        assert kept["good_until"] == "2026-12-07T16:00:00.000000Z"

    async def test_can_be_chosen(self, school: School) -> None:
        until = (clock.now() + timedelta(hours=3)).replace(microsecond=0)
        kept = await keep(school.lead, await school.child(), good_until=until.isoformat())
        assert datetime.fromisoformat(kept["good_until"]) == until


class TestAmendSafetyCheck:
    async def test_keeps_what_was_written_first(self, school: School) -> None:
        child = await school.child()
        first = await keep(school.lead, child, **WHOLE)
        path = f"/v1/children/{child}/records"
        body = {
            **WHOLE,
            "kind": "safety_check",
            "where": {"value": "The library"},
            "reason": "Wrong room.",
        }
        second = (await school.lead.post(f"{path}/{first['id']}/amend", body)).json()
        assert (second["supersedes_id"], second["reason"]) == (first["id"], "Wrong room.")
        assert second["good_until"] == first["good_until"]
        shown = (await school.lead.get(path)).json()["items"]
        assert [one["content"]["where"]["value"] for one in shown] == [
            "The library", "The quiet room"
        ]  # fmt: skip
        assert shown[1]["superseded_by_id"] == second["id"]

    async def test_of_a_stale_one_is_a_conflict(self, school: School) -> None:
        child = await school.child()
        first = await keep(school.lead, child)
        path = f"/v1/children/{child}/records/{first['id']}/amend"
        assert (
            await school.lead.post(path, {"kind": "safety_check", "reason": "One."})
        ).status_code == 201
        again = await school.lead.post(path, {"kind": "safety_check", "reason": "Two."})
        assert (again.status_code, again.json()["code"]) == (409, "safety_record_amended")
        assert (await school.lead.post(path, {"kind": "safety_check"})).status_code == 422

    async def test_is_for_who_reads_it(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        kept = await keep(school.lead, child, concern_id=concern)
        await classify(world, concern, "K5")
        path = f"/v1/children/{child}/records/{kept['id']}"
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(path)).status_code == 404
        assert (
            await deputy.post(f"{path}/amend", {"kind": "safety_check", "reason": "x"})
        ).status_code == 404
        assert (await deputy.get(f"/v1/children/{child}/records?kind=safety_check")).json()[
            "items"
        ] == []
        assert (await school.lead.get(path)).json()["confidentiality"] == "K5"


class TestReading:
    async def test_leaves_a_trace_each_time(self, world: World, school: School) -> None:
        child = await school.child()
        kept = await keep(school.lead, child)
        path = f"/v1/children/{child}/records"
        await school.api(Role.HEADTEACHER).get(path)
        await school.api(Role.HEADTEACHER).get(f"{path}/{kept['id']}")
        verbs = world.sql(
            "select verb from trail where child_id = %s and actor_id = %s order by seq",
            child, school[Role.HEADTEACHER].id,
        )  # fmt: skip
        assert [verb for (verb,) in verbs] == ["record.listed", "record.opened"]

    async def test_by_grant_is_of_the_granted_child_alone(
        self, world: World, school: School
    ) -> None:
        child, other = await school.child(), await school.child("Bo", year_group="7")
        for one in (child, other):
            await keep(school.lead, one)
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[Role.PASTORAL].id,
        )
        for role in (Role.PASTORAL, Role.STAFF):
            api = school.api(role)
            path = f"/v1/children/{child}/records"
            before = await api.get(path)
            assert (before.status_code, before.json().get("items")) == (
                (200, []) if role is Role.PASTORAL else (403, None)
            )
            body = {
                "staff_id": str(school[role].id), "child_id": str(child), "classes": ["K3"],
                "reason": "Cover.", "valid_to": (clock.now() + timedelta(days=1)).isoformat(),
            }  # fmt: skip
            assert (await school.lead.post("/v1/access/grants", body)).status_code == 201
            assert len((await api.get(path)).json()["items"]) == 1, role
            elsewhere = await api.get(f"/v1/children/{other}/records?kind=safety_check")
            assert elsewhere.json().get("items", []) == [], role

    async def test_pages(self, school: School) -> None:
        child = await school.child()
        made = [(await keep(school.lead, child))["id"] for _ in range(3)]
        path = f"/v1/children/{child}/records?limit=2"
        first = (await school.lead.get(path)).json()
        rest = (await school.lead.get(f"{path}&cursor={first['next']}")).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]

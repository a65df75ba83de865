"""What comes next: facts with their reason, for those who may read them, and for nobody else."""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.vocabularies import VOCABULARIES
from app.core.words import Role
from app.domain.record.next_steps.rules import OPERATIONS
from tests.answers import described
from tests.api.record.test_concerns import ROUTINE, a_triage, raise_one, step
from tests.jobs.climbing import fresh
from tests.meetings import held
from tests.world import Api, School, World


async def steps(api: Api, path: str) -> dict[str, dict[str, Any]]:
    """What comes next, by code."""
    answer = await api.get(f"{path}/next-steps")
    assert answer.status_code == 200, answer.text
    return {one["code"]: one for one in answer.json()["items"]}


async def decide(school: School, concern: str, kind: str) -> None:
    body = {
        "kind": kind, "question": "What now?", "decision": "So.", "reason": "Because.",
    }  # fmt: skip
    answer = await school.lead.post(f"/v1/concerns/{concern}/decisions", body)
    assert answer.status_code == 201, answer.text


def test_names_an_operation_that_there_is_for_every_step() -> None:
    names = {
        operation["operationId"]
        for methods in described()["paths"].values()
        for operation in methods.values()
    }
    assert OPERATIONS.keys() == VOCABULARIES["next_steps"].codes
    assert {*OPERATIONS.values()} <= names


class TestOfAConcern:
    async def test_begins_with_reading_it_and_goes_on_to_closing(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child(), **ROUTINE))["id"]
        path = f"/v1/concerns/{concern}"
        found = await steps(school.lead, path)
        assert found.keys() == {"acknowledge", "decide_parents"}
        assert found["acknowledge"]["operation"] == "acknowledge_concern"
        record = (await school.lead.get(path)).json()
        assert found["acknowledge"]["due_at"] == record["due_at"]
        await step(school.lead, concern, "acknowledge")
        assert "triage" in await steps(school.lead, path)
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, 2))
        assert (await steps(school.lead, path)).keys() == {
            "decide_parents", "tell_reporter", "close",
        }  # fmt: skip
        await decide(school, concern, "not_tell_parents")
        await step(school.lead, concern, "tell-reporter", {"text": "We have spoken with her."})
        assert (await steps(school.lead, path)).keys() == {"close"}

    async def test_asks_to_refer_at_the_highest_level_until_somebody_says_why_not(
        self, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child(), **ROUTINE))["id"]
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, 4))
        path = f"/v1/concerns/{concern}"
        assert "refer_or_why_not" in await steps(school.lead, path)
        await decide(school, concern, "not_refer")
        assert "refer_or_why_not" not in await steps(school.lead, path)

    async def test_asks_to_refer_what_is_always_referred_whatever_its_level(
        self, school: School
    ) -> None:
        concern = (
            await raise_one(school.staff, await school.child(), categories=["forced_marriage"])
        )["id"]
        found = await steps(school.lead, f"/v1/concerns/{concern}")
        assert "refer_or_why_not" in found
        assert "social care or the police first" in found["decide_parents"]["reason"]

    async def test_follows_what_the_school_makes_stricter(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child(), **ROUTINE))["id"]
        path = f"/v1/concerns/{concern}"
        assert "social care" not in (await steps(school.lead, path))["decide_parents"]["reason"]
        calendar, admin = f"/v1/schools/{school.id}/calendar", school.api(Role.SCHOOL_ADMIN)
        version = (await admin.get(calendar)).headers["etag"].strip('"')
        own = {"categories": {"bullying": {"parents": "never_first"}}}
        assert (await admin.patch(calendar, own, version=version)).status_code == 200
        assert "social care" in (await steps(school.lead, path))["decide_parents"]["reason"]

    async def test_puts_a_duty_of_law_first(self, school: School) -> None:
        concern = (
            await raise_one(
                school.staff, await school.child(), categories=["fgm_disclosed_or_seen"]
            )
        )["id"]
        answer = await school.lead.get(f"/v1/concerns/{concern}/next-steps")
        assert answer.json()["items"][0]["code"] == "own_report"

    async def test_asks_about_brothers_and_sisters_where_harm_is_at_home(
        self, school: School
    ) -> None:
        child, other = await school.child(), await school.child("Robin", "Vale")
        tied = await school.lead.post(
            f"/v1/children/{child}/relationships",
            {"other_child_id": str(other), "kind": "half_sibling"},
        )
        assert tied.status_code == 201, tied.text
        at_home = {"categories": ["physical_abuse"], "alleged_source_of_harm": "parent_carer"}
        concern = (await raise_one(school.staff, child, **at_home))["id"]
        path = f"/v1/concerns/{concern}"
        found = await steps(school.lead, path)
        assert "1 brother or sister" in found["siblings"]["reason"]
        assert "Robin" not in found["siblings"]["reason"]
        elsewhere = (await raise_one(school.staff, child, categories=["physical_abuse"]))["id"]
        assert "siblings" not in await steps(school.lead, f"/v1/concerns/{elsewhere}")
        await decide(school, concern, "siblings")
        assert "siblings" not in await steps(school.lead, path)

    async def test_counts_only_other_concerns_that_the_reader_may_read(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        first = (await raise_one(school.staff, child, **ROUTINE))["id"]
        sealed = (await raise_one(school.staff, child, **ROUTINE))["id"]
        world.sql("update concern set confidentiality = 'K5' where id = %s", sealed)
        concern = (await raise_one(school.staff, child, **ROUTINE))["id"]
        deputy = school.api(Role.DEPUTY_DSL)
        found = await steps(deputy, f"/v1/concerns/{concern}")
        assert found["other_concerns"]["reason"].startswith("1 other concern since")
        found = await steps(school.lead, f"/v1/concerns/{concern}")
        assert found["other_concerns"]["reason"].startswith("2 other concerns since")
        assert (await deputy.get(f"/v1/concerns/{sealed}/next-steps")).status_code == 404
        assert first != sealed

    async def test_asks_for_the_meeting_that_is_due_next(self, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child, **ROUTINE))["id"]
        await held(school, child, "initial_conference", concern_id=concern, result="plan_made")
        found = await steps(school.lead, f"/v1/concerns/{concern}")
        assert found["meeting"]["reason"].endswith(", or enter it.")
        assert found["meeting"]["due_at"] is not None

    async def test_points_out_what_two_people_may_have_reported(self, school: School) -> None:
        child = await school.child()
        first = await raise_one(school.staff, child, **ROUTINE)
        await raise_one(school.staff, child, categories=["neglect"])
        long_ago = (clock.now() - timedelta(days=2)).isoformat()
        await raise_one(school.staff, child, **ROUTINE, occurred_at=long_ago)
        second = await raise_one(school.staff, child, **ROUTINE)
        found = await steps(school.lead, f"/v1/concerns/{second['id']}")
        assert found["possible_duplicate"]["reason"].startswith(first["reference"])
        items = (await school.lead.get(f"/v1/concerns/{second['id']}/next-steps")).json()["items"]
        assert [one["code"] for one in items].count("possible_duplicate") == 1

    async def test_asks_for_the_childs_voice_after_two_weeks(
        self, world: World, school: School
    ) -> None:
        account = [{"kind": "observed", "text": "Alone at break again."}]
        quiet = (await raise_one(school.staff, await school.child(), account=account))["id"]
        heard = (await raise_one(school.staff, await school.child()))["id"]
        with clock.frozen(clock.now() + timedelta(days=14, minutes=1)):
            lead = fresh(world, school[Role.DSL])
            assert "child_voice" in await steps(lead, f"/v1/concerns/{quiet}")
            assert "child_voice" not in await steps(lead, f"/v1/concerns/{heard}")

    async def test_is_nothing_for_its_reporter(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await school.staff.get(f"/v1/concerns/{concern}/next-steps")
        assert answer.status_code in (403, 404)


class TestOfAChild:
    async def test_names_the_concern_of_each_step(self, school: School) -> None:
        child = await school.child()
        one = await raise_one(school.staff, child, categories=["fgm_disclosed_or_seen"])
        two = await raise_one(school.staff, child, **ROUTINE)
        answer = await school.lead.get(f"/v1/children/{child}/next-steps")
        items = answer.json()["items"]
        assert {item["concern"]["reference"] for item in items} == {
            one["reference"], two["reference"],
        }  # fmt: skip
        assert items[0]["code"] == "own_report"

    async def test_of_another_school_is_not_found(self, world: World, school: School) -> None:
        other = await world.a_school()
        child = await other.child()
        assert (await school.lead.get(f"/v1/children/{child}/next-steps")).status_code == 404

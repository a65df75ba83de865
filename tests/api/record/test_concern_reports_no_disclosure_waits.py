"""No disclosure waits until Monday: what is marked to ring rings, whatever else was said of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import a_body, raise_one
from tests.jobs.climbing import MONDAY, fresh
from tests.world import School, World

SELF_HARM = {
    "self_harm": "self_harm", "suicidal_ideation": "thoughts_of_suicide",
    "suicide_attempt": "suicide_attempt",
}  # fmt: skip
"""Categories that tell of self-harm, with what they say was told."""
AT_ONCE = {
    "suicide_attempt", "bruising_non_mobile", "sexual_violence", "causing_sexual_activity",
    "weapon_threat", "knife_injury", "threat_to_kill", "missing_from_home_or_care",
    "absconding_in_day",
}  # fmt: skip
OTHERS = ("sexual_abuse_disclosure", "fgm_disclosed_or_seen", "weapon_threat")
LINE = "mental health option"
BY_DAY, BY_NIGHT = "01632 960110", "01632 960111"
FRIDAY_NIGHT = MONDAY + timedelta(days=4, hours=12)


async def with_social_care(school: School, **fields: Any) -> None:
    """The school knows its social care, by day and by night."""
    body = {
        "name": "Single Point of Advice", "kind": "social_care", "route": "phoned",
        "phone": BY_DAY, "out_of_hours_phone": BY_NIGHT,
    } | fields  # fmt: skip
    made = await school.lead.post("/v1/agencies", body)
    assert made.status_code == 201, made.text


def untold(child: UUID, *categories: str, **fields: Any) -> dict[str, Any]:
    """A body that says nothing of how soon, as a form without that question sends it."""
    body = a_body(child, categories=list(categories), **fields)
    return {name: value for name, value in body.items() if name != "immediacy" or name in fields}


def rung(world: World, concern: str) -> dict[UUID, bool]:
    """Who was told of a new concern, and whether it rang."""
    return dict(
        world.sql(
            "select recipient_id, urgent from alert where concern_id = %s"
            " and kind in ('concern_raised', 'head_told')",
            concern,
        )
    )


def immediacy(world: World, concern: str) -> str:
    ((found,),) = world.sql("select immediacy from concern where id = %s", concern)
    return str(found)


def pathways(world: World, concern: str) -> list[str]:
    return [kind for (kind,) in world.sql("select kind from self_harm where id = %s", concern)]


class TestAMark:
    """Each by itself: `test_every_category.py`."""

    async def test_counts_where_it_is_one_of_several(self, world: World, school: School) -> None:
        body = untold(await school.child(), "bullying", "upskirting")
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        assert immediacy(world, concern) == "today"
        assert set(rung(world, concern).values()) == {True}

    async def test_makes_nothing_less_urgent(self, world: World, school: School) -> None:
        fields = {"immediacy": "immediate_danger", "categories": ["physical_abuse"]}
        concern = (await raise_one(school.staff, await school.child(), **fields))["id"]
        assert immediacy(world, concern) == "immediate_danger"

    async def test_is_missing_where_nothing_rings(self, world: World, school: School) -> None:
        body = untold(await school.child(), "bullying")
        raised = (await school.staff.post("/v1/concerns", body)).json()
        assert immediacy(world, raised["id"]) == "routine"
        assert set(rung(world, raised["id"]).values()) == {False}
        assert not any("999" in one for one in raised["guidance"]["first"])

    async def test_is_so_of_words_sent_late(self, world: World, school: School) -> None:
        """Nobody knew before: it rings now, however long ago it was."""
        body = untold(await school.child(), "sexual_abuse_disclosure")
        body["occurred_at"] = (clock.now() - timedelta(days=3)).isoformat()
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        assert immediacy(world, concern) == "today"
        assert set(rung(world, concern).values()) == {True}


class TestAChildWhoTold:
    @pytest.mark.parametrize("said", [True, False])
    async def test_does_not_wait_for_somebody_to_find_the_word(
        self, world: World, school: School, said: bool
    ) -> None:
        """Whether the form asked for a category or not."""
        body = untold(await school.child(), "not_sure", source="child_disclosure")
        if not said:
            del body["categories"]
        raised = (await school.staff.post("/v1/concerns", body)).json()
        assert immediacy(world, raised["id"]) == "today"
        leads = {school[Role.DSL].id: True, school[Role.DEPUTY_DSL].id: True}
        assert rung(world, raised["id"]) == leads
        assert any("safeguarding lead" in one for one in raised["guidance"]["first"])

    async def test_is_no_more_urgent_than_what_everybody_is_unsure_of(
        self, world: World, school: School
    ) -> None:
        """What nobody has named yet waits for nobody, however it came to be known."""
        body = untold(await school.child(), "not_sure", source="staff_observation")
        raised = (await school.staff.post("/v1/concerns", body)).json()
        assert immediacy(world, raised["id"]) == "today"

    async def test_does_not_wait_where_it_is_refused(self, world: World, school: School) -> None:
        body = untold(await school.child(), "not_sure", source="child_disclosure", mood="low")
        answer = await school.staff.post("/v1/concerns", body)
        assert (answer.status_code, answer.json()["kept"]) == (422, True)


class TestSelfHarm:
    @pytest.mark.parametrize("code", SELF_HARM)
    async def test_starts_the_pathway_by_its_category_alone(
        self, world: World, school: School, code: str
    ) -> None:
        await with_social_care(school)
        raised = (
            await school.staff.post("/v1/concerns", untold(await school.child(), code))
        ).json()
        assert pathways(world, raised["id"]) == [SELF_HARM[code]]
        assert raised["guidance"]["first"]
        assert {one["number"] for one in raised["lead_availability"]["call"]} >= {
            "999",
            "111",
            "116 123",
        }
        tasks = world.sql("select kind from task where concern_id = %s", raised["id"])
        assert {kind for (kind,) in tasks} >= {"sh_check", "sh_parents"}
        told = await school.staff.get(f"/v1/concerns/{raised['id']}")
        assert told.status_code == 200

    async def test_keeps_what_was_told_where_it_was_told(
        self, world: World, school: School
    ) -> None:
        body = untold(await school.child(), "self_harm", self_harm={"kind": "plan_or_preparation"})
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        assert pathways(world, concern) == ["plan_or_preparation"]

    async def test_is_of_whoever_it_is_about_and_of_no_friend(
        self, world: World, school: School
    ) -> None:
        harmed, friend = await school.child(), await school.child("Robin", "Vale")
        body = untold(harmed, "suicide_attempt")
        body["children"] = [
            {"child_id": str(harmed), "role": "harmed"},
            {"child_id": str(friend), "role": "witness"},
        ]
        raised = await school.staff.post("/v1/concerns", body)
        assert raised.status_code == 201, raised.text
        owed = world.sql(
            "select distinct child_id from task where concern_id = %s", raised.json()["id"]
        )
        assert owed == [(harmed,)]

    async def test_starts_where_triage_finds_it(self, world: World, school: School) -> None:
        concern = (
            await school.staff.post(
                "/v1/concerns", untold(await school.child(), "low_mood_anxiety")
            )
        ).json()["id"]
        assert pathways(world, concern) == []
        body = {
            "level": 3, "primary_category": "low_mood_anxiety", "categories": ["suicide_attempt"],
            "confidentiality": "K3", "owner_id": str(school[Role.DSL].id),
            "due_at": (clock.now() + timedelta(hours=20)).isoformat(), "reason": "She took pills.",
        }  # fmt: skip
        done = await school.lead.post(f"/v1/concerns/{concern}/triage", body, version=1)
        assert done.status_code == 200, done.text
        assert pathways(world, concern) == ["suicide_attempt"]
        assert immediacy(world, concern) == "immediate_danger"
        tasks = world.sql("select kind from task where concern_id = %s", concern)
        assert {kind for (kind,) in tasks} >= {"sh_check", "sh_parents"}
        again = await school.lead.post(f"/v1/concerns/{concern}/triage", body, version=2)
        assert again.status_code == 200, again.text
        assert pathways(world, concern) == ["suicide_attempt"]


class TestAdvice:
    @pytest.mark.parametrize("code", OTHERS)
    @pytest.mark.parametrize(
        ("at", "number"), [(MONDAY.replace(hour=10), BY_DAY), (FRIDAY_NIGHT, BY_NIGHT)],
        ids=["day", "night"],
    )  # fmt: skip
    async def test_names_social_care_for_this_hour_and_never_the_mental_health_line(
        self, world: World, school: School, code: str, at: datetime, number: str
    ) -> None:
        child = await school.child()
        await with_social_care(school)
        with clock.frozen(at):
            body = untold(child, code)
            raised = await fresh(world, school[Role.STAFF]).post("/v1/concerns", body)
        found = raised.json()
        said = " ".join(found["guidance"]["first"])
        assert "safeguarding lead" in said
        assert number in said
        called = [one["number"] for one in found["lead_availability"]["call"]]
        assert "999" in called
        assert number in called
        assert {"111", "116 123"}.isdisjoint(called)
        assert LINE not in raised.text
        if at is FRIDAY_NIGHT:
            assert number in found["lead_availability"]["advice"]

    async def test_names_the_number_of_the_authoritys_own_contacts_first(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await with_social_care(school)
        day = clock.day_of(clock.now())
        contacts = {
            "mash": {"name": "Front Door", "number": "01632 960301"},
            "edt": {"name": "Night Team", "number": "01632 960302"},
            "checked_on": day.isoformat(),
        }  # fmt: skip
        made = await school.lead.request(
            "PUT", "/v1/authority-contacts/E10000016", json=contacts, version=0
        )
        assert made.status_code == 200, made.text
        with clock.frozen(FRIDAY_NIGHT):
            answer = await fresh(world, school[Role.STAFF]).post(
                "/v1/concerns", untold(child, "sexual_abuse_disclosure")
            )
        assert "01632 960302" in " ".join(answer.json()["guidance"]["first"])

    async def test_says_what_to_do_where_no_number_is_known(
        self, world: World, school: School
    ) -> None:
        body = untold(await school.child(), "sexual_abuse_disclosure")
        raised = await school.staff.post("/v1/concerns", body)
        assert "children's social care" in " ".join(raised.json()["guidance"]["first"])
        assert LINE not in raised.text

    async def test_before_anything_is_known_says_for_what_each_is(
        self, world: World, school: School
    ) -> None:
        await with_social_care(school)
        with clock.frozen(FRIDAY_NIGHT):
            watch = (await fresh(world, school[Role.STAFF]).get("/v1/lead-availability")).json()
        assert f"children's social care: {BY_NIGHT}" in watch["advice"]
        assert "For self-harm or thoughts of suicide" in watch["advice"]

    @pytest.mark.parametrize(
        ("fields", "line"),
        [({"categories": ["sexual_abuse_disclosure"]}, False), ({"self_harm": {"kind": 5}}, True),
         ({"categories": ["suicide_attempt"]}, True)],
    )  # fmt: skip
    async def test_is_the_same_of_a_report_that_is_refused(
        self, world: World, school: School, fields: dict[str, Any], line: bool
    ) -> None:
        """And what is marked is kept, though nobody said how soon."""
        await with_social_care(school)
        body = {"account": [{"kind": "observed", "text": "Zyxglorp"}], "mood": "low"} | fields
        with clock.frozen(FRIDAY_NIGHT):
            answer = await fresh(world, school[Role.STAFF]).post("/v1/concerns", body)
        found = answer.json()
        assert (answer.status_code, found["kept"]) == (422, True)
        assert ("111" in {one["number"] for one in found["call"]}) is line
        assert (LINE in answer.text) is line
        assert BY_NIGHT in {one["number"] for one in found["call"]}

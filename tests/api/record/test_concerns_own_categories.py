"""A school's own words for categories: chosen like common ones, and judged by what they mean."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.duty.test_calendars import change, path, problems
from tests.api.record.test_concern_reports_no_disclosure_waits import immediacy, rung, untold
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.world import Api, School, World

LIST = "/v1/concerns/categories"
PLAY, AUNTS, SORE, COACH = "own:playground", "own:aunts", "own:sore", "own:coach"
WORDS: dict[str, Any] = {
    PLAY: {"label": "Playground trouble", "categories": ["bullying"]},
    AUNTS: {"label": "Aunts' visit", "categories": ["bullying", "fgm_disclosed_or_seen"]},
    SORE: {"label": "Sore day", "categories": ["self_harm"]},
    COACH: {"label": "After the bus", "categories": ["adult_concern"]},
}


def said(code: str) -> dict[str, Any]:
    """A word as an answer shows it."""
    return {"code": code, **{name: WORDS[code][name] for name in ("label", "categories")}}


async def with_words(school: School, **more: Any) -> None:
    """Let the school have its words."""
    answer = await change(school, own_categories=WORDS, **more)
    assert answer.status_code == 200, answer.text


async def opened(api: Api, concern: str) -> dict[str, Any]:
    """A concern as somebody reads it."""
    found: dict[str, Any] = (await api.get(f"/v1/concerns/{concern}")).json()
    return found


def yesterday() -> str:
    """The day before today, as it is written."""
    return (clock.now() - timedelta(days=1)).date().isoformat()


class TestReported:
    async def test_is_kept_with_the_word_and_its_meaning(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child(), categories=[PLAY]))["id"]
        for api in (school.lead, school.staff):
            found = await opened(api, concern)
            assert found["reported_categories"] == ["bullying"]
            assert found["reported_own_categories"] == [said(PLAY)]
        whole = await opened(school.lead, concern)
        assert (whole["primary_category"], whole["categories"]) == ("bullying", ["bullying"])
        assert whole["own_categories"] == [said(PLAY)]
        assert "own_categories" not in await opened(school.staff, concern)

    async def test_is_as_urgent_as_the_strictest_that_it_means(
        self, world: World, school: School
    ) -> None:
        await with_words(school)
        answer = await school.staff.post("/v1/concerns", untold(await school.child(), AUNTS))
        concern = answer.json()["id"]
        assert immediacy(world, concern) == "today"
        assert set(rung(world, concern).values()) == {True}
        assert "call 101 yourself" in " ".join(answer.json()["guidance"]["first"])
        owed = world.sql("select kind from task where concern_id = %s", concern)
        assert ("own_report",) in owed
        parents = (await opened(school.lead, concern))["parents"]
        assert parents["may_know"] == "never_first"

    async def test_is_as_urgent_as_the_school_has_its_meaning(
        self, world: World, school: School
    ) -> None:
        await with_words(school, categories={"bullying": {"immediacy": "today"}})
        answer = await school.staff.post("/v1/concerns", untold(await school.child(), PLAY))
        assert immediacy(world, answer.json()["id"]) == "today"

    async def test_of_self_harm_begins_the_pathway(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child(), categories=[SORE]))["id"]
        assert (await opened(school.lead, concern))["self_harm"] is not None

    async def test_about_an_adult_goes_to_their_register(
        self, world: World, school: School
    ) -> None:
        await with_words(school)
        found = await raise_one(school.staff, await school.child(), categories=[COACH])
        assert found["register"] == "adults"
        assert world.sql("select count(*) from concern where school_id = %s", school.id) == [(0,)]
        whole = await school.api(Role.HEADTEACHER).get(f"/v1/adult-concerns/{found['id']}")
        report = whole.json()["child_report"]
        assert report["categories"] == ["adult_concern"]
        assert report["own_categories"] == [said(COACH)]

    async def test_keeps_the_word_when_the_school_takes_it_away(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child(), categories=[PLAY]))["id"]
        assert (await change(school, 1, own_categories={PLAY: None})).status_code == 200
        assert (await opened(school.lead, concern))["own_categories"] == [said(PLAY)]

    async def test_that_ended_or_has_not_begun_cannot_be_chosen(self, school: School) -> None:
        old = {**WORDS[PLAY], "valid_to": yesterday()}
        new = {**WORDS[AUNTS], "valid_from": (clock.now() + timedelta(days=2)).date().isoformat()}
        assert (await change(school, own_categories={PLAY: old, AUNTS: new})).status_code == 200
        child = await school.child()
        body = untold(child, "bullying", PLAY, AUNTS)
        answer = await school.staff.post("/v1/concerns", body)
        assert problems(answer) == [
            ("/categories/1", "category_not_in_use"),
            ("/categories/2", "category_not_in_use"),
        ]
        assert answer.json()["kept"] is True

    async def test_of_another_school_is_not_known(
        self, school: School, other_school: School
    ) -> None:
        await with_words(other_school)
        answer = await school.staff.post("/v1/concerns", untold(await school.child(), PLAY))
        assert problems(answer) == [("/categories/0", "unknown_category")]


def incomplete(world: World, school: School) -> list[Any]:
    """Register and urgency of what is kept of refused reports."""
    return world.sql(
        "select register, urgent from incomplete_report where school_id = %s", school.id
    )


class TestReportsThatCannotBeTaken:
    @pytest.mark.parametrize("raw", [False, True])
    async def test_about_an_adult_go_to_no_lead(
        self, world: World, school: School, raw: bool
    ) -> None:
        await with_words(school)
        body: Any = {"children": [], "account": [{"text": "Zyxglorp"}], "categories": [COACH]}
        if raw:
            answer = await school.staff.post(
                "/v1/concerns", content=f'{{"categories": ["{COACH}"], "account": '.encode()
            )
        else:
            answer = await school.staff.post("/v1/concerns", body)
        assert answer.json()["kept"] is True, answer.text
        assert {register for register, _ in incomplete(world, school)} == {"adults"}
        assert world.sql("select count(*) from task where school_id = %s", school.id) == [(0,)]

    async def test_are_as_urgent_as_what_is_meant(self, world: World, school: School) -> None:
        word = {"label": "Gone", "categories": ["missing_from_home_or_care"]}
        kept = await change(school, own_categories={"own:gone": word})
        assert kept.status_code == 200, kept.text
        answer = await school.staff.post(
            "/v1/concerns", {"account": [{"text": "Zyxglorp"}], "categories": ["own:gone"]}
        )
        assert answer.json()["lead_told"] is True
        assert incomplete(world, school) == [("children", True)]


class TestTriage:
    async def test_takes_the_word_and_shows_what_it_means(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = a_triage(school[Role.DSL].id, primary_category=AUNTS, categories=["bullying", PLAY])
        answer = await step(school.lead, concern, "triage", body)
        assert answer.status_code == 200, answer.text
        whole = await opened(school.lead, concern)
        assert whole["primary_category"] == "bullying"
        assert whole["categories"] == ["bullying", "fgm_disclosed_or_seen"]
        assert whole["own_categories"] == [said(AUNTS), said(PLAY)]
        assert whole["reported_own_categories"] == []
        assert whole["immediacy"] == "today"
        again = a_triage(school[Role.DSL].id, primary_category="bullying")
        assert (await step(school.lead, concern, "triage", again)).status_code == 200
        assert (await opened(school.lead, concern))["own_categories"] == []

    async def test_moves_what_the_word_says_is_about_an_adult(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = a_triage(school[Role.DSL].id, primary_category="bullying", categories=[COACH])
        answer = await step(school.lead, concern, "triage", body)
        assert answer.status_code == 200, answer.text
        assert (await school.lead.get(f"/v1/concerns/{concern}")).status_code in (403, 404)
        whole = await school.api(Role.HEADTEACHER).get(f"/v1/adult-concerns/{concern}")
        assert whole.json()["child_report"]["own_categories"] == [said(COACH)]

    async def test_points_at_a_word_that_is_not_used(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = a_triage(school[Role.DSL].id, primary_category=AUNTS, categories=[PLAY])
        assert problems(await step(school.lead, concern, "triage", body)) == [
            ("/primary_category", "unknown_category"),
            ("/categories/0", "unknown_category"),
        ]


class TestAmended:
    async def test_adds_the_word_with_what_it_means(self, world: World, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"text": "She says her aunts come on Friday.", "reason": "x", "categories": [AUNTS]}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert answer.status_code == 201, answer.text
        whole = await opened(school.lead, concern)
        assert set(whole["categories"]) >= set(WORDS[AUNTS]["categories"])
        assert whole["own_categories"] == [said(AUNTS)]
        assert immediacy(world, concern) == "today"
        assert whole["amendments"][0]["categories"] == WORDS[AUNTS]["categories"]

    async def test_of_an_adult_goes_to_their_register_with_it(self, school: School) -> None:
        await with_words(school)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"text": "It was the driver.", "reason": "x", "categories": [COACH]}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert answer.status_code == 201, answer.text
        whole = await school.api(Role.HEADTEACHER).get(f"/v1/adult-concerns/{concern}")
        assert said(COACH) in whole.json()["child_report"]["own_categories"]

    async def test_points_at_a_word_that_is_not_used(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"text": "More.", "reason": "x", "categories": [PLAY]}
        answer = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        assert problems(answer) == [("/categories/0", "unknown_category")]


class TestTheList:
    async def test_is_filtered_by_a_word_reported_or_chosen(self, school: School) -> None:
        await with_words(school)
        child = await school.child()
        one = (await raise_one(school.staff, child, categories=[PLAY]))["id"]
        two = (await raise_one(school.staff, child))["id"]
        other = (await raise_one(school.staff, child, categories=["bullying"]))["id"]
        body = a_triage(school[Role.DSL].id, primary_category=PLAY)
        assert (await step(school.lead, two, "triage", body)).status_code == 200
        again = a_triage(school[Role.DSL].id, primary_category="bullying")
        assert (await step(school.lead, one, "triage", again)).status_code == 200
        for asked, found in ((PLAY, {one, two}), ("bullying", {one, two, other}), (AUNTS, set())):
            listed = await school.lead.get("/v1/concerns", params={"category": asked})
            assert {card["id"] for card in listed.json()["items"]} == found

    async def test_of_a_child_shows_them_and_is_filtered_by_them(self, school: School) -> None:
        await with_words(school)
        child = await school.child()
        await raise_one(school.staff, child, categories=["bullying"])
        concern = (await raise_one(school.staff, child, categories=[PLAY]))["id"]
        path = f"/v1/children/{child}/chronology"
        listed = (await school.lead.get(path, params={"category": PLAY})).json()["items"]
        assert [one["concern_id"] for one in listed] == [concern]
        assert [one["own_categories"] for one in listed] == [["Playground trouble"]]
        assert (
            len((await school.lead.get(path, params={"category": "bullying"})).json()["items"]) == 2
        )


class TestMerged:
    async def test_is_about_the_words_of_both(self, school: School) -> None:
        await with_words(school)
        child = await school.child()
        one = (await raise_one(school.staff, child, categories=[PLAY]))["id"]
        two = (await raise_one(school.staff, child, categories=[AUNTS]))["id"]
        body = {"into": one, "reason": "The same morning."}
        answer = await step(school.lead, two, "merge", body)
        assert answer.status_code == 200, answer.text
        assert (await opened(school.lead, one))["own_categories"] == [said(PLAY), said(AUNTS)]


class TestListConcernCategories:
    async def test_shows_own_words_first_and_what_they_mean(self, school: School) -> None:
        old = {**WORDS[SORE], "valid_to": yesterday()}
        kept = await change(school, own_categories={**WORDS, SORE: old})
        assert kept.status_code == 200, kept.text
        answer = await school.staff.get(LIST)
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert [one["code"] for one in items if one["own"]] == [COACH, AUNTS, PLAY]
        assert [one["own"] for one in items[:4]] == [True, True, True, False]
        assert items[1]["categories"] == WORDS[AUNTS]["categories"]
        common = next(one for one in items if one["code"] == "bullying")
        assert common["categories"] == ["bullying"]

    async def test_shows_no_word_of_another_school(
        self, school: School, other_school: School
    ) -> None:
        await with_words(other_school)
        items = (await school.staff.get(LIST)).json()["items"]
        assert not any(one["own"] for one in items)
        assert len(items) > 100


class TestTheSchoolsWords:
    async def test_stand_in_the_calendar_and_leads_are_told(
        self, world: World, school: School
    ) -> None:
        await with_words(school)
        found = (await school.staff.get(path(school))).json()
        assert found["own_categories"] == WORDS
        told = world.sql(
            "select recipient_id from alert where school_id = %s and kind = 'calendar_changed'",
            school.id,
        )
        assert (school[Role.DSL].id,) in told
        versions = (await school.staff.get(f"{path(school)}/versions")).json()["items"]
        assert [one["own_categories"] for one in versions] == [WORDS]

    async def test_are_set_by_no_teacher(self, school: School) -> None:
        answer = await school.staff.patch(path(school), {"own_categories": WORDS}, version=0)
        assert answer.status_code == 403

    async def test_mean_less_only_where_a_lead_says_so(self, school: School) -> None:
        await with_words(school)
        less = {AUNTS: {**WORDS[AUNTS], "categories": ["bullying"]}}
        refused = await change(school, 1, own_categories=less)
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
        more = {PLAY: {**WORDS[PLAY], "categories": ["bullying", "fgm_disclosed_or_seen"]}}
        assert (await change(school, 1, own_categories=more)).status_code == 200
        body = {"own_categories": less}
        assert (await school.lead.patch(path(school), body, version=2)).status_code == 200

    @pytest.mark.parametrize(
        ("code", "fields", "pointer"),
        [
            ("bullying", {}, "/own_categories/bullying"),
            (PLAY, {"categories": ["of_our_own"]}, f"/own_categories/{PLAY}/categories/0"),
            (PLAY, {"categories": [PLAY]}, f"/own_categories/{PLAY}/categories/0"),
            (PLAY, {"categories": []}, f"/own_categories/{PLAY}/categories"),
            (PLAY, {"categories": ["bullying", "bullying"]}, f"/own_categories/{PLAY}"),
            (
                PLAY, {"valid_from": "2026-02-02", "valid_to": "2026-02-01"},
                f"/own_categories/{PLAY}/valid_to",
            ),
        ],
    )  # fmt: skip
    async def test_say_what_common_ones_they_mean(
        self, school: School, code: str, fields: dict[str, Any], pointer: str
    ) -> None:
        answer = await change(school, own_categories={code: {**WORDS[PLAY], **fields}})
        ((found, _),) = problems(answer)
        assert found.startswith(pointer)

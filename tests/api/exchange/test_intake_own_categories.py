"""The map of a monitoring tool takes the school's own words, too."""

from typing import Any

import pytest

from app.core.words import Role
from tests.api.duty.test_calendars import change, problems
from tests.api.exchange.test_monitoring_alerts import step
from tests.api.record.test_concern_reports_no_disclosure_waits import immediacy
from tests.api.record.test_concerns import raise_one
from tests.api.record.test_concerns_own_categories import AUNTS, PLAY, opened, said, with_words
from tests.monitoring import INBOX, SOURCES, Tool, a_child_known_by, a_tool
from tests.world import School, World

FIGHT, LATE = "Fight / club", "Late"


async def mapped(world: World, school: School, **categories: str) -> Tool:
    """A tool whose words mean the school's own."""
    await with_words(school)
    await a_child_known_by(school, "username", "a.marsh")
    return await a_tool(world, school, categories=categories or {FIGHT: PLAY, LATE: AUNTS})


async def alert_of(tool: Tool, word: str) -> dict[str, Any]:
    """An alert in a word of the tool, as a lead opens it."""
    id_ = (await tool.sent(category=None, source_category=word))["id"]
    found: dict[str, Any] = (await tool.school.lead.get(f"{INBOX}/{id_}")).json()
    return found


class TestAMap:
    async def test_is_kept_and_shown(self, world: World, school: School) -> None:
        tool = await mapped(world, school)
        found = (await school.lead.get(f"{SOURCES}/{tool.id}")).json()
        assert found["categories"] == {"fight / club": PLAY, "late": AUNTS}

    async def test_takes_no_word_that_the_school_does_not_use(
        self, world: World, school: School
    ) -> None:
        tool = await mapped(world, school)
        body = {"categories": {FIGHT: "own:nothing"}}
        refused = await school.lead.patch(f"{SOURCES}/{tool.id}", body, version=1)
        assert problems(refused) == [("/categories/Fight ~1 club", "unknown_category")]
        made = await school.lead.post(SOURCES, {"name": "Other", "kind": "filter"} | body)
        assert problems(made) == [("/categories/Fight ~1 club", "unknown_category")]


class TestAnAlert:
    async def test_has_the_word_and_the_first_that_it_means(
        self, world: World, school: School
    ) -> None:
        found = await alert_of(await mapped(world, school), FIGHT)
        assert (found["category"], found["own_category"]) == ("bullying", said(PLAY))
        assert found["source_category"] == FIGHT

    async def test_becomes_a_concern_with_all_that_the_word_means(
        self, world: World, school: School
    ) -> None:
        """As it stood when the alert came: the school may have taken the word away since."""
        tool = await mapped(world, school)
        found = await alert_of(tool, LATE)
        assert (await change(school, 1, own_categories={AUNTS: None})).status_code == 200
        body = {"immediacy": "routine"}
        taken = (await step(school.lead, found["id"], "take-up", body)).json()
        concern = await opened(school.lead, taken["concern_id"])
        assert concern["categories"] == ["bullying", "fgm_disclosed_or_seen"]
        assert concern["own_categories"] == concern["reported_own_categories"] == [said(AUNTS)]
        assert immediacy(world, taken["concern_id"]) == "today"
        assert concern["parents"]["may_know"] == "never_first"
        assert "Category: Aunts' visit" in concern["account"][0]["text"]

    async def test_is_unmapped_once_the_school_uses_the_word_no_longer(
        self, world: World, school: School
    ) -> None:
        tool = await mapped(world, school)
        assert (await change(school, 1, own_categories={PLAY: None})).status_code == 200
        found = await alert_of(tool, FIGHT)
        assert (found["category"], found["own_category"]) == (None, None)
        source = (await school.lead.get(f"{SOURCES}/{tool.id}")).json()
        assert source["unmapped_categories"] == [FIGHT]
        taken = await step(school.lead, found["id"], "take-up", {"immediacy": "routine"})
        concern = await opened(school.lead, taken.json()["concern_id"])
        assert concern["categories"] == ["not_sure"]

    async def test_can_be_taken_up_in_another_word(self, world: World, school: School) -> None:
        found = await alert_of(await mapped(world, school), "Anything")
        body = {"immediacy": "routine", "categories": [PLAY]}
        taken = (await step(school.lead, found["id"], "take-up", body)).json()
        concern = await opened(school.lead, taken["concern_id"])
        assert (concern["categories"], concern["own_categories"]) == (["bullying"], [said(PLAY)])

    @pytest.mark.parametrize("beside", ["self_harm", "adult_concern"])
    async def test_rings_for_all_that_is_news_in_a_concern_it_is_added_to(
        self, world: World, school: School, beside: str
    ) -> None:
        """What is milder than what was told, or is no matter of the child's record, hides no

        other thing that the same word means.
        """
        both = {"label": "Both", "categories": [beside, "fgm_disclosed_or_seen"]}
        assert (await change(school, own_categories={"own:both": both})).status_code == 200
        child = await a_child_known_by(school, "username", "a.marsh")
        tool = await a_tool(world, school, categories={LATE: "own:both"})
        concern = (await raise_one(school.staff, child, categories=["suicide_attempt"]))["id"]
        told = await tool.sent(category=None, source_category=LATE)
        answer = await step(school.lead, told["id"], "take-up", {"concern_id": concern})
        assert answer.status_code == 200, answer.text
        shown = await opened(school.lead, concern)
        assert shown["categories"] == ["suicide_attempt", "fgm_disclosed_or_seen"]
        assert shown["self_harm"]["kind"] == "suicide_attempt"
        assert world.sql(
            "select urgent from alert where concern_id = %s and recipient_id = %s"
            " and kind = 'concern_urgent'", concern, school[Role.DEPUTY_DSL].id,
        ) == [(True,)]  # fmt: skip


async def test_leads_hear_of_a_change_of_the_map(world: World, school: School) -> None:
    tool = await mapped(world, school)
    body = {"categories": {FIGHT: AUNTS}}
    changed = await school.lead.patch(f"{SOURCES}/{tool.id}", body, version=1)
    assert changed.status_code == 200, changed.text
    rows = world.sql(
        "select recipient_id from alert where school_id = %s and kind = 'intake_changed'",
        school.id,
    )
    assert (school[Role.DEPUTY_DSL].id,) in rows

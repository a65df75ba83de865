"""Later words of a tool: another child, graver facts, and what a person must not overlook."""

from typing import Any

import pytest

from app.core.words import Role
from tests.monitoring import INBOX, Tool, a_child_known_by, a_tool, in_conflict, row_of
from tests.world import School, World

ANN, BEA = {"mis_id": "1"}, {"mis_id": "2"}


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


async def two_children(school: School) -> tuple[str, str]:
    """Ann and Bea, each known by a number."""
    ann = await a_child_known_by(school, "mis_id", "1", given="Ann", family="Ash")
    bea = await a_child_known_by(school, "mis_id", "2", given="Bea", family="Birch")
    return str(ann), str(bea)


async def decide(school: School, alert: str, verb: str, body: dict[str, Any], version: int) -> Any:
    """Let the lead take an alert a step further."""
    answer = await school.lead.post(f"{INBOX}/{alert}/{verb}", body, version=version)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rung(world: World, school: School, role: Role = Role.DSL) -> int:
    """How often somebody was told of an alert, folded ones by their count."""
    told = world.sql(
        "select coalesce(sum(coalesce((select sum(v::int) from jsonb_each_text(a.counts) c(k, v)),"
        " 1)), 0)::int from alert a where a.school_id = %s and a.recipient_id = %s"
        " and a.kind = 'monitoring_alert'", school.id, school[role].id,
    )  # fmt: skip
    return int(told[0][0])


DISMISS = {"reason_code": "false_positive", "reason": "An essay"}


class TestACorrectedSubject:
    async def test_is_about_nobody_until_a_person_decides(
        self, world: World, school: School, tool: Tool
    ) -> None:
        ann, bea = await two_children(school)
        first = await tool.sent(external_id="e", subject=ANN)
        assert first["matched"] is True
        again = await tool.sent(external_id="e", subject=BEA)
        assert again["matched"] is False
        kept = row_of(world, first["id"])
        assert (kept["child_id"], set(kept["candidates"])) == (None, {ann, bea})
        shown = await tool.open(first["id"])
        assert {one["id"] for one in shown["suggestions"]} == {ann, bea}
        assert rung(world, school) == 2

    async def test_keeps_out_whoever_has_an_interest_in_either(
        self, world: World, school: School, tool: Tool
    ) -> None:
        _, bea = await two_children(school)
        in_conflict(school, school[Role.DSL].id, bea)  # type: ignore[arg-type]
        first = await tool.sent(external_id="e", subject=ANN)
        assert row_of(world, first["id"])["owner_id"] == str(school[Role.DSL].id)
        await tool.sent(external_id="e", subject=BEA)
        assert (await school.lead.get(f"{INBOX}/{first['id']}")).status_code == 404
        assert row_of(world, first["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)

    async def test_that_names_nobody_any_more_unmatches(
        self, world: World, school: School, tool: Tool
    ) -> None:
        ann, _ = await two_children(school)
        first = await tool.sent(external_id="e", subject=ANN)
        await tool.sent(external_id="e", subject={"username": "guest"})
        kept = row_of(world, first["id"])
        assert (kept["child_id"], kept["candidates"], kept["confidence"]) == (None, [ann], "weak")

    @pytest.mark.parametrize("verb", ["dismiss", "take-up"])
    async def test_waits_for_a_person_again_after_a_decision(
        self, world: World, school: School, tool: Tool, verb: str
    ) -> None:
        await two_children(school)
        first = await tool.sent(external_id="e", subject=ANN, severity="low")
        body = DISMISS if verb == "dismiss" else {"immediacy": "routine"}
        await decide(school, first["id"], verb, body, 1)
        await tool.sent(external_id="e", subject=BEA, severity="low")
        kept = row_of(world, first["id"])
        assert (kept["state"], kept["child_id"]) == ("open", None)
        clocks = world.sql(
            "select count(*) from deadline where thing_id = %s and ended_at is null", first["id"]
        )
        assert clocks == [(1,)]

    async def test_leaves_what_a_person_said_of_the_same_words(
        self, world: World, school: School, tool: Tool
    ) -> None:
        _, bea = await two_children(school)
        first = await tool.sent(external_id="e", subject=ANN)
        await decide(school, first["id"], "match", {"child_id": bea, "reason": "Seats"}, 1)
        await tool.sent(external_id="e", subject=ANN, snippet="More.")
        assert row_of(world, first["id"])["child_id"] == bea

    async def test_takes_a_part_out_of_its_burst(
        self, world: World, school: School, tool: Tool
    ) -> None:
        ann, bea = await two_children(school)
        head = await tool.sent(subject=ANN)
        part = await tool.sent(external_id="e", subject=ANN)
        assert part["state"] == "collapsed"
        await tool.sent(external_id="e", subject=BEA)
        kept = row_of(world, part["id"])
        assert (kept["state"], kept["collapsed_into"]) == ("open", None)
        assert set(kept["candidates"]) == {ann, bea}
        assert row_of(world, head["id"])["count"] == 1

    async def test_leaves_the_rest_of_a_burst_where_it_was(
        self, world: World, school: School, tool: Tool
    ) -> None:
        ann, _ = await two_children(school)
        head = await tool.sent(external_id="e", subject=ANN)
        parts = [await tool.sent(subject=ANN) for _ in range(2)]
        await tool.sent(external_id="e", subject=BEA)
        kept = [row_of(world, one["id"]) for one in parts]
        assert {one["child_id"] for one in kept} == {ann}
        assert sorted(one["state"] for one in kept) == ["collapsed", "open"]
        assert max(one["count"] for one in kept) == 2
        assert row_of(world, head["id"])["count"] == 1
        assert (await tool.sent(subject=ANN))["state"] == "collapsed"


class TestGraverFacts:
    @pytest.mark.parametrize(
        ("fields", "state"),
        [
            ({"severity": "high"}, "open"),
            ({"severity": "low"}, "dismissed"),
            ({"severity": "low", "review": {"outcome": "True positive"}}, "open"),
        ],
    )
    async def test_open_a_dismissed_alert_again(
        self, world: World, school: School, tool: Tool, fields: dict[str, Any], state: str
    ) -> None:
        sent = {"external_id": "e", "severity": "high"} | fields | {"review": None}
        first = await tool.sent(**sent)
        await decide(school, first["id"], "dismiss", DISMISS, 1)
        before = rung(world, school)
        given = {"external_id": "e", "review": None, "snippet": "Tonight.", **fields}
        await tool.sent(**given)
        assert row_of(world, first["id"])["state"] == state
        assert (rung(world, school) > before) == (state == "open")

    async def test_in_a_part_make_an_item_of_its_own(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await tool.sent(severity="low")
        part = await tool.sent(severity="low", external_id="e")
        await tool.sent(severity="critical", external_id="e")
        kept = row_of(world, part["id"])
        assert (kept["state"], kept["due_rule"]) == ("open", "monitoring.match.critical")

    @pytest.mark.parametrize("severity", ["high", "critical"])
    async def test_ring_again_where_what_rang_was_acknowledged(
        self, world: World, school: School, tool: Tool, severity: str
    ) -> None:
        await tool.sent(severity=severity)
        alerts = (await school.lead.get("/v1/alerts")).json()["items"]
        answer = await school.lead.post(f"/v1/alerts/{alerts[0]['id']}/acknowledge")
        assert answer.status_code == 200, answer.text
        assert (await tool.sent(severity=severity))["state"] == "collapsed"
        assert rung(world, school) == 2


class TestOneAccountForMany:
    async def test_makes_no_burst_of_different_names(self, tool: Tool) -> None:
        for name in ("Ann Ash", "Bea Birch"):
            told = await tool.sent(severity="low", subject={"username": "guest", "name": name})
            assert told["state"] == "open"

    async def test_makes_no_burst_of_what_is_grave_without_a_name(self, tool: Tool) -> None:
        told = [await tool.sent(subject={"username": "guest"}) for _ in range(2)]
        assert [one["state"] for one in told] == ["open", "open"]


class TestWhatAPersonReads:
    async def test_is_every_word_of_a_burst(self, school: School, tool: Tool) -> None:
        await two_children(school)
        head = await tool.sent(subject=ANN, snippet="Homework.")
        for severity, snippet in (("low", "Games."), ("high", "Tonight.")):
            await tool.sent(subject=ANN, snippet=snippet, severity=severity)
        shown = await tool.open(head["id"])
        assert [(one["severity"], one["snippet"]) for one in shown["burst"]] == [
            ("high", "Tonight."), ("low", "Games."),
        ]  # fmt: skip
        taken = await decide(school, head["id"], "take-up", {"immediacy": "today"}, 3)
        concern = (await school.lead.get(f"/v1/concerns/{taken['concern_id']}")).json()
        text = "\n".join(one["text"] for one in concern["account"])
        for words in ("Homework.", "Games.", "Tonight."):
            assert words in text
        last = await tool.sent(subject=ANN, snippet="Later.")
        await tool.sent(subject=ANN, snippet="Even later.")
        body = {"concern_id": taken["concern_id"]}
        await decide(school, last["id"], "take-up", body, 2)
        path = f"/v1/concerns/{taken['concern_id']}/amendments"
        assert "Even later." in (await school.lead.get(path)).text

    async def test_has_no_words_about_another_child(self, school: School, tool: Tool) -> None:
        ann, bea = await two_children(school)
        for child, wanted, other in ((ann, "Of Ann.", "Of Bea."), (bea, "Of Bea.", "Of Ann.")):
            name = f"e-{child}"
            first = await tool.sent(external_id=name, subject=ANN, snippet="Of Ann.")
            await tool.sent(external_id=name, subject=BEA, snippet="Of Bea.")
            await decide(school, first["id"], "match", {"child_id": child, "reason": "x"}, 2)
            taken = await decide(school, first["id"], "take-up", {"immediacy": "today"}, 3)
            concern = await school.lead.get(f"/v1/concerns/{taken['concern_id']}")
            assert wanted in concern.text
            assert other not in concern.text

    async def test_is_the_first_and_the_gravest_beside_the_newest(
        self, school: School, tool: Tool
    ) -> None:
        first = await tool.sent(external_id="e", severity="low", snippet="0")
        await tool.sent(external_id="e", severity="critical", snippet="1")
        for number in range(2, 54):
            await tool.sent(external_id="e", severity="low", snippet=str(number))
        shown = await tool.open(first["id"])
        assert [one["number"] for one in shown["bodies"]] == [*range(54, 4, -1), 2, 1]

"""The inbox of monitoring alerts: who sees what, and what people decide."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.adults import ROOT, ids_of
from tests.api.record.test_concerns import a_body
from tests.monitoring import INBOX, Tool, a_child_known_by, a_tool, in_conflict, row_of, verbs_of
from tests.world import Api, School, World


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


async def child_of(school: School) -> str:
    """The child whose user name the alerts have."""
    return str(await a_child_known_by(school, "username", "a.marsh"))


async def step(api: Api, alert: str, verb: str, body: Any, version: int | None = 1) -> Any:
    """Take an alert one step further."""
    return await api.post(f"{INBOX}/{alert}/{verb}", body, version=version)


def clocks_of(world: World, alert: str) -> list[Any]:
    """Whether the clocks of an alert have ended, and why."""
    return world.sql(
        "select ended_reason_code from deadline where thing_id = %s order by made_at", alert
    )


class TestListMonitoringAlerts:
    async def test_shows_cards_without_what_was_captured(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await child_of(school)
        told = await tool.sent()
        answer = await school.lead.get(INBOX)
        listed = answer.json()["items"]
        assert [one["id"] for one in listed] == [told["id"]]
        assert listed[0]["child"] == {"id": child, "name": "Alex Marsh"}
        for hidden in ("snippet", "typed", "example.org", "a.marsh"):
            assert hidden not in answer.text
        found = world.sql(
            "select count(*) from trail where school_id = %s"
            " and verb = 'monitoring_alert.listed'", school.id,
        )  # fmt: skip
        assert found == [(1,)]

    async def test_filters(self, school: School, tool: Tool) -> None:
        await child_of(school)
        matched = await tool.sent(severity="low")
        other = await tool.sent(subject={"username": "nobody"}, severity="critical")
        await step(school.lead, other["id"], "dismiss", {"reason_code": "test", "reason": "x"})

        async def ids(**query: Any) -> list[str]:
            answer = await school.lead.get(INBOX, params=query)
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["items"]]

        assert await ids() == [matched["id"]]
        assert await ids(state="dismissed") == [other["id"]]
        assert await ids(severity="critical") == []
        assert await ids(severity="critical", state="dismissed") == [other["id"]]
        assert await ids(matched=False) == []
        assert await ids(matched=True) == [matched["id"]]
        assert await ids(owner_id=str(school[Role.DSL].id)) == [matched["id"]]
        assert await ids(source_id=tool.id) == [matched["id"]]
        assert (await school.lead.get(INBOX, params={"who": "x"})).status_code == 422

    async def test_goes_page_by_page(self, school: School, tool: Tool) -> None:
        sent = [(await tool.sent(subject={"username": f"u{n}"}))["id"] for n in range(5)]
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            found = (await school.lead.get(INBOX, params=query)).json()
            seen += [one["id"] for one in found["items"]]
            if found["next"] is None:
                break
            query["cursor"] = found["next"]
        assert seen == sent[::-1]

    async def test_shows_nothing_of_another_school(
        self, tool: Tool, school: School, other_school: School
    ) -> None:
        told = await tool.sent()
        assert (await other_school.lead.get(INBOX)).json()["items"] == []
        assert (await other_school.lead.get(f"{INBOX}/{told['id']}")).status_code == 404

    async def test_is_for_roles_that_read_the_class(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await tool.sent()
        await school.role("watcher", "monitoring:read")
        watcher = await school.holder("watcher")
        answer = await world.as_token(watcher.token).get(INBOX)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
        await school.role("reviewer", "monitoring:read", classes=["K3"])
        reviewer = await school.holder("reviewer")
        found = await world.as_token(reviewer.token).get(INBOX)
        assert len(found.json()["items"]) == 1


class TestOpenMonitoringAlert:
    async def test_leaves_a_trace(self, world: World, school: School, tool: Tool) -> None:
        child = await child_of(school)
        told = await tool.sent()
        await tool.open(told["id"])
        entry = world.sql(
            "select child_id::text, actor_id from trail where noun_id = %s"
            " and verb = 'monitoring_alert.opened'", told["id"],
        )  # fmt: skip
        assert entry == [(child, school[Role.DSL].id)]

    async def test_hides_a_part_whose_burst_is_about_ones_own(
        self, school: School, tool: Tool
    ) -> None:
        """The part itself fits nobody; a person said who the burst is about."""
        child = await school.child()
        head, part = await tool.sent(), await tool.sent()
        assert part["state"] == "collapsed"
        in_conflict(school, school[Role.HEADTEACHER].id, child)
        head_teacher = school.api(Role.HEADTEACHER)
        assert (await head_teacher.get(f"{INBOX}/{part['id']}")).status_code == 200
        body = {"child_id": str(child), "reason": "Sat there"}
        assert (await step(school.lead, head["id"], "match", body, 2)).status_code == 200
        for alert in (head, part):
            assert (await head_teacher.get(f"{INBOX}/{alert['id']}")).status_code == 404
        collapsed = await head_teacher.get(INBOX, params={"state": "collapsed"})
        assert collapsed.json()["items"] == []

    async def test_hides_what_may_be_about_ones_own(self, school: School, tool: Tool) -> None:
        one = await a_child_known_by(school, "mis_id", "1", given="Ann")
        await a_child_known_by(school, "username", "b", given="Bea")
        in_conflict(school, school[Role.HEADTEACHER].id, one)
        told = await tool.sent(subject={"mis_id": "1", "username": "b"})
        path = f"{INBOX}/{told['id']}"
        assert (await school.api(Role.HEADTEACHER).get(path)).status_code == 404
        assert (await school.lead.get(path)).status_code == 200


class TestMatchMonitoringAlert:
    async def test_may_be_said_and_said_anew(
        self, world: World, school: School, tool: Tool
    ) -> None:
        told = await tool.sent()
        for version, given in ((1, "Ann"), (2, "Bea")):
            child = str(await school.child(given))
            body = {"child_id": child, "reason": "The seating plan"}
            answer = await step(school.lead, told["id"], "match", body, version)
            assert answer.status_code == 200, answer.text
            assert answer.json()["child"]["id"] == child
            assert answer.json()["confidence"] == "person"
        none = {"child_id": None, "reason": "A guest"}
        answer = await step(school.lead, told["id"], "match", none, 3)
        assert (answer.json()["matched"], answer.json()["confidence"]) == (False, "none")
        assert verbs_of(world, told["id"]).count("monitoring_alert.matched") == 3

    async def test_moves_it_away_from_an_owner_in_conflict(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await school.child()
        in_conflict(school, school[Role.DSL].id, child)
        told = await tool.sent()
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DSL].id)
        body = {"child_id": str(child), "reason": "Known"}
        answer = await step(school.api(Role.DEPUTY_DSL), told["id"], "match", body)
        assert answer.status_code == 200
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)
        assert (await school.lead.get(f"{INBOX}/{told['id']}")).status_code == 404

    async def test_refuses_ones_own_and_what_is_not_here(
        self, school: School, other_school: School, tool: Tool
    ) -> None:
        own, theirs = await school.child(), await other_school.child()
        in_conflict(school, school[Role.DSL].id, own)
        told = await tool.sent()
        body = {"child_id": str(own), "reason": "x"}
        answer = await step(school.lead, told["id"], "match", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "conflict_of_interest")
        answer = await step(school.lead, told["id"], "match", body | {"child_id": str(theirs)})
        assert (answer.status_code, answer.json()["code"]) == (404, "child_not_found")
        answer = await step(school.lead, told["id"], "match", {"reason": "x"})
        assert answer.status_code == 422


class TestAssignMonitoringAlert:
    async def test_gives_it_to_another_and_tells_them(
        self, world: World, school: School, tool: Tool
    ) -> None:
        told = await tool.sent(severity="low")
        due = row_of(world, told["id"])["due_at"]
        head = school[Role.HEADTEACHER]
        answer = await step(school.lead, told["id"], "assign", {"owner_id": str(head.id)})
        assert answer.json()["owner"] == {"id": str(head.id), "name": head.name}
        assert row_of(world, told["id"])["due_at"] == due
        alerts = world.sql(
            "select kind, noun, thing_id::text from alert where school_id = %s"
            " and recipient_id = %s", school.id, head.id,
        )  # fmt: skip
        assert alerts == [("monitoring_alert", "monitoring_alert", told["id"])]

    @pytest.mark.parametrize("role", [Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN])
    async def test_refuses_who_may_not_look_at_it(
        self, school: School, tool: Tool, role: Role
    ) -> None:
        told = await tool.sent()
        answer = await step(school.lead, told["id"], "assign", {"owner_id": str(school[role].id)})
        assert (answer.status_code, answer.json()["code"]) == (422, "reviewer_unsuitable")

    async def test_refuses_who_is_locked_out(self, school: School, tool: Tool) -> None:
        child = await a_child_known_by(school, "username", "a.marsh")
        in_conflict(school, school[Role.DEPUTY_DSL].id, child)
        told = await tool.sent()
        owner = {"owner_id": str(school[Role.DEPUTY_DSL].id)}
        answer = await step(school.lead, told["id"], "assign", owner)
        assert (answer.status_code, answer.json()["code"]) == (422, "reviewer_unsuitable")


class TestDismissMonitoringAlert:
    @pytest.mark.parametrize("reason", ["false_positive", "duplicate", "not_safeguarding", "test"])
    async def test_ends_it_and_its_clock(
        self, world: World, school: School, tool: Tool, reason: str
    ) -> None:
        told = await tool.sent()
        body = {"reason_code": reason, "reason": "An essay about history"}
        answer = await step(school.lead, told["id"], "dismiss", body)
        shown = answer.json()
        assert (shown["state"], shown["outcome"], shown["reason"]) == (
            "dismissed", reason, "An essay about history",
        )  # fmt: skip
        assert shown["decided_by"]["id"] == str(school[Role.DSL].id)
        assert shown["permissions"] == []
        assert clocks_of(world, told["id"]) == [("dismissed",)]
        assert "monitoring_alert.dismissed" in verbs_of(world, told["id"])
        details = world.sql("select details::text from trail where noun_id = %s", told["id"])
        assert "essay" not in str(details)

    async def test_needs_a_reason_a_note_and_the_present_version(
        self, school: School, tool: Tool
    ) -> None:
        told = await tool.sent()
        good = {"reason_code": "test", "reason": "x"}
        for body in (
            {"reason_code": "bored", "reason": "x"},
            {"reason_code": "test"},
            good | {"reason": " "},
        ):
            assert (await step(school.lead, told["id"], "dismiss", body)).status_code == 422
        assert (await step(school.lead, told["id"], "dismiss", good, None)).status_code == 428
        assert (await step(school.lead, told["id"], "dismiss", good, 7)).status_code == 412

    async def test_is_for_what_is_open_alone(self, school: School, tool: Tool) -> None:
        head, part = await tool.sent(), await tool.sent()
        body = {"reason_code": "test", "reason": "x"}
        answer = await step(school.lead, part["id"], "dismiss", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "monitoring_alert_decided")
        assert (await step(school.lead, head["id"], "dismiss", body, 2)).status_code == 200
        for verb, words in (
            ("dismiss", body),
            ("match", {"child_id": None, "reason": "x"}),
            ("assign", {"owner_id": str(school[Role.DSL].id)}),
            ("take-up", {"immediacy": "today"}),
        ):
            answer = await step(school.lead, head["id"], verb, words, 3)
            assert (answer.status_code, answer.json()["code"]) == (
                409, "monitoring_alert_decided",
            )  # fmt: skip


class TestTakeUpMonitoringAlert:
    async def test_keeps_it_from_who_is_named_and_from_everybody_once_it_moves(
        self, world: World, school: School, tool: Tool
    ) -> None:
        """What the tool said is what the concern says, word for word."""
        await child_of(school)
        abuse = {"category": "physical_abuse"}
        told = await tool.sent(severity="critical", snippet="The deputy hurts me.", **abuse)
        part = await tool.sent(snippet="The deputy did it again.", **abuse)
        deputy = school[Role.DEPUTY_DSL]
        body = {"immediacy": "today", "staff_named": [str(deputy.id)]}
        answer = await step(school.lead, told["id"], "take-up", body, 2)
        concern = answer.json()["concern_id"]
        for alert in (told, part):
            path = f"{INBOX}/{alert['id']}"
            assert (await school.api(Role.DEPUTY_DSL).get(path)).status_code == 404
            assert (await school.lead.get(path)).status_code == 200
        listed = await school.api(Role.DEPUTY_DSL).get(INBOX, params={"state": "taken_up"})
        assert listed.json()["items"] == []
        version = world.version("concern", concern)
        move = {"adult": {"staff_id": str(deputy.id)}, "reason": "The pupil says so."}
        moved = await school.lead.post(f"/v1/concerns/{concern}/move", move, version=version)
        assert moved.status_code == 200, moved.text
        for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER):
            for alert in (told, part):
                answer = await school.api(role).get(f"{INBOX}/{alert['id']}")
                assert answer.status_code == 404, role

    async def test_raises_a_concern_with_what_the_tool_said(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await child_of(school)
        told = await tool.sent(severity="critical")
        await tool.sent()
        body = {"immediacy": "today", "account": "I was at the next desk."}
        answer = await step(school.lead, told["id"], "take-up", body, 2)
        shown = answer.json()
        assert (shown["state"], shown["outcome"]) == ("taken_up", "concern_raised")
        assert clocks_of(world, told["id"]) == [("taken_up",)]
        concern = (await school.lead.get(f"/v1/concerns/{shown['concern_id']}")).json()
        assert concern["source"] == "monitoring_alert"
        assert concern["immediacy"] == "today"
        told_by, own = concern["account"]
        assert (told_by["kind"], own["text"]) == ("told_by", "I was at the next desk.")
        for words in ("Something that was typed.", "2 alerts of one burst", "Self-harm", "LT-12"):
            assert words.lower() in told_by["text"].lower()
        assert "tool.example" not in told_by["text"], "links stay with the alert"
        assert [one["id"] for one in concern["children"]] == [child]
        back = await school.lead.get(INBOX, params={"concern_id": shown["concern_id"]})
        assert [one["id"] for one in back.json()["items"]] == [told["id"]]

    async def test_adds_it_to_an_open_concern_about_the_child(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await child_of(school)
        first = await tool.sent()
        raised = await step(school.lead, first["id"], "take-up", {"immediacy": "routine"})
        concern = raised.json()["concern_id"]
        second = await tool.sent()
        assert second["state"] == "open", "what was decided takes in nothing more"
        deputy = school.api(Role.DEPUTY_DSL)
        answer = await step(deputy, second["id"], "take-up", {"concern_id": concern})
        assert answer.status_code == 200, answer.text
        assert answer.json()["outcome"] == "added_to_concern"
        amendments = (await school.lead.get(f"/v1/concerns/{concern}/amendments")).json()["items"]
        assert "Something that was typed." in amendments[0]["text"]
        assert "monitoring_alert.taken_up" in verbs_of(world, second["id"])

    @pytest.mark.parametrize("category", ["self_harm", "suicide_attempt"])
    async def test_of_self_harm_starts_the_pathway_of_the_concern_it_is_added_to(
        self, world: World, school: School, tool: Tool, category: str
    ) -> None:
        child = await child_of(school)
        body = a_body(UUID(child), categories=["bullying"], immediacy="routine")
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        told = await tool.sent(category=category)
        answer = await step(school.lead, told["id"], "take-up", {"concern_id": concern})
        assert answer.status_code == 200, answer.text
        shown = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert shown["self_harm"]["kind"] == category
        assert shown["categories"] == ["bullying", category]
        assert shown["immediacy"] != "routine"
        assert world.sql(
            "select urgent from alert where concern_id = %s and recipient_id = %s"
            " and kind = 'concern_urgent'", concern, school[Role.DEPUTY_DSL].id,
        ) == [(True,)]  # fmt: skip

    @pytest.mark.parametrize(
        ("known", "news"),
        [("suicidal_ideation", "suicide_attempt"), ("self_harm", "suicidal_ideation")],
    )
    async def test_of_something_graver_rings_although_there_is_a_pathway(
        self, world: World, school: School, tool: Tool, known: str, news: str
    ) -> None:
        child = await child_of(school)
        body = a_body(UUID(child), categories=[known])
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        told = await tool.sent(category=news)
        answer = await step(school.lead, told["id"], "take-up", {"concern_id": concern})
        assert answer.status_code == 200, answer.text
        shown = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert shown["categories"] == [known, news]
        assert world.sql(
            "select urgent from alert where concern_id = %s and recipient_id = %s"
            " and kind = 'concern_urgent'", concern, school[Role.DEPUTY_DSL].id,
        ) == [(True,)]  # fmt: skip

    async def test_of_something_milder_takes_back_nothing_of_what_was_told(
        self, school: School, tool: Tool
    ) -> None:
        child = await child_of(school)
        body = a_body(UUID(child), categories=["suicide_attempt"])
        concern = (await school.staff.post("/v1/concerns", body)).json()["id"]
        told = await tool.sent(category="self_harm")
        answer = await step(school.lead, told["id"], "take-up", {"concern_id": concern})
        assert answer.status_code == 200, answer.text
        shown = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert shown["self_harm"]["kind"] == "suicide_attempt"

    async def test_puts_what_is_about_an_adult_into_the_adult_register(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await child_of(school)
        told = await tool.sent()
        words = "Zyxglorp writes to him at night."
        body = {
            "immediacy": "today", "account": words, "categories": ["allegation_harm_threshold"],
        }  # fmt: skip
        answer = await step(school.lead, told["id"], "take-up", body)
        assert answer.status_code == 200, answer.text
        assert answer.json().get("concern_id") is None
        assert world.sql("select count(*) from concern where school_id = %s", school.id) == [(0,)]
        (concern,) = await ids_of(school.api(Role.HEADTEACHER))
        whole = await school.api(Role.HEADTEACHER).get(f"{ROOT}/{concern}")
        assert words in whole.text
        for role in (Role.DEPUTY_DSL, Role.SCHOOL_ADMIN, Role.PASTORAL):
            for path in ("/v1/alerts", "/v1/concerns", INBOX, f"{INBOX}/{told['id']}", "/v1/audit"):
                text = (await school.api(role).get(path)).text
                assert "Zyxglorp" not in text, (role, path)
                assert concern not in text, (role, path)

    async def test_needs_a_child(self, school: School, tool: Tool) -> None:
        told = await tool.sent()
        answer = await step(school.lead, told["id"], "take-up", {"immediacy": "today"})
        assert (answer.status_code, answer.json()["code"]) == (409, "monitoring_alert_unmatched")
        shown = (await school.lead.get(f"/v1/monitoring-alerts/{told['id']}")).json()
        assert "match_monitoring_alert" in shown["permissions"]
        assert "take_up_monitoring_alert" not in shown["permissions"]

    async def test_refuses_concerns_that_do_not_fit(self, school: School, tool: Tool) -> None:
        await child_of(school)
        told = await tool.sent()
        other = await a_child_known_by(school, "username", "b", given="Bea")
        away = await tool.sent(subject={"username": "b"})
        raised = await step(school.lead, away["id"], "take-up", {"immediacy": "routine"})
        concern = raised.json()["concern_id"]
        answer = await step(school.lead, told["id"], "take-up", {"concern_id": concern})
        assert (answer.status_code, answer.json()["code"]) == (422, "concern_about_others")
        nothing = {"concern_id": str(other)}
        answer = await step(school.lead, told["id"], "take-up", nothing)
        assert (answer.status_code, answer.json()["code"]) == (404, "concern_not_found")

    @pytest.mark.parametrize(
        "body", [{}, {"immediacy": "soon"}, {"concern_id": None}, {"categories": ["self_harm"]}]
    )
    async def test_refuses_what_says_neither_way(
        self, school: School, tool: Tool, body: dict[str, Any]
    ) -> None:
        told = await tool.sent()
        assert (await step(school.lead, told["id"], "take-up", body)).status_code == 422

    async def test_rings_where_what_became_a_concern_is_graver(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await child_of(school)
        told = await tool.sent(external_id="e", severity="low")
        await step(school.lead, told["id"], "take-up", {"immediacy": "routine"})
        await tool.sent(external_id="e", severity="critical")
        found = world.sql(
            "select count(*) from alert where school_id = %s and kind = 'monitoring_alert'"
            " and urgent", school.id,
        )  # fmt: skip
        assert found == [(1,)]
        assert row_of(world, told["id"])["state"] == "taken_up"

    async def test_is_sealed_with_the_concern_that_it_became(
        self, world: World, school: School, tool: Tool
    ) -> None:
        """The account of the concern is what the tool said."""
        await child_of(school)
        told, part = await tool.sent(), await tool.sent()
        raised = await step(school.lead, told["id"], "take-up", {"immediacy": "today"}, 2)
        concern = raised.json()["concern_id"]
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"{INBOX}/{told['id']}")).json()["concern_id"] == concern
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        for alert in (told, part):
            path = f"{INBOX}/{alert['id']}"
            assert (await deputy.get(path)).status_code == 404
            assert (await school.lead.get(path)).status_code == 200
        for query in ({"state": "taken_up"}, {"state": "collapsed"}, {"concern_id": concern}):
            assert (await deputy.get(INBOX, params=query)).json()["items"] == []
        told_of = await deputy.get("/v1/changes", params={"since": "start"})
        assert told["id"] not in told_of.text

    async def test_names_a_concern_to_its_readers_alone(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await child_of(school)
        told = await tool.sent()
        raised = await step(school.lead, told["id"], "take-up", {"immediacy": "today"})
        await school.role("reviewer", "monitoring:read", classes=["K3"])
        reviewer = world.as_token((await school.holder("reviewer")).token)
        shown = await reviewer.get(f"{INBOX}/{told['id']}")
        assert (shown.status_code, "concern_id" in shown.json()) == (200, False)
        query = {"concern_id": raised.json()["concern_id"]}
        assert (await reviewer.get(INBOX, params=query)).json()["items"] == []


class TestTheSchoolWithoutLeads:
    async def test_still_gives_every_alert_an_owner(self, world: World) -> None:
        for roles in ((Role.SCHOOL_ADMIN, Role.HEADTEACHER), (Role.SCHOOL_ADMIN,)):
            school = await world.a_school(roles)
            tool = await a_tool(world, school)
            told = await tool.sent(severity="critical")
            kept = row_of(world, told["id"])
            assert kept["owner_id"] == str(school[roles[-1]].id)

    async def test_passes_over_who_is_away(self, world: World, school: School, tool: Tool) -> None:
        today = clock.now().date()
        world.sql(
            "insert into cover (school_id, id, away_id, valid_from, valid_to, created_by,"
            " created_at) values (%s, gen_random_uuid(), %s, %s, %s, %s, now())",
            school.id, school[Role.DSL].id, today, today + timedelta(days=2), school[Role.DSL].id,
        )  # fmt: skip
        told = await tool.sent()
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)

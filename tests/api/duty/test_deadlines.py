"""The book of rules as clients read it, and the history of a record's clocks."""

from datetime import timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from app.api.schemas.deadlines import ClockedNoun
from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Role
from app.db.repositories.duty.open_things import OPEN
from app.domain.common.deadlines.rules import rule_book
from app.domain.owning import owning
from tests.adults import raise_about
from tests.owners import NO_CLOCK, OF_LEADS, Plot, a_plot
from tests.security.scenes import Scene
from tests.world import Api, School, World


def path(noun: str, thing: str, more: str = "") -> str:
    """Where the clocks of a record are."""
    return f"/v1/deadlines?about_kind={noun}&about_id={thing}{more}"


async def clocks(api: Api, noun: str, thing: str) -> list[dict[str, Any]]:
    """The clocks of a record, the newest first."""
    answer = await api.get(path(noun, thing))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def finish(plot: Plot, noun: str) -> None:
    """Add to what was planted the rows without which it cannot be opened."""
    if noun == "webhook":
        plot.put("webhook_progress", id=plot.ids[noun], xid="1", log=0, seq=0)
    if noun == "monitoring_alert":
        plot.put(
            "monitoring_body", alert_id=plot.ids[noun], number=1, body=b"{}", sha256=b"x",
            content="{}", severity="high", received_by=NIL, received_at=clock.now(),
        )  # fmt: skip


@pytest.fixture
def scene(world: World, school: School) -> Scene:
    """The school as its lead works in it."""
    return Scene(world, school, school[Role.DSL])


class TestListClockRules:
    async def test_shows_the_whole_book(self, school: School) -> None:
        answer = await school.staff.get("/v1/clock-rules")
        assert answer.status_code == 200
        found = {(rule["id"], rule["version"]) for rule in answer.json()["items"]}
        assert found == {
            (rule.id, rule.version) for versions in rule_book().values() for rule in versions
        }

    async def test_shows_one_rule_with_all_it_is_made_of(self, school: School) -> None:
        answer = await school.staff.get("/v1/clock-rules?id=csc.written_confirm")
        rule, of_wales = answer.json()["items"]
        assert (rule["nation"], of_wales["nation"]) == (None, "wales")
        assert (of_wales["overridable"], of_wales["limit"]) == (False, rule["limit"])
        assert rule["limit"] == {
            "calendar": "clock", "days": 0, "minutes": 1440, "months": 0, "until": "closes",
            "early": 0,
            "before": False,
        }  # fmt: skip
        assert (rule["overridable"], rule["longest"]["days"]) == (True, 2)
        assert (rule["valid_from"], rule["ladder"]) == ("2026-09-01", "duty")
        assert "24 hours" in rule["source"]

    async def test_shows_second_limits_and_what_is_not_in_force(self, school: School) -> None:
        found = (await school.staff.get("/v1/clock-rules?id=concern.triage")).json()["items"]
        assert found[0]["limit"]["at_most"]["calendar"] == "working_day"
        later = (await school.staff.get("/v1/clock-rules?id=csa.mandatory_report")).json()["items"]
        assert later[0]["in_force"] is False

    async def test_knows_no_unknown_rule(self, school: School) -> None:
        assert (await school.staff.get("/v1/clock-rules?id=no.such")).json()["items"] == []
        assert (await school.staff.get("/v1/clock-rules?name=x")).status_code == 422


class TestListDeadlines:
    async def test_tells_the_whole_history_of_a_concern(
        self, world: World, school: School, scene: Scene
    ) -> None:
        concern = await scene.concern()
        await scene.step(scene.lead, concern, "acknowledge")
        await scene.step(scene.lead, concern, "triage", scene.triage_body())
        newest, triage, first = await clocks(scene.lead, "concern", concern)
        assert [one["rule_id"] for one in (first, triage, newest)] == [
            "concern.acknowledge.today", "concern.triage", "set_by_person",
        ]  # fmt: skip
        assert (first["ended_reason_code"], newest["ended_reason_code"]) == ("superseded", None)
        assert (first["calendar"], first["calendar_version"]) == ("school_day", 0)
        assert first["source"].startswith("Cairn default")
        assert (newest["chosen"], newest["calendar"]) == (True, None)
        assert (
            newest["due_at"] == (await scene.lead.get(f"/v1/concerns/{concern}")).json()["due_at"]
        )

    async def test_shows_a_clock_that_was_counted_again(self, school: School, scene: Scene) -> None:
        share = await scene.share()
        changed = await school.lead.patch(
            f"/v1/schools/{school.id}/calendar", {"closes": "17:30"}, version=0
        )
        assert changed.status_code == 200
        after, before = await clocks(scene.lead, "share", share)
        assert (before["ended_reason_code"], before["calendar_version"]) == ("recomputed", 0)
        assert (after["ended_reason_code"], after["calendar_version"]) == (None, 1)
        assert after["started_at"] == before["started_at"]
        assert after["due_at"] != before["due_at"]

    async def test_goes_page_by_page(self, scene: Scene) -> None:
        concern = await scene.triaged()
        first = (await scene.lead.get(path("concern", concern, "&limit=1"))).json()
        second = await scene.lead.get(path("concern", concern, f"&limit=1&cursor={first['next']}"))
        rules = [one["rule_id"] for one in (*first["items"], *second.json()["items"])]
        assert rules == ["set_by_person", "concern.acknowledge.today"]

    async def test_leaves_the_trace_of_opening_it(
        self, world: World, school: School, scene: Scene
    ) -> None:
        concern, share, referral = (
            await scene.concern(), await scene.share(), await scene.referral(),
        )  # fmt: skip
        for noun, thing in (("concern", concern), ("share", share), ("referral", referral)):
            assert await clocks(scene.lead, noun, thing)
            verbs = world.sql(
                "select verb from trail where noun_id = %s and actor_id = %s order by seq desc "
                "limit 1",
                thing, school[Role.DSL].id,
            )  # fmt: skip
            assert verbs == [(f"{noun}.opened",)]

    async def test_is_for_the_owner_of_an_action(self, world: World, school: School) -> None:
        scene = Scene(world, school, school[Role.STAFF])
        action = await scene.action()
        assert (await clocks(school.staff, "action", action))[0]["rule_id"] == "set_by_person"
        other = await school.person(Role.STAFF)
        answer = await world.as_token(other.token).get(path("action", action))
        assert answer.status_code == 404
        assert answer.json()["code"] == "record_not_found"

    async def test_hides_what_may_not_be_opened(
        self, world: World, school: School, other_school: School, scene: Scene
    ) -> None:
        concern = await scene.concern()
        assert (await other_school.lead.get(path("concern", concern))).status_code == 404
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(path("concern", concern))).status_code == 404
        share = await scene.share()
        assert (await scene.lead.get(path("referral", share))).status_code == 404

    async def test_is_not_for_the_reporter(self, school: School, scene: Scene) -> None:
        concern = await scene.concern(reporter=Role.STAFF)
        assert (await school.staff.get(f"/v1/concerns/{concern}")).status_code == 200
        assert (await school.staff.get(path("concern", concern))).status_code == 403

    async def test_of_the_adult_register_is_for_its_readers_and_traced_there(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_about(school.staff, school[Role.PASTORAL].id))["id"]
        head = school.api(Role.HEADTEACHER)
        (found,) = await clocks(head, "adult_concern", concern)
        assert (found["rule_id"], found["ladder"]) == ("adult.acknowledge", "adult")
        traced = world.sql(
            "select details->>'part' from adult_trail where noun_id = %s "
            "and verb = 'adult_concern.opened'",
            concern,
        )
        assert traced == [("deadlines",)]
        assert world.sql("select count(*) from trail where noun_id = %s", concern) == [(0,)]
        for role in (Role.DSL, Role.STAFF, Role.SCHOOL_ADMIN):
            answer = await school.api(role).get(path("adult_concern", concern))
            assert answer.status_code in (403, 404)
        assert world.sql("select count(*) from trail where noun_id = %s", concern) == [(0,)]

    @pytest.mark.parametrize(
        ("noun", "role"),
        [(noun, Role.DSL) for noun in OF_LEADS] + [("failed_job", Role.SCHOOL_ADMIN)],
    )
    async def test_is_there_for_every_noun_that_has_one(
        self, world: World, school: School, noun: str, role: Role
    ) -> None:
        plot = await a_plot(world, school, school[role], *dict.fromkeys(("concern", noun)))
        finish(plot, noun)
        found = await clocks(school.api(role), noun, str(plot.ids[noun]))
        assert [one["rule_id"] for one in found] == ["set_by_person"] * (noun not in NO_CLOCK)
        missing = await school.api(role).get(path(noun, str(new_id())))
        assert (missing.status_code, missing.json()["code"]) == (404, "record_not_found")
        other = await school.person(Role.TRUST_LEAD)
        refused = await world.as_token(other.token).get(path(noun, str(plot.ids[noun])))
        assert refused.status_code in (403, 404)

    def test_is_there_for_whatever_somebody_has_to_act_on(self) -> None:
        assert set(get_args(ClockedNoun)) == set(owning()) == set(OPEN)

    async def test_refuses_other_nouns(self, school: School) -> None:
        for noun in ("access_grant", "child", ""):
            answer = await school.lead.get(path(noun, str(school.id)))
            assert answer.status_code == 422
        missing = await school.lead.get("/v1/deadlines?about_kind=concern")
        assert missing.status_code == 422


async def test_a_due_time_can_be_counted_again_by_hand(school: School, scene: Scene) -> None:
    """All that a due time was made from is in the answers: rule, start, calendar and limit."""
    share = await scene.share()
    (found,) = await clocks(scene.lead, "share", share)
    book = await scene.lead.get(f"/v1/clock-rules?id={found['rule_id']}")
    rule = next(one for one in book.json()["items"] if one["version"] == found["rule_version"])
    where = f"/v1/schools/{school.id}/calendar"
    today = clock.now().astimezone(ZoneInfo("Europe/London")).date()
    days = await scene.lead.get(f"{where}/days?since={today}&until={today + timedelta(days=30)}")
    later = [day for day in days.json()["items"][1:] if day["working_day"]]
    assert found["due_at"][:10] == later[rule["limit"]["days"] - 1]["on"]

"""Acknowledging: the climbing stops, and begins again while nothing has been done."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import KIND_MODELS
from app.domain.duty.hand_over.commands import settle_school
from app.jobs.ladder import acknowledge_for_trust
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, JobImpossible, Run
from tests.api.record.test_concerns import a_triage, step
from tests.inboxes import about_id
from tests.jobs.climbing import (
    LEADS,
    MONDAY,
    a_trust,
    acknowledge,
    after,
    alerts,
    climbs,
    deadline,
    fresh,
    ids,
    overdue,
    tick,
)
from tests.owners import OF_LEADS, a_plot
from tests.world import School, World


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


async def rung_twice(world: World, school: School, **fields: Any) -> UUID:
    """A concern of which the owner and the leads were told."""
    concern = await overdue(school, **fields)
    for minutes in (15, 20):
        with after(minutes=minutes):
            await tick(world, school)
    return concern


class TestAcknowledging:
    async def test_stops_the_climbing_for_everybody(self, world: World, school: School) -> None:
        await rung_twice(world, school)
        with after(minutes=21):
            assert (await acknowledge(world, school[Role.DEPUTY_DSL])).status_code == 200
        kept = deadline(world, school)
        assert kept["acknowledged_by"] == school[Role.DEPUTY_DSL].id
        assert kept["next_at"] == MONDAY + timedelta(minutes=81)
        for minutes in (30, 45, 80):
            with after(minutes=minutes):
                await tick(world, school)
        assert len(climbs(world, school)) == 2
        verbs = world.sql(
            "select verb, actor_id, details->>'rung' from trail where school_id = %s "
            "and verb = 'deadline.acknowledged'",
            school.id,
        )
        assert verbs == [("deadline.acknowledged", school[Role.DEPUTY_DSL].id, "2")]

    async def test_is_not_doing_a_new_round_is_heard_by_the_leads_at_once(
        self, world: World, school: School
    ) -> None:
        await rung_twice(world, school)
        with after(minutes=21):
            await acknowledge(world, school[Role.DSL])
        with after(minutes=81):
            await tick(world, school)
        assert climbs(world, school)[2:] == [("leads", ids(school, *LEADS))]
        assert deadline(world, school)["round"] == 2
        assert len(alerts(world, school)) == 3
        with after(minutes=87):
            deputy = fresh(world, school[Role.DEPUTY_DSL])
            cards = (await deputy.get("/v1/alerts?state=open")).json()["items"]
        waiting = [card for card in cards if card["kind"] == "overdue"]
        found = [(card["state"], card["rung"], card["times"]) for card in waiting]
        assert found == [("open", 2, 2)], "the one that waits rings again"

    async def test_of_an_earlier_round_stops_nothing(self, world: World, school: School) -> None:
        await rung_twice(world, school)
        with after(minutes=21):
            await acknowledge(world, school[Role.DSL])
        with after(minutes=81):
            await tick(world, school)
            (former,) = world.sql(
                "select id from alert where recipient_id = %s and round = 1 and kind = 'overdue'",
                school[Role.DSL].id,
            )[0]  # fmt: skip
            lead = fresh(world, school[Role.DSL])
            answer = await lead.post(f"/v1/alerts/{former}/acknowledge")
            assert answer.status_code == 200
        assert deadline(world, school)["acknowledged_at"] is None

    async def test_for_ever_is_heard_by_the_head(self, world: World, school: School) -> None:
        await overdue(school)
        for hours in range(1, 5):
            with after(hours=hours):
                await tick(world, school)
                await acknowledge(world, school[Role.DSL])
        lead, both = ids(school, Role.DSL), ids(school, *LEADS)
        head = ids(school, Role.HEADTEACHER)
        assert climbs(world, school) == [
            ("owner", lead), ("leads", both), ("leads", both), ("head", both | head),
        ]  # fmt: skip

    async def test_of_the_only_lead_is_heard_by_the_head(
        self, world: World, school: School
    ) -> None:
        await overdue(school)
        world.sql("update staff set suspended_at = now() where id = %s", school[Role.DEPUTY_DSL].id)
        for hours in (1, 2):
            with after(hours=hours):
                await tick(world, school)
                await acknowledge(world, school[Role.DSL])
        assert climbs(world, school)[1:] == [("head", ids(school, Role.DSL, Role.HEADTEACHER))]

    async def test_waits_for_the_morning_before_it_rings_anew(
        self, world: World, school: School
    ) -> None:
        await overdue(school, immediacy="today")
        with after(hours=8, minutes=30):
            await tick(world, school)
            await acknowledge(world, school[Role.DSL])
        assert deadline(world, school)["next_at"] == MONDAY.replace(
            day=1, month=12, hour=7, minute=0
        )

    async def test_by_two_at_once_leaves_a_trace_of_each(
        self, world: World, school: School
    ) -> None:
        await rung_twice(world, school)
        with after(minutes=21):
            answers = await asyncio.gather(
                *(acknowledge(world, school[role]) for role in LEADS for _ in range(2))
            )
        assert [answer.status_code for answer in answers] == [200] * 4
        verbs = world.sql(
            "select verb, count(*) from trail where school_id = %s and verb in "
            "('alert.acknowledged', 'deadline.acknowledged') group by verb order by verb",
            school.id,
        )
        assert verbs == [("alert.acknowledged", 2), ("deadline.acknowledged", 1)]

    async def test_races_with_the_next_rung_and_one_of_them_comes_first(
        self, world: World, school: School
    ) -> None:
        """Whatever comes first, nothing climbs after the acknowledgement."""
        for _ in range(4):
            again = await world.a_school()
            await rung_twice(world, again)
            with after(minutes=30):
                _, answer = await asyncio.gather(
                    tick(world, again), acknowledge(world, again[Role.DSL])
                )
                assert answer.status_code == 200
                kept = deadline(world, again)
                assert kept["acknowledged_by"] == again[Role.DSL].id
                await tick(world, again)
            assert len(climbs(world, again)) in (2, 3)
            assert kept["next_at"] == MONDAY + timedelta(minutes=90)

    async def test_is_hidden_from_who_may_not_see_it_any_more(
        self, world: World, school: School
    ) -> None:
        concern = await rung_twice(world, school)
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        with after(minutes=21):
            deputy = fresh(world, school[Role.DEPUTY_DSL])
            cards = (await deputy.get("/v1/alerts")).json()["items"]
            assert "overdue" not in {card["kind"] for card in cards}
            answer = await acknowledge(world, school[Role.DEPUTY_DSL])
            assert (answer.status_code, answer.json()["code"]) == (404, "alert_not_found")
            assert (await acknowledge(world, school[Role.DSL])).status_code == 200

    async def test_is_hidden_from_who_has_a_conflict_by_now(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await rung_twice(world, school, child=child)
        body = {"child_id": str(child), "reason": "My nephew."}
        with after(minutes=21):
            deputy = fresh(world, school[Role.DEPUTY_DSL])
            assert (await deputy.post("/v1/conflicts", body)).status_code == 201
            assert (await acknowledge(world, school[Role.DEPUTY_DSL])).status_code == 404


class TestActing:
    async def test_ends_the_round_and_settles_its_alerts(
        self, world: World, school: School
    ) -> None:
        concern = await rung_twice(world, school)
        with after(minutes=21):
            lead = fresh(world, school[Role.DSL])
            answer = await step(lead, str(concern), "acknowledge")
            assert answer.status_code == 200
            cards = (await lead.get("/v1/alerts")).json()["items"]
            (card,) = [one for one in cards if one["kind"] == "overdue"]
            assert card["state"] == "settled"
            assert card["acknowledged_at"] is None
            assert about_id(card) == str(concern)
            left = (await lead.get("/v1/alerts?state=open")).json()["items"]
            assert "overdue" not in {one["kind"] for one in left}
        for minutes in (30, 45, 90):
            with after(minutes=minutes):
                await tick(world, school)
        assert len(climbs(world, school)) == 2

    async def test_rings_by_the_next_clock_and_for_the_new_owner(
        self, world: World, school: School
    ) -> None:
        concern = await rung_twice(world, school)
        with after(minutes=21):
            lead = fresh(world, school[Role.DSL])
            await step(lead, str(concern), "acknowledge")
            body = a_triage(school[Role.DEPUTY_DSL].id) | {"tell_reporter": "It is in hand."}
            assert (await step(lead, str(concern), "triage", body)).status_code == 200
        with after(days=2, minutes=22):
            await tick(world, school)
        assert climbs(world, school)[2:] == [("owner", ids(school, Role.DEPUTY_DSL))]
        assert deadline(world, school)["round"] == 1

    async def test_gives_the_round_to_a_new_owner(self, world: World, school: School) -> None:
        concern = await overdue(school)
        body = {"owner_id": str(school[Role.DEPUTY_DSL].id), "reason": "Knows the family."}
        assert (await step(school.lead, str(concern), "assign", body)).status_code == 200
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == [("owner", ids(school, Role.DEPUTY_DSL))]

    @pytest.mark.parametrize("acknowledged", [True, False])
    async def test_of_an_owner_who_leaves_voids_what_they_promised(
        self, world: World, school: School, acknowledged: bool
    ) -> None:
        """Whoever owns it next is rung at once, whatever the one before had said."""
        await overdue(school)
        with after(minutes=15):
            await tick(world, school)
            if acknowledged:
                await acknowledge(world, school[Role.DSL])
        world.sql("update staff set suspended_at = now() where id = %s", school[Role.DSL].id)
        with after(minutes=17):
            async with world.work(school.id) as work:
                await settle_school(work)
            await tick(world, school)
        new = world.sql("select owner_id from concern where school_id = %s", school.id)[0][0]
        assert new != school[Role.DSL].id
        assert climbs(world, school)[1:] == [("owner", {new})]
        assert deadline(world, school)["round"] == 2

    @pytest.mark.parametrize("acknowledged", [True, False])
    async def test_that_gives_it_to_another_voids_what_was_promised(
        self, world: World, school: School, acknowledged: bool
    ) -> None:
        """Who is given it is rung at once, whatever the one before had said."""
        concern = await overdue(school)
        with after(minutes=15):
            await tick(world, school)
            if acknowledged:
                await acknowledge(world, school[Role.DSL])
        body = {"owner_id": str(school[Role.DEPUTY_DSL].id), "reason": "Knows the family."}
        with after(minutes=17):
            lead = fresh(world, school[Role.DSL])
            assert (await step(lead, str(concern), "assign", body)).status_code == 200
            await tick(world, school)
        assert climbs(world, school)[1:] == [("owner", ids(school, Role.DEPUTY_DSL))]
        assert deadline(world, school)["round"] == 2

    async def test_with_another_due_time_keeps_how_far_the_former_one_had_climbed(
        self, world: World, school: School
    ) -> None:
        concern = await rung_twice(world, school)
        with after(minutes=21):
            lead = fresh(world, school[Role.DSL])
            body = a_triage(school[Role.DEPUTY_DSL].id)
            assert (await step(lead, str(concern), "triage", body)).status_code == 200
        kept = world.sql(
            "select ended_reason_code, rung, round from deadline where thing_id = %s "
            "and ended_at is not null", concern,
        )  # fmt: skip
        assert kept == [("superseded", 2, 1)]

    async def test_that_gives_it_to_another_does_so_for_every_kind(
        self, world: World, school: School
    ) -> None:
        plot = await a_plot(world, school, school[Role.DSL], *OF_LEADS)
        world.sql(
            "update deadline set rung = 2, round = 1, next_at = %s, acknowledged_at = due_at "
            "where school_id = %s",
            MONDAY + timedelta(days=30), school.id,
        )  # fmt: skip
        async with world.work(school.id) as work:
            for noun in OF_LEADS:
                row: Any = await work.concerns.lock(KIND_MODELS[noun], plot.ids[noun])
                row.owner_id = school[Role.DEPUTY_DSL].id
                work.record(AuditEvent.WORK_HANDED_OVER, noun, row.id)
        left = world.sql(
            "select noun from deadline where school_id = %s and next_at > %s",
            school.id, MONDAY + timedelta(days=1),
        )  # fmt: skip
        assert left == []

    async def test_at_night_leaves_the_morning_to_the_new_owner(
        self, world: World, school: School
    ) -> None:
        """The former owner's promise of that night does not put off the new owner's alert."""
        concern = await overdue(school, immediacy="today")
        body = {"owner_id": str(school[Role.DEPUTY_DSL].id), "reason": "Knows the family."}
        with after(hours=8):
            await tick(world, school)
        with after(hours=10):
            lead = fresh(world, school[Role.DSL])
            assert (await step(lead, str(concern), "assign", body)).status_code == 200
            await tick(world, school)
        with after(hours=21, minutes=15):  # a quarter before the quiet hours end
            assert (await acknowledge(world, school[Role.DSL])).status_code == 200
        with after(hours=21, minutes=30):
            await tick(world, school)
        assert climbs(world, school)[1:] == [("owner", ids(school, Role.DEPUTY_DSL))]

    async def test_before_it_is_due_rings_nobody(self, world: World, school: School) -> None:
        concern = await overdue(school)
        await step(school.lead, str(concern), "acknowledge")
        with after(minutes=16):
            await tick(world, school)
        assert climbs(world, school) == []


class TestTheTrust:
    async def test_stops_the_schools_clock_by_a_job(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        (first, _) = await a_trust(world, school)
        await overdue(school)
        for minutes in (15, 20, 30, 45):
            with after(minutes=minutes):
                await tick(world, school)
        with after(minutes=46):
            assert (await acknowledge(world, first, "school_overdue")).status_code == 200
            ((args,),) = world.sql(
                "select args from procrastinate_jobs where task_name = 'ladder.acknowledge' "
                "and args->>'school_id' = %s",
                str(school.id),
            )
            assert set(args) == {"school_id", "deadline_id", "round", "staff_id"}
            assert deadline(world, school)["acknowledged_at"] is None
            for _ in range(2):
                await acknowledge_for_trust(Run(adapters, build_queue(adapters), args))
        kept = deadline(world, school)
        assert (kept["acknowledged_by"], kept["round"]) == (first.id, 1)
        assert kept["next_at"] == MONDAY + timedelta(minutes=106)
        (said,) = world.sql(
            "select details->>'in_trust' from trail where school_id = %s "
            "and verb = 'deadline.acknowledged'",
            school.id,
        )
        assert said == ("true",)

    async def test_stops_the_clock_that_was_counted_again_meanwhile(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        (first, _) = await a_trust(world, school)
        await overdue(school)
        for minutes in (15, 20, 30, 45):
            with after(minutes=minutes):
                await tick(world, school)
        old, new = deadline(world, school)["id"], new_id()
        columns = (
            "noun, thing_id, rule_id, rule_version, ladder, started_at, due_at, made_by, made_at, "
            "rung, round, next_at"
        )
        world.sql(
            "update deadline set ended_at = now(), ended_reason_code = 'recomputed' where id = %s",
            old,
        )
        world.sql(
            f"insert into deadline (school_id, id, {columns}) "  # noqa: S608
            f"select school_id, %s, {columns} from deadline where id = %s",
            new, old,
        )  # fmt: skip
        with after(minutes=46):
            args = {
                "school_id": str(school.id), "deadline_id": str(old), "round": "1",
                "staff_id": str(first.id),
            }  # fmt: skip
            await acknowledge_for_trust(Run(adapters, build_queue(adapters), args))
        assert deadline(world, school)["acknowledged_by"] == first.id

    async def test_asks_for_no_second_job(self, world: World, school: School) -> None:
        (first, _) = await a_trust(world, school)
        await overdue(school)
        for minutes in (15, 20, 30, 45):
            with after(minutes=minutes):
                await tick(world, school)
        with after(minutes=46):
            for _ in range(2):
                assert (await acknowledge(world, first, "school_overdue")).status_code == 200
        jobs = world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'ladder.acknowledge' "
            "and args->>'school_id' = %s",
            str(school.id),
        )
        assert jobs == [(1,)]

    async def test_refuses_a_job_without_its_round(self, adapters: Adapters) -> None:
        args = {"school_id": str(new_id()), "deadline_id": str(new_id()), "round": "x"}
        with pytest.raises(JobImpossible):
            await acknowledge_for_trust(Run(adapters, build_queue(adapters), args))

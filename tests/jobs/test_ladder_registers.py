"""The ladder in the adult register, over broken glass, shares and notices, and in a trust."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.pointers import pointer
from app.core.words import Role
from tests.adults import adult_body, raise_about
from tests.jobs.climbing import (
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
from tests.owners import a_plot
from tests.world import School, World

HEAD, CHAIR, ADMIN = Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.frozen(MONDAY):
        yield


async def climb(world: World, school: School, *days: int) -> None:
    """Tick at noon of days to come."""
    for number in days:
        with after(days=number, hours=2):
            await tick(world, school)


class TestTheAdultRegister:
    async def test_climbs_within_the_register_and_its_trail(
        self, world: World, school: School
    ) -> None:
        second = await school.person(HEAD)
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id)
        await climb(world, school, 5, 6)
        owner = world.sql("select owner_id from adult_concern where id = %s", receipt["id"])[0][0]
        other = ids(school, HEAD) | {second.id}
        assert climbs(world, school) == []
        assert climbs(world, school, "adult_trail") == [
            ("owner", {owner}),
            ("register", other - {owner}),
        ]
        kept = world.sql(
            "select distinct concern_id, action_id from alert where school_id = %s "
            "and kind = 'adult_overdue'",
            school.id,
        )
        assert kept == [(None, None)]
        verbs = world.sql(
            "select distinct t.verb from trail t join alert a on a.id = t.noun_id "
            "where a.school_id = %s and a.kind = 'adult_overdue'",
            school.id,
        )
        assert verbs == []

    async def test_never_tells_a_lead_or_the_subject(self, world: World, school: School) -> None:
        await raise_about(school.staff, school[HEAD].id)
        await climb(world, school, 5, 6, 7)
        told = {person for _, people in climbs(world, school, "adult_trail") for person in people}
        assert told == ids(school, CHAIR)

    async def test_asks_the_administrators_to_appoint_where_nobody_may_read(
        self, world: World, school: School
    ) -> None:
        await raise_about(school.staff, school[HEAD].id)
        world.sql("update staff set suspended_at = now() where id = %s", school[CHAIR].id)
        await climb(world, school, 5)
        assert climbs(world, school, "adult_trail") == [("nobody", ids(school, ADMIN))]
        found = alerts(world, school, "appointment_needed")
        assert [person for person, *_ in found] == [school[ADMIN].id]

    async def test_shows_no_concern_in_the_inbox_and_is_acknowledged(
        self, world: World, school: School
    ) -> None:
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id)
        with after(days=5, hours=2):
            await tick(world, school)
            head = fresh(world, school[HEAD])
            cards = (await head.get("/v1/alerts?state=open")).json()["items"]
            (card,) = [one for one in cards if one["kind"] == "adult_overdue"]
            assert receipt["id"] not in str(card)
            assert "about" not in card
            answer = await acknowledge(world, school[HEAD], "adult_overdue")
            assert answer.status_code == 200
        assert deadline(world, school)["acknowledged_by"] == school[HEAD].id
        verbs = world.sql(
            "select count(*) from trail where school_id = %s "
            "and verb in ('deadline.acknowledged', 'alert.acknowledged')",
            school.id,
        )
        assert verbs == [(0,)]

    async def test_hides_it_from_a_reader_who_was_locked_out_since(
        self, world: World, school: School
    ) -> None:
        receipt = await raise_about(school.staff, school[Role.PASTORAL].id)
        with after(days=5, hours=2):
            await tick(world, school)
            world.sql(
                "update adult_concern set locked_out = %s where id = %s",
                [school[HEAD].id], receipt["id"],
            )  # fmt: skip
            head = fresh(world, school[HEAD])
            cards = (await head.get("/v1/alerts")).json()["items"]
            assert "adult_overdue" not in {one["kind"] for one in cards}
            answer = await acknowledge(world, school[HEAD], "adult_overdue")
        assert answer.status_code == 404


class TestAReportAboutAnAdultThatWasRefused:
    """It is owned and timed like one that was taken, and nobody outside the register hears."""

    async def refuse(self, school: School, **more: Any) -> str:
        body = adult_body(school[Role.PASTORAL].id, mood="low", **more)
        answer = await school.staff.post("/v1/adult-concerns", body)
        assert answer.status_code == 422
        return str(answer.json()["saved_as"])

    async def test_climbs_within_the_register(self, world: World, school: School) -> None:
        second = await school.person(HEAD)
        draft = await self.refuse(school, kind="allegation")
        rule = world.sql("select due_rule from incomplete_report where id = %s", draft)
        assert rule == [("adult.incomplete.today",)]
        await climb(world, school, 5, 6)
        owner = world.sql("select owner_id from incomplete_report where id = %s", draft)[0][0]
        assert climbs(world, school) == []
        assert climbs(world, school, "adult_trail") == [
            ("owner", {owner}),
            ("register", (ids(school, HEAD) | {second.id}) - {owner}),
        ]
        assert {kind for _, kind, *_ in alerts(world, school, "overdue")} == set()

    async def test_rings_at_any_hour_where_a_child_is_at_risk(
        self, world: World, school: School
    ) -> None:
        draft = await self.refuse(school, immediate_risk=True)
        rule = world.sql("select due_rule from incomplete_report where id = %s", draft)
        assert rule == [("adult.incomplete.now",)]
        with after(minutes=16):
            await tick(world, school)
        assert climbs(world, school, "adult_trail") == [("owner", ids(school, HEAD))]

    async def test_asks_to_appoint_where_nobody_may_read_it(
        self, world: World, school: School
    ) -> None:
        await self.refuse(school, about={"staff_id": str(school[HEAD].id)}, kind="allegation")
        world.sql("update staff set suspended_at = now() where id = %s", school[CHAIR].id)
        await climb(world, school, 5)
        assert climbs(world, school, "adult_trail") == [("nobody", ids(school, ADMIN))]

    async def test_ends_when_somebody_has_seen_to_it(self, world: World, school: School) -> None:
        draft = await self.refuse(school, kind="allegation")
        head = fresh(world, school[HEAD])
        path = f"/v1/incomplete-reports/{draft}"
        version = (await head.get(path)).headers["etag"].strip('"')
        answer = await head.post(f"{path}/resolve", {"reason": "Raised."}, version=version)
        assert answer.status_code == 200, answer.text
        await climb(world, school, 5, 6)
        assert climbs(world, school, "adult_trail") == []

    async def test_goes_to_another_head_with_the_rest_of_a_load(
        self, world: World, school: School
    ) -> None:
        draft = await self.refuse(school, kind="allegation")
        second = await school.person(HEAD)
        answer = await fresh(world, second).post(
            f"/v1/staff/{school[HEAD].id}/hand-over",
            {"to_by_kind": {"adult_concern": str(second.id)}, "reason": "Leave."},
        )
        assert answer.status_code == 200, answer.text
        assert [one["kind"] for one in answer.json()["items"]] == ["incomplete_report"]
        kept = world.sql("select owner_id from incomplete_report where id = %s", draft)
        assert kept == [(second.id,)]

    async def test_is_nothing_that_a_lead_hands_over(self, world: World, school: School) -> None:
        await self.refuse(school, kind="allegation")
        answer = await fresh(world, school[Role.DSL]).post(
            f"/v1/staff/{school[HEAD].id}/hand-over",
            {"to": str(school[Role.DEPUTY_DSL].id), "reason": "Leave.", "dry_run": True},
        )
        assert "incomplete_report" not in answer.text


class TestBrokenGlass:
    async def test_is_never_told_to_who_broke_it(self, world: World, school: School) -> None:
        concern = await overdue(school, immediacy="routine")
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        body = {
            "concern_id": str(concern), "minutes": 30,
            "reason": "The lead cannot be reached and the child waits here.",
        }  # fmt: skip
        answer = await school.api(HEAD).post("/v1/access/break-glass", body)
        assert answer.status_code == 201, answer.text
        world.sql(
            "update deadline set next_at = '2030-01-01' where school_id = %s and noun = 'concern'",
            school.id,
        )
        await climb(world, school, 3, 4, 5)
        told = {person for _, people in climbs(world, school) for person in people}
        assert told == ids(school, Role.DSL)


class TestTheTrust:
    async def test_learns_that_a_school_has_something_overdue_and_nothing_else(
        self, world: World, school: School
    ) -> None:
        first, second = await a_trust(world, school)
        await overdue(school)
        for minutes in (15, 20, 30, 45):
            with after(minutes=minutes):
                await tick(world, school)
        rows = world.sql(
            "select recipient_id, kind, concern_id, action_id, about_id, urgent from alert "
            "where school_id = %s order by recipient_id",
            first.school_id,
        )
        people = sorted((first.id, second.id))
        assert rows == [
            (person, "school_overdue", None, None, school.id, True) for person in people
        ]
        with after(minutes=46):
            (card,) = (await fresh(world, first).get("/v1/alerts")).json()["items"]
        assert card["about"] == pointer("school", str(school.id))
        verbs = world.sql(
            "select verb from trail where school_id = %s and noun = 'alert'", first.school_id
        )
        assert verbs == [("alert.raised",)] * 2
        jobs = world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'alert.send_one' "
            "and args->>'school_id' = %s",
            str(first.school_id),
        )
        assert jobs == [(2,)]

    async def test_is_rung_again_together_with_the_head(self, world: World, school: School) -> None:
        (first, _) = await a_trust(world, school)
        await overdue(school)
        for minutes in (15, 20, 30, 45, 105):
            with after(minutes=minutes):
                await tick(world, school)
        assert climbs(world, school)[-2:] == [("trust", set()), ("trust", ids(school, HEAD))]
        rung = world.sql("select rung_at, version from alert where recipient_id = %s", first.id)
        assert rung == [(MONDAY + timedelta(minutes=105), 2)]

    async def test_skips_who_is_away_or_has_left(self, world: World, school: School) -> None:
        first, second = await a_trust(world, school)
        world.sql("update staff set suspended_at = now() where id = %s", first.id)
        await overdue(school)
        for minutes in (15, 20, 30, 45):
            with after(minutes=minutes):
                await tick(world, school)
        told = world.sql("select recipient_id from alert where school_id = %s", first.school_id)
        assert told == [(second.id,)]

    async def test_comes_at_once_where_nobody_in_the_school_can_be_told(
        self, world: World, school: School
    ) -> None:
        (first, second) = await a_trust(world, school)
        await overdue(school)
        world.sql("update staff set suspended_at = now() where school_id = %s", school.id)
        with after(minutes=15):
            await tick(world, school)
        assert climbs(world, school) == [("trust", set())]
        told = world.sql("select recipient_id from alert where school_id = %s", first.school_id)
        assert {person for (person,) in told} == {first.id, second.id}


class TestWhatIsNoCasework:
    """A failed job and a disabled webhook: told to those alone who may open them."""

    @pytest.mark.parametrize("noun", ["failed_job", "webhook"])
    async def test_is_told_to_administrators(self, world: World, school: School, noun: str) -> None:
        await overdue_on_the_ladder(world, school, noun, school[ADMIN].id)
        await climb(world, school, 3)
        assert climbs(world, school) == [("owner", {school[ADMIN].id})]

    @pytest.mark.parametrize("noun", ["failed_job", "webhook"])
    async def test_asks_a_head_who_owns_it_in_the_last_resort_to_appoint_somebody(
        self, world: World, school: School, noun: str
    ) -> None:
        world.sql("update staff set suspended_at = now() where id = %s", school[ADMIN].id)
        head = school[HEAD]
        await overdue_on_the_ladder(world, school, noun, head.id)
        await climb(world, school, 3)
        assert climbs(world, school) == [("nobody", {head.id})]
        with after(days=3, hours=3):
            (card,) = (await fresh(world, head).get("/v1/alerts")).json()["items"]
        assert card["kind"] == "nobody_to_tell"
        assert "about" not in card


async def overdue_on_the_ladder(world: World, school: School, noun: str, owner: UUID) -> None:
    """Something of a kind, on its own ladder, overdue from tomorrow on."""
    plot = await a_plot(world, school, school[HEAD])
    id_ = plot.plant(noun, owner)
    due = clock.now() + timedelta(days=1)
    if noun == "webhook":
        world.sql(
            "update webhook set state = 'disabled', disabled_reason_code = 'failing', "
            "disabled_at = %s, due_at = %s where id = %s", clock.now(), due, id_,
        )  # fmt: skip
        plot.put(
            "deadline", noun=noun, thing_id=id_, rule_id="webhook.repair", rule_version="2026-11",
            ladder="admin", started_at=clock.now(), due_at=due, made_by=owner,
            made_at=clock.now(), next_at=due,
        )  # fmt: skip
    world.sql("update deadline set ladder = 'admin' where thing_id = %s", id_)

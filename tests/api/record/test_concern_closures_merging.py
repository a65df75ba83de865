"""What goes on in another concern is read there by nobody who could not read it before."""

from app.core.words import Role
from tests.api.record.test_concerns import step
from tests.api.records import a_concern, classify
from tests.api.safety.test_self_harm import opened
from tests.api.safety.test_self_harm_pupils import owed, told
from tests.world import School, World

WORDS = "Because of what happens at home."
SELF_HARM = {"kind": "thoughts_of_suicide", "own_words": {"value": WORDS}}


class TestASealedConcern:
    async def test_goes_on_in_none_that_more_people_read(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        sealed = await told(school.staff, (child, "subject"), self_harm=SELF_HARM)
        await classify(world, sealed, "K5")
        wide = await a_concern(school, child)
        before = owed(world, sealed)
        body = {"into": wide, "reason": "Same event."}
        refused = await step(school.lead, sealed, "merge", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "merge_target_unsuitable")
        assert "More people can read" in refused.json()["detail"]
        assert owed(world, sealed) == before
        assert owed(world, wide) == set()
        read = await school.api(Role.HEADTEACHER).get(f"/v1/concerns/{wide}")
        assert (read.status_code, WORDS in read.text) == (200, False)
        tasks = await school.api(Role.DEPUTY_DSL).get("/v1/tasks")
        assert str(child) not in tasks.text

    async def test_takes_in_what_fewer_or_as_many_read(self, world: World, school: School) -> None:
        child = await school.child()
        plain = await told(school.staff, (child, "subject"), self_harm=SELF_HARM)
        sealed = await a_concern(school, child)
        await classify(world, sealed, "K5")
        done = await step(school.lead, plain, "merge", {"into": sealed, "reason": "Same."})
        assert done.status_code == 200, done.text
        went_on = (await opened(school.lead, sealed))["self_harm"]["told"]
        assert went_on["own_words"]["value"] == WORDS
        hidden = await school.api(Role.HEADTEACHER).get(f"/v1/concerns/{sealed}")
        assert hidden.status_code == 404


class TestWhatIsUrgent:
    async def test_goes_on_as_urgent_in_the_other_one(self, world: World, school: School) -> None:
        child = await school.child()
        urgent = await a_concern(school, child, categories=["missing_from_home_or_care"])
        calm = await a_concern(school, child, immediacy="routine", categories=["bullying"])
        done = await step(school.lead, urgent, "merge", {"into": calm, "reason": "Same."})
        assert done.status_code == 200, done.text
        into = (await school.lead.get(f"/v1/concerns/{calm}")).json()
        assert into["immediacy"] == "immediate_danger"
        assert into["categories"] == ["bullying", "missing_from_home_or_care"]
        clocks = world.sql(
            "select rule_id from deadline where thing_id = %s and ended_at is null", calm
        )
        assert clocks == [("concern.acknowledge.immediate_danger",)]
        told = world.sql(
            "select urgent, mail from alert where concern_id = %s and kind = 'concern_urgent'"
            " and recipient_id = %s and ended_at is null",
            calm, school[Role.DEPUTY_DSL].id,
        )  # fmt: skip
        assert told == [(True, "at_once")]

    async def test_rings_nobody_where_the_other_one_rang(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        urgent = await a_concern(school, child, categories=["missing_from_home_or_care"])
        calm = await a_concern(school, child, immediacy="routine", categories=["bullying"])
        done = await step(school.lead, calm, "merge", {"into": urgent, "reason": "Same."})
        assert done.status_code == 200, done.text
        into = (await school.lead.get(f"/v1/concerns/{urgent}")).json()
        assert set(into["categories"]) == {"bullying", "missing_from_home_or_care"}
        sql = "select count(*) from alert where kind = 'concern_urgent' and concern_id = %s"
        assert world.sql(sql, urgent) == [(0,)]


class TestWhatGoesOnInIt:
    async def test_is_not_withdrawn_with_it(self, world: World, school: School) -> None:
        child = await school.child()
        wrong = await a_concern(school, child)
        right = await told(school.staff, (child, "subject"), self_harm=SELF_HARM)
        deputy, body = school.api(Role.DEPUTY_DSL), {"agree": True, "reason": "Yes."}
        assert (await step(school.lead, wrong, "withdraw", {"reason": "Wrong."})).status_code == 200
        refused = {"agree": False, "reason": "Not yet."}
        assert (await step(deputy, wrong, "countersign", refused)).status_code == 200
        done = await step(school.lead, right, "merge", {"into": wrong, "reason": "Same event."})
        assert done.status_code == 200, done.text
        went_on = owed(world, wrong)

        answer = await step(school.lead, wrong, "withdraw", {"reason": "Wrong."})

        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
        assert "merged into this one" in answer.json()["detail"]
        assert owed(world, wrong) == went_on != set()
        first = await step(school.lead, right, "withdraw", {"reason": "Wrong, too."})
        assert first.status_code == 200, first.text
        assert (await step(deputy, right, "countersign", body)).status_code == 200
        assert (await step(school.lead, wrong, "withdraw", {"reason": "Wrong."})).status_code == 200
        assert (await step(deputy, wrong, "countersign", body)).status_code == 200

    async def test_is_not_withdrawn_by_a_proposal_from_before(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        wrong, right = await a_concern(school, child), await a_concern(school, child)
        assert (await step(school.lead, wrong, "withdraw", {"reason": "Wrong."})).status_code == 200
        done = await step(school.lead, right, "merge", {"into": wrong, "reason": "Same event."})
        assert done.status_code == 200, done.text

        body = {"agree": True, "reason": "Yes."}
        answer = await step(school.api(Role.DEPUTY_DSL), wrong, "countersign", body)

        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")

"""An alert ends for everybody when somebody acts, says who, and comes back with the thing."""

from typing import Any
from uuid import UUID

import pytest

from app.core.alert_ends import ASKED_FIRST, COUNTED, ENDS, NEWS
from app.core.vocabularies.alerts import ALERT_KINDS
from app.core.words import Role
from app.domain.common.alerts.commands import tell, tell_once
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.record.test_reviews import complete, of_child, soon
from tests.inboxes import about_id
from tests.jobs.climbing import after, fresh, tick
from tests.world import Person, School, World

LEAD, DEPUTY, TEACHER = Role.DSL, Role.DEPUTY_DSL, Role.STAFF


async def inbox(world: World, person: Person, which: str = "") -> list[dict[str, Any]]:
    """Somebody's alerts; `which` is `open` or `ended`."""
    query = f"?state={which}" if which else ""
    answer = await fresh(world, person).get(f"/v1/alerts{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def waiting(world: World, person: Person) -> list[str]:
    """The kinds of what waits in somebody's inbox."""
    return [card["kind"] for card in await inbox(world, person, "open")]


async def a_concern(school: School, **fields: Any) -> str:
    """One that every lead was alerted to."""
    return str((await raise_one(school.staff, await school.child(), **fields))["id"])


async def an_action(school: School, owner: Role = TEACHER) -> tuple[str, str]:
    """A triaged concern and an action of it, which its owner was alerted to."""
    concern = await a_concern(school)
    triaged = await step(school.lead, concern, "triage", a_triage(school[LEAD].id))
    assert triaged.status_code == 200, triaged.text
    body = {"what": "Call home.", "owner_id": str(school[owner].id),
            "due_at": triaged.json()["due_at"]}  # fmt: skip
    made = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
    assert made.status_code == 201, made.text
    return concern, str(made.json()["id"])


class TestActing:
    @pytest.mark.parametrize("verb", ["acknowledge", "triage"])
    async def test_ends_it_for_everybody_with_who_acted(
        self, world: World, school: School, verb: str
    ) -> None:
        concern = await a_concern(school)
        assert [await waiting(world, school[role]) for role in (LEAD, DEPUTY)] == [
            ["concern_raised"], ["concern_raised"],
        ]  # fmt: skip
        body = a_triage(school[DEPUTY].id) if verb == "triage" else None
        deputy = school[DEPUTY]
        assert (await step(fresh(world, deputy), concern, verb, body)).status_code == 200
        for role in (LEAD, DEPUTY):
            assert await waiting(world, school[role]) == []
            (card,) = await inbox(world, school[role], "ended")
            assert card["state"] == "settled"
            assert card["acknowledged_at"] is None
            assert card["ended_by"] == {"id": str(deputy.id), "name": deputy.name}
            assert card["ended_reason_code"] == f"concern.{verb.removesuffix('e')}ed"
            assert card["ended_at"] is not None

    async def test_is_not_seeing(self, world: World, school: School) -> None:
        await a_concern(school)
        (card,) = await inbox(world, school[DEPUTY])
        seen = await fresh(world, school[DEPUTY]).post(f"/v1/alerts/{card['id']}/acknowledge")
        assert seen.status_code == 200
        assert seen.json()["state"] == "acknowledged"
        assert await waiting(world, school[LEAD]) == ["concern_raised"]

    async def test_that_is_refused_ends_nothing(self, world: World, school: School) -> None:
        concern = await a_concern(school)
        assert (await step(school.staff, concern, "acknowledge")).status_code in (403, 404)
        assert await waiting(world, school[LEAD]) == ["concern_raised"]

    async def test_of_another_concern_ends_nothing(self, world: World, school: School) -> None:
        await a_concern(school)
        other = await a_concern(school)
        assert (await step(school.lead, other, "acknowledge")).status_code == 200
        assert await waiting(world, school[DEPUTY]) == ["concern_raised"]

    async def test_by_another_leaves_the_new_owner_theirs(
        self, world: World, school: School
    ) -> None:
        """A concern given to the deputy stays theirs to take up, whoever reads it meanwhile."""
        concern = await a_concern(school)
        body = {"owner_id": str(school[DEPUTY].id), "reason": "You know them."}
        assert (await step(school.lead, concern, "assign", body)).status_code == 200
        assert (await step(school.lead, concern, "acknowledge")).status_code == 200
        assert await waiting(world, school[DEPUTY]) == ["concern_assigned"]
        triage = a_triage(school[DEPUTY].id)
        deputy = fresh(world, school[DEPUTY])
        assert (await step(deputy, concern, "triage", triage)).status_code == 200
        assert await waiting(world, school[DEPUTY]) == []

    async def test_ends_what_is_given_to_somebody_else(self, world: World, school: School) -> None:
        concern = await a_concern(school)
        for owner in (DEPUTY, LEAD):
            body = {"owner_id": str(school[owner].id), "reason": "You know them."}
            giver = school.lead if owner is DEPUTY else fresh(world, school[DEPUTY])
            assert (await step(giver, concern, "assign", body)).status_code == 200
        assert await waiting(world, school[DEPUTY]) == ["concern_raised"]
        assert sorted(await waiting(world, school[LEAD])) == ["concern_assigned", "concern_raised"]

    async def test_ends_whatever_is_about_a_thing_that_is_done(
        self, world: World, school: School
    ) -> None:
        _, action = await an_action(school)
        assert "action_set" in await waiting(world, school[TEACHER])
        read = await school.lead.get(f"/v1/actions/{action}")
        done = await school.lead.post(
            f"/v1/actions/{action}/complete", {"outcome": "Done."},
            version=read.headers["etag"].strip('"'),
        )  # fmt: skip
        assert done.status_code == 200, done.text
        assert "action_set" not in await waiting(world, school[TEACHER])
        (card,) = [
            one for one in await inbox(world, school[TEACHER]) if one["kind"] == "action_set"
        ]
        assert card["ended_reason_code"] == "action.completed"
        assert card["ended_by"]["id"] == str(school[LEAD].id)

    async def test_ends_what_asked_for_a_review_that_goes_on(
        self, world: World, school: School
    ) -> None:
        """For the one who did it: the owner of the next one still has to hear that it is theirs."""
        deputy = fresh(world, school[DEPUTY])
        reviews = [await of_child(school, deputy, owner_id=str(school[LEAD].id)) for _ in range(2)]
        assert await waiting(world, school[LEAD]) == ["review_set"] * 2
        for api, review in zip((school.lead, deputy), reviews, strict=True):
            done = await complete(api, review["id"], next_due_at=soon(days=9))
            assert done.status_code == 200, done.text
        assert await waiting(world, school[LEAD]) == ["review_set"]

    async def test_leaves_news_to_its_reader(self, world: World, school: School) -> None:
        concern = await a_concern(school)
        assert (await step(school.lead, concern, "acknowledge")).status_code == 200
        body = {"outcome": "no_further_action", "reason": "An accident at home."}
        await step(school.lead, concern, "triage", a_triage(school[LEAD].id, 1))
        closed = await step(school.lead, concern, "close", body)
        assert closed.status_code == 200, closed.text
        assert "concern_being_handled" in await waiting(world, school[TEACHER])

    async def test_keeps_a_hash_of_each_row(self, world: World, school: School) -> None:
        """What ended is vouched for like any other change."""
        concern = await a_concern(school)
        assert (await step(school.lead, concern, "acknowledge")).status_code == 200
        ((hashes,),) = world.sql(
            "select details->'alert' from row_trail where school_id = %s "
            "order by xid desc, seq desc limit 1",
            school.id,
        )
        ended = world.sql("select id from alert where concern_id = %s and ended_at is not null",
                          concern)  # fmt: skip
        assert {str(one) for (one,) in ended} <= set(hashes)
        assert len(ended) == 2


class TestItsEnd:
    async def test_tells_nothing_to_somebody_in_conflict(
        self, world: World, school: School
    ) -> None:
        """From the moment they are barred on: neither the alert, nor that it ended."""
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        said = {"child_id": str(child), "reason": "My nephew."}
        deputy = fresh(world, school[DEPUTY])
        assert (await deputy.post("/v1/conflicts", said)).status_code == 201
        before = await inbox(world, school[DEPUTY])
        assert (await step(school.lead, concern, "acknowledge")).status_code == 200
        assert await inbox(world, school[DEPUTY]) == before == []

    async def test_tells_nothing_of_an_action_to_somebody_in_conflict(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        async with world.work(school.id) as work:
            tell(work, school[DEPUTY].id, "telling_changed", about=("child", child))
        _, action = await an_action(school, DEPUTY)
        ((owner_child,),) = world.sql(
            "select child_id from concern_child k join action a on a.concern_id = k.id "
            "where a.id = %s",
            UUID(action),
        )
        said = {"child_id": str(owner_child), "reason": "My nephew."}
        assert (await fresh(world, school[DEPUTY]).post("/v1/conflicts", said)).status_code == 201
        cards = await inbox(world, school[DEPUTY])
        assert [card["kind"] for card in cards] == ["telling_changed"]

    async def test_names_nobody_to_somebody_who_may_not_open_it(
        self, world: World, school: School
    ) -> None:
        concern = await a_concern(school)
        async with world.work(school.id) as work:
            tell(work, school[TEACHER].id, "concern_joined", about=("concern", UUID(concern)),
                 concern_id=UUID(concern))  # fmt: skip
        world.sql("update concern set reporter_id = owner_id where id = %s", concern)
        body = {"owner_id": str(school[DEPUTY].id), "reason": "You know them."}
        assert (await step(school.lead, concern, "assign", body)).status_code == 200
        (card,) = await inbox(world, school[TEACHER])
        assert card["state"] == "settled"
        assert (card["ended_by"], card["ended_reason_code"]) == (None, None)
        assert "about" not in card or card["about"] is None


class TestComingBack:
    async def test_is_another_alert(self, world: World, school: School) -> None:
        """Acknowledged, and then nobody looks again: the ladder rings it again."""
        concern = await a_concern(school)
        assert (await step(school.lead, concern, "acknowledge")).status_code == 200
        assert await waiting(world, school[LEAD]) == []
        with after(days=6):
            await tick(world, school)
            (card,) = await inbox(world, school[LEAD], "open")
            assert card["kind"] == "overdue"
            assert (await step(fresh(world, school[LEAD]), concern, "triage",
                               a_triage(school[LEAD].id))).status_code == 200  # fmt: skip
            assert await waiting(world, school[LEAD]) == []

    async def test_louder_takes_the_place_of_what_asked_first(
        self, world: World, school: School
    ) -> None:
        await a_concern(school, immediacy="immediate_danger")
        with after(minutes=15):
            await tick(world, school)
            assert await waiting(world, school[LEAD]) == ["overdue"]
            (before,) = [card for card in await inbox(world, school[LEAD], "ended")]
            assert before["ended_reason_code"] == "overdue"
            assert before["ended_by"] is None

    async def test_reopened_after_its_end(self, world: World, school: School) -> None:
        _, action = await an_action(school)
        read = await school.lead.get(f"/v1/actions/{action}")
        body = {"owner_id": str(school[DEPUTY].id)}
        moved = await school.lead.post(f"/v1/actions/{action}/reassign", body,
                                       version=read.headers["etag"].strip('"'))  # fmt: skip
        assert moved.status_code == 200, moved.text
        assert "action_set" not in await waiting(world, school[TEACHER])
        body = {"owner_id": str(school[TEACHER].id)}
        back = await school.lead.post(f"/v1/actions/{action}/reassign", body,
                                      version=moved.headers["etag"].strip('"'))  # fmt: skip
        assert back.status_code == 200, back.text
        assert "action_set" in await waiting(world, school[TEACHER])
        assert "action_set" not in await waiting(world, school[DEPUTY])


class TestOneMatter:
    async def test_is_one_alert_while_it_waits(self, world: World, school: School) -> None:
        concern = await a_concern(school)
        for text in ("It was the left arm.", "And the right.", "He told me more."):
            body = {"kind": "addition", "text": text, "reason": "I remember."}
            added = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
            assert added.status_code == 201, added.text
        (card,) = [
            one for one in await inbox(world, school[LEAD]) if one["kind"] == "concern_joined"
        ]
        assert card["times"] == 3
        await fresh(world, school[LEAD]).post(f"/v1/alerts/{card['id']}/acknowledge")
        body = {"kind": "addition", "text": "Once more.", "reason": "I remember."}
        await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
        found = [one for one in await inbox(world, school[LEAD]) if one["kind"] == "concern_joined"]
        assert sorted(one["times"] for one in found) == [1, 3]

    async def test_rings_again_where_it_is_urgent_by_now(
        self, world: World, school: School
    ) -> None:
        about = ("concern", UUID(await a_concern(school)))
        lead = school[LEAD].id
        for urgent, number in ((False, 0), (True, 1), (True, 1)):
            async with world.work(school.id) as work:
                tell_once(work, [lead], "agency_answered", urgent=urgent, about=about)
            rang = world.sql(
                "select count(*) from trail t join alert a on a.id = t.noun_id "
                "where a.recipient_id = %s and a.kind = 'agency_answered' "
                "and t.verb = 'alert.rang'",
                lead,
            )
            assert rang == [(number,)]
        assert world.sql(
            "select times, urgent, mail from alert where kind = 'agency_answered' "
            "and recipient_id = %s", lead,
        ) == [(3, True, "at_once")]  # fmt: skip

    async def test_adds_up_counts_in_one_work_and_in_several(
        self, world: World, school: School
    ) -> None:
        lead = school[LEAD].id
        for _ in range(2):
            async with world.work(school.id) as work:
                tell(work, lead, "work_handed_over", counts={"open_reviews": 2})
        assert world.sql(
            "select times, counts from alert where recipient_id = %s", lead
        ) == [(2, {"open_reviews": 4})]  # fmt: skip

    async def test_never_stops_a_report(self, world: World, school: School) -> None:
        """A second report about a child whose pathway is open joins the alert that stands."""
        child = await school.child()
        told = {"categories": ["self_harm"], "immediacy": "today"}
        for _ in range(3):
            await raise_one(school.staff, child, **told)
        joined = [
            one for one in await inbox(world, school[LEAD]) if one["kind"] == "concern_joined"
        ]
        assert len({about_id(one) for one in joined}) == len(joined)
        assert sum(one["times"] for one in joined) == 3


class TestTheTable:
    def test_names_kinds_that_there_are(self) -> None:
        known = {term.code for term in ALERT_KINDS.terms}
        named = {kind for ends in ENDS.values() for kind in (*ends.everybodys, *ends.own)}
        assert NEWS | ASKED_FIRST | COUNTED | named <= known

    def test_ends_no_news(self) -> None:
        assert not [did for did, ends in ENDS.items() if NEWS & (ends.everybodys | ends.own)]

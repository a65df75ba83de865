"""The first screen of a child: everything in one look, each part by the rules of its own list."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.record.test_child_merges import merged
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.records import a_concern, a_contact, a_share, classify
from tests.api.referring import a_body, a_draft, a_sent, an_agency
from tests.api.sharing.test_shares import a_hand_over, approve, drafted
from tests.api.sharing.test_shares import step as share_step
from tests.around_children import a_pastoral_member, created
from tests.security.capture import captured
from tests.world import Api, School, World

TODAY = clock.now().date()


async def summary(api: Api, child: UUID) -> dict[str, Any]:
    """What somebody sees first of a child."""
    answer = await api.get(f"/v1/children/{child}/summary")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def a_busy_child(school: School) -> tuple[UUID, str]:
    """A child with contacts, statuses and a concern that the deputy works on."""
    child = await school.child()
    path = f"/v1/children/{child}"
    for name, priority in (("Kim Marsh", 2), ("Jo Marsh", 1)):
        facts = {"kind": "mother", "name": name, "priority": priority}
        await created(school.lead, f"{path}/contacts", facts)
    gone = await created(
        school.lead, f"{path}/contacts", {"kind": "other_relative", "name": "Al Marsh"}
    )
    ended = await school.lead.post(f"{path}/contacts/{gone['id']}/end", version=1)
    assert ended.status_code == 200, ended.text
    since = (TODAY - timedelta(days=30)).isoformat()
    until = (TODAY - timedelta(days=3)).isoformat()
    for status in (
        {"kind": "child_in_need"},
        {"kind": "early_help", "valid_to": until, "end_reason": "Done."},
    ):
        await created(
            school.lead,
            f"{path}/statuses",
            {"valid_from": since, "source": "Social worker", **status},
        )
    concern = (await raise_one(school.staff, child))["id"]
    await step(school.lead, concern, "acknowledge")
    await step(school.lead, concern, "triage", a_triage(school[Role.DEPUTY_DSL].id, 2))
    return child, concern


class TestOpenChildSummary:
    async def test_shows_what_each_list_shows(self, school: School) -> None:
        child, concern = await a_busy_child(school)
        path, lead = f"/v1/children/{child}", school.lead
        found = await summary(lead, child)
        assert found["child"] == (await lead.get(path)).json()
        contacts = (await lead.get(f"{path}/contacts")).json()["items"]
        assert found["contacts"] == [one for one in contacts if one["valid_to"] is None]
        assert [one["name"] for one in found["contacts"]] == ["Jo Marsh", "Kim Marsh"]
        statuses = (await lead.get(f"{path}/statuses")).json()["items"]
        assert found["statuses"] == [one for one in statuses if one["kind"] == "child_in_need"]
        assert found["next_steps"] == (await lead.get(f"{path}/next-steps")).json()["items"]
        newest = (await lead.get(f"{path}/chronology?limit=5")).json()["items"]
        assert found["latest"] == newest
        assert len(newest) > 2
        cards = {(card["kind"], card["id"]): card for card in found["open"]["items"]}
        assert cards["concern", concern]["path"] == f"/v1/concerns/{concern}"
        assert found["open"]["count"] == len(cards)

    async def test_says_who_works_on_it(self, school: School) -> None:
        child, _ = await a_busy_child(school)
        found = await summary(school.lead, child)
        owners = {one["id"]: one["open"] for one in found["working_on_it"]}
        assert owners[str(school[Role.DEPUTY_DSL].id)] >= 1
        assert sum(owners.values()) == found["open"]["count"]

    async def test_says_who_outside_the_school_knows(self, world: World, school: School) -> None:
        child, concern = await a_busy_child(school)
        mother = await a_contact(world, school, child, email="kim@home.example")
        shared = await drafted(
            school, a_share(child, {"via": "contact", "contact_id": mother}, concern)
        )
        assert (await summary(school.lead, child))["told_outside"] == [], "nothing has left"
        assert (await approve(school.lead, shared["id"])).status_code == 200
        assert (await summary(school.lead, child))["told_outside"] == [], "nor by approving"
        handed = await share_step(school.lead, shared["id"], "hand-over", a_hand_over())
        assert handed.status_code == 200, handed.text
        agency, other = await an_agency(school), await a_concern(school, child)
        about = {"child_id": str(child), "concern_id": other,
                 "items": [{"kind": "concern", "id": other}]}  # fmt: skip
        body = await a_body(school, agency, **about)
        await a_draft(school, body)
        referral = await a_sent(school, body)
        told = (await summary(school.lead, child))["told_outside"]
        assert {(one["path"], one["recipient_kind"]) for one in told} == {
            (f"/v1/shares/{shared['id']}", "parent"), (f"/v1/referrals/{referral}", "social_care"),
        }  # fmt: skip
        assert (await summary(school.lead, await school.child()))["told_outside"] == []
        await classify(world, concern, "K5")
        deputy = (await summary(school.api(Role.DEPUTY_DSL), child))["told_outside"]
        assert [one["kind"] for one in deputy] == ["referral"], "no share of what is sealed"

    async def test_shows_nothing_of_another_child(self, school: School) -> None:
        await a_busy_child(school)
        other = await school.child()
        found = await summary(school.lead, other)
        assert found["open"] == {"count": 0, "items": []}
        assert [found[part] for part in ("contacts", "statuses", "working_on_it", "latest")] == [
            [], [], [], [],
        ]  # fmt: skip

    async def test_leaves_one_trace(self, world: World, school: School) -> None:
        child, _ = await a_busy_child(school)
        last = world.sql("select max(seq) from trail where school_id = %s", school.id)[0][0]
        await summary(school.lead, child)
        rows = world.sql(
            "select verb, details ->> 'part' from trail where school_id = %s and seq > %s",
            school.id, last,
        )  # fmt: skip
        assert rows == [("child.opened", "summary")]

    async def test_asks_the_same_number_of_statements_however_much_there_is(
        self, world: World, school: School
    ) -> None:
        children = [await school.child(), (await a_busy_child(school))[0]]
        asked = []
        for child in children:
            async with captured(world) as statements:
                await summary(school.lead, child)
            asked.append(len(statements))
        assert max(asked) <= min(asked) + 1, asked  # next steps read the calendar if there are any

    async def test_of_a_merged_child_is_that_of_the_one_who_goes_on(self, school: School) -> None:
        child, concern = await a_busy_child(school)
        kept = await school.child()
        await merged(school, child, kept)
        found = await summary(school.lead, child)
        assert (found["child"]["id"], found["child"]["merged_into"]) == (str(kept), str(kept))
        assert concern in {card["id"] for card in found["open"]["items"]}
        assert [one["name"] for one in found["contacts"]] == ["Jo Marsh", "Kim Marsh"]


class TestHidden:
    async def test_a_class_that_is_not_read_is_in_no_part(
        self, world: World, school: School
    ) -> None:
        child, concern = await a_busy_child(school)
        head = school.api(Role.HEADTEACHER)
        before = await summary(head, child)
        await classify(world, concern, "K5")
        after = await summary(head, child)
        assert before["open"]["count"] > after["open"]["count"]
        assert concern not in str(after)
        assert before["next_steps"]
        assert after["next_steps"] == []

    async def test_pastoral_staff_open_their_own_year_alone(
        self, world: World, school: School
    ) -> None:
        child, _ = await a_busy_child(school)
        world.sql("update child set year_group = '8' where id = %s", child)
        inside = await a_pastoral_member(world, school, "8")
        assert (await summary(inside, child))["child"]["id"] == str(child)
        outside = await a_pastoral_member(world, school, "9")
        answer = await outside.get(f"/v1/children/{child}/summary")
        assert answer.status_code == 403
        assert answer.json()["code"] == "outside_cohort"

    async def test_a_relative_and_another_school_open_nothing(
        self, school: School, other_school: School
    ) -> None:
        child, _ = await a_busy_child(school)
        path = f"/v1/children/{child}/summary"
        assert (await other_school.lead.get(path)).status_code == 404
        deputy = school.api(Role.DEPUTY_DSL)
        body = {"child_id": str(child), "reason": "My nephew."}
        assert (await deputy.post("/v1/conflicts", body)).status_code == 201
        assert (await deputy.get(path)).json()["code"] == "conflict_of_interest"
        assert (await school.staff.get(path)).status_code == 403

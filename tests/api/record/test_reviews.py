"""Reviews: looks that are owed, and what came of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.words import Role
from tests.api.records import a_concern, classify
from tests.inconsistency import find_inconsistent
from tests.world import Api, School, World


def soon(**by: int) -> str:
    """A moment to come."""
    return (clock.now() + timedelta(**by)).isoformat()


async def set_one(api: Api, **fields: Any) -> httpx.Response:
    """Set a review."""
    body = {"what": "How is it at home?", "due_at": soon(days=3)} | fields
    return await api.post("/v1/reviews", {k: v for k, v in body.items() if v is not None})


async def of_child(school: School, api: Api | None = None, **fields: Any) -> dict[str, Any]:
    """A review of a child."""
    child = fields.pop("child_id", None) or str(await school.child())
    answer = await set_one(api or school.lead, child_id=child, **fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def complete(api: Api, review: str, version: int = 1, **fields: Any) -> httpx.Response:
    """Complete a review."""
    body = {"note": "Settled at the new house.", "outcome": "continue"} | fields
    return await api.post(f"/v1/reviews/{review}/complete", body, version=version)


async def ids_of(api: Api, query: str = "") -> list[str]:
    """The ids a list shows."""
    found = await api.get(f"/v1/reviews{query}")
    assert found.status_code == 200, found.text
    return [one["id"] for one in found.json()["items"]]


def verbs(world: World, review: str) -> list[str]:
    """What the trail says of a review."""
    return [
        verb for (verb,) in world.sql("select verb from trail where noun_id = %s order by seq",
                                      UUID(review))
    ]  # fmt: skip


async def clocks_fit(world: World, school: School) -> bool:
    """Whether everything open has its clock."""
    async with world.work(school.id) as work:
        return not [one for one in await find_inconsistent(await work.driver(), school.id)
                    if one["noun"] == "review"]  # fmt: skip


class TestSetReview:
    async def test_is_set_for_a_child(self, world: World, school: School) -> None:
        found = await of_child(school, every={"count": 6, "unit": "school_weeks"})
        assert (found["state"], found["looks"]) == ("open", [])
        assert found["every"] == {"count": 6, "unit": "school_weeks"}
        assert found["owner"]["id"] == str(school[Role.DSL].id)
        assert found["permissions"] == ["update_review", "complete_review", "end_review"]
        assert verbs(world, found["id"]) == ["review.set"]
        assert await clocks_fit(world, school)

    async def test_is_set_for_a_concern_in_its_class(self, world: World, school: School) -> None:
        concern = await a_concern(school, await school.child())
        await classify(world, concern, "K4")
        found = (await set_one(school.lead, concern_id=concern)).json()
        assert found["confidentiality"] == "K4"
        assert found["concern"]["id"] == concern

    async def test_falls_by_its_interval_where_no_time_is_given(self, school: School) -> None:
        every = {"count": 1, "unit": "calendar_weeks"}
        found = await of_child(school, due_at=None, every=every)
        due = datetime.fromisoformat(found["due_at"])
        assert timedelta(days=5) < due - clock.now() < timedelta(days=11)
        assert found["due_rule"] == "review.due"

    async def test_tells_another_owner(self, world: World, school: School) -> None:
        deputy = school[Role.DEPUTY_DSL].id
        review = await of_child(school, owner_id=str(deputy))
        kinds = world.sql(
            "select kind, noun, thing_id::text from alert where recipient_id = %s", deputy
        )
        assert kinds == [("review_set", "review", review["id"])]

    @pytest.mark.parametrize(
        "fields",
        [{"due_at": None}, {"due_at": "2020-01-01T09:00:00Z"}],
    )
    async def test_needs_a_time_to_come(self, school: School, fields: Any) -> None:
        answer = await set_one(school.lead, child_id=str(await school.child()), **fields)
        assert (answer.status_code, answer.json()["code"]) == (422, "review_due_unsuitable")

    async def test_is_about_one_record(self, school: School) -> None:
        assert (await set_one(school.lead)).status_code == 422
        child = await school.child()
        both = await set_one(
            school.lead, child_id=str(child), concern_id=await a_concern(school, child)
        )
        assert both.status_code == 422

    async def test_refuses_unsuitable_owners(self, world: World, school: School) -> None:
        child = await school.child()
        teacher, deputy = school[Role.STAFF].id, school[Role.DEPUTY_DSL].id
        conflict = {"staff_id": str(deputy), "child_id": str(child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", conflict)).status_code == 201
        for owner in (teacher, deputy):
            answer = await set_one(school.lead, child_id=str(child), owner_id=str(owner))
            assert answer.json()["code"] == "review_owner_unsuitable"
        sealed = await set_one(
            school.lead, child_id=str(child), confidentiality="K5",
            owner_id=str(school[Role.HEADTEACHER].id),
        )  # fmt: skip
        assert sealed.json()["code"] == "review_owner_unsuitable"

    async def test_gives_no_class_that_is_not_read(self, school: School) -> None:
        child = str(await school.child())
        answer = await set_one(school.api(Role.DEPUTY_DSL), child_id=child, confidentiality="K5")
        assert answer.json()["errors"][0]["pointer"] == "/confidentiality"

    async def test_hides_other_schools_records(self, school: School, other_school: School) -> None:
        child = await other_school.child()
        concern = await a_concern(other_school, child)
        assert (await set_one(school.lead, child_id=str(child))).status_code == 404
        assert (await set_one(school.lead, concern_id=concern)).status_code == 404

    async def test_is_closed_to_those_in_conflict(self, school: School) -> None:
        child, deputy = str(await school.child()), school[Role.DEPUTY_DSL]
        conflict = {"staff_id": str(deputy.id), "child_id": child, "reason": "Family."}
        await school.lead.post("/v1/conflicts", conflict)
        answer = await set_one(school.api(Role.DEPUTY_DSL), child_id=child)
        assert answer.json()["code"] == "conflict_of_interest"


class TestSight:
    async def test_follows_class_cohort_and_conflict(self, world: World, school: School) -> None:
        own, other = await school.child(year_group="7"), await school.child(year_group="9")
        world.sql(
            """update membership set cohort = '{"year_groups": ["7"]}' where staff_id = %s""",
            school[Role.PASTORAL].id,
        )
        made = {
            name: (await of_child(school, child_id=str(child), confidentiality=kind))["id"]
            for name, child, kind in (
                ("K2", own, "K2"), ("K3", own, "K3"), ("K5", own, "K5"), ("far", other, "K2"),
            )
        }  # fmt: skip
        seen = {
            Role.DSL: {"K2", "K3", "K5", "far"},
            Role.DEPUTY_DSL: {"K2", "K3", "far"},
            Role.HEADTEACHER: {"K2", "K3", "far"},
            Role.PASTORAL: {"K2"},
        }
        conflict = {
            "staff_id": str(school[Role.DEPUTY_DSL].id), "child_id": str(other), "reason": "Family."
        }  # fmt: skip
        await school.lead.post("/v1/conflicts", conflict)
        seen[Role.DEPUTY_DSL] -= {"far"}
        for role, names in seen.items():
            listed = set(await ids_of(school.api(role)))
            assert listed == {made[name] for name in names}, role
            for name, id_ in made.items():
                answer = await school.api(role).get(f"/v1/reviews/{id_}")
                assert (answer.status_code == 200) == (name in names), (role, name)

    async def test_follows_the_concern(self, world: World, school: School) -> None:
        concern = await a_concern(school, await school.child())
        review = (await set_one(school.lead, concern_id=concern)).json()["id"]
        deputy = school.api(Role.DEPUTY_DSL)
        assert await ids_of(deputy, f"?concern_id={concern}") == [review]
        await classify(world, concern, "K5")
        assert await ids_of(deputy) == []
        assert (await deputy.get(f"/v1/reviews/{review}")).status_code == 404
        assert (await deputy.get(f"/v1/reviews/{review}")).json()["code"] == "review_not_found"

    async def test_of_a_concern_is_closed_to_those_it_names(self, school: School) -> None:
        concern = await a_concern(school, await school.child())
        deputy = school[Role.DEPUTY_DSL]
        made = await set_one(school.lead, concern_id=concern, owner_id=str(deputy.id))
        review, api = made.json()["id"], school.api(Role.DEPUTY_DSL)
        assert await ids_of(api) == [review]
        body = {"staff_id": str(deputy.id), "reason": "Was there."}
        named = await school.lead.post(f"/v1/concerns/{concern}/named-staff", body)
        assert named.status_code == 201, named.text
        assert await ids_of(api) == []
        assert (await api.get(f"/v1/reviews/{review}")).status_code == 404
        found = (await school.lead.get(f"/v1/reviews/{review}")).json()
        assert found["owner"]["id"] == str(school[Role.DSL].id), "it has moved at once"

    async def test_is_left_to_an_owner_who_reads_nothing_else_of_it(
        self, world: World, school: School
    ) -> None:
        pastoral = school[Role.PASTORAL]
        mine = await of_child(school, owner_id=str(pastoral.id))
        assert await ids_of(school.api(Role.PASTORAL)) == [mine["id"]]
        done = await complete(school.api(Role.PASTORAL), mine["id"], next_due_at=soon(days=9))
        assert done.status_code == 200, done.text

    async def test_by_a_grant_is_for_reading(self, world: World, school: School) -> None:
        review = await of_child(school, confidentiality="K5")
        deputy = school[Role.DEPUTY_DSL]
        body = {
            "staff_id": str(deputy.id), "child_id": review["child"]["id"], "classes": ["K5"],
            "reason": "Holiday cover.", "valid_to": soon(days=2),
        }  # fmt: skip
        granted = await school.lead.post("/v1/access/grants", body)
        assert granted.status_code == 201, granted.text
        api = school.api(Role.DEPUTY_DSL)
        assert await ids_of(api) == [review["id"]]
        assert (await api.get(f"/v1/reviews/{review['id']}")).json()["permissions"] == []
        assert (await complete(api, review["id"], next_due_at=soon(days=9))).status_code == 403


class TestListReviews:
    async def test_shows_no_narrative_and_the_soonest_first(self, school: School) -> None:
        later = await of_child(school, due_at=soon(days=5))
        sooner = await of_child(school, due_at=soon(days=1))
        answer = await school.lead.get("/v1/reviews")
        assert [one["id"] for one in answer.json()["items"]] == [sooner["id"], later["id"]]
        assert "at home" not in answer.text

    async def test_narrows_and_pages(self, school: School) -> None:
        made = [await of_child(school, due_at=soon(days=day)) for day in (1, 2, 3)]
        due = soon(days=2, minutes=30).replace("+00:00", "Z")
        assert await ids_of(school.lead, f"?due_before={due}") == [one["id"] for one in made[:2]]
        first = (await school.lead.get("/v1/reviews?limit=2")).json()
        rest = await ids_of(school.lead, f"?limit=2&cursor={first['next']}")
        assert [one["id"] for one in first["items"]] + rest == [one["id"] for one in made]
        child = made[0]["child"]["id"]
        assert await ids_of(school.lead, f"?child_id={child}") == [made[0]["id"]]
        assert await ids_of(school.lead, f"?owner_id={school[Role.DEPUTY_DSL].id}") == []
        assert (await school.lead.get("/v1/reviews?colour=red")).status_code == 422

    async def test_shows_ended_ones_when_asked(self, school: School) -> None:
        review = await of_child(school)
        body = {"reason": "Moved away."}
        await school.lead.post(f"/v1/reviews/{review['id']}/end", body, version=1)
        assert await ids_of(school.lead) == []
        assert await ids_of(school.lead, "?state=ended") == [review["id"]]


class TestOpenReview:
    async def test_leaves_a_trace_for_the_child(self, world: World, school: School) -> None:
        review = await of_child(school)
        answer = await school.lead.get(f"/v1/reviews/{review['id']}")
        assert (answer.status_code, answer.headers["etag"][:3]) == (200, '"1-')
        children = world.sql(
            "select child_id from trail where noun_id = %s and verb = 'review.opened'",
            UUID(review["id"]),
        )
        assert children == [(UUID(review["child"]["id"]),)]

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        review = await of_child(school)
        answer = await other_school.lead.get(f"/v1/reviews/{review['id']}")
        assert answer.status_code == 404


class TestChangeReview:
    async def test_changes_what_is_named(self, world: World, school: School) -> None:
        review = await of_child(school, every={"count": 2, "unit": "school_days"})
        deputy, due = str(school[Role.DEPUTY_DSL].id), soon(days=8)
        path = f"/v1/reviews/{review['id']}"
        body = {"owner_id": deputy, "due_at": due, "every": None, "what": "And at school?"}
        answer = await school.lead.patch(path, body, version=1)
        found = answer.json()
        assert (found["owner"]["id"], found["every"], found["what"]) == (
            deputy, None, "And at school?"
        )  # fmt: skip
        assert datetime.fromisoformat(found["due_at"]) == datetime.fromisoformat(due)
        assert verbs(world, review["id"])[-1] == "review.changed"
        assert await clocks_fit(world, school)

    async def test_needs_the_present_version(self, school: School) -> None:
        path = f"/v1/reviews/{(await of_child(school))['id']}"
        assert (await school.lead.patch(path, {"what": "x"})).status_code == 428
        assert (await school.lead.patch(path, {"what": "x"}, version=7)).status_code == 412
        assert (await school.lead.patch(path, {"due_at": None}, version=1)).status_code == 422


class TestCompleteReview:
    async def test_sets_the_next_by_its_interval(self, world: World, school: School) -> None:
        review = await of_child(school, every={"count": 3, "unit": "school_weeks"})
        answer = await complete(school.lead, review["id"])
        found = answer.json()
        (look,) = found["looks"]
        assert (look["outcome"], look["was_due_at"]) == ("continue", review["due_at"])
        assert look["next_due_at"] == found["due_at"]
        due = datetime.fromisoformat(found["due_at"])
        assert timedelta(days=19) < due - clock.now() < timedelta(days=24)
        assert found["done_at"] is not None
        assert verbs(world, review["id"]) == ["review.set", "review.done"]
        assert await clocks_fit(world, school)

    async def test_asks_when_there_is_no_interval(self, school: School) -> None:
        review = await of_child(school)
        refused = await complete(school.lead, review["id"])
        assert refused.json()["code"] == "review_due_unsuitable"
        due = soon(days=20)
        found = (
            await complete(school.lead, review["id"], outcome="change", next_due_at=due)
        ).json()
        assert datetime.fromisoformat(found["due_at"]).astimezone(UTC).isoformat() == due

    async def test_can_be_the_last(self, world: World, school: School) -> None:
        review = await of_child(school, every={"count": 3, "unit": "school_weeks"})
        found = (await complete(school.lead, review["id"], outcome="end")).json()
        assert (found["state"], found["permissions"]) == ("ended", [])
        assert found["looks"][0]["next_due_at"] is None
        again = await complete(school.lead, review["id"], version=2)
        assert again.json()["code"] == "review_ended"
        assert await clocks_fit(world, school)

    async def test_stands_in_the_chronology_of_the_child(self, school: School) -> None:
        review = await of_child(school)
        await complete(school.lead, review["id"], outcome="end")
        found = await school.lead.get(f"/v1/children/{review['child']['id']}/chronology")
        (entry,) = found.json()["items"]
        assert (entry["kind"], entry["summary"], entry["outcome"]) == (
            "review", "Settled at the new house.", "end"
        )  # fmt: skip

    async def test_stands_in_the_chronology_of_each_child_of_a_concern(
        self, school: School
    ) -> None:
        children = [await school.child(), await school.child("Bo")]
        concern = await a_concern(school, *children)
        review = (await set_one(school.lead, concern_id=concern)).json()["id"]
        await complete(school.lead, review, outcome="end")
        for child in children:
            found = await school.lead.get(f"/v1/children/{child}/chronology?kind=review")
            assert [one["concern_id"] for one in found.json()["items"]] == [concern]

    async def test_is_kept_for_good(self, world: World, school: School) -> None:
        review = await of_child(school)
        await complete(school.lead, review["id"], outcome="end")
        granted = world.sql(
            "select privilege_type from information_schema.role_table_grants "
            "where table_name = 'review_note' and grantee = 'cairn_app'"
        )
        assert {one for (one,) in granted} == {"SELECT", "INSERT"}


class TestEndReview:
    async def test_ends_with_a_reason(self, world: World, school: School) -> None:
        review = await of_child(school)
        path, body = f"/v1/reviews/{review['id']}/end", {"reason": "Moved away."}
        assert (await school.lead.post(path, body)).status_code == 428
        found = (await school.lead.post(path, body, version=1)).json()
        assert (found["state"], found["end_reason"]) == ("ended", "Moved away.")
        assert verbs(world, review["id"])[-1] == "review.ended"
        assert await clocks_fit(world, school)


class TestDecisions:
    async def test_are_looked_at_again_by_a_review_of_their_own(
        self, world: World, school: School
    ) -> None:
        concern = await a_concern(school, await school.child())
        body = {
            "kind": "not_tell_parents", "question": "Tell the parents now?", "options": [],
            "decision": "No.", "reason": "It could put her at risk.", "advice": [],
            "review_on": soon(days=14),
        }  # fmt: skip
        made = await school.lead.post(f"/v1/concerns/{concern}/decisions", body)
        assert made.status_code == 201, made.text
        (card,) = (await school.lead.get(f"/v1/reviews?concern_id={concern}")).json()["items"]
        whole = (await school.lead.get(f"/v1/reviews/{card['id']}")).json()
        assert whole["decision_id"] == made.json()["id"]
        assert whole["what"] == "Tell the parents now?"
        assert await clocks_fit(world, school)

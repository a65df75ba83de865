"""Cover: who is away, who stands in, and whom new concerns reach meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import raise_one
from tests.api.record.test_concerns_second_looks import add_to
from tests.api.staffing import end, verbs_about
from tests.world import School, World


def day(number: int = 0) -> str:
    """A day so many days from now."""
    return (clock.now().date() + timedelta(days=number)).isoformat()


async def cover(
    school: School, away: object, *people: object, by: Role = Role.DSL, **fields: Any
) -> httpx.Response:
    """Say that somebody is away for ten days."""
    body = {
        "away_id": str(away), "valid_from": day(), "valid_to": day(10),
        "covered_by_ids": [str(one) for one in people],
    }  # fmt: skip
    return await school.api(by).post("/v1/cover", body | fields)


def owner_of(world: World, concern: dict[str, Any]) -> UUID:
    """Who owns a concern."""
    found: UUID = world.sql("select owner_id from concern where id = %s", UUID(concern["id"]))[0][0]
    return found


def told_of(world: World, concern: dict[str, Any]) -> set[UUID]:
    """Who was alerted about a concern."""
    rows = world.sql("select recipient_id from alert where concern_id = %s", UUID(concern["id"]))
    return {person for (person,) in rows}


class TestSetCover:
    async def test_makes_who_stands_in_owner_of_new_concerns(
        self, world: World, school: School
    ) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        child = await school.child()
        assert owner_of(world, await raise_one(school.staff, child)) == lead
        answer = await cover(school, lead, deputy, by=Role.HEADTEACHER)
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "active"
        assert [one["id"] for one in answer.json()["covered_by"]] == [str(deputy)]
        concern = await raise_one(school.staff, child)
        assert owner_of(world, concern) == deputy
        assert {lead, deputy} <= told_of(world, concern)
        assert verbs_about(world, answer.json()["id"]) == ["cover.set"]

    async def test_gives_a_role_for_exactly_that_time(self, world: World, school: School) -> None:
        lead, head = school[Role.DSL].id, await school.person(Role.STAFF)
        answer = await cover(
            school, lead, head.id, role="deputy_dsl", valid_from=day(2), valid_to=day(5)
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["covered_by"][0]["role_given"] is True
        held = world.sql(
            "select role, valid_from::text, valid_to::text from membership "
            "where staff_id = %s and role <> 'staff'", head.id,
        )  # fmt: skip
        assert held == [("deputy_dsl", day(2), day(5))]

    async def test_alerts_who_got_a_role_for_it(self, world: World, school: School) -> None:
        stand_in = (await school.person(Role.STAFF)).id
        answer = await cover(school, school[Role.DSL].id, stand_in, role="deputy_dsl")
        assert answer.status_code == 201, answer.text
        concern = await raise_one(school.staff, await school.child())
        assert owner_of(world, concern) == stand_in
        assert stand_in in told_of(world, concern)

    async def test_can_be_covered_by_a_role_of_the_schools_own(
        self, world: World, school: School
    ) -> None:
        await school.role(
            "duty_head", "concern:raise", "concern:read", "concern:comment", classes=["K3"]
        )
        holder = await school.holder("duty_head")
        assert (await cover(school, school[Role.DSL].id, holder.id)).status_code == 201
        concern = await raise_one(school.staff, await school.child())
        assert owner_of(world, concern) == holder.id
        assert holder.id in told_of(world, concern)

    async def test_gives_no_more_than_the_own_role(self, school: School) -> None:
        stand_in = (await school.person(Role.STAFF)).id
        refused = await cover(school, school[Role.DSL].id, stand_in, role="dsl", by=Role.DEPUTY_DSL)
        assert refused.json()["code"] == "permission_missing"
        refused = await cover(
            school, school[Role.DSL].id, stand_in, role="deputy_dsl", by=Role.SCHOOL_ADMIN
        )
        assert refused.json()["code"] == "grant_exceeds_own"

    @pytest.mark.parametrize("category", ["domestic_abuse", "weapon_threat"])
    async def test_alerts_the_head_where_every_lead_is_away(
        self, world: World, school: School, category: str
    ) -> None:
        """A head who owns it has to act: the alert ends as a lead's does, when somebody did."""
        leads = {school[role].id for role in (Role.DSL, Role.DEPUTY_DSL)}
        child = await school.child()
        before = await raise_one(school.staff, child)
        for lead in sorted(leads):
            gone = await cover(school, lead, uncovered_reason="Half-term.")
            assert gone.status_code == 201, gone.text
        concern = await raise_one(school.staff, child, categories=[category])
        head = school[Role.HEADTEACHER].id
        assert owner_of(world, concern) == head
        assert told_of(world, concern) == {*leads, head}
        kinds = "select distinct kind from alert where concern_id = %s"
        assert world.sql(kinds, UUID(concern["id"])) == [("concern_raised",)]
        assert head not in told_of(world, before)
        await add_to(school, before["id"])
        assert head in told_of(world, before)

    async def test_chooses_nobody_who_is_away(self, world: World, school: School) -> None:
        """Also where nobody stands in: the next in line owns it."""
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        assert (await cover(school, lead)).status_code == 201
        child = await school.child()
        assert owner_of(world, await raise_one(school.staff, child)) == deputy
        gone = await cover(school, deputy, uncovered_reason="Half-term.")
        assert gone.status_code == 201, gone.text
        concern = await raise_one(school.staff, child)
        assert owner_of(world, concern) == school[Role.HEADTEACHER].id

    async def test_asks_why_nobody_would_be_there_and_tells_the_head(self, school: School) -> None:
        assert (await cover(school, school[Role.DSL].id)).status_code == 201
        deputy = school[Role.DEPUTY_DSL].id
        refused = await cover(school, deputy, valid_from=day(8), valid_to=day(20))
        assert refused.status_code == 409
        assert refused.json()["code"] == "nobody_on_duty"
        assert refused.json()["first_day_without"] == day(8)
        done = await cover(
            school, deputy, valid_from=day(8), valid_to=day(20), uncovered_reason="Both ill."
        )
        assert done.status_code == 201
        assert done.json()["uncovered_reason"] == "Both ill."
        inbox = (await school.api(Role.HEADTEACHER).get("/v1/alerts")).json()["items"]
        assert [one["kind"] for one in inbox if one["kind"] != "cover_set"] == ["nobody_on_duty"]
        seen = (await school.staff.get("/v1/cover")).json()["items"]
        assert all("uncovered_reason" not in one for one in seen)

    async def test_refuses_the_same_days_twice(self, school: School) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        assert (await cover(school, lead, deputy)).status_code == 201
        again = await cover(school, lead)
        assert (again.status_code, again.json()["code"]) == (409, "cover_exists")
        assert (await cover(school, lead, valid_from=day(2))).status_code == 201

    async def test_lets_no_administrator_send_everybody_away(self, school: School) -> None:
        assert (await cover(school, school[Role.DSL].id, by=Role.SCHOOL_ADMIN)).status_code == 201
        gap = {"uncovered_reason": "Inset."}
        deputy = school[Role.DEPUTY_DSL].id
        refused = await cover(school, deputy, by=Role.SCHOOL_ADMIN, **gap)
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
        assert (await cover(school, deputy, by=Role.HEADTEACHER, **gap)).status_code == 201

    async def test_refuses_what_makes_no_sense(self, school: School, other_school: School) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        for fields, pointer in (
            ({"valid_from": day(-1)}, "/valid_from"),
            ({"valid_to": day()}, "/valid_to"),
            ({"valid_to": day(400)}, "/valid_to"),
            ({"away_id": str(school[Role.STAFF].id)}, "/away_id"),
            ({"away_id": str(other_school[Role.DSL].id)}, "/away_id"),
            ({"covered_by_ids": [str(lead)]}, "/covered_by_ids/0"),
            ({"covered_by_ids": [str(other_school[Role.DSL].id)]}, "/covered_by_ids/0"),
            ({"covered_by_ids": [str(school[Role.STAFF].id)]}, "/covered_by_ids/0"),
            ({"covered_by_ids": [str(school[Role.STAFF].id)], "role": "pastoral"}, "/role"),
            ({"covered_by_ids": [str(deputy), str(deputy)]}, "/covered_by_ids"),
        ):
            answer = await cover(school, lead, deputy, **fields)
            assert answer.status_code == 422, fields
            assert answer.json()["errors"][0]["pointer"] == pointer, fields

    async def test_is_for_those_who_may(self, school: School) -> None:
        answer = await cover(school, school[Role.DSL].id, by=Role.PASTORAL)
        assert answer.status_code == 403


def told_kind(world: World, school: School, kind: str) -> set[UUID]:
    """Who was told of a kind of thing."""
    rows = world.sql(
        "select recipient_id from alert where school_id = %s and kind = %s", school.id, kind
    )
    return {person for (person,) in rows}


class TestNobodyIsSilenced:
    async def test_tells_who_is_said_to_be_away_and_the_others_who_lead(
        self, world: World, school: School
    ) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        other = (await school.person(Role.DEPUTY_DSL)).id
        answer = await cover(school, lead, deputy, by=Role.SCHOOL_ADMIN, valid_to=day(365))
        assert answer.status_code == 201
        head = school[Role.HEADTEACHER].id
        assert told_kind(world, school, "cover_set") == {lead, deputy, other, head}

    async def test_leaves_out_only_who_said_so(self, world: World, school: School) -> None:
        await cover(school, school[Role.DSL].id, school[Role.DEPUTY_DSL].id)
        told = told_kind(world, school, "cover_set")
        assert told == {school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id}

    @pytest.mark.parametrize("how", ["suspended_at", "removed_at", "disabled_at"])
    async def test_leaves_no_new_concern_to_a_stand_in_who_cannot_act(
        self, world: World, school: School, how: str
    ) -> None:
        lead, stand_in = school[Role.DSL].id, (await school.person(Role.STAFF)).id
        assert (await cover(school, lead, stand_in, role="deputy_dsl")).status_code == 201
        assert (await cover(school, school[Role.DEPUTY_DSL].id, stand_in)).status_code == 201
        table = "account" if how == "disabled_at" else "staff"
        world.sql(f"update {table} set {how} = now() where id = %s", stand_in)  # noqa: S608
        concern = await raise_one(school.staff, await school.child(), immediacy="immediate_danger")
        assert owner_of(world, concern) == school[Role.HEADTEACHER].id
        assert stand_in not in told_of(world, concern)
        assert (await school.staff.get("/v1/cover/on-duty")).json()["items"] == []

    async def test_shows_nobody_on_duty_whose_role_is_over(
        self, world: World, school: School
    ) -> None:
        stand_in = (await school.person(Role.STAFF)).id
        await cover(school, school[Role.DSL].id, stand_in, role="deputy_dsl")
        path = "/v1/cover/on-duty"
        before = (await school.staff.get(path)).json()["items"]
        assert str(stand_in) in [one["id"] for one in before]
        world.sql(
            "update membership set valid_to = valid_from where staff_id = %s and role <> 'staff'",
            stand_in,
        )
        assert [one["id"] for one in (await school.staff.get(path)).json()["items"]] == [
            str(school[Role.DEPUTY_DSL].id)
        ]

    async def test_tells_the_leads_when_the_last_stand_in_goes(
        self, world: World, school: School
    ) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        stand_in = (await school.person(Role.STAFF)).id
        await cover(school, deputy, stand_in, role="deputy_dsl")
        (given,) = world.sql(
            "select id from membership where staff_id = %s and role <> 'staff'", stand_in
        )[0]  # fmt: skip
        path = f"/v1/staff/{stand_in}/memberships/{given}/end"
        ended = await school.api(Role.HEADTEACHER).post(path, {}, version=1)
        assert ended.status_code == 200, ended.text
        assert told_kind(world, school, "cover_lost") == {lead, deputy}

    @pytest.mark.parametrize(("first", "on"), [(2, None), (0, 4)])
    async def test_tells_at_once_of_a_role_that_ends_before_the_cover(
        self, world: World, school: School, first: int, on: int | None
    ) -> None:
        """One that has not begun, or one that ends on a day to come: by then it would be late."""
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        stand_in = (await school.person(Role.STAFF)).id
        await cover(school, deputy, stand_in, role="deputy_dsl", valid_from=day(first))
        body = {} if on is None else {"on": day(on)}
        ended = await end(school, stand_in, Role.DEPUTY_DSL, by=Role.HEADTEACHER, **body)
        assert ended.status_code == 200, ended.text
        assert told_kind(world, school, "cover_lost") == {lead, deputy}

    async def test_is_no_loss_to_end_the_cover_itself(self, world: World, school: School) -> None:
        stand_in = (await school.person(Role.STAFF)).id
        set_ = await cover(school, school[Role.DEPUTY_DSL].id, stand_in, role="deputy_dsl")
        ended = await school.lead.post(f"/v1/cover/{set_.json()['id']}/end", {}, version=1)
        assert ended.status_code == 200
        assert told_kind(world, school, "cover_lost") == set()


class TestListOnDuty:
    async def test_says_who_is_there_today(self, school: School) -> None:
        lead, deputy = school[Role.DSL], school[Role.DEPUTY_DSL]
        path = "/v1/cover/on-duty"
        before = (await school.staff.get(path)).json()["items"]
        assert [one["id"] for one in before] == [str(lead.id), str(deputy.id)]
        head = school[Role.HEADTEACHER]
        assert (await cover(school, lead.id, head.id)).status_code == 201
        now = (await school.staff.get(path)).json()["items"]
        assert [one["id"] for one in now] == [str(deputy.id), str(head.id)]
        assert now[1]["stands_in_for"] == {"id": str(lead.id), "name": lead.name}


class TestListCover:
    async def test_shows_present_and_coming_and_the_past_when_asked(
        self, school: School, other_school: School
    ) -> None:
        lead, deputy = school[Role.DSL].id, school[Role.DEPUTY_DSL].id
        first = (await cover(school, lead, deputy)).json()["id"]
        later = await cover(school, lead, deputy, valid_from=day(30), valid_to=day(31))
        await school.lead.post(f"/v1/cover/{first}/end", {}, version=1)
        for query, shown in (
            ("", [later.json()["id"]]),
            ("?state=coming", [later.json()["id"]]),
            ("?state=active", []),
            ("?state=ended", [first]),
        ):
            items = (await school.staff.get(f"/v1/cover{query}")).json()["items"]
            assert [one["id"] for one in items] == shown
        assert (await other_school.staff.get("/v1/cover?state=ended")).json()["items"] == []


class TestEndCover:
    async def test_brings_the_lead_back_and_ends_roles_given(
        self, world: World, school: School
    ) -> None:
        lead, stand_in = school[Role.DSL].id, (await school.person(Role.STAFF)).id
        set_ = (await cover(school, lead, stand_in, role="deputy_dsl")).json()
        child = await school.child()
        kept = await raise_one(school.staff, child)
        assert owner_of(world, kept) == stand_in
        answer = await school.lead.post(f"/v1/cover/{set_['id']}/end", {}, version=1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "ended"
        assert owner_of(world, kept) == lead
        assert owner_of(world, await raise_one(school.staff, child)) == lead
        seen = await school.staff.get(f"/v1/staff/{stand_in}")
        assert seen.json()["roles"] == ["staff"]
        assert verbs_about(world, set_["id"]) == ["cover.set", "cover.ended"]
        again = await school.lead.post(f"/v1/cover/{set_['id']}/end", {}, version=2)
        assert again.json()["code"] == "cover_over"

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        set_ = (await cover(school, school[Role.DSL].id, school[Role.DEPUTY_DSL].id)).json()
        answer = await other_school.lead.post(f"/v1/cover/{set_['id']}/end", {}, version=1)
        assert answer.status_code == 404

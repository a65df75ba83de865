"""Roles: built in, and defined by a school from what the definer holds."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from tests.api.record.test_concerns import raise_one
from tests.api.staffing import an_open_action, an_open_concern, end, grant, verbs_about
from tests.world import School, World

READER = (
    "child:search", "child:open", "chronology:read", "concern:raise", "concern:read",
    "concern:comment",
)  # fmt: skip


def a_role(**fields: Any) -> dict[str, Any]:
    """A new role that a lead can define."""
    mark = new_id().hex[-8:]
    return {"slug": f"mentor_{mark}", "label": "Learning mentor", "permissions": [*READER]} | fields


async def define(school: School, by: Role = Role.DSL, **fields: Any) -> dict[str, Any]:
    """A role somebody defined."""
    answer = await school.api(by).post("/v1/roles", a_role(**fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestListPermissions:
    async def test_says_what_each_lets_somebody_do(self, school: School) -> None:
        items = (await school.staff.get("/v1/permissions")).json()["items"]
        assert {one["permission"] for one in items} == {one.value for one in Permission}
        assert all(one["meaning"].endswith(".") for one in items)


class TestListRoles:
    async def test_shows_built_in_and_own_ones(self, school: School, other_school: School) -> None:
        own = await define(school, classes=["K3"], slug="mentor_of_years")
        await define(other_school)
        items = (await school.lead.get("/v1/roles")).json()["items"]
        by_name = {one["role"]: one for one in items}
        assert len(by_name) == 10
        assert not {"system", "custom", "service_key"} & set(by_name)
        assert by_name["mentor_of_years"]["id"] == own["id"]
        assert by_name["mentor_of_years"]["permissions"] == sorted(READER)
        assert by_name["mentor_of_years"]["second_factor"] is True
        assert "id" not in by_name["dsl"]
        assert by_name["dsl"]["classes"] == ["K2", "K3", "K4", "K5"]
        assert by_name["pastoral"]["cohort_classes"] == ["K2"]

    async def test_says_which_the_reader_can_give(self, school: School) -> None:
        async def grantable(role: Role) -> set[str]:
            items = (await school.api(role).get("/v1/roles")).json()["items"]
            return {one["role"] for one in items if one["grantable"]}

        assert await grantable(Role.STAFF) == set()
        assert "dsl" not in await grantable(Role.SCHOOL_ADMIN)
        assert {"dsl", "pastoral"} <= await grantable(Role.DSL)

    async def test_leaves_ended_ones_out_unless_asked(self, school: School) -> None:
        role = await define(school)
        await school.lead.post(f"/v1/roles/{role['id']}/end", {}, version=1)
        for query, shown in (("", False), ("?state=ended", True)):
            items = (await school.lead.get(f"/v1/roles{query}")).json()["items"]
            assert (role["role"] in {one["role"] for one in items}) is shown
            assert {one["state"] for one in items} == {"ended" if shown else "active"}


class TestGetRole:
    async def test_answers_with_what_may_be_done_next(
        self, school: School, other_school: School
    ) -> None:
        role = await define(school)
        path = f"/v1/roles/{role['id']}"
        found = await school.lead.get(path)
        assert found.headers["ETag"].startswith('"1-')
        assert found.json()["operations"] == ["update_role", "end_role"]
        assert (await school.staff.get(path)).json()["operations"] == []
        assert (await other_school.lead.get(path)).status_code == 404


class TestDefineRole:
    async def test_makes_a_role_that_can_be_given_and_used(
        self, world: World, school: School
    ) -> None:
        role = await define(school, classes=["K2", "K3"])
        assert verbs_about(world, role["id"]) == ["role.defined"]
        mentor = await school.person(Role.STAFF)
        given = await grant(school, mentor.id, role["role"], Role.DSL)
        assert given.status_code == 201, given.text
        assert given.json()["role"] == role["role"]
        child = await school.child()
        concern = await raise_one(school.staff, child)
        holder = await school.holder(role["role"])
        api = world.as_token(holder.token)
        seen = await api.get(f"/v1/concerns/{concern['id']}")
        assert seen.status_code == 200, seen.text
        path = f"/v1/concerns/{concern['id']}/triage"
        assert (await api.post(path, {}, version=1)).status_code in (403, 422)

    async def test_refuses_what_the_definer_does_not_hold(self, school: School) -> None:
        for by, fields, missing in (
            (Role.SCHOOL_ADMIN, {}, ["child:open", "chronology:read", "concern:comment",
                                     "concern:read"]),
            (Role.SCHOOL_ADMIN, {"permissions": ["child:search"], "classes": ["K2"]},
             ["class:K2"]),
            (Role.DSL, {"permissions": ["staff:change"]}, ["staff:change"]),
            (Role.DSL, {"permissions": ["staff:provision", "alert:intake"]},
             ["alert:intake", "staff:provision"]),
            (Role.DSL, {"permissions": ["adult_concern:read"]}, ["adult_concern:read"]),
        ):  # fmt: skip
            answer = await school.api(by).post("/v1/roles", a_role(**fields))
            assert answer.status_code == 403, answer.text
            assert answer.json()["code"] == "grant_exceeds_own"
            assert answer.json()["missing"] == missing

    @pytest.mark.parametrize(
        "slug",
        ["dsl", "d_s_l", "ds1", "system", "custom", "service_key", "servicekey", "school_adm1n",
         "deputy_dsl", "headteacher", "head_teacher", "parent", "cairn"],
    )  # fmt: skip
    async def test_refuses_names_of_built_in_roles_and_such_like(
        self, school: School, slug: str
    ) -> None:
        answer = await school.lead.post("/v1/roles", a_role(slug=slug))
        assert answer.status_code == 422, answer.text

    async def test_refuses_what_makes_no_sense(self, school: School) -> None:
        for fields, pointer in (
            ({"label": "Designated Safeguarding Lead"}, "/label"),
            ({"permissions": ["child:search"], "classes": ["K5"]}, "/classes"),
            ({"permissions": ["concern:read"]}, "/permissions"),
            ({"permissions": ["no:such"]}, "/permissions"),
            ({"permissions": ["child:search", "child:search"]}, "/permissions"),
            ({"classes": ["K6"]}, "/classes"),
            ({"cohort_classes": ["K5"]}, "/cohort_classes"),
            ({"slug": "Mentor"}, "/slug"),
        ):
            answer = await school.lead.post("/v1/roles", a_role(**fields))
            assert answer.status_code == 422, fields
            assert answer.json()["errors"][0]["pointer"] == pointer

    async def test_refuses_a_name_twice_even_of_an_ended_one(self, school: School) -> None:
        role = await define(school)
        again = a_role(slug=role["role"])
        assert (await school.lead.post("/v1/roles", again)).json()["code"] == "role_exists"
        await school.lead.post(f"/v1/roles/{role['id']}/end", {}, version=1)
        assert (await school.lead.post("/v1/roles", again)).json()["code"] == "role_exists"

    async def test_asks_for_a_recent_proof_of_identity(self, world: World, school: School) -> None:
        world.sql(
            "update auth_session set auth_time = now() - interval '2 hours' where id = %s",
            school[Role.DSL].session_id,
        )
        answer = await school.lead.post("/v1/roles", a_role())
        assert answer.json()["code"] == "step_up_needed"


class TestChangeRole:
    async def test_counts_from_the_next_request(self, world: World, school: School) -> None:
        role = await define(school, classes=["K3"])
        holder = await school.holder(role["role"])
        api = world.as_token(holder.token)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 200
        path = f"/v1/roles/{role['id']}"
        answer = await school.lead.patch(path, {"classes": ["K2"]}, version=1)
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == '"2"'
        assert (await api.get(f"/v1/concerns/{concern}")).status_code == 404
        assert verbs_about(world, role["id"])[-1] == "role.changed"

    async def test_refuses_stale_missing_and_foreign(
        self, school: School, other_school: School
    ) -> None:
        path = f"/v1/roles/{(await define(school))['id']}"
        body = {"label": "Mentor"}
        assert (await school.lead.patch(path, body, version=7)).status_code == 412
        assert (await school.lead.patch(path, body)).status_code == 428
        assert (await school.lead.patch(path, {"slug": "other"}, version=1)).status_code == 422
        assert (await other_school.lead.patch(path, body, version=1)).status_code == 404
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.patch(path, body, version=1)).status_code == 403

    async def test_widens_nothing_beyond_the_own_role(self, school: School) -> None:
        role = await define(school, Role.SCHOOL_ADMIN, permissions=["child:search"])
        path = f"/v1/roles/{role['id']}"
        admin = school.api(Role.SCHOOL_ADMIN)
        wider = {"permissions": ["child:search", "concern:raise", "concern:read"]}
        answer = await admin.patch(path, wider, version=1)
        assert answer.json()["missing"] == ["concern:read"]
        assert (await school.lead.patch(path, wider, version=1)).status_code == 200
        label = await admin.patch(path, {"label": "Reader"}, version=2)
        assert label.status_code == 200, label.text

    async def test_treats_widening_a_role_people_hold_as_granting(
        self, world: World, school: School
    ) -> None:
        await school.role("definer", *(one.value for one in Permission if "adult" not in one.value
                                       and one not in (Permission.ROLE_GRANT,
                                                       Permission.STAFF_CHANGE)))  # fmt: skip
        role = await define(school, permissions=["child:search"])
        path = f"/v1/roles/{role['id']}"
        body = {"permissions": ["child:search", "concern:raise", "concern:read"]}
        definer = world.as_token((await school.holder("definer")).token)
        holder = await school.holder(role["role"])
        refused = await definer.patch(path, body, version=1)
        assert refused.json()["code"] == "permission_missing"
        assert (await school.lead.patch(path, body, version=1)).status_code == 200
        inbox = (await school.api(Role.HEADTEACHER).get("/v1/alerts")).json()["items"]
        assert [one["kind"] for one in inbox] == ["role_granted"]
        told = world.sql("select count(*) from alert where recipient_id = %s", holder.id)
        assert told == [(0,)]

    async def test_lets_nobody_widen_a_role_of_their_own(self, school: School) -> None:
        role = await define(school, permissions=["child:search"])
        assert (
            await grant(school, school[Role.DSL].id, role["role"], Role.SCHOOL_ADMIN)
        ).status_code == 201
        answer = await school.lead.patch(
            f"/v1/roles/{role['id']}",
            {"permissions": ["child:search", "concern:raise", "concern:read"]},
            version=1,
        )
        assert answer.status_code == 403
        assert answer.json()["code"] == "second_person_needed"

    async def test_leaves_no_holder_with_work_they_can_own_no_longer(
        self, world: World, school: School
    ) -> None:
        role = await define(school, classes=["K3"])
        holders = [await school.holder(role["role"]) for _ in range(2)]
        concerns = [await an_open_concern(world, school, one.id) for one in holders]
        path = f"/v1/roles/{role['id']}"
        body: dict[str, Any] = {"permissions": [], "classes": []}
        refused = await school.lead.patch(path, body, version=1)
        assert (refused.status_code, refused.json()["code"]) == (409, "work_would_be_orphaned")
        assert refused.json()["open_concerns"] == 2
        body["hand_over_to"] = str(school[Role.STAFF].id)
        unfit = await school.lead.patch(path, body, version=1)
        assert unfit.json()["code"] == "hand_over_unsuitable"
        lead = school[Role.DSL].id
        body["hand_over_to"] = str(lead)
        done = await school.lead.patch(path, body, version=1)
        assert done.status_code == 200, done.text
        for concern in concerns:
            assert world.sql("select owner_id from concern where id = %s", concern) == [(lead,)]
        label = await school.lead.patch(path, {"label": "Empty"}, version=2)
        assert label.status_code == 200, label.text

    async def test_keeps_administrators_from_narrowing_safeguarding(self, school: School) -> None:
        role = await define(school, classes=["K3"])
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/roles/{role['id']}", {"classes": []}, version=1
        )
        assert answer.json()["code"] == "role_protected"


class TestEndRole:
    async def test_is_refused_while_people_hold_it(self, world: World, school: School) -> None:
        role = await define(school)
        holder = await school.holder(role["role"])
        path = f"/v1/roles/{role['id']}/end"
        refused = await school.lead.post(path, {}, version=1)
        assert refused.status_code == 409
        assert (refused.json()["code"], refused.json()["memberships"]) == ("role_held", 1)
        ended = await school.lead.post(path, {"end_memberships": True}, version=1)
        assert ended.status_code == 200, ended.text
        assert ended.json()["ended_at"] is not None
        assert (await world.as_token(holder.token).get("/v1/me")).status_code == 401
        over = await school.lead.post(path, {}, version=2)
        assert over.json()["code"] == "role_over"
        assert verbs_about(world, role["id"]) == ["role.defined", "role.ended"]

    async def test_hands_open_work_over(self, world: World, school: School) -> None:
        role = await define(school, classes=["K3"])
        holder = await school.holder(role["role"])
        concern = await an_open_concern(world, school, holder.id)
        path = f"/v1/roles/{role['id']}/end"
        body: dict[str, Any] = {"end_memberships": True}
        refused = await school.lead.post(path, body, version=1)
        assert refused.json()["code"] == "work_would_be_orphaned"
        body["hand_over_to"] = str(school[Role.DEPUTY_DSL].id)
        assert (await school.lead.post(path, body, version=1)).status_code == 200
        owner = world.sql("select owner_id from concern where id = %s", concern)
        assert owner == [(school[Role.DEPUTY_DSL].id,)]

    async def test_gives_no_ended_role(self, school: School) -> None:
        role = await define(school)
        await school.lead.post(f"/v1/roles/{role['id']}/end", {}, version=1)
        answer = await grant(school, school[Role.STAFF].id, role["role"], Role.DSL)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "role_unknown"

    async def test_waits_for_a_grant_that_is_under_way(self, school: School) -> None:
        role = await define(school)
        teachers = [(await school.person(Role.STAFF)).id for _ in range(3)]
        answers = await asyncio.gather(
            *(grant(school, teacher, role["role"], Role.DSL) for teacher in teachers),
            school.lead.post(f"/v1/roles/{role['id']}/end", {}, version=1),
        )
        given = [answer.status_code for answer in answers[:3]]
        assert (answers[3].status_code == 409) == (201 in given)

    async def test_keeps_administrators_from_ending_safeguarding(self, school: School) -> None:
        role = await define(school, classes=["K3"])
        answer = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/roles/{role['id']}/end", {}, version=1
        )
        assert answer.json()["code"] == "role_protected"


class TestADefinedRole:
    async def test_can_own_concerns_and_actions(self, world: World, school: School) -> None:
        role = await define(school, permissions=[*READER, "action:complete"])
        holder = await school.holder(role["role"])
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"owner_id": str(holder.id), "reason": "Knows the family."}
        given = await school.lead.post(f"/v1/concerns/{concern}/assign", body, version=1)
        assert given.status_code == 200, given.text
        due = (clock.now() + timedelta(days=7)).isoformat()
        action = {"what": "Phone home", "owner_id": str(holder.id), "due_at": due}
        made = await school.lead.post(f"/v1/concerns/{concern}/actions", action)
        assert made.status_code == 201, made.text
        assert (await world.as_token(holder.token).get(f"/v1/concerns/{concern}")).is_success

    async def test_that_reads_no_concerns_owns_none(self, school: School) -> None:
        role = await define(school, permissions=["child:search"])
        holder = await school.holder(role["role"])
        concern = (await raise_one(school.staff, await school.child()))["id"]
        body = {"owner_id": str(holder.id), "reason": "Knows the family."}
        answer = await school.lead.post(f"/v1/concerns/{concern}/assign", body, version=1)
        assert answer.json()["code"] == "owner_unsuitable"

    async def test_can_be_taken_from_somebody_with_work(self, world: World, school: School) -> None:
        """Whose other roles could go on with it, and whose could not."""
        role = await define(school, classes=["K3"], permissions=[*READER, "action:complete"])
        holder = await school.holder(role["role"])
        concern = await an_open_concern(world, school, holder.id)
        await an_open_action(world, school, concern, holder.id)
        refused = await end(school, holder.id, role["role"])
        assert refused.json()["open_concerns"] == 1
        assert (await grant(school, holder.id, "pastoral", Role.DSL)).status_code == 201
        assert (await end(school, holder.id, role["role"])).status_code == 200

    async def test_is_found_by_name_in_the_list_of_staff(self, school: School) -> None:
        role = await define(school)
        holder = await school.holder(role["role"])
        found = await school.staff.get(f"/v1/staff?role={role['role']}")
        assert [one["id"] for one in found.json()["items"]] == [str(holder.id)]

    async def test_gives_a_cohort_no_wider_than_the_own(self, school: School) -> None:
        parts = [*READER, "role:grant", "staff:read"]
        await school.role("year_head", *parts, classes=[], cohort_classes=["K2"], cohort_only=True)
        giver = await school.holder("year_head", year_groups=["7"])
        await school.role("year_help", *READER, cohort_classes=["K2"], cohort_only=True)
        await school.role("all_help", *READER, cohort_classes=["K2"])
        api, path = school.world.as_token(giver.token), f"/v1/staff/{school[Role.STAFF].id}"
        for body, missing in (
            ({"role": "all_help", "cohort": {"year_groups": ["7"]}}, ["whole_school"]),
            ({"role": "year_help", "cohort": {"year_groups": ["7", "8"]}}, ["cohort"]),
            ({"role": "year_help", "cohort": {"registration_groups": ["8A"]}}, ["cohort"]),
        ):
            refused = await api.post(f"{path}/memberships", body)
            assert refused.json()["missing"] == missing
        body = {"role": "year_help", "cohort": {"year_groups": ["7"]}}
        assert (await api.post(f"{path}/memberships", body)).status_code == 201

"""Staff: who works here, adding people and changing their entries."""

import base64

from app.core.ids import new_id
from app.core.words import Role
from tests.api.staffing import a_body, jobs_of, verbs_about
from tests.world import School, World


class TestListStaff:
    async def test_lists_by_name_page_by_page(self, school: School) -> None:
        await school.person(Role.STAFF, "aaron Ash")
        await school.person(Role.STAFF, "Zoe Zell")
        names: list[str] = []
        path = "/v1/staff?limit=4"
        cursor = ""
        while True:
            page = (await school.staff.get(path + cursor)).json()
            names += [row["name"] for row in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(names) == len(school.people) + 2
        assert names == sorted(names, key=str.lower)

    async def test_keeps_names_out_of_the_cursor(self, school: School) -> None:
        answer = await school.staff.get("/v1/staff?limit=1")
        name = answer.json()["items"][0]["name"]
        text = answer.json()["next"]
        assert name.encode() not in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    async def test_filters_by_name_and_role(self, school: School) -> None:
        person = await school.person(Role.PASTORAL, "Quill 100%_Sure")
        by_name = await school.staff.get("/v1/staff", params={"q": "100%_s"})
        assert [row["id"] for row in by_name.json()["items"]] == [str(person.id)]
        by_role = await school.staff.get("/v1/staff?role=dsl")
        assert [row["id"] for row in by_role.json()["items"]] == [str(school[Role.DSL].id)]
        assert by_role.json()["items"][0]["roles"] == ["dsl"]

    async def test_refuses_unknown_roles_and_parameters(self, school: School) -> None:
        for query in ("role=system", "role=parent", "role=x y", "rôle=dsl", "limit=0"):
            assert (await school.staff.get(f"/v1/staff?{query}")).status_code == 422

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await school.api(Role.GOVERNOR).get("/v1/staff")).status_code == 403


class TestGetStaff:
    async def test_answers_with_what_may_be_done_next(self, school: School) -> None:
        person = school[Role.GOVERNOR]
        path = f"/v1/staff/{person.id}"
        seen_by_admin = await school.api(Role.SCHOOL_ADMIN).get(path)
        seen_by_staff = await school.staff.get(path)
        assert seen_by_admin.json()["email"] == person.email
        assert "end_membership" in seen_by_admin.json()["permissions"]
        assert seen_by_staff.json()["permissions"] == []

    async def test_tells_a_lead_that_roles_can_be_given(self, school: School) -> None:
        found = await school.lead.get(f"/v1/staff/{school[Role.STAFF].id}")
        assert found.json()["permissions"] == ["add_membership", "end_membership"]

    async def test_hides_another_schools(self, school: School, other_school: School) -> None:
        answer = await school.staff.get(f"/v1/staff/{other_school[Role.DSL].id}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "staff_not_found"


class TestAddStaff:
    async def test_makes_account_entry_roles_and_invitation(
        self, world: World, school: School
    ) -> None:
        body = a_body(roles=["staff", "governor"], job_title="Head of Year 9")
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        assert answer.status_code == 201
        staff_id = answer.json()["id"]
        assert answer.headers["Location"] == f"/v1/staff/{staff_id}"
        assert answer.json()["roles"] == ["governor", "staff"]
        assert answer.json()["accepted_at"] is None
        assert verbs_about(world, staff_id) == ["staff.added", "staff.invited"]
        assert jobs_of(world, school, "account.send_link") == [
            {"school_id": str(school.id), "account_id": staff_id, "purpose": "invitation"}
        ]

    async def test_refuses_a_role_that_may_more_than_ones_own(
        self, world: World, school: School
    ) -> None:
        for role in ("pastoral", "deputy_dsl", "dsl", "headteacher", "chair_of_governors"):
            body = a_body(roles=["staff", role])
            answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
            assert answer.status_code == 403, role
            assert answer.json()["code"] == "grant_exceeds_own"
            assert answer.json()["missing"]
            known = world.sql("select id from account where email = %s", body["email"])
            assert known == []

    async def test_refuses_an_address_that_is_staff_here(self, school: School) -> None:
        body = a_body(email=school[Role.DSL].email)
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        assert answer.status_code == 409
        assert answer.json()["code"] == "staff_exists"

    async def test_replays_with_its_key(self, world: World, school: School) -> None:
        admin, body, key = school.api(Role.SCHOOL_ADMIN), a_body(), str(new_id())
        first = await admin.post("/v1/staff", body, key=key)
        again = await admin.post("/v1/staff", body, key=key)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()
        assert len(jobs_of(world, school, "account.send_link")) == 1

    async def test_refuses_roles_nobody_can_be_given(self, school: School) -> None:
        for body in (
            a_body(roles=["system"]),
            a_body(roles=["parent"]),
            a_body(roles=["staff", "no_such_role"]),
            a_body(roles=["staff", "staff"]),
            a_body(email="not an address"),
            a_body(email="a@b"),
            a_body(email="x\n@example.org"),
            a_body(colour="red"),
        ):
            answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
            assert answer.status_code == 422, body

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        assert (await school.lead.post("/v1/staff", a_body())).status_code == 403


class TestChangeStaff:
    async def test_merges_the_patch_and_leaves_a_trace(self, world: World, school: School) -> None:
        path = f"/v1/staff/{school[Role.STAFF].id}"
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            path, {"job_title": "Teacher of Maths"}, version=1
        )
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.json()["job_title"] == "Teacher of Maths"
        assert answer.json()["name"] == school[Role.STAFF].name
        assert "staff.changed" in verbs_about(world, school[Role.STAFF].id)

    async def test_refuses_stale_missing_and_foreign(
        self, school: School, other_school: School
    ) -> None:
        admin, own = school.api(Role.SCHOOL_ADMIN), f"/v1/staff/{school[Role.STAFF].id}"
        other = f"/v1/staff/{other_school[Role.STAFF].id}"
        assert (await admin.patch(own, {"phone": "1"}, version=4)).status_code == 412
        assert (await admin.patch(own, {"phone": "1"})).status_code == 428
        assert (await admin.patch(own, {"email": "x@y.example"}, version=1)).status_code == 422
        assert (await admin.patch(other, {"phone": "1"}, version=1)).status_code == 404
        assert (await school.lead.patch(own, {"phone": "1"}, version=1)).status_code == 403

    async def test_keeps_the_name_under_which_somebody_wrote(
        self, world: World, school: School
    ) -> None:
        teacher, admin = school[Role.STAFF], school.api(Role.SCHOOL_ADMIN)
        path = f"/v1/staff/{teacher.id}"
        await admin.patch(path, {"job_title": "Teacher"}, version=1)
        await admin.patch(path, {"name": teacher.name}, version=2)
        answer = await admin.patch(path, {"name": "Robin Other"}, version=3)
        assert answer.json()["name"] == "Robin Other"
        assert [one["name"] for one in answer.json()["former_names"]] == [teacher.name]
        hashes = world.sql(
            "select before_hash <> after_hash from trail where noun_id = %s order by seq desc",
            teacher.id,
        )
        assert hashes[0] == (True,)
        again = await school.lead.get(path)
        assert again.json()["former_names"] == answer.json()["former_names"]

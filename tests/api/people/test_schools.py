"""Schools: the reader's own, or those of their trust."""

import pytest

from app.cli.failures import sentence_of
from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.models import Organisation
from app.db.unit_of_work import open_work
from app.domain.errors import ValidationFailed
from app.domain.people.schools.commands import CreateSchool, FirstPerson, create_school
from tests.world import School, World


class TestListSchools:
    async def test_shows_the_own_school_only(self, school: School, other_school: School) -> None:
        answer = await school.staff.get("/v1/schools")
        assert [row["id"] for row in answer.json()["items"]] == [str(school.id)]

    async def test_shows_a_trust_its_schools_by_name(self, world: World) -> None:
        trust = new_id()
        async with world.work(trust) as work:
            now = clock.now()
            work.organisations.add(
                Organisation(id=trust, kind="trust", name="Trust", created_at=now, changed_at=now)
            )
            work.record(AuditEvent.SCHOOL_CREATED, "school", trust)
        lead = await world.a_person(trust, Role.TRUST_LEAD)
        for name in ("beta school", "Alpha School", "Gamma School"):
            async with open_work(world.runtime.database, Actor.system(new_id())) as work:
                await create_school(work, CreateSchool(name, (), trust_id=trust))
        api = world.as_token(lead.token)
        first = (await api.get("/v1/schools?limit=2")).json()
        second = (await api.get(f"/v1/schools?limit=2&cursor={first['next']}")).json()
        names = [row["name"] for row in (*first["items"], *second["items"])]
        assert names == ["Alpha School", "beta school", "Gamma School"]
        one = await api.get(f"/v1/schools/{first['items'][0]['id']}")
        assert one.status_code == 200
        assert one.json()["trust_id"] == str(trust)
        assert one.json()["permissions"] == []


class TestTrusts:
    async def test_are_the_only_ones_that_schools_are_put_under(
        self, world: World, school: School
    ) -> None:
        """Whoever leads the school that was named would see the new one."""
        for trust in (school.id, new_id()):
            async with open_work(world.runtime.database, Actor.system(new_id())) as work:
                with pytest.raises(ValidationFailed, match="validation_failed") as refused:
                    await create_school(work, CreateSchool("Under", (), trust_id=trust))
            assert refused.value.detail.startswith("There is no trust with this ID")
            assert "database" not in sentence_of(refused.value)
        assert len((await school.staff.get("/v1/schools")).json()["items"]) == 1


class TestGetSchool:
    async def test_answers_with_its_etag(self, school: School) -> None:
        answer = await school.staff.get(f"/v1/schools/{school.id}")
        assert answer.status_code == 200
        assert answer.headers["ETag"].startswith('"1-')
        assert answer.json()["permissions"] == []
        again = await school.staff.get(
            f"/v1/schools/{school.id}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304

    async def test_hides_another_school(self, school: School, other_school: School) -> None:
        answer = await school.staff.get(f"/v1/schools/{other_school.id}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "school_not_found"


class TestChangeSchool:
    async def test_merges_the_patch_and_leaves_a_trace(self, world: World, school: School) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        answer = await admin.patch(
            f"/v1/schools/{school.id}",
            {"urn": " 100 000", "laestab": "201/3614"},
            version=1,
        )
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.json()["urn"] == "100000"
        assert answer.json()["laestab"] == "2013614"
        assert answer.json()["name"] == school.name
        assert answer.json()["permissions"] == ["update_school"]
        emptied = await admin.patch(f"/v1/schools/{school.id}", {"laestab": None}, version=2)
        assert emptied.json()["laestab"] is None
        assert emptied.json()["urn"] == "100000"
        verbs = world.sql("select verb from trail where noun_id = %s order by seq", school.id)
        assert verbs == [("school.created",), ("school.changed",), ("school.changed",)]

    async def test_points_at_wrong_numbers(self, school: School) -> None:
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/schools/{school.id}", {"urn": "12", "laestab": "x"}, version=1
        )
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            ("/urn", "urn_malformed"),
            ("/laestab", "laestab_malformed"),
        ]

    async def test_refuses_to_empty_the_name(self, school: School) -> None:
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/schools/{school.id}", {"name": None}, version=1
        )
        assert answer.status_code == 422

    async def test_refuses_stale_and_missing_if_match(self, school: School) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        stale = await admin.patch(f"/v1/schools/{school.id}", {"name": "New"}, version=9)
        missing = await admin.patch(f"/v1/schools/{school.id}", {"name": "New"})
        assert (stale.status_code, missing.status_code) == (412, 428)

    async def test_hides_another_school(self, school: School, other_school: School) -> None:
        answer = await school.api(Role.SCHOOL_ADMIN).patch(
            f"/v1/schools/{other_school.id}", {"name": "Mine now"}, version=1
        )
        assert answer.status_code == 404

    async def test_refuses_a_role_without_permission(self, school: School) -> None:
        answer = await school.lead.patch(f"/v1/schools/{school.id}", {"name": "New"}, version=1)
        assert answer.status_code == 403


class TestCreateSchool:
    async def test_founds_a_school_with_its_first_people(self, world: World) -> None:
        school_id, mark = new_id(), new_id().hex[-8:]
        people = (
            FirstPerson(f"admin.{mark}@example.org", "Ada Admin", (Role.SCHOOL_ADMIN,)),
            FirstPerson(f"lead.{mark}@example.org", "Lea Lead", (Role.DSL,)),
        )
        async with open_work(world.runtime.database, Actor.system(school_id)) as work:
            found = await create_school(work, CreateSchool("Hill School", people))
        assert set(found) == {person.email for person in people}
        roles = world.sql("select role from membership where school_id = %s order by 1", school_id)
        assert roles == [("dsl",), ("school_admin",)]
        jobs = world.sql(
            "select args from procrastinate_jobs where task_name = 'account.send_link' "
            "and args->>'school_id' = %s",
            str(school_id),
        )
        assert {job[0]["account_id"] for job in jobs} == {str(one) for one in found.values()}
        assert all(set(job[0]) == {"school_id", "account_id", "purpose"} for job in jobs)

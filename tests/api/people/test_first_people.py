"""A trust founds its schools, and asks their first people until each appoints its own."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from app.domain.people.foundings.commands import found_organisations
from app.domain.people.foundings.schemas import FoundingIn
from app.domain.policy import SERVICE_SCOPES
from tests.world import EVERY_ROLE, Api, School, World

NEEDED = ("school_admin", "dsl", "headteacher")


@dataclass
class Founding:
    """A trust, and a school to found in it under a name that no other test has."""

    world: World
    trust: School
    mark: str

    @property
    def admin(self) -> Api:
        return self.trust.api(Role.SCHOOL_ADMIN)

    def email(self, of: str) -> str:
        return f"{of}.{self.mark}@example.org"

    def body(self, *roles: str, **facts: Any) -> dict[str, Any]:
        people = [
            {"name": f"First {role}", "email": self.email(role), "roles": [role]}
            for role in roles or NEEDED
        ]
        return {"name": f"Hill {self.mark}", "people": people, **facts}

    async def school(self, **facts: Any) -> str:
        answer = await self.admin.post("/v1/schools", self.body(**facts))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def appoint(self, school: str, of: str, role: str, api: Api | None = None) -> Any:
        body = {"name": f"Another {role}", "email": self.email(of), "role": role}
        return await (api or self.admin).post(f"/v1/schools/{school}/first-people", body)

    def join(self, of: str) -> None:
        self.world.sql("update staff set accepted_at = now() where email = %s", self.email(of))

    def roles(self, school: str) -> list[tuple[str, str]]:
        return self.world.sql(
            "select s.email, m.role from membership m join staff s on s.school_id = m.school_id"
            " and s.id = m.staff_id where m.school_id = %s and m.valid_to is null order by 2, 1",
            school,
        )

    def mailed(self, school: str) -> int:
        found = self.world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'account.send_link'"
            " and args->>'school_id' = %s", school,
        )  # fmt: skip
        return int(found[0][0])


@pytest.fixture
async def founding(world: World) -> Founding:
    return Founding(world, await world.a_school(kind="trust"), new_id().hex[-10:])


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


class TestFoundSchool:
    async def test_founds_a_school_and_invites_its_first_people(self, founding: Founding) -> None:
        facts = {"urn": " 123 456", "laestab": "201/3614", "nation": "wales", "phone": "01632"}
        answer = await founding.admin.post("/v1/schools", founding.body(**facts))
        assert answer.status_code == 201
        made = answer.json()
        assert answer.headers["Location"] == f"/v1/schools/{made['id']}"
        assert (made["urn"], made["laestab"], made["nation"]) == ("123456", "2013614", "wales")
        assert made["trust_id"] == str(founding.trust.id)
        assert made["permissions"] == []
        assert founding.roles(made["id"]) == [
            (founding.email(role), role) for role in sorted(NEEDED)
        ]
        assert founding.mailed(made["id"]) == 3

    async def test_founds_no_twin_of_a_school_elsewhere(self, founding: Founding) -> None:
        """A file that is sent to the wrong one of two would be with strangers."""
        elsewhere = await founding.world.a_school()
        urn = str(200_000 + int(founding.mark, 16) % 99_999)
        founding.world.sql("update organisation set urn = %s where id = %s", urn, elsewhere.id)
        answer = await founding.admin.post("/v1/schools", founding.body(urn=f" {urn}"))
        assert (answer.status_code, code(answer)) == (409, "school_exists")

    async def test_asks_nobody_at_another_address_of_the_founders(self, founding: Founding) -> None:
        body = founding.body()
        name, _, domain = founding.trust[Role.SCHOOL_ADMIN].email.partition("@")
        body["people"][0]["email"] = f"{name}+lead@{domain}"
        answer = await founding.admin.post("/v1/schools", body)
        assert (answer.status_code, code(answer)) == (403, "second_person_needed")

    async def test_leaves_a_trace_in_both_and_tells_the_trust(self, founding: Founding) -> None:
        school = await founding.school()
        me = founding.trust[Role.SCHOOL_ADMIN]
        rows = founding.world.sql(
            "select school_id, actor_id, session_id from trail where verb = 'school.created'"
            " and noun_id = %s", school,
        )  # fmt: skip
        assert sorted(rows) == sorted(
            (UUID(str(one)), me.id, me.session_id) for one in (school, founding.trust.id)
        )
        told = founding.world.sql(
            "select recipient_id from alert where school_id = %s and kind = 'role_granted'",
            founding.trust.id,
        )
        assert told == [(founding.trust[Role.TRUST_LEAD].id,)]

    @pytest.mark.parametrize("missing", NEEDED)
    async def test_needs_an_administrator_a_lead_and_a_head(
        self, founding: Founding, missing: str
    ) -> None:
        roles = [role for role in NEEDED if role != missing]
        answer = await founding.admin.post("/v1/schools", founding.body(*roles))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "person_missing")
        assert missing in answer.json()["errors"][0]["detail"]

    async def test_points_at_what_is_wrong(self, founding: Founding) -> None:
        body = founding.body(urn="12")
        body["people"][1]["email"] = body["people"][0]["email"]
        answer = await founding.admin.post("/v1/schools", body)
        found = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
        assert found == {("/urn", "urn_malformed"), ("/people/1/name", "email_two_names")}
        for name in ("=cmd|'/C calc'!A0", "@SUM(A1)", "\x1b[2J"):
            body = founding.body()
            body["people"][2]["name"] = name
            refused = await founding.admin.post("/v1/schools", body)
            assert [one["pointer"] for one in refused.json()["errors"]] == ["/people/2/name"]
            named = await founding.admin.post("/v1/schools", {**founding.body(), "name": name})
            assert [one["pointer"] for one in named.json()["errors"]] == ["/name"]

    async def test_gives_no_other_role(self, founding: Founding) -> None:
        for role in ("pastoral", "deputy_dsl", "trust_lead", "system", "service_key"):
            answer = await founding.admin.post("/v1/schools", founding.body(*NEEDED, role))
            assert answer.status_code == 422, role
        chair = await founding.admin.post(
            "/v1/schools", founding.body(*NEEDED, "chair_of_governors")
        )
        assert chair.status_code == 201

    async def test_lets_nobody_name_themselves(self, founding: Founding) -> None:
        me = founding.trust[Role.SCHOOL_ADMIN]
        body = founding.body()
        body["people"][1]["email"] = me.email.upper()
        answer = await founding.admin.post("/v1/schools", body)
        assert (answer.status_code, code(answer)) == (403, "second_person_needed")
        founding.world.sql("update staff set email = %s where id = %s", founding.email("me"), me.id)
        body["people"][1]["email"] = founding.email("me")
        assert code(await founding.admin.post("/v1/schools", body)) == "second_person_needed"
        school = await founding.school()
        for of in ("me",):
            answer = await founding.appoint(school, of, "dsl")
            assert code(answer) == "second_person_needed"

    async def test_founds_a_name_and_a_urn_once(self, founding: Founding) -> None:
        await founding.school(urn="654321")
        doubles = (
            {"name": f" hill  {founding.mark.upper()}"}, {"name": "Other", "urn": "654321"},
        )  # fmt: skip
        for double in doubles:
            answer = await founding.admin.post("/v1/schools", {**founding.body(), **double})
            assert (answer.status_code, code(answer)) == (409, "school_exists")

    async def test_founds_it_once_for_two_at_the_same_time(self, world: World) -> None:
        trust = await world.a_school([Role.SCHOOL_ADMIN], kind="trust")
        founding = Founding(world, trust, new_id().hex[-10:])
        answers = await asyncio.gather(
            *(founding.admin.post("/v1/schools", founding.body()) for _ in range(5))
        )
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]

    async def test_is_sent_twice_and_done_once(self, founding: Founding) -> None:
        key = new_id().hex
        first, again = [
            await founding.admin.post("/v1/schools", founding.body(), key=key) for _ in range(2)
        ]
        assert (first.status_code, again.content) == (201, first.content)

    async def test_tells_nothing_of_other_schools(
        self, founding: Founding, other_school: School
    ) -> None:
        """A person that others have changes no answer."""
        body = founding.body()
        body["people"][1]["email"] = other_school[Role.DSL].email
        assert (await founding.admin.post("/v1/schools", body)).status_code == 201

    async def test_opens_no_record_to_the_founder(self, founding: Founding) -> None:
        school = await founding.school()
        child = await founding.world.a_child(UUID(school), "Alex", "Marsh")
        for path in (f"/v1/children/{child}", f"/v1/children/{child}/chronology"):
            assert (await founding.admin.get(path)).status_code in (403, 404)
        found = await founding.admin.post("/v1/children/search", {"q": "Marsh"})
        assert found.json()["items"] == []
        patch = await founding.admin.patch(f"/v1/schools/{school}", {"name": "Mine"}, version=1)
        assert patch.status_code == 404
        memberships = (await founding.admin.get("/v1/me")).json()["memberships"]
        assert [one["organisation_id"] for one in memberships] == [str(founding.trust.id)]


class TestWhoMay:
    OPERATIONS = ("found", "read", "appoint")

    async def each(self, founding: Founding, school: str, api: Api) -> dict[str, int]:
        founded = await api.post("/v1/schools", founding.body(urn=None))
        read = await api.get(f"/v1/schools/{school}/first-people")
        appointed = await founding.appoint(school, "x", "dsl", api)
        return dict(
            zip(self.OPERATIONS, [a.status_code for a in (founded, read, appointed)], strict=True)
        )

    def all(self, status: int) -> dict[str, int]:
        return dict.fromkeys(self.OPERATIONS, status)

    @pytest.mark.parametrize("role", [one for one in EVERY_ROLE if one is not Role.SCHOOL_ADMIN])
    async def test_no_other_role_of_the_trust(self, founding: Founding, role: Role) -> None:
        school = await founding.school()
        found = await self.each(founding, school, founding.trust.api(role))
        assert found == self.all(403)

    async def test_no_administrator_of_a_school(self, founding: Founding, school: School) -> None:
        """Not even of a school of the trust."""
        own = await founding.school()
        inside = await founding.world.a_person(UUID(own), Role.SCHOOL_ADMIN)
        for api in (school.api(Role.SCHOOL_ADMIN), founding.world.as_token(inside.token)):
            assert await self.each(founding, own, api) == self.all(403)

    async def test_no_administrator_of_another_trust(
        self, founding: Founding, world: World
    ) -> None:
        school = await founding.school()
        other = (await world.a_school(kind="trust")).api(Role.SCHOOL_ADMIN)
        found = await self.each(founding, school, other)
        assert found == {"found": 201, "read": 404, "appoint": 404}
        unknown = await founding.appoint(str(new_id()), "x", "dsl")
        assert (unknown.status_code, code(unknown)) == (404, "school_not_found")
        itself = await founding.appoint(str(founding.trust.id), "x", "dsl")
        assert itself.status_code == 404

    async def test_no_service_key(self, founding: Founding, world: World) -> None:
        assert Permission.SCHOOL_FOUND not in SERVICE_SCOPES
        school = await founding.school()
        _, token = await world.a_service_key(founding.trust.id, *SERVICE_SCOPES)
        assert await self.each(founding, school, world.as_token(token)) == self.all(403)

    async def test_nobody_without_a_second_factor_or_a_recent_proof(
        self, founding: Founding, world: World
    ) -> None:
        school = await founding.school()
        me = founding.trust[Role.SCHOOL_ADMIN].session_id
        with clock.shifted(timedelta(minutes=11)):
            late = await founding.admin.post("/v1/schools", founding.body())
            appointed = await founding.appoint(school, "x", "dsl")
        assert [code(late), code(appointed)] == ["step_up_needed"] * 2
        world.sql("update auth_session set amr = '{pwd}' where id = %s", me)
        answers = [
            await founding.admin.post("/v1/schools", founding.body()),
            await founding.admin.get(f"/v1/schools/{school}/first-people"),
            await founding.appoint(school, "x", "dsl"),
        ]
        assert [code(one) for one in answers] == ["second_factor_needed"] * 3
        assert await self.each(founding, school, world.anybody) == self.all(401)


class TestFirstPeople:
    async def test_tells_who_has_not_joined(self, founding: Founding) -> None:
        school = await founding.school()
        founding.join("dsl")
        found = (await founding.admin.get(f"/v1/schools/{school}/first-people")).json()
        assert (found["school_id"], found["ready"], found["appoints"]) == (school, False, True)
        roles = {one["role"]: one for one in found["roles"]}
        assert [*roles] == ["school_admin", "dsl", "headteacher", "chair_of_governors"]
        assert roles["dsl"] == {"role": "dsl", "joined": True, "invited": []}
        assert [one["email"] for one in roles["headteacher"]["invited"]] == [
            founding.email("headteacher")
        ]
        assert roles["chair_of_governors"]["invited"] == []
        for of in NEEDED[::2]:
            founding.join(of)
        assert (await founding.admin.get(f"/v1/schools/{school}/first-people")).json()["ready"]

    async def test_asks_another_in_place_of_who_has_not_joined(self, founding: Founding) -> None:
        """A wrong address must not stay a lead."""
        school = await founding.school()
        answer = await founding.appoint(school, "right", "dsl")
        assert answer.status_code == 200, answer.text
        lead = next(one for one in answer.json()["roles"] if one["role"] == "dsl")
        assert [one["email"] for one in lead["invited"]] == [founding.email("right")]
        assert founding.roles(school)[0] == (founding.email("right"), "dsl")
        assert len(founding.roles(school)) == 3
        assert founding.mailed(school) == 4

    async def test_asks_the_same_person_again(self, founding: Founding) -> None:
        """An invitation holds for a week."""
        school = await founding.school()
        before = founding.roles(school)
        assert (await founding.appoint(school, "dsl", "dsl")).status_code == 200
        assert (founding.roles(school), founding.mailed(school)) == (before, 4)
        assert (await founding.appoint(school, "headteacher", "dsl")).status_code == 200
        assert (founding.email("headteacher"), "dsl") in founding.roles(school)

    async def test_is_over_once_a_holder_has_joined(self, founding: Founding) -> None:
        school = await founding.school()
        founding.join("dsl")
        answer = await founding.appoint(school, "second", "dsl")
        assert (answer.status_code, code(answer)) == (409, "school_appoints")
        assert (await founding.appoint(school, "second", "headteacher")).status_code == 200

    async def test_is_over_once_there_is_a_record(self, founding: Founding) -> None:
        """Whoever was asked now would read what the trust must not choose a reader for."""
        school = await founding.school()
        await founding.world.a_child(UUID(school), "Alex", "Marsh")
        for role in NEEDED:
            answer = await founding.appoint(school, "second", role)
            assert (answer.status_code, code(answer)) == (409, "school_appoints")
        found = (await founding.admin.get(f"/v1/schools/{school}/first-people")).json()
        assert found["appoints"] is False
        assert len(founding.roles(school)) == 3

    async def test_is_over_once_somebody_told_of_a_child_nobody_knows(
        self, founding: Founding
    ) -> None:
        """Such a concern names no child of the school, and is a record all the same."""
        school, id_ = await founding.school(), new_id()
        founding.world.sql(
            "insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,"
            " occurred_precision, source, immediacy, reported_categories, told_already, state,"
            " confidentiality, categories, ended_at, changed_at)"
            " select school_id, %s, 'C-1', id, now(), now(), 'about', 'observation', 'today',"
            " '{not_sure}', '[]', 'closed', 'K3', '{not_sure}', now(), now() from staff"
            " where school_id = %s and email = %s",
            id_, UUID(school), founding.email("school_admin"),
        )  # fmt: skip
        answer = await founding.appoint(school, "second", "dsl")
        assert (answer.status_code, code(answer)) == (409, "school_appoints")

    async def test_leaves_a_trace_in_both(self, founding: Founding) -> None:
        school = await founding.school()
        await founding.appoint(school, "right", "dsl")
        me = founding.trust[Role.SCHOOL_ADMIN].id
        rows = founding.world.sql(
            "select school_id::text, verb from trail where actor_id = %s and school_id = any(%s)"
            " and verb in ('staff.invited', 'membership.ended', 'membership.added')"
            " order by seq desc limit 4", me, [UUID(school), founding.trust.id],
        )  # fmt: skip
        assert sorted(rows) == sorted(
            [
                (school, "staff.invited"), (school, "membership.added"),
                (school, "membership.ended"), (str(founding.trust.id), "staff.invited"),
            ]
        )  # fmt: skip


class TestTrust:
    async def test_reads_and_changes_its_own_entry(self, founding: Founding) -> None:
        path = f"/v1/schools/{founding.trust.id}"
        answer = await founding.admin.get(path)
        assert (answer.json()["kind"], answer.json()["permissions"]) == ("trust", ["update_school"])
        changed = await founding.admin.patch(path, {"name": f"New {founding.mark}"}, version=1)
        assert changed.json()["name"] == f"New {founding.mark}"


class TestTwoFiles:
    async def test_wait_for_one_another_longer_than_a_request_may(self, world: World) -> None:
        mark = new_id().hex
        people = [
            {"name": f"First {role}", "email": f"{role}.{mark}@example.org", "roles": [role]}
            for role in NEEDED
        ]
        command = FoundingIn.model_validate(
            {"trust": {"name": f"Trust {mark}", "people": people[:1]}, "schools": []}
        )

        async def bring() -> list[str]:
            return [one.state async for one in found_organisations(world.runtime.database, command)]

        with psycopg.connect(world.owner_url) as other:
            other.execute("select pg_advisory_xact_lock(hashtextextended('cairn.founding', 0))")
            waiting = asyncio.create_task(bring())
            await asyncio.sleep(2.3)  # a request is told after two seconds that it came too late
            assert not waiting.done()
            other.rollback()
            assert await waiting == ["created"]

    async def test_found_one_trust_when_brought_at_the_same_time(self, world: World) -> None:
        mark = new_id().hex
        people = [
            {"name": f"First {role}", "email": f"{role}.{mark}@example.org", "roles": [role]}
            for role in NEEDED
        ]
        command = FoundingIn.model_validate(
            {
                "trust": {"name": f"Trust {mark}", "people": people[:1]},
                "schools": [
                    {"name": f"{name} {mark}", "people": people} for name in ("Hill", "Dale")
                ],
            }
        )

        async def bring() -> list[str]:
            return [one.state async for one in found_organisations(world.runtime.database, command)]

        runs = await asyncio.gather(bring(), bring(), bring())
        assert sorted(one[0] for one in runs) == ["created", "unchanged", "unchanged"]
        for place in (1, 2):
            assert sorted(one[place] for one in runs) == ["created", "unchanged", "unchanged"]
        assert world.sql("select count(*) from organisation where name like %s", f"%{mark}") == [
            (3,)
        ]
        assert world.sql(
            "select count(*) from membership m join staff s on s.school_id = m.school_id"
            " and s.id = m.staff_id where s.email like %s", f"%{mark}@example.org",
        ) == [(7,)]  # fmt: skip

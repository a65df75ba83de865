"""One's own sessions: what is told of them, ending them everywhere, switching between roles."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.main import build_app, build_runtime
from tests.signing_in import (
    enrol,
    prove_by_password_only,
    refresh,
    signed_in,
    status_of_me,
    works_at,
)
from tests.world import PASSWORD, Person, School, World

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64; Sams secret phone) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.6778.85 Safari/537.36"
)


@pytest.fixture
async def teacher(world: World, school: School) -> Person:
    """A teacher with a password."""
    await world.set_password(school[Role.STAFF])
    return school[Role.STAFF]


@pytest.fixture
async def elsewhere(world: World, school: School, other_school: School) -> School:
    """The other school, in which the first one's teacher works too."""
    works_at(world, other_school, school[Role.STAFF].id, Role.DSL)
    return other_school


@pytest.fixture
async def other_process(app_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A second server on the same database, with memories of its own."""
    runtime = build_runtime(app_settings)
    transport = httpx.ASGITransport(build_app(app_settings, runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as client:
        yield client
    await runtime.database.close()


class TestListSessions:
    async def test_shows_the_own_live_ones_newest_first(
        self, world: World, school: School, teacher: Person
    ) -> None:
        form = {"grant_type": "password", "username": teacher.email, "password": PASSWORD}
        token = (
            await world.anybody.request(
                "POST", "/v1/auth/token", data=form, headers={"User-Agent": BROWSER}
            )
        ).json()
        await signed_in(world, school[Role.STAFF])
        items = (await world.as_token(token["access_token"]).get("/v1/me/sessions")).json()["items"]
        assert [one["current"] for one in items] == [False, True, False]
        assert items[1]["device"] == "Chrome 131"
        assert items[1]["network"] == "local"
        assert (items[1]["organisation"], items[1]["role"]) == (school.name, "staff")
        assert items[1]["amr"] == ["pwd"]
        assert items[1]["created_at"] == items[1]["seen_at"]

    async def test_keeps_no_words_of_the_user_agent(self, world: World, teacher: Person) -> None:
        form = {"grant_type": "password", "username": teacher.email, "password": PASSWORD}
        await world.anybody.request(
            "POST", "/v1/auth/token", data=form, headers={"User-Agent": BROWSER}
        )
        kept = world.sql("select s::text from auth_session s where account_id = %s", teacher.id)
        assert "secret phone" not in str(kept)
        assert "127.0.0.1" not in str(kept)

    async def test_goes_page_by_page(self, world: World, school: School, teacher: Person) -> None:
        for _ in range(2):
            await signed_in(world, teacher)
        first = (await school.staff.get("/v1/me/sessions?limit=2")).json()
        rest = (await school.staff.get(f"/v1/me/sessions?limit=2&cursor={first['next']}")).json()
        ids = [one["id"] for one in first["items"] + rest["items"]]
        assert len(ids) == len(set(ids)) == 3
        assert rest["next"] is None

    async def test_shows_when_one_was_seen_last(
        self, world: World, school: School, teacher: Person
    ) -> None:
        token = await signed_in(world, teacher)
        with clock.shifted(timedelta(minutes=5)):
            again = (await refresh(world, token["refresh_token"])).json()
            items = (await world.as_token(again["access_token"]).get("/v1/me/sessions")).json()[
                "items"
            ]
        mine = next(one for one in items if one["current"])
        assert mine["seen_at"] > mine["created_at"]

    async def test_leaves_out_what_has_ended(
        self, world: World, school: School, teacher: Person
    ) -> None:
        token = await signed_in(world, teacher)
        form = {"token": token["refresh_token"]}
        await world.anybody.request("POST", "/v1/auth/revoke", data=form)
        items = (await school.staff.get("/v1/me/sessions")).json()["items"]
        assert len(items) == 1

    async def test_shows_those_of_other_schools_too(
        self, world: World, school: School, elsewhere: School, teacher: Person
    ) -> None:
        await signed_in(world, teacher, organisation_id=str(elsewhere.id))
        items = (await school.staff.get("/v1/me/sessions")).json()["items"]
        assert {one["organisation"] for one in items} == {school.name, elsewhere.name}


class TestRevokeSession:
    async def test_ends_it_at_once_on_every_process(
        self,
        world: World,
        school: School,
        teacher: Person,
        other_process: httpx.AsyncClient,
    ) -> None:
        token = await signed_in(world, teacher)
        header = {"Authorization": f"Bearer {token['access_token']}"}
        assert (await other_process.get("/v1/me", headers=header)).status_code == 200
        items = (await school.staff.get("/v1/me/sessions")).json()["items"]
        path = f"/v1/me/sessions/{items[0]['id']}"
        assert (await school.staff.request("DELETE", path)).status_code == 204
        answer = await other_process.get("/v1/me", headers=header)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
        assert (await refresh(world, token["refresh_token"])).status_code == 401
        assert await status_of_me(world, teacher.token) == 200

    async def test_ends_the_present_one_too(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        path = f"/v1/me/sessions/{teacher.session_id}"
        assert (await school.staff.request("DELETE", path)).status_code == 204
        assert await status_of_me(world, teacher.token) == 401

    async def test_finds_nobody_elses(self, school: School) -> None:
        path = f"/v1/me/sessions/{school[Role.DSL].session_id}"
        answer = await school.staff.request("DELETE", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
        assert (await school.lead.get("/v1/me")).status_code == 200

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        await school.staff.request("DELETE", f"/v1/me/sessions/{teacher.session_id}")
        rows = world.sql("select verb from trail where noun_id = %s", teacher.session_id)
        assert rows == [("session.revoked",)]


class TestRevokeOtherSessions:
    async def test_leaves_only_this_one(
        self, world: World, school: School, teacher: Person
    ) -> None:
        others = [await signed_in(world, teacher) for _ in range(2)]
        done = await school.staff.post("/v1/me/sessions/revoke-others")
        assert done.json() == {"ended": 2}
        assert [await status_of_me(world, one["access_token"]) for one in others] == [401, 401]
        assert await status_of_me(world, teacher.token) == 200


class TestSwitchRole:
    async def test_begins_a_session_there_without_a_password(
        self, world: World, school: School, elsewhere: School
    ) -> None:
        command = {"organisation_id": str(elsewhere.id), "role": "dsl"}
        done = await school.staff.post("/v1/me/switch", command)
        assert done.status_code == 200, done.text
        token = done.json()
        assert (token["organisation"], token["role"]) == (elsewhere.name, "dsl")
        assert token["second_factor"] == "done"
        me = (await world.as_token(token["access_token"]).get("/v1/me")).json()
        mine = (await school.staff.get("/v1/me")).json()
        assert me["session_id"] != mine["session_id"]
        assert (me["amr"], me["auth_time"]) == (mine["amr"], mine["auth_time"])

    async def test_brings_no_factor_along_that_was_not_proved(
        self, world: World, school: School, elsewhere: School
    ) -> None:
        prove_by_password_only(world, school[Role.STAFF])
        command = {"organisation_id": str(elsewhere.id), "role": "dsl"}
        token = (await school.staff.post("/v1/me/switch", command)).json()
        assert token["second_factor"] == "enrol"
        limited = world.as_token(token["access_token"])
        assert (await limited.get("/v1/concerns")).json()["code"] == "second_factor_needed"
        await enrol(limited)
        assert (await limited.get("/v1/concerns")).status_code == 200

    async def test_makes_no_session_longer(
        self, world: World, school: School, elsewhere: School
    ) -> None:
        with clock.shifted(timedelta(minutes=10)):
            command = {"organisation_id": str(elsewhere.id), "role": "dsl"}
            await school.staff.post("/v1/me/switch", command)
        ends = world.sql(
            "select distinct expires_at from auth_session where account_id = %s",
            school[Role.STAFF].id,
        )
        assert len(ends) == 1

    async def test_begins_what_ends_when_a_token_of_the_first_session_is_used_twice(
        self, world: World, school: School, elsewhere: School, teacher: Person
    ) -> None:
        """Whoever stole a refresh token keeps nothing by switching, or by signing out first."""
        chosen = {"organisation_id": str(school.id), "role": "staff"}
        other = await signed_in(world, teacher, **chosen)
        first = await signed_in(world, teacher, **chosen)
        stolen = (await refresh(world, first["refresh_token"])).json()
        thief = world.as_token(stolen["access_token"])
        command = {"organisation_id": str(elsewhere.id), "role": "dsl"}
        switched = (await thief.post("/v1/me/switch", command)).json()
        form = {"token": stolen["refresh_token"]}
        await world.anybody.request("POST", "/v1/auth/revoke", data=form)
        assert (await refresh(world, first["refresh_token"])).status_code == 401
        assert await status_of_me(world, switched["access_token"]) == 401
        assert (await refresh(world, switched["refresh_token"])).status_code == 401
        assert await status_of_me(world, other["access_token"]) == 200

    async def test_refuses_a_role_one_does_not_hold(
        self, school: School, other_school: School
    ) -> None:
        for organisation, role in ((school.id, "dsl"), (other_school.id, "staff")):
            command = {"organisation_id": str(organisation), "role": role}
            answer = await school.staff.post("/v1/me/switch", command)
            assert (answer.status_code, answer.json()["code"]) == (403, "membership_missing")

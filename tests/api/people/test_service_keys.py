"""Service keys: how programs sign in."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from app.jobs.service_keys import tell_of_endings
from tests.doubles import MemoryMail
from tests.security.capture import captured
from tests.world import Api, School, World

KEYS = "/v1/service-keys"


def a_body(**fields: Any) -> dict[str, Any]:
    """A new key."""
    return {"name": "Nightly roster", "scopes": ["roster:import"]} | fields


@pytest.fixture
def admin(school: School) -> Api:
    """The API as the school's administrator."""
    return school.api(Role.SCHOOL_ADMIN)


async def a_key(admin: Api, **fields: Any) -> dict[str, Any]:
    """A new key with its secret."""
    answer = await admin.post(KEYS, a_body(**fields))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def token(world: World, key: dict[str, Any], **fields: Any) -> httpx.Response:
    """What the token endpoint answers to a key."""
    form = {
        "grant_type": "client_credentials",
        "client_id": key["client_id"],
        "client_secret": key["client_secret"],
    } | fields
    return await world.anybody.request("POST", "/v1/auth/token", data=form)


async def signed_in(world: World, key: dict[str, Any], **fields: Any) -> Api:
    """The API as a program."""
    answer = await token(world, key, **fields)
    assert answer.status_code == 200, answer.text
    return world.as_token(answer.json()["access_token"])


def verbs(world: World, key: dict[str, Any]) -> list[str]:
    """What the trail says of a key."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", key["id"])
    return [verb for (verb,) in rows]


async def age(world: World, school: School) -> None:
    """Let the administrator's proof of identity be an hour old."""
    session = school[Role.SCHOOL_ADMIN].session_id
    world.sql(
        "update auth_session set auth_time = now() - interval '1 hour' where id = %s", session
    )


class TestAddServiceKey:
    async def test_shows_the_secret_once_and_keeps_a_hash(self, world: World, admin: Api) -> None:
        networks = ["198.51.100.0/24", "2001:db8::/32", "203.0.113.7"]
        answer = await admin.post(KEYS, a_body(networks=networks))
        made = answer.json()
        assert answer.headers["location"] == f"{KEYS}/{made['id']}"
        assert made["client_id"] == made["id"]
        assert made["networks"] == ["198.51.100.0/24", "2001:db8::/32", "203.0.113.7/32"]
        assert made["client_secret"].startswith("cairn_")
        shown = (await admin.get(f"{KEYS}/{made['id']}")).json()
        assert "client_secret" not in shown
        stored = world.sql(
            "select row_to_json(k)::text from service_key k where id = %s", made["id"]
        )
        assert made["client_secret"] not in stored[0][0]
        assert verbs(world, made) == ["service_key.added"]

    async def test_lasts_a_year_unless_said_and_two_at_most(self, admin: Api) -> None:
        made = await a_key(admin)
        assert made["expires_at"][:10] == (clock.now() + timedelta(days=365)).date().isoformat()
        late = (clock.now() + timedelta(days=800)).isoformat()
        for wrong in (late, (clock.now() - timedelta(hours=1)).isoformat()):
            answer = await admin.post(KEYS, a_body(expires_at=wrong))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/expires_at"

    @pytest.mark.parametrize(
        "fields",
        [
            {"scopes": []},
            {"scopes": ["concern:read"]},
            {"scopes": ["cairn"]},
            {"scopes": ["roster:import", "roster:import"]},
            {"networks": ["198.51.100.7/24"]},
            {"networks": ["example.org"]},
            {"networks": ["198.51.100.0/24"] * 2},
            {"name": " "},
            {"client_secret": "mine"},
        ],
    )
    async def test_refuses_what_no_key_can_be(self, admin: Api, fields: dict[str, Any]) -> None:
        assert (await admin.post(KEYS, a_body(**fields))).status_code == 422

    async def test_is_not_kept_for_a_replay(self, world: World, school: School, admin: Api) -> None:
        first = await admin.post(KEYS, a_body(), key="one")
        again = await admin.post(KEYS, a_body(), key="one")
        assert first.json()["client_secret"] != again.json()["client_secret"]
        kept = world.sql(
            "select count(*) from idempotency_key where key = 'one' and school_id = %s", school.id
        )
        assert kept[0][0] == 0

    async def test_asks_who_it_is_again(self, world: World, school: School, admin: Api) -> None:
        await age(world, school)
        answer = await admin.post(KEYS, a_body())
        assert answer.status_code == 401
        assert answer.json()["code"] == "step_up_needed"

    async def test_gives_no_scope_that_is_not_held(self, world: World, school: School) -> None:
        """A role the school defined, which may change keys but import no roster."""
        person = await school.person(Role.SCHOOL_ADMIN)
        world.sql(
            "insert into school_role (school_id, id, slug, label, permissions, classes, "
            "cohort_classes, cohort_only, created_by, created_at, changed_at) values "
            "(%s, %s, 'office', 'Office', '{key:change}', '{}', '{}', false, %s, now(), now())",
            school.id, new_id(), person.id,
        )  # fmt: skip
        world.sql("update membership set role = 'office' where staff_id = %s", person.id)
        world.sql("update auth_session set role = 'office' where id = %s", person.session_id)
        assert person.session_id is not None
        issued = world.runtime.tokens.issue(
            sub=person.id, sid=person.session_id, org=school.id, role="office",
            scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
        )  # fmt: skip
        office = world.as_token(issued)
        allowed = await office.post(KEYS, a_body(scopes=["alert:intake", "staff:provision"]))
        assert allowed.status_code == 201, allowed.text
        assert allowed.json()["permissions"][0] == "update_service_key"
        refused = await office.post(KEYS, a_body())
        assert refused.json()["code"] == "scope_not_yours"
        mighty = await a_key(school.api(Role.SCHOOL_ADMIN))
        for path, body in (("/rotate", {}), ("", {"name": "Mine"})):
            method = "POST" if path else "PATCH"
            answer = await office.request(
                method, f"{KEYS}/{mighty['id']}{path}", json=body, version=1
            )
            assert answer.json()["code"] == "scope_not_yours", path
        shown = await office.get(f"{KEYS}/{mighty['id']}")
        assert shown.json()["permissions"] == ["revoke_service_key"]


class TestListServiceKeys:
    async def test_pages_and_tells_the_revoked_apart(self, admin: Api) -> None:
        ids = [(await a_key(admin, name=f"Key {number}"))["id"] for number in range(3)]
        first = (await admin.get(f"{KEYS}?limit=2")).json()
        second = (await admin.get(f"{KEYS}?limit=2&cursor={first['next']}")).json()
        assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
        await admin.post(f"{KEYS}/{ids[0]}/revoke", version=1)
        assert [one["id"] for one in (await admin.get(KEYS)).json()["items"]] == ids[:0:-1]
        gone = (await admin.get(f"{KEYS}?state=revoked")).json()["items"]
        assert [(one["id"], one["state"]) for one in gone] == [(ids[0], "revoked")]
        assert {one["state"] for one in first["items"]} == {"active"}
        assert "secret" not in str(first)

    async def test_shows_nothing_of_another_school(self, admin: Api, other_school: School) -> None:
        made = await a_key(admin)
        there = other_school.api(Role.SCHOOL_ADMIN)
        assert (await there.get(KEYS)).json()["items"] == []
        assert (await there.get(f"{KEYS}/{made['id']}")).status_code == 404
        assert (await there.post(f"{KEYS}/{made['id']}/revoke", version=1)).status_code == 404


class TestChangeServiceKey:
    async def test_changes_what_is_named(self, world: World, admin: Api) -> None:
        made = await a_key(admin, networks=["198.51.100.0/24"])
        path, soon = f"{KEYS}/{made['id']}", (clock.now() + timedelta(days=9)).isoformat()
        body = {"name": "SIS", "networks": [], "expires_at": soon, "scopes": ["alert:intake"]}
        changed = await admin.patch(path, body, version=1)
        assert changed.status_code == 200, changed.text
        assert (changed.json()["name"], changed.json()["networks"]) == ("SIS", [])
        assert changed.json()["scopes"] == ["alert:intake"]
        assert changed.headers["etag"] == '"2"'
        assert (await admin.patch(path, {"name": "X"})).status_code == 428
        assert (await admin.patch(path, {"name": "X"}, version=1)).status_code == 412
        assert (await admin.patch(path, {"expires_at": None}, version=2)).status_code == 422
        assert verbs(world, made) == ["service_key.added", "service_key.changed"]

    async def test_takes_a_scope_from_a_live_token(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        program = await signed_in(world, made)
        assert (await program.get("/v1/roster/imports")).status_code == 200
        body = {"scopes": ["alert:intake"]}
        await admin.patch(f"{KEYS}/{made['id']}", body, version=1)
        assert (await program.get("/v1/roster/imports")).status_code == 403

    async def test_asks_who_it_is_again(self, world: World, school: School, admin: Api) -> None:
        made = await a_key(admin)
        await age(world, school)
        answer = await admin.patch(f"{KEYS}/{made['id']}", {"name": "X"}, version=1)
        assert answer.json()["code"] == "step_up_needed"
        answer = await admin.post(f"{KEYS}/{made['id']}/rotate", {}, version=1)
        assert answer.json()["code"] == "step_up_needed"


class TestRotateServiceKey:
    async def test_lets_the_former_secret_work_for_a_while(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        answer = await admin.post(f"{KEYS}/{made['id']}/rotate", {"overlap_minutes": 60}, version=1)
        new = answer.json()
        assert answer.status_code == 200
        assert new["client_secret"] != made["client_secret"]
        assert new["former_until"] is not None
        for secret in (made, new):
            assert (await token(world, secret)).status_code == 200
        with clock.shifted(timedelta(minutes=61)):
            assert (await token(world, made)).status_code == 401
            assert (await token(world, new)).status_code == 200
        assert "service_key.rotated" in verbs(world, made)

    async def test_can_end_the_former_secret_at_once(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        path = f"{KEYS}/{made['id']}/rotate"
        new = (await admin.post(path, {"overlap_minutes": 0}, version=1)).json()
        assert (await token(world, made)).status_code == 401
        assert (await token(world, new)).status_code == 200

    async def test_overlaps_a_week_at_most_and_needs_the_version(self, admin: Api) -> None:
        made = await a_key(admin)
        path = f"{KEYS}/{made['id']}/rotate"
        assert (await admin.post(path, {"overlap_minutes": 10_081}, version=1)).status_code == 422
        assert (await admin.post(path, {})).status_code == 428
        assert (await admin.post(path, {}, version=4)).status_code == 412


class TestRevokeServiceKey:
    async def test_ends_secret_and_tokens_at_once(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        program = await signed_in(world, made)
        answer = await admin.post(f"{KEYS}/{made['id']}/revoke", version=1)
        assert answer.json()["revoked_at"] is not None
        assert answer.json()["permissions"] == []
        over = await program.get("/v1/roster/imports")
        assert (over.status_code, over.json()["code"]) == (401, "session_over")
        assert (await token(world, made)).status_code == 401
        assert verbs(world, made)[-2:] == ["service_key.revoked", "service_key.refused"]

    async def test_is_for_good(self, admin: Api) -> None:
        made = await a_key(admin)
        path = f"{KEYS}/{made['id']}"
        assert (await admin.post(f"{path}/revoke", version=1)).status_code == 200
        assert (await admin.post(f"{path}/revoke", version=1)).status_code == 200
        for answer in (
            await admin.patch(path, {"name": "X"}, version=2),
            await admin.post(f"{path}/rotate", {}, version=2),
        ):
            assert answer.json()["code"] == "service_key_revoked"


class TestClientCredentials:
    async def test_answers_an_access_token_and_nothing_to_refresh(
        self, world: World, school: School, admin: Api
    ) -> None:
        made = await a_key(admin, scopes=["roster:import", "alert:intake"])
        answer = await token(world, made)
        body = answer.json()
        assert "refresh_token" not in body
        assert (body["token_type"], body["scope"]) == ("Bearer", "alert:intake roster:import")
        assert (body["role"], body["organisation"]) == ("service_key", school.name)
        assert body["expires_in"] == 15 * 60
        claims = world.runtime.tokens.verify(body["access_token"])
        assert str(claims.sub) == str(claims.sid) == made["id"]
        assert (claims.org, claims.role) == (school.id, "service_key")

    async def test_takes_the_secret_from_a_basic_header(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        pair = f"{quote_plus(made['client_id'])}:{quote_plus(made['client_secret'])}"
        header = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        form = {"grant_type": "client_credentials"}
        answer = await world.anybody.request("POST", "/v1/auth/token", data=form, headers=header)
        assert answer.status_code == 200
        both = form | {"client_secret": made["client_secret"]}
        answer = await world.anybody.request("POST", "/v1/auth/token", data=both, headers=header)
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        "header", ["Basic", "Basic ?", "Basic Zm9v", "Bearer a.b.c", "Basic //8="]
    )
    async def test_refuses_headers_that_are_none(self, world: World, header: str) -> None:
        form = {"grant_type": "client_credentials"}
        answer = await world.anybody.request(
            "POST", "/v1/auth/token", data=form, headers={"Authorization": header}
        )
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"

    async def test_answers_unknown_ids_and_wrong_secrets_alike(
        self, world: World, admin: Api
    ) -> None:
        made = await a_key(admin)
        wrong = [
            made | {"client_secret": "cairn_wrong"},
            made | {"client_secret": made["client_secret"] + "x"},
            made | {"client_id": str(new_id())},
            made | {"client_id": "not-an-id"},
        ]
        found = []
        for one in wrong:
            answer = await token(world, one)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic ")
            found.append({**answer.json(), "instance": ""})
        assert all(one == found[0] for one in found)
        assert found[0]["error"] == "invalid_client"
        assert verbs(world, made) == ["service_key.added"]

    async def test_does_the_same_work_for_both(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        sent: list[int] = []
        for one in (
            made | {"client_secret": "cairn_wrong"},
            made | {"client_id": str(new_id())},
        ):
            async with captured(world) as statements:
                await token(world, one)
            sent.append(len(statements))
        assert sent[0] == sent[1]

    async def test_narrows_and_never_widens_the_scope(self, world: World, admin: Api) -> None:
        made = await a_key(admin, scopes=["roster:import", "alert:intake"])
        narrow = await signed_in(world, made, scope="alert:intake")
        assert (await narrow.get("/v1/roster/imports")).status_code == 403
        whole = await signed_in(world, made)
        assert (await whole.get("/v1/roster/imports")).status_code == 200
        for scope in ("staff:provision", "roster:import cairn", "*"):
            answer = await token(world, made, scope=scope)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
            assert answer.json()["code"] == "scope_refused"

    async def test_notes_the_use_at_sign_in_and_not_at_reads(
        self, world: World, admin: Api
    ) -> None:
        made = await a_key(admin)
        assert made["last_used_at"] is None
        program = await signed_in(world, made)
        path = f"{KEYS}/{made['id']}"
        used = (await admin.get(path)).json()
        assert used["last_used_from"] == "127.0.0.1"
        with clock.shifted(timedelta(minutes=5)):
            assert (await program.get("/v1/roster/imports")).status_code == 200
        assert (await admin.get(path)).json()["last_used_at"] == used["last_used_at"]
        assert verbs(world, made).count("service_key.used") == 1

    async def test_comes_from_its_networks_only(self, world: World, admin: Api) -> None:
        made = await a_key(admin, networks=["198.51.100.0/24"])
        refused = await token(world, made)
        assert refused.json()["code"] == "client_refused"
        assert verbs(world, made)[-1] == "service_key.refused"
        allowed = await admin.patch(
            f"{KEYS}/{made['id']}", {"networks": ["127.0.0.0/8"]}, version=1
        )
        assert allowed.status_code == 200
        program = await signed_in(world, made)
        assert (await program.get("/v1/roster/imports")).status_code == 200
        await admin.patch(f"{KEYS}/{made['id']}", {"networks": ["198.51.100.0/24"]}, version=2)
        over = await program.get("/v1/roster/imports")
        assert (over.status_code, over.json()["code"]) == (401, "session_over")

    async def test_ends_with_its_key(self, world: World, admin: Api) -> None:
        soon = (clock.now() + timedelta(minutes=5)).isoformat()
        made = await a_key(admin, expires_at=soon)
        program = await signed_in(world, made)
        with clock.shifted(timedelta(minutes=6)):
            assert (await program.get("/v1/roster/imports")).status_code == 401
            assert (await token(world, made)).status_code == 401

    async def test_slows_guessing_down_and_nobody_else(self, world: World, admin: Api) -> None:
        made, other = await a_key(admin), await a_key(admin)
        wrong = made | {"client_secret": "cairn_wrong"}
        answers = [await token(world, wrong) for _ in range(60)]
        assert {answer.status_code for answer in answers} == {401}
        while answers[-1].status_code == 401 and len(answers) < 200:
            answers.append(await token(world, wrong))
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await token(world, other)).status_code == 200

    async def test_does_not_count_good_secrets(self, world: World, admin: Api) -> None:
        made = await a_key(admin)
        answers = [(await token(world, made)).status_code for _ in range(62)]
        assert set(answers) == {200}

    async def test_is_announced(self, world: World) -> None:
        found = (await world.anybody.get("/.well-known/oauth-authorization-server")).json()
        assert "client_credentials" in found["grant_types_supported"]
        methods = found["token_endpoint_auth_methods_supported"]
        assert {"client_secret_basic", "client_secret_post"} <= set(methods)
        assert {
            scope.value for scope in (Permission.ROSTER_IMPORT, Permission.ALERT_INTAKE)
        } <= set(found["scopes_supported"])


class TestAProgram:
    async def test_is_nobody_in_particular(self, world: World, admin: Api) -> None:
        program = await signed_in(world, await a_key(admin))
        for path in ("/v1/me", "/v1/concerns", "/v1/service-keys", "/v1/staff"):
            answer = await program.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), path


class TestTellOfEndings:
    async def test_mails_those_who_administer_keys_once(
        self, world: World, school: School, admin: Api
    ) -> None:
        soon = (clock.now() + timedelta(days=13)).isoformat()
        later = (clock.now() + timedelta(days=20)).isoformat()
        ending = await a_key(admin, expires_at=soon, name="Secret project")
        lasting = await a_key(admin, expires_at=later)
        gone = await a_key(admin, expires_at=soon)
        await admin.post(f"{KEYS}/{gone['id']}/revoke", version=1)
        mail = MemoryMail()
        runtime = world.runtime
        adapters = Adapters(runtime.settings, runtime.database, mail, runtime.storage)
        run = Run(adapters, build_queue(adapters, ()), {})
        await tell_of_endings(run)
        await tell_of_endings(run)
        mine = [one for one in mail.sent if one.to == school[Role.SCHOOL_ADMIN].email]
        assert len(mine) == 1
        assert "Secret project" not in mine[0].text
        lead = school[Role.DSL].email
        assert [one for one in mail.sent if one.to == lead] == []
        assert verbs(world, ending)[-1] == "service_key.expiry_told"
        assert "service_key.expiry_told" not in verbs(world, lasting) + verbs(world, gone)

    async def test_tells_again_of_a_new_end(self, world: World, school: School, admin: Api) -> None:
        soon = (clock.now() + timedelta(days=3)).isoformat()
        ending = await a_key(admin, expires_at=soon)
        world.sql("update service_key set expiry_told_at = now() where id = %s", ending["id"])
        soon = (clock.now() + timedelta(days=10)).isoformat()
        await admin.patch(f"{KEYS}/{ending['id']}", {"expires_at": soon}, version=1)
        told = world.sql("select expiry_told_at from service_key where id = %s", ending["id"])
        assert told == [(None,)]

"""SCIM users: who may speak, what is kept, and what comes of it for the person's account."""

import json
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from app.api.limits import Leases
from app.core.ids import new_id
from app.core.limits import Policy
from app.core.words import Permission, Role
from app.domain.abuse import MINUTE
from app.domain.people.passwords.commands import new_invitation
from tests.api.record.test_concerns import raise_one
from tests.api.scim import (
    ENTERPRISE,
    GROUP,
    MEDIA_TYPE,
    USER,
    Provider,
    a_provider,
    refused,
    user_body,
)
from tests.api.staffing import an_open_action, an_open_concern
from tests.signing_in import add_passkey, enrol, sign_in, works_at
from tests.world import PASSWORD, School, World


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


def work_email(user: Any) -> str:
    return str(user["emails"][0]["value"])


class TestWhoMaySpeak:
    async def test_needs_a_token(self, world: World) -> None:
        answer = await world.anybody.get("/scim/v2/Users")
        assert refused(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")

    async def test_refuses_a_worthless_token(self, world: World) -> None:
        answer = await world.as_token("nonsense").get("/scim/v2/Users")
        assert refused(answer, 401)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("role", [Role.SCHOOL_ADMIN, Role.DSL, Role.STAFF])
    async def test_refuses_people(self, school: School, role: Role) -> None:
        for path in ("/Users", "/Groups", "/ServiceProviderConfig", "/Schemas"):
            assert refused(await school.api(role).get(f"/scim/v2{path}"), 403)
        answer = await school.api(role).post("/scim/v2/Users", user_body())
        assert refused(answer, 403)

    async def test_refuses_a_key_without_the_scope(self, world: World, school: School) -> None:
        _, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        assert refused(await world.as_token(token).get("/scim/v2/Users"), 403)

    async def test_refuses_a_revoked_key(self, world: World, provider: Provider) -> None:
        world.sql("update service_key set revoked_at = now() where id = %s", provider.key_id)
        assert refused(await provider.get("/Users"), 401)

    async def test_hides_another_schools_users(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        user = await provider.user()
        stranger = await a_provider(world, other_school)
        path = f"/Users/{user['id']}"
        assert refused(await stranger.get(path), 404)
        assert refused(await stranger.send("PUT", path, user_body()), 404)
        assert refused(
            await stranger.patch(path, {"op": "replace", "path": "title", "value": "X"}), 404
        )
        assert refused(await stranger.send("DELETE", path), 404)
        listed = await stranger.get("/Users", params={"filter": f'id eq "{user["id"]}"'})
        assert listed.json()["totalResults"] == 0


class TestAddScimUser:
    async def test_makes_an_account_and_a_member_of_staff_without_a_role(
        self, world: World, provider: Provider
    ) -> None:
        user = await provider.user(
            name={"givenName": "Jo", "familyName": "Reed"}, title="Teacher", externalId="x-1"
        )
        staff_id = provider.staff_id(user["id"])
        rows = world.sql(
            "select s.name, s.job_title, a.email, s.accepted_at from staff s"
            " join account a on a.id = s.id where s.id = %s",
            staff_id,
        )
        assert rows == [("Jo Reed", "Teacher", user["userName"], None)]
        assert world.sql("select * from membership where staff_id = %s", staff_id) == []
        assert {"staff.provisioned", "staff.invited"} <= provider.verbs(staff_id)

    async def test_invites_the_person(self, world: World, provider: Provider) -> None:
        staff_id = provider.staff_id((await provider.user())["id"])
        jobs = world.sql(
            "select args->>'purpose' from procrastinate_jobs where args->>'account_id' = %s",
            str(staff_id),
        )
        assert jobs == [("invitation",)]

    async def test_answers_the_whole_resource(self, provider: Provider) -> None:
        answer = await provider.send(
            "POST", "/Users", user_body(externalId="x", **{ENTERPRISE: {"department": "Maths"}})
        )
        user = answer.json()
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert user["schemas"] == [USER, ENTERPRISE]
        assert user[ENTERPRISE] == {"department": "Maths"}
        assert user["meta"]["resourceType"] == "User"
        assert user["meta"]["location"] == f"http://cairn.test/scim/v2/Users/{user['id']}"
        assert answer.headers["location"] == user["meta"]["location"]
        assert answer.headers["etag"] == user["meta"]["version"] == 'W/"1"'
        assert user["meta"]["created"] == user["meta"]["lastModified"]

    async def test_has_no_nulls(self, provider: Provider) -> None:
        user = await provider.user(displayName=None, emails=None)
        assert "null" not in (await provider.get(f"/Users/{user['id']}")).text
        assert "displayName" not in user

    async def test_takes_plain_json_too(self, provider: Provider) -> None:
        answer = await provider.send(
            "POST", "/Users", user_body(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201

    async def test_refuses_a_user_name_that_is_taken_in_any_case(self, provider: Provider) -> None:
        user = await provider.user()
        body = user_body(userName=user["userName"].upper())
        assert refused(await provider.send("POST", "/Users", body), 409, "uniqueness")

    async def test_knows_staff_that_were_added_by_hand(self, provider: Provider) -> None:
        teacher = provider.school[Role.STAFF]
        body = user_body(userName=teacher.email)
        assert refused(await provider.send("POST", "/Users", body), 409, "uniqueness")
        body = user_body(userName="someone", emails=[{"value": teacher.email}])
        assert refused(await provider.send("POST", "/Users", body), 409, "uniqueness")
        found = await provider.get("/Users", params={"filter": f'userName eq "{teacher.email}"'})
        assert found.json()["Resources"][0]["displayName"] == teacher.name

    async def test_neither_shows_nor_takes_over_an_account_of_another_school(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        """A new account and a known one are answered alike, and the known one is not changed."""
        known = other_school[Role.DSL]
        await world.set_password(known)
        before = world.sql("select * from account where id = %s", known.id)
        body = user_body(userName=known.email, emails=[{"value": known.email, "type": "work"}])
        one, two = [await provider.send("POST", "/Users", sent) for sent in (body, user_body())]
        assert one.status_code == two.status_code == 201
        assert set(one.json()) == set(two.json())
        assert UUID(one.json()["id"]) != known.id
        assert one.json()["id"][:8] == two.json()["id"][:8], "the id would tell an older account"
        assert world.sql("select * from account where id = %s", known.id) == before
        rows = world.sql(
            "select accepted_at from staff where school_id = %s and id = %s",
            provider.school.id,
            known.id,
        )
        assert rows == [(None,)]
        assert (await other_school.api(Role.DSL).get("/v1/me")).status_code == 200

    async def test_adds_somebody_suspended_uninvited(
        self, world: World, provider: Provider
    ) -> None:
        user = await provider.user(active=False)
        assert user["active"] is False
        staff_id = provider.staff_id(user["id"])
        assert "staff.suspended" in provider.verbs(staff_id)
        assert "staff.invited" not in provider.verbs(staff_id)

    async def test_replays_a_request_with_its_key(self, provider: Provider) -> None:
        body = user_body()
        one, two = [
            await provider.send("POST", "/Users", body, key="01990000-0000-7000-8000-00000000000a")
            for _ in range(2)
        ]
        assert one.status_code == two.status_code == 201
        assert one.json() == two.json()
        assert two.headers["idempotency-replayed"] == "true"


def replaced(**values: Any) -> dict[str, Any]:
    """One operation of a patch without a path."""
    return {"op": "replace", "value": values}


class TestSuspend:
    async def test_ends_sessions_at_once_and_restores_them_for_a_new_sign_in(
        self, world: World, provider: Provider
    ) -> None:
        teacher = await provider.school.person(Role.STAFF)
        await world.set_password(teacher)
        found = await provider.get("/Users", params={"filter": f'userName eq "{teacher.email}"'})
        path = f"/Users/{found.json()['Resources'][0]['id']}"
        assert (await world.as_token(teacher.token).get("/v1/me")).status_code == 200
        off = await provider.patch(path, {"op": "Replace", "path": "active", "value": "False"})
        assert off.json()["active"] is False
        assert (await world.as_token(teacher.token).get("/v1/me")).status_code == 401
        fields = {"grant_type": "password", "username": teacher.email, "password": PASSWORD}
        refused_ = await world.anybody.post("/v1/auth/token", data=fields)
        assert refused_.status_code == 403, refused_.text
        assert "staff.suspended" in provider.verbs(teacher.id)
        on = await provider.patch(path, replaced(active="True"))
        assert on.json()["active"] is True
        assert (await world.anybody.post("/v1/auth/token", data=fields)).status_code == 200
        assert "staff.restored" in provider.verbs(teacher.id)

    async def test_refuses_tokens_even_of_a_session_that_was_not_ended(
        self, world: World, provider: Provider
    ) -> None:
        teacher = await provider.school.person(Role.STAFF)
        world.sql("update staff set suspended_at = now() where id = %s", teacher.id)
        assert (await world.as_token(teacher.token).get("/v1/me")).status_code == 401

    async def test_touches_no_other_school(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        person = other_school[Role.STAFF]
        user = await provider.user(
            userName=person.email, emails=[{"value": person.email, "type": "work"}]
        )
        await provider.patch(f"/Users/{user['id']}", replaced(active=False))
        assert (await other_school.staff.get("/v1/me")).status_code == 200
        assert (await provider.send("DELETE", f"/Users/{user['id']}")).status_code == 204
        assert (await other_school.staff.get("/v1/me")).status_code == 200
        email = world.sql("select email from account where id = %s", person.id)
        assert email == [(person.email,)]

    async def test_tells_the_leads_how_much_waits(self, world: World, provider: Provider) -> None:
        teacher, lead = provider.school[Role.STAFF], provider.school[Role.DSL]
        concern = await an_open_concern(world, provider.school, lead.id)
        action = await an_open_action(world, provider.school, concern, teacher.id)
        path = f"/Users/{await id_of(provider, teacher.email)}"
        assert (await provider.patch(path, replaced(active=False))).status_code == 200
        rows = world.sql(
            "select recipient_id, counts from alert where school_id = %s"
            " and kind = 'owner_suspended'",
            provider.school.id,
        )
        watchers = {provider.school[role].id for role in (Role.DEPUTY_DSL, Role.HEADTEACHER)}
        assert {row[0] for row in rows} == {lead.id, *watchers}
        assert {row[1]["open_actions"] for row in rows} == {1}
        owner = world.sql("select owner_id from action where id = %s", action)
        assert owner != [(teacher.id,)], "the next one goes on with it at once"
        inbox = (await provider.school.lead.get("/v1/alerts")).json()["items"]
        assert [one["counts"] for one in inbox if one["kind"] == "owner_suspended"] == [
            {"open_actions": 1}
        ]

    async def test_never_suspends_or_removes_the_last_lead(self, provider: Provider) -> None:
        path = f"/Users/{await id_of(provider, provider.school[Role.DSL].email)}"
        off = await provider.patch(path, replaced(active=False))
        assert refused(off, 409, "mutability")
        assert refused(await provider.send("DELETE", path), 409, "mutability")
        assert (await provider.get(path)).json()["active"] is True
        await provider.school.person(Role.DSL)
        assert refused(await provider.patch(path, replaced(active=False)), 403)


async def id_of(provider: Provider, user_name: str) -> str:
    """The id of a user by name."""
    found = await provider.get("/Users", params={"filter": f'userName eq "{user_name}"'})
    return str(found.json()["Resources"][0]["id"])


class TestRemoveScimUser:
    async def test_is_gone_afterwards_with_roles_and_sessions(
        self, world: World, provider: Provider
    ) -> None:
        teacher = await provider.school.person(Role.STAFF)
        path = f"/Users/{await id_of(provider, teacher.email)}"
        gone = await provider.send("DELETE", path)
        assert (gone.status_code, gone.content) == (204, b"")
        assert refused(await provider.get(path), 404)
        assert refused(await provider.send("DELETE", path), 404)
        assert (await world.as_token(teacher.token).get("/v1/me")).status_code == 401
        live = world.sql(
            "select 1 from membership where staff_id = %s and valid_to is null", teacher.id
        )
        assert live == []
        assert "staff.deprovisioned" in provider.verbs(teacher.id)

    async def test_makes_the_login_nameless_and_keeps_the_author(
        self, world: World, provider: Provider
    ) -> None:
        teacher = await provider.school.person(Role.STAFF)
        await world.set_password(teacher)
        concern = await raise_one(world.as_token(teacher.token), await provider.school.child())
        path = f"/Users/{await id_of(provider, teacher.email)}"
        assert (await provider.send("DELETE", path)).status_code == 204
        rows = world.sql(
            "select email, password_hash, disabled_at is not null from account where id = %s",
            teacher.id,
        )
        assert rows == [(f"{teacher.id}@removed.invalid", None, True)]
        reporter = world.sql("select reporter_id from concern where id = %s", concern["id"])
        assert reporter == [(teacher.id,)]
        name = world.sql("select name from staff where id = %s", teacher.id)
        assert name == [(teacher.name,)]

    async def test_leaves_nothing_behind_that_proves_the_person(
        self, world: World, provider: Provider
    ) -> None:
        """So that they can use the same identity again after they were added again."""
        teacher = await provider.school.person(Role.STAFF)
        await enrol(world.as_token(teacher.token))
        await add_passkey(world.as_token(teacher.token))
        world.sql(
            "insert into account_identity (id, account_id, issuer, subject, linked_by, linked_at) "
            "values (gen_random_uuid(), %s, 'https://idp.test', %s, 'email', now())",
            teacher.id, str(teacher.id),
        )  # fmt: skip
        path = f"/Users/{await id_of(provider, teacher.email)}"
        assert (await provider.send("DELETE", path)).status_code == 204
        left = world.sql(
            "select account_id from totp_secret union all select account_id from passkey union all "
            "select account_id from recovery_code union all select account_id from account_identity"
        )
        assert (teacher.id,) not in left

    async def test_hands_open_work_on(self, world: World, provider: Provider) -> None:
        teacher, lead = provider.school[Role.STAFF], provider.school[Role.DSL]
        concern = await an_open_concern(world, provider.school, lead.id)
        action = await an_open_action(world, provider.school, concern, teacher.id)
        path = f"/Users/{await id_of(provider, teacher.email)}"
        gone = await provider.send("DELETE", path)
        assert gone.status_code == 204, gone.text
        ((owner,),) = world.sql("select owner_id from action where id = %s", action)
        assert owner == lead.id

    async def test_can_be_followed_by_adding_the_person_again(self, provider: Provider) -> None:
        user = await provider.user()
        assert (await provider.send("DELETE", f"/Users/{user['id']}")).status_code == 204
        again = await provider.user(userName=user["userName"], emails=user["emails"])
        assert again["id"] != user["id"]

    async def test_keeps_the_former_name_of_somebody_who_comes_back(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        """What they wrote before was written under it."""
        school, known = provider.school, other_school[Role.STAFF]
        works_at(world, school, known.id, Role.STAFF)
        path = f"/Users/{await id_of(provider, 's@example.org')}"
        assert (await provider.send("DELETE", path)).status_code == 204
        emails = [{"value": known.email, "type": "work", "primary": True}]
        await provider.user(userName=known.email, emails=emails, displayName="Sam Reed")
        seen = (await school.lead.get(f"/v1/staff/{known.id}")).json()
        assert (seen["name"], [item["name"] for item in seen["former_names"]]) == (
            "Sam Reed", ["Sam"],
        )  # fmt: skip

    async def test_can_be_followed_by_a_role_given_by_hand(
        self, world: World, provider: Provider, other_school: School
    ) -> None:
        """Somebody who works elsewhere keeps their account, and is asked again as anybody is."""
        school, known = provider.school, other_school[Role.STAFF]
        works_at(world, school, known.id, Role.STAFF)
        path = f"/Users/{await id_of(provider, 's@example.org')}"
        assert (await provider.send("DELETE", path)).status_code == 204
        path = f"/v1/staff/{known.id}/memberships"
        given = await school.lead.post(path, {"role": "dsl"})
        assert given.status_code == 201, given.text
        entry = world.sql(
            "select removed_at, accepted_at, email from staff where school_id = %s and id = %s",
            school.id, known.id,
        )  # fmt: skip
        assert entry == [(None, None, known.email)]
        path = f"/v1/me/invitations/{school.id}/accept"
        assert (await other_school.staff.post(path)).status_code == 200
        async with world.work(school.id) as work:
            leads = await work.provisioning.holders(["dsl"], work.today)
        assert known.id in {person for person, _ in leads}


class TestChange:
    async def test_put_keeps_the_id_and_replaces_the_rest(self, provider: Provider) -> None:
        user = await provider.user(title="Teacher", externalId="x")
        path = f"/Users/{user['id']}"
        body = user_body(userName=user["userName"], displayName="Jo Marsh", id="other", meta={})
        answer = await provider.send("PUT", path, body)
        assert answer.status_code == 200
        assert answer.json()["id"] == user["id"]
        assert "title" not in answer.json()
        assert "externalId" not in answer.json()
        assert answer.headers["etag"] == 'W/"2"'

    async def test_put_without_active_restores_nobody(self, provider: Provider) -> None:
        user = await provider.user(active=False)
        body = user_body(userName=user["userName"], active=None)
        answer = await provider.send("PUT", f"/Users/{user['id']}", body)
        assert answer.json()["active"] is False

    async def test_never_changes_the_address_to_sign_in_with(
        self, world: World, provider: Provider
    ) -> None:
        """Else a provisioner could have the password of a lead mailed to themselves."""
        lead = provider.school[Role.DSL]
        path = f"/Users/{await id_of(provider, lead.email)}"
        changed = await provider.patch(
            path, replaced(userName="evil@example.org", emails=[{"value": "evil@example.org"}])
        )
        assert changed.status_code == 200, changed.text
        email = world.sql("select email from account where id = %s", lead.id)
        assert email == [(lead.email,)]

    async def test_lets_somebody_in_whose_address_comes_later(
        self, world: World, provider: Provider
    ) -> None:
        """Nobody could have used their account before: there was no address to invite them at."""
        user = await provider.user(userName=f"jo.{new_id().hex[-9:]}", emails=None)
        staff_id, address = provider.staff_id(user["id"]), f"jo.{new_id().hex[-9:]}@example.org"
        emails = [{"value": address, "type": "work", "primary": True}]
        change = {"op": "add", "path": "emails", "value": emails}
        done = await provider.patch(f"/Users/{user['id']}", change)
        assert done.status_code == 200, done.text
        async with world.work(provider.school.id) as work:
            token, _ = await new_invitation(work, staff_id)
        body = {"token": token, "new_password": PASSWORD}
        assert (await world.anybody.post("/v1/auth/password-reset/confirm", body)).is_success
        answer = await sign_in(world, address)
        assert answer.json()["code"] == "membership_missing"
        jobs = world.sql(
            "select 1 from procrastinate_jobs where task_name = 'account.send_link' "
            "and args->>'account_id' = %s and args->>'purpose' = 'invitation'",
            str(staff_id),
        )
        assert len(jobs) == 1

    async def test_knows_a_stale_version(self, provider: Provider) -> None:
        user = await provider.user()
        path, change = f"/Users/{user['id']}", replaced(title="Head of Year")
        fresh = await provider.patch(path, change, headers={"If-Match": 'W/"1"'})
        assert fresh.status_code == 200
        stale = {"If-Match": 'W/"1"'}
        assert refused(await provider.patch(path, replaced(title="X"), headers=stale), 412)
        assert refused(await provider.send("PUT", path, user_body(), headers=stale), 412)
        assert refused(await provider.send("DELETE", path, headers=stale), 412)
        known = await provider.get(path, headers={"If-None-Match": fresh.headers["etag"]})
        assert known.status_code == 304

    @pytest.mark.parametrize(
        ("operation", "shown"),
        [
            ({"op": "Add", "path": "title", "value": "T"}, {"title": "T"}),
            ({"op": "REPLACE", "path": "name.givenName", "value": "Al"}, {"givenName": "Al"}),
            (
                {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "D"},
                {"department": "D"},
            ),
            (
                {"op": "add", "value": {f"{ENTERPRISE}:employeeNumber": "7"}},
                {"employeeNumber": "7"},
            ),
            (
                {"op": "Add", "path": 'emails[type eq "home"].value', "value": "h@example.org"},
                {"value": "h@example.org", "type": "home"},
            ),
            (
                {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "w@example.org"},
                {"value": "w@example.org"},
            ),
            (
                {"op": "Replace", "value": {"name.familyName": "Oak", "id": "x"}},
                {"familyName": "Oak"},
            ),
            ({"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"}, {}),
        ],
    )
    async def test_understands_each_form_of_a_patch(
        self, provider: Provider, operation: dict[str, Any], shown: dict[str, str]
    ) -> None:
        user = await provider.user()
        answer = await provider.patch(f"/Users/{user['id']}", operation)
        assert answer.status_code == 200, answer.text
        for name, value in shown.items():
            assert f'"{name}":"{value}"' in answer.text

    async def test_is_all_or_nothing(self, provider: Provider) -> None:
        user = await provider.user()
        path = f"/Users/{user['id']}"
        answer = await provider.patch(
            path,
            {"op": "replace", "path": "title", "value": "T"},
            {"op": "remove", "path": "nope["},
        )
        assert refused(answer, 400, "invalidPath")
        assert (await provider.get(path)).json() == user

    @pytest.mark.parametrize(
        ("operation", "scim_type"),
        [
            ({"op": "remove", "path": "userName"}, "mutability"),
            ({"op": "remove", "path": "active"}, "mutability"),
            ({"op": "replace", "path": "groups", "value": []}, "mutability"),
            ({"op": "remove"}, "noTarget"),
            ({"op": "move", "path": "title"}, "invalidValue"),
            ({"op": "replace", "path": "title", "value": {"a": 1}}, "invalidValue"),
            ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
            ({"op": "replace", "path": "title", "value": "x" * 301}, "invalidValue"),
            ({"op": "replace", "path": "x" * 1_001, "value": "x"}, "invalidPath"),
            ("nonsense", "invalidSyntax"),
        ],
    )
    async def test_refuses_with_the_keyword_of_the_fault(
        self, provider: Provider, operation: Any, scim_type: str
    ) -> None:
        user = await provider.user()
        assert refused(await provider.patch(f"/Users/{user['id']}", operation), 400, scim_type)


class TestListScimUsers:
    async def test_pages_in_a_stable_order_with_a_true_total(self, provider: Provider) -> None:
        for _ in range(3):
            await provider.user()
        total = (await provider.get("/Users", params={"count": 0})).json()
        assert total["Resources"] == []
        assert total["itemsPerPage"] == 0
        seen: list[str] = []
        for start in range(1, total["totalResults"] + 1, 2):
            part = (await provider.get("/Users", params={"startIndex": start, "count": 2})).json()
            assert part["totalResults"] == total["totalResults"]
            assert part["startIndex"] == start
            assert part["itemsPerPage"] == len(part["Resources"]) <= 2
            seen.extend(one["id"] for one in part["Resources"])
        assert len(seen) == len(set(seen)) == total["totalResults"]

    @pytest.mark.parametrize(("start", "count"), [(0, 1), (-5, 1), (1, -1), (1, 5_000)])
    async def test_reads_odd_windows_as_the_standard_says(
        self, provider: Provider, start: int, count: int
    ) -> None:
        part = await provider.get("/Users", params={"startIndex": start, "count": count})
        assert part.status_code == 200
        assert part.json()["startIndex"] == 1
        assert part.json()["itemsPerPage"] <= min(max(count, 0), 200)

    async def test_filters_by_what_identity_providers_ask_for(self, provider: Provider) -> None:
        user = await provider.user(externalId="E-7", title="Head")
        name, email = user["userName"], work_email(user)
        await provider.user(externalId="e-7")
        for text in (
            f'userName eq "{name.upper()}"',
            'externalId eq "E-7"',
            f'emails[type eq "work"].value eq "{email}"',
            f'emails.value eq "{email}"',
            f'emails[type eq "work" and value eq "{email}"]',
            f'id eq "{user["id"]}"',
            f'userName eq "{name}" and active eq true',
            f'userName sw "{name[:8]}" and title pr',
            f'title co "ea" and not (userName ne "{name}")',
            f'{USER}:userName eq "{name}" or externalId eq "none"',
        ):
            found = (await provider.get("/Users", params={"filter": text})).json()
            assert [one["id"] for one in found["Resources"]] == [user["id"]], text
            assert found["totalResults"] == 1
        none = (await provider.get("/Users", params={"filter": 'displayName eq "Nobody"'})).json()
        assert (none["totalResults"], none["Resources"]) == (0, [])

    @pytest.mark.parametrize(
        "text",
        [
            "userName", 'userName eq', 'nope eq "x"', 'userName gt "a"', "active eq 5",
            'userName eq "a" and', "(" * 500, "not (" * 40 + 'userName eq "a"' + ")" * 40,
            'emails[nope eq "x"]', 'userName[type eq "x"]', "x" * 1_999, 'title eq "\\u0000"',
        ],
    )  # fmt: skip
    async def test_refuses_any_other_filter(self, provider: Provider, text: str) -> None:
        answer = await provider.get("/Users", params={"filter": text})
        assert refused(answer, 400, "invalidFilter")

    @pytest.mark.parametrize(
        "text", ["\\ud800", "x\\uDFFF", "\\ud83d\\ud83d", "\\u0000", "\\\\\\udc00"]
    )
    async def test_refuses_to_compare_with_what_no_text_can_be(
        self, provider: Provider, text: str
    ) -> None:
        user = await provider.user()
        group = await provider.group(None, user["id"])
        one_user, one_group = f"/Users/{user['id']}", f"/Groups/{group['id']}"
        for list_, names in (
            (
                "/Users",
                ("userName", "externalId", "emails.value", "name.familyName", "title", "id"),
            ),
            ("/Groups", ("displayName", "externalId", "members.value", "id")),
        ):
            for name, operator in product(names, ("eq", "ne", "co", "sw", "ew")):
                asked = f'{name} {operator} "{text}"'
                for where in (asked, f"not ({asked})", f"title pr and {asked}"):
                    answer = await provider.get(list_, params={"filter": where})
                    assert refused(answer, 400, "invalidFilter"), where
        for path, field in ((one_user, "emails"), (one_group, "members")):
            for op in ("add", "replace", "remove"):
                target = f'{field}[value eq "{text}"]'
                operation = {"op": op, "path": target, "value": [{"value": user["id"]}]}
                assert refused(await provider.patch(path, operation), 400, "invalidPath"), op
            named = {"op": "replace", "value": {target: "x"}}
            assert refused(await provider.patch(path, named), 400, "invalidPath")
        whole = await provider.get("/Users", params={"filter": 'title eq "\\ud83d\\ude00"'})
        assert whole.json()["totalResults"] == 0

    async def test_refuses_a_body_with_what_no_text_can_be(self, provider: Provider) -> None:
        user = await provider.user()
        group = await provider.group(None, user["id"])
        half = "jo\ud800"
        for method, path, body in (
            ("POST", "/Users", user_body(displayName=half)),
            ("POST", "/Users", user_body(userName=half)),
            ("PUT", f"/Users/{user['id']}", user_body(externalId=half)),
            ("POST", "/Groups", {"schemas": [GROUP], "displayName": half}),
            ("PUT", f"/Groups/{group['id']}", {"schemas": [GROUP], "displayName": half}),
        ):
            content = json.dumps(body)
            answer = await provider.send(
                method, path, None, content=content, headers={"Content-Type": MEDIA_TYPE}
            )
            assert refused(answer, 400, "invalidValue"), (method, path)

    async def test_shows_only_what_is_asked_for(self, provider: Provider) -> None:
        user = await provider.user(title="T")
        path = f"/Users/{user['id']}"
        one = (await provider.get(path, params={"attributes": "userName"})).json()
        assert set(one) == {"schemas", "id", "userName"}
        other = (await provider.get(path, params={"excludedAttributes": "emails,meta"})).json()
        assert not {"emails", "meta"} & set(other)
        assert other["title"] == "T"
        both = {"attributes": "title", "excludedAttributes": "emails"}
        assert refused(await provider.get(path, params=both), 400, "invalidValue")

    async def test_ignores_parameters_it_does_not_know(self, provider: Provider) -> None:
        """Entra puts its feature flag into the address of every request."""
        answer = await provider.get("/Users", params={"aadOptscim062020": "", "count": 1})
        assert answer.status_code == 200


class TestFailures:
    @pytest.mark.parametrize(
        ("content", "kind", "status", "scim_type"),
        [
            (b"{", MEDIA_TYPE, 400, "invalidSyntax"),
            (b"", MEDIA_TYPE, 400, "invalidSyntax"),
            (b"[]", MEDIA_TYPE, 400, "invalidSyntax"),
            (b'{"schemas": ["urn:x"], "userName": "a"}', MEDIA_TYPE, 400, "invalidSyntax"),
            (b'{"userName": "a"}', MEDIA_TYPE, 400, "invalidSyntax"),
            (b'{"a": "\\ud800"}', MEDIA_TYPE, 400, "invalidValue"),
            (b"[" * 100_000, MEDIA_TYPE, 400, "invalidSyntax"),
            (b"{}", "text/plain", 415, None),
        ],
    )
    async def test_are_scim_errors(
        self, provider: Provider, content: bytes, kind: str, status: int, scim_type: str | None
    ) -> None:
        answer = await provider.send(
            "POST", "/Users", content=content, headers={"Content-Type": kind}
        )
        assert refused(answer, status, scim_type)

    async def test_of_a_body_that_is_too_large(self, world: World, provider: Provider) -> None:
        big = b'{"a": "' + b"x" * world.runtime.settings.max_body_bytes + b'"}'
        answer = await provider.send(
            "POST", "/Users", content=big, headers={"Content-Type": MEDIA_TYPE}
        )
        assert refused(answer, 413)

    async def test_of_huge_lists(self, provider: Provider) -> None:
        emails = [{"value": f"a{one}@example.org"} for one in range(500)]
        answer = await provider.send("POST", "/Users", user_body(emails=emails))
        assert refused(answer, 400, "tooMany")
        user = await provider.user()
        many = [{"op": "replace", "path": "title", "value": "x"}] * 201
        assert refused(await provider.patch(f"/Users/{user['id']}", *many), 400, "tooMany")

    async def test_of_addresses_that_do_not_exist(self, provider: Provider) -> None:
        assert refused(await provider.get("/Nowhere"), 404)
        assert refused(await provider.get("/Users/not-an-id"), 404)
        assert refused(await provider.get("/Schemas/urn:nope"), 404)
        assert refused(await provider.send("PUT", "/Users", user_body()), 405)
        for path in ("/Bulk", "/.search", "/Me"):
            assert refused(await provider.send("POST", path, {}), 501)
        assert refused(await provider.get("/Users", params={"count": "many"}), 400, "invalidValue")

    async def test_of_ours_say_nothing_of_the_cause(self, world: World, provider: Provider) -> None:
        database, world.runtime.database = world.runtime.database, None  # type: ignore[assignment]
        try:
            answer = await provider.get("/Users")
        finally:
            world.runtime.database = database
        assert refused(answer, 500)
        assert "NoneType" not in answer.text

    async def test_of_too_many_requests(self, world: World, provider: Provider) -> None:
        leases = world.runtime.limits._keys
        policy = Policy("key", 1, MINUTE, burst=1)
        world.runtime.limits._keys = Leases(world.runtime.database, policy)
        try:
            answers = [await provider.get("/Users") for _ in range(4)]
        finally:
            world.runtime.limits._keys = leases
        assert refused(answers[-1], 429)
        assert int(answers[-1].headers["retry-after"]) >= 1


class TestDiscovery:
    async def test_says_what_is_spoken(self, provider: Provider) -> None:
        config = (await provider.get("/ServiceProviderConfig")).json()
        assert config["patch"] == {"supported": True}
        assert config["filter"] == {"supported": True, "maxResults": 200}
        assert config["etag"] == {"supported": True}
        assert config["bulk"]["supported"] is config["sort"]["supported"] is False
        kinds = (await provider.get("/ResourceTypes")).json()["Resources"]
        assert [one["endpoint"] for one in kinds] == ["/Users", "/Groups"]
        schema = await provider.get(f"/Schemas/{USER}")
        assert schema.json()["id"] == USER

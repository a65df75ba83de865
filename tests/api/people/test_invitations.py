"""Joining a staff by consent: what an administrator learns, and what the person decides."""

from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Role
from app.domain.people.passwords.commands import new_invitation
from tests.api.record.test_concerns import raise_one
from tests.api.staffing import a_body, jobs_of, verbs_about
from tests.security.capture import captured
from tests.world import PASSWORD, School, World


async def add(school: School, **fields: Any) -> dict[str, Any]:
    """Somebody an administrator adds."""
    answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", a_body(**fields))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sign_in(world: World, email: str, **more: str) -> Any:
    """What the token endpoint says to a password."""
    fields = {"grant_type": "password", "username": email, "password": PASSWORD, **more}
    return await world.anybody.post("/v1/auth/token", data=fields)


async def link(world: World, school: School, account_id: object) -> str:
    """The token of a mailed invitation."""
    async with world.work(school.id) as work:
        token, _ = await new_invitation(work, UUID(str(account_id)))
    return token


def accepted(world: World, school: School, account_id: object) -> bool:
    """Whether a person joined a school."""
    rows = world.sql(
        "select accepted_at is not null from staff where school_id = %s and id = %s",
        school.id, UUID(str(account_id)),
    )  # fmt: skip
    return bool(rows[0][0])


class TestAddingSomebodyKnownElsewhere:
    async def test_answers_and_works_as_for_anybody(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        admin, answers, statements = school.api(Role.SCHOOL_ADMIN), [], []
        for email in (known.email.upper(), f"new.{new_id().hex[-9:]}@example.org"):
            async with captured(world) as sent:
                answers.append(await admin.post("/v1/staff", a_body(email=email)))
            statements.append(sent)
        assert [answer.status_code for answer in answers] == [201, 201]
        assert statements[0] == statements[1]
        one, other = (answer.json() for answer in answers)
        assert one.keys() == other.keys()
        personal = {"id", "email", "created_at", "changed_at"}
        assert {name: one[name] for name in one.keys() - personal} == {
            name: other[name] for name in other.keys() - personal
        }
        assert set(answers[0].headers) == set(answers[1].headers)
        jobs = jobs_of(world, school, "account.send_link")
        assert [set(job) for job in jobs] == [{"school_id", "account_id", "purpose"}] * 2
        assert {job["purpose"] for job in jobs} == {"invitation"}

    async def test_tells_nothing_by_the_time_in_the_id(self, world: World, school: School) -> None:
        """A UUIDv7 begins with its time: of an account that time is drawn at random."""
        ids = [UUID((await add(school))["id"]) for _ in range(8)]
        assert {id_.version for id_ in ids} == {7}
        days = [(id_.int >> 80) / 86_400_000 for id_ in ids]
        assert max(days) - min(days) > 365
        assert ids != sorted(ids)

    async def test_signs_nobody_up(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        await add(school, email=known.email)
        started = await sign_in(world, known.email)
        assert started.status_code == 200, started.text
        assert started.json()["organisation_id"] == str(other_school.id)
        refused = await sign_in(world, known.email, organisation_id=str(school.id))
        assert refused.json()["code"] == "membership_missing"
        me = (await other_school.staff.get("/v1/me")).json()
        assert [one["organisation_id"] for one in me["memberships"]] == [str(other_school.id)]


class TestMyInvitations:
    async def test_shows_who_asks_and_for_what(self, school: School, other_school: School) -> None:
        await add(school, email=other_school[Role.STAFF].email, name="Mr Marsh")
        items = (await other_school.staff.get("/v1/me/invitations")).json()["items"]
        assert [(one["organisation"], one["name"], one["roles"]) for one in items] == [
            (school.name, "Mr Marsh", ["staff"])
        ]
        assert (await other_school.lead.get("/v1/me/invitations")).json()["items"] == []

    async def test_shows_one_without_any_role_yet(
        self, school: School, other_school: School
    ) -> None:
        await add(school, email=other_school[Role.STAFF].email, roles=[])
        items = (await other_school.staff.get("/v1/me/invitations")).json()["items"]
        assert [(one["organisation"], one["roles"]) for one in items] == [(school.name, [])]


class TestAnswering:
    async def test_accepting_opens_the_roles_given(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        await add(school, email=known.email, roles=["staff"])
        path = f"/v1/me/invitations/{school.id}/accept"
        answer = await other_school.staff.post(path)
        assert answer.json() == {"organisation_id": str(school.id), "accepted": True}
        assert (await sign_in(world, known.email, organisation_id=str(school.id))).is_success
        assert (await other_school.staff.get("/v1/me/invitations")).json()["items"] == []
        assert (await other_school.staff.post(path)).status_code == 404
        trail = world.sql(
            "select verb from trail where school_id = %s and noun_id = %s order by seq",
            school.id, known.id,
        )  # fmt: skip
        assert trail[-1] == ("staff.accepted",)
        seen = await school.lead.get(f"/v1/staff/{known.id}")
        assert seen.json()["accepted_at"] is not None

    async def test_declining_ends_the_roles_and_can_be_asked_again(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await add(school, email=known.email)
        answer = await other_school.staff.post(f"/v1/me/invitations/{school.id}/decline")
        assert answer.status_code == 200
        seen = (await school.lead.get(f"/v1/staff/{known.id}")).json()
        assert (seen["roles"], seen["accepted_at"]) == ([], None)
        assert seen["declined_at"] is not None
        assert (await other_school.staff.get("/v1/me")).status_code == 200
        assert (await other_school.staff.get("/v1/me/invitations")).json()["items"] == []
        path = f"/v1/staff/{known.id}/memberships"
        again = await school.api(Role.SCHOOL_ADMIN).post(path, {"role": "governor"})
        assert again.status_code == 201, again.text
        items = (await other_school.staff.get("/v1/me/invitations")).json()["items"]
        assert items[0]["roles"] == ["governor"]

    async def test_answers_nothing_that_was_not_asked(
        self, school: School, other_school: School
    ) -> None:
        for verb in ("accept", "decline"):
            path = f"/v1/me/invitations/{school.id}/{verb}"
            assert (await other_school.staff.post(path)).status_code == 404
            assert (await school.staff.post(path)).status_code == 404


class TestTheMailedLink:
    async def test_joins_with_a_new_password(self, world: World, school: School) -> None:
        new = await add(school)
        token = await link(world, school, new["id"])
        body = {"token": token, "new_password": PASSWORD}
        done = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        assert done.is_success, done.text
        assert accepted(world, school, new["id"])
        assert verbs_about(world, new["id"])[-1] == "staff.accepted"
        started = await sign_in(world, new["email"])
        assert started.status_code == 200, started.text

    async def test_joins_only_who_sent_it(
        self, world: World, school: School, other_school: School
    ) -> None:
        email = f"both.{new_id().hex[-9:]}@example.org"
        new = await add(school, email=email)
        await add(other_school, email=email)
        token = await link(world, school, new["id"])
        body = {"token": token, "new_password": PASSWORD}
        assert (await world.anybody.post("/v1/auth/password-reset/confirm", body)).is_success
        assert accepted(world, school, new["id"])
        assert not accepted(world, other_school, new["id"])

    async def test_of_a_lost_password_joins_the_one_school_that_waits(
        self, world: World, school: School
    ) -> None:
        new = await add(school)
        async with world.work(school.id) as work:
            token, _ = await new_invitation(work, UUID(new["id"]))
        world.sql(
            "update account_token set organisation_id = null, purpose = 'reset' "
            "where account_id = %s", UUID(new["id"]),
        )  # fmt: skip
        body = {"token": token, "new_password": PASSWORD}
        assert (await world.anybody.post("/v1/auth/password-reset/confirm", body)).is_success
        assert accepted(world, school, new["id"])

    async def test_joins_somebody_with_a_password_without_touching_it(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        await add(school, email=known.email)
        token = await link(world, school, known.id)
        taken = {"token": token, "new_password": f"{PASSWORD} of a thief"}
        refused = await world.anybody.post("/v1/auth/password-reset/confirm", taken)
        assert refused.json()["code"] == "link_invalid"
        answer = await world.anybody.post("/v1/invitations/accept", {"token": token})
        assert answer.json() == {"organisation_id": str(school.id), "accepted": True}
        assert accepted(world, school, known.id)
        again = await world.anybody.post("/v1/invitations/accept", {"token": token})
        assert again.status_code == 422
        assert again.json()["code"] == "invitation_invalid"

    async def test_that_sets_a_password_accepts_nothing_alone(
        self, world: World, school: School
    ) -> None:
        new = await add(school)
        token = await link(world, school, new["id"])
        answer = await world.anybody.post("/v1/invitations/accept", {"token": token})
        assert answer.json()["code"] == "invitation_invalid"


class TestInviteStaff:
    async def test_mails_another_link(self, world: World, school: School) -> None:
        new = await add(school)
        answer = await school.api(Role.SCHOOL_ADMIN).post(f"/v1/staff/{new['id']}/invite")
        assert answer.status_code == 200, answer.text
        assert "invite_staff" in answer.json()["permissions"]
        assert len(jobs_of(world, school, "account.send_link")) == 2

    async def test_asks_somebody_again_who_declined(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        await add(school, email=known.email)
        await other_school.staff.post(f"/v1/me/invitations/{school.id}/decline")
        answer = await school.api(Role.SCHOOL_ADMIN).post(f"/v1/staff/{known.id}/invite")
        assert answer.status_code == 200, answer.text
        assert answer.json()["declined_at"] is None
        token = await link(world, school, known.id)
        joined = await world.anybody.post("/v1/invitations/accept", {"token": token})
        assert joined.status_code == 200, joined.text
        assert accepted(world, school, known.id)

    async def test_leaves_those_who_joined_alone(
        self, school: School, other_school: School
    ) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        joined = await admin.post(f"/v1/staff/{school[Role.STAFF].id}/invite")
        assert joined.json()["code"] == "accepted_already"
        foreign = await admin.post(f"/v1/staff/{other_school[Role.STAFF].id}/invite")
        assert foreign.status_code == 404


class TestSomebodyWhoHasNotJoined:
    async def test_owns_no_work(self, world: World, school: School) -> None:
        pastoral = await school.person(Role.PASTORAL)
        world.sql("update staff set accepted_at = null where id = %s", pastoral.id)
        child = await school.child()
        raised = await raise_one(school.staff, child)
        path = f"/v1/concerns/{raised['id']}/assign"
        body = {"owner_id": str(pastoral.id), "reason": "Knows the family."}
        answer = await school.lead.post(path, body, version=1)
        assert answer.json()["code"] == "owner_unsuitable"

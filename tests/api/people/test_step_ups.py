"""Step-up (RFC 9470): what asks for a fresh proof, what counts as one, and guessing at it."""

from datetime import timedelta

import pytest
from jose import jwt

from app.core import clock
from app.core.words import Role
from tests.authenticator import PRESENT, Authenticator
from tests.signing_in import (
    App,
    add_passkey,
    age,
    enrol,
    prove_by_password_only,
    signed_in,
    verbs_about,
)
from tests.world import PASSWORD, Person, School, World


@pytest.fixture
async def lead(world: World, school: School) -> Person:
    """A lead with a password, who proved who they are eleven minutes ago."""
    lead = school[Role.DSL]
    await world.set_password(lead)
    age(world, lead, minutes=11)
    return lead


@pytest.fixture
async def app(world: World, school: School, lead: Person) -> App:
    """The lead's app; the session is old again."""
    age(world, lead, minutes=-11)
    app, _ = await enrol(school.lead)
    age(world, lead, minutes=11)
    return app


async def is_recent(school: School, role: Role = Role.DSL) -> bool:
    """Whether a sensitive operation goes through, at least past its door."""
    answer = await school.api(role).post("/v1/me/recovery-codes")
    return answer.status_code != 401


class TestStepUp:
    async def test_is_asked_for_with_the_age_that_would_do(
        self, school: School, lead: Person
    ) -> None:
        answer = await school.lead.post("/v1/me/recovery-codes")
        assert answer.status_code == 401
        assert answer.json()["code"] == "step_up_needed"
        assert answer.json()["max_age"] == 600
        challenge = answer.headers["www-authenticate"]
        assert 'error="insufficient_user_authentication"' in challenge
        assert "max_age=600" in challenge

    async def test_by_a_code_raises_session_and_token(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        assert not await is_recent(school)
        done = await school.lead.post("/v1/me/step-up", {"otp": app.code()})
        assert done.status_code == 200, done.text
        claims = jwt.get_unverified_claims(done.json()["access_token"])
        assert abs(claims["auth_time"] - clock.now().timestamp()) < 30
        assert claims["amr"] == done.json()["amr"] == ["pwd", "otp", "mfa"]
        assert await is_recent(school)
        assert "session.stepped_up" in verbs_about(world, lead)

    async def test_holds_for_ten_minutes(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        await school.lead.post("/v1/me/step-up", {"otp": app.code()})
        for minutes, recent in ((9, True), (2, False)):
            age(world, lead, minutes=minutes)
            assert await is_recent(school) is recent

    async def test_is_stale_by_the_clock_too(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        await school.lead.post("/v1/me/step-up", {"otp": app.code()})
        with clock.shifted(timedelta(minutes=11)):
            assert not await is_recent(school)

    async def test_by_a_recovery_code_uses_it_up(
        self, world: World, school: School, lead: Person
    ) -> None:
        age(world, lead, minutes=-11)
        _, done = await enrol(school.lead)
        command = {"otp": done["recovery_codes"][0]}
        assert (await school.lead.post("/v1/me/step-up", command)).status_code == 200
        assert (await school.lead.post("/v1/me/step-up", command)).status_code == 422

    async def test_takes_a_code_once(self, school: School, lead: Person, app: App) -> None:
        command = {"otp": app.code()}
        assert (await school.lead.post("/v1/me/step-up", command)).status_code == 200
        again = await school.lead.post("/v1/me/step-up", command)
        assert (again.status_code, again.json()["code"]) == (422, "proof_refused")
        assert again.json()["errors"][0]["pointer"] == "/otp"

    async def test_takes_no_code_that_signed_somebody_in(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        code = app.code()
        await signed_in(world, lead, otp=code)
        assert (await school.lead.post("/v1/me/step-up", {"otp": code})).status_code == 422

    async def test_counts_wrong_codes(self, school: School, lead: Person, app: App) -> None:
        answers = [await school.lead.post("/v1/me/step-up", {"otp": "000000"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [*[422] * 5, 429]
        locked = await school.lead.post("/v1/me/step-up", {"otp": app.code()})
        assert locked.status_code == 429
        assert not await is_recent(school)

    async def test_by_a_passkey(self, world: World, school: School, lead: Person) -> None:
        age(world, lead, minutes=-11)
        passkey, _ = await add_passkey(school.lead)
        age(world, lead, minutes=11)
        options = (await school.lead.post("/v1/me/step-up/options")).json()
        assert len(options["allowCredentials"]) == 1
        credential = passkey.use(options)
        assert (await school.lead.post("/v1/me/step-up", {"credential": credential})).is_success
        assert await is_recent(school)
        again = await school.lead.post("/v1/me/step-up", {"credential": credential})
        assert (again.status_code, again.json()["code"]) == (422, "proof_refused")

    async def test_refuses_another_persons_passkey_and_an_unverified_user(
        self, world: World, school: School, lead: Person
    ) -> None:
        age(world, lead, minutes=-11)
        mine, _ = await add_passkey(school.lead)
        theirs, _ = await add_passkey(school.staff)
        age(world, lead, minutes=11)
        for passkey in (theirs, Authenticator(**{**vars(mine), "flags": PRESENT})):
            options = (await school.lead.post("/v1/me/step-up/options")).json()
            command = {"credential": passkey.use(options)}
            assert (await school.lead.post("/v1/me/step-up", command)).status_code == 422
        assert not await is_recent(school)

    async def test_by_a_password_only_without_a_second_factor(
        self, world: World, school: School, lead: Person, app: App
    ) -> None:
        refused = await school.lead.post("/v1/me/step-up", {"password": PASSWORD})
        assert (refused.status_code, refused.json()["code"]) == (422, "proof_needed")
        assert not await is_recent(school)
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        age(world, teacher, minutes=11)
        assert not await is_recent(school, Role.STAFF)
        wrong = await school.staff.post("/v1/me/step-up", {"password": "wrong, wrong, wrong"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "proof_refused")
        assert (await school.staff.post("/v1/me/step-up", {"password": PASSWORD})).is_success
        assert await is_recent(school, Role.STAFF)

    async def test_makes_no_second_factor_of_a_password(
        self, world: World, school: School, lead: Person
    ) -> None:
        prove_by_password_only(world, lead)
        done = await school.lead.post("/v1/me/step-up", {"password": PASSWORD})
        assert (done.json()["amr"], done.json()["second_factor"]) == (["pwd"], "enrol")
        assert (await school.lead.get("/v1/concerns")).json()["code"] == "second_factor_needed"

    async def test_wants_something(self, school: School, lead: Person) -> None:
        answer = await school.lead.post("/v1/me/step-up", {})
        assert (answer.status_code, answer.json()["code"]) == (422, "proof_needed")

    async def test_does_not_need_a_recent_proof_itself(self, school: School, lead: Person) -> None:
        answer = await school.lead.post("/v1/me/step-up/options")
        assert answer.json()["code"] == "factor_missing"

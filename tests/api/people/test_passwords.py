"""Changing a password: by the old one, and by a mailed link that works once."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from app.core import clock
from app.core.ids import NIL
from app.core.words import Role
from app.domain.people.passwords.commands import new_account_token
from tests.signing_in import jobs_of, refresh, sign_in, signed_in, status_of_me
from tests.world import PASSWORD, Person, School, World

NEW_PASSWORD = "a quite different long phrase"


@pytest.fixture
async def teacher(world: World, school: School) -> Person:
    """A teacher with a password."""
    await world.set_password(school[Role.STAFF])
    return school[Role.STAFF]


def verbs(world: World, school: School) -> list[str]:
    rows = world.sql("select verb from trail where school_id = %s order by seq", school.id)
    return [verb for (verb,) in rows]


class TestChangePassword:
    async def test_replaces_it_and_ends_the_other_sessions(
        self, world: World, school: School, teacher: Person
    ) -> None:
        mine, other = await signed_in(world, teacher), await signed_in(world, teacher)
        done = await world.as_token(mine["access_token"]).post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        )
        assert done.status_code == 200
        assert await status_of_me(world, mine["access_token"]) == 200
        assert await status_of_me(world, other["access_token"]) == 401
        assert (await refresh(world, other["refresh_token"])).status_code == 401
        assert (await sign_in(world, teacher.email)).status_code == 401
        assert (await sign_in(world, teacher.email, NEW_PASSWORD)).status_code == 200
        assert "account.password_changed" in verbs(world, school)

    async def test_makes_mailed_links_useless(
        self, world: World, school: School, teacher: Person
    ) -> None:
        link = await mailed_link(world, teacher)
        await school.staff.post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        )
        assert (await use_link(world, link)).status_code == 422

    async def test_refuses_a_wrong_current_password(self, school: School, teacher: Person) -> None:
        answer = await school.staff.post(
            "/v1/me/password", {"current_password": "wrong", "new_password": NEW_PASSWORD}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "current_password_wrong"
        assert answer.json()["errors"][0]["pointer"] == "/current_password"

    async def test_cannot_be_used_to_guess(self, school: School, teacher: Person) -> None:
        """A stolen session gets as few tries as anybody at the sign-in."""
        command = {"current_password": "wrong", "new_password": NEW_PASSWORD}
        answers = [await school.staff.post("/v1/me/password", command) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [*[422] * 5, 429]

    @pytest.mark.parametrize(
        ("new", "reason"),
        [
            ("eleven char", "too_short"),
            ("quiet otters " * 20, "too_long"),
            ("\ufdfa row of otters past midnight" + "\ufdfa" * 220, "too_long"),
            ("Password123456!", "common"),
            ("abcdefghijklmnop", "guessable"),
        ],
    )
    async def test_refuses_an_unsuitable_password(
        self, world: World, school: School, teacher: Person, new: str, reason: str
    ) -> None:
        answer = await school.staff.post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": new}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "password_unsuitable"
        problem = answer.json()["errors"][0]
        assert (problem["pointer"], problem["code"]) == ("/new_password", reason)
        assert (await sign_in(world, teacher.email)).status_code == 200

    async def test_refuses_one_made_of_the_person_or_the_school(
        self, world: World, school: School, teacher: Person
    ) -> None:
        world.sql("update staff set name = 'Wilhelmina Okonkwo' where id = %s", teacher.id)
        world.sql("update organisation set name = 'Marshwiggle' where id = %s", school.id)
        for new in ("WilhelminaOkonkwo", "Marshwiggle2026", f"{teacher.email}!"):
            answer = await school.staff.post(
                "/v1/me/password", {"current_password": PASSWORD, "new_password": new}
            )
            assert answer.json()["errors"][0]["code"] == "personal", new

    async def test_takes_64_characters_of_any_script(
        self, world: World, school: School, teacher: Person
    ) -> None:
        new = "Ein stiller Garten hinter dem Fluß, 静かな庭, και ένα μικρό σπίτι 🔑!"
        done = await school.staff.post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": new}
        )
        assert done.status_code == 200
        assert (await sign_in(world, teacher.email, new)).status_code == 200
        assert (await sign_in(world, teacher.email, new + " ")).status_code == 401

    async def test_tells_the_person_by_mail(
        self, world: World, school: School, teacher: Person
    ) -> None:
        await school.staff.post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        )
        assert jobs_of(world, teacher) == ["password_changed"]

    async def test_tells_nobody_of_what_did_not_happen(
        self, world: World, school: School, teacher: Person
    ) -> None:
        """The mail is asked for in the transaction of the change, and gone with it."""
        await school.staff.post(
            "/v1/me/password", {"current_password": PASSWORD, "new_password": "Password123456!"}
        )
        assert jobs_of(world, teacher) == []


async def mailed_link(world: World, person: Person) -> str:
    """The token of a link, as the job that mails it makes one."""
    async with world.work(NIL) as work:
        return new_account_token(work, person.id, "reset")


async def use_link(world: World, link: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return await world.anybody.post(
        "/v1/auth/password-reset/confirm", {"token": link, "new_password": password}
    )


class TestAskForPasswordReset:
    async def test_says_the_same_for_known_and_unknown(self, world: World, teacher: Person) -> None:
        answers = [
            await world.anybody.post("/v1/auth/password-reset", {"email": email})
            for email in (teacher.email, "nobody@example.org")
        ]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].json() == answers[1].json()

    async def test_enqueues_a_mail_that_names_nobody(self, world: World, teacher: Person) -> None:
        await world.anybody.post("/v1/auth/password-reset", {"email": teacher.email})
        rows = world.sql(
            "select task_name, args from procrastinate_jobs where args->>'account_id' = %s",
            str(teacher.id),
        )
        assert [row[0] for row in rows] == ["account.send_link"]
        assert teacher.email not in str(rows)

    async def test_mails_no_disabled_account(self, world: World, teacher: Person) -> None:
        world.sql("update account set disabled_at = now() where id = %s", teacher.id)
        await world.anybody.post("/v1/auth/password-reset", {"email": teacher.email})
        assert not world.sql(
            "select 1 from procrastinate_jobs where args->>'account_id' = %s", str(teacher.id)
        )


class TestConfirmPasswordReset:
    async def test_sets_the_password_once(self, world: World, teacher: Person) -> None:
        token = await signed_in(world, teacher)
        link = await mailed_link(world, teacher)
        assert (await use_link(world, link)).status_code == 200
        assert await status_of_me(world, token["access_token"]) == 401
        assert (await sign_in(world, teacher.email, NEW_PASSWORD)).status_code == 200
        again = await use_link(world, link, "yet another long phrase")
        assert again.status_code == 422
        assert again.json()["code"] == "link_invalid"
        assert (await sign_in(world, teacher.email, NEW_PASSWORD)).status_code == 200

    async def test_lets_one_of_several_simultaneous_uses_win(
        self, world: World, teacher: Person
    ) -> None:
        link = await mailed_link(world, teacher)
        answers = await asyncio.gather(
            *(use_link(world, link, f"phrase of the {number}th") for number in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [200, *[422] * 4]

    async def test_makes_the_other_links_useless(self, world: World, teacher: Person) -> None:
        one, other = await mailed_link(world, teacher), await mailed_link(world, teacher)
        assert (await use_link(world, one)).status_code == 200
        assert (await use_link(world, other)).status_code == 422

    async def test_refuses_an_old_link(self, world: World, teacher: Person) -> None:
        link = await mailed_link(world, teacher)
        with clock.shifted(timedelta(minutes=61)):
            assert (await use_link(world, link)).status_code == 422

    async def test_refuses_a_password_made_of_the_school(
        self, world: World, school: School, teacher: Person
    ) -> None:
        world.sql("update organisation set name = 'Marshwiggle' where id = %s", school.id)
        link = await mailed_link(world, teacher)
        answer = await use_link(world, link, "Marshwiggle2026")
        assert answer.json()["errors"][0]["code"] == "personal"

    async def test_tells_the_person_by_mail(self, world: World, teacher: Person) -> None:
        await use_link(world, await mailed_link(world, teacher))
        assert jobs_of(world, teacher) == ["password_changed"]

    async def test_keeps_only_a_hash_of_a_link_of_256_bits(
        self, world: World, teacher: Person
    ) -> None:
        link = await mailed_link(world, teacher)
        assert len(link) >= 43
        kept = world.sql("select hash from account_token where account_id = %s", teacher.id)
        assert all(link.encode() not in bytes(row[0]) for row in kept)

    async def test_keeps_the_link_when_the_password_is_unsuitable(
        self, world: World, teacher: Person
    ) -> None:
        link = await mailed_link(world, teacher)
        assert (await use_link(world, link, "short")).status_code == 422
        assert (await use_link(world, link)).status_code == 200

    async def test_ends_the_waiting(self, world: World, teacher: Person) -> None:
        for _ in range(6):
            await sign_in(world, teacher.email, "wrong password, again")
        await use_link(world, await mailed_link(world, teacher))
        assert (await sign_in(world, teacher.email, NEW_PASSWORD)).status_code == 200

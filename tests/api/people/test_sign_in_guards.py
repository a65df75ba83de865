"""Guessing passwords from one place, from many places, and asking for links again and again."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.db.limits import forget_full
from app.db.repositories.people import sign_in_guards
from app.main import build_app, build_runtime
from tests.world import PASSWORD, Person, School, World

WRONG = "wrong password, again"
KEPT = ("select key from sign_in_guard", "select key from rate_limit")


class Door:
    """The token endpoint with few tries allowed, from any address."""

    def __init__(self, settings: Settings) -> None:
        self.runtime = build_runtime(settings)
        self.application = build_app(settings, self.runtime)

    def client(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.application, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://cairn.test")

    async def sign_in(self, address: str, email: str, password: str = WRONG) -> httpx.Response:
        form = {"grant_type": "password", "username": email, "password": password}
        return await self.client(address).post("/v1/auth/token", data=form)

    async def ask_for_link(self, address: str, email: str) -> httpx.Response:
        return await self.client(address).post("/v1/auth/password-reset", json={"email": email})


@pytest.fixture
async def door(app_settings: Settings) -> AsyncIterator[Door]:
    """30 failures an hour from one network, 12 for one address, 5 in a row for both."""
    settings = app_settings.model_copy(
        update={
            "network_sign_in_failures_per_hour": 30,
            "address_sign_in_failures_per_hour": 12,
            "network_resets_per_hour": 8,
        }
    )
    door = Door(settings)
    yield door
    await door.runtime.database.close()


@pytest.fixture
async def lead(world: World, school: School) -> Person:
    """A named lead with a password."""
    await world.set_password(school[Role.DSL])
    return school[Role.DSL]


def somewhere() -> str:
    """An IPv6 network that nobody used before."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def somebody() -> str:
    return f"{secrets.token_hex(6)}@example.org"


def codes(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


class TestOnePlace:
    async def test_makes_only_itself_wait(self, door: Door, lead: Person) -> None:
        """A stranger who tries a lead's address must not keep the lead out."""
        stranger, home = somewhere(), somewhere()
        answers = [await door.sign_in(stranger, lead.email) for _ in range(6)]
        assert codes(answers) == [401] * 5 + [429]
        assert answers[-1].json()["code"] == "sign_in_locked"
        assert (await door.sign_in(home, lead.email, PASSWORD)).status_code == 200

    async def test_cannot_outrun_the_count_in_parallel(self, door: Door, lead: Person) -> None:
        place = somewhere()
        answers = await asyncio.gather(*(door.sign_in(place, lead.email) for _ in range(20)))
        assert codes(list(answers)).count(401) == 5

    async def test_counts_every_spelling_of_an_address_that_opens_the_account(
        self, world: World, door: Door, lead: Person
    ) -> None:
        """What is not counted as the same address has to be another one."""
        email = f"Kim.{secrets.token_hex(6)}@example.org"
        world.sql("update account set email = %s where id = %s", email, lead.id)
        place = somewhere()
        for spelled in (email, email.upper(), f" {email.lower()} ", email.replace("K", "\u212a")):
            assert (await door.sign_in(place, spelled, PASSWORD)).status_code == 200, spelled
        dotted = email.replace("i", "\u0130")
        assert (await door.sign_in(place, dotted, PASSWORD)).status_code == 401
        world.sql("update sign_in_guard set proved_at = null")
        spellings = [email, email.upper(), email.lower(), email.replace("K", "\u212a")]
        answers = [await door.sign_in(place, spellings[at % 4]) for at in range(6)]
        assert codes(answers) == [401] * 5 + [429]

    async def test_is_one_place_for_a_whole_ipv6_network(self, door: Door, lead: Person) -> None:
        place = somewhere()
        answers = [await door.sign_in(f"{place}{number}", lead.email) for number in range(6)]
        assert codes(answers) == [401] * 5 + [429]

    async def test_may_not_try_a_list_of_people(self, door: Door, lead: Person) -> None:
        place = somewhere()
        answers = [await door.sign_in(place, somebody()) for _ in range(31)]
        assert codes(answers) == [401] * 30 + [429]
        assert answers[-1].json()["code"] == "too_many_requests"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 120
        assert '"sign_in_network";q=30;w=3600' in answers[-1].headers["ratelimit-policy"]
        assert '"sign_in_network";r=0;t=' in answers[-1].headers["ratelimit"]
        assert (await door.sign_in(somewhere(), lead.email, PASSWORD)).status_code == 200

    async def test_is_not_held_for_people_who_sign_in(self, door: Door, lead: Person) -> None:
        """A school's staff share one address and arrive at the same minute."""
        place = somewhere()
        answers = [await door.sign_in(place, lead.email, PASSWORD) for _ in range(33)]
        assert set(codes(answers)) == {200}

    async def test_may_try_again_later(self, door: Door) -> None:
        place = somewhere()
        for _ in range(31):
            refused = await door.sign_in(place, somebody())
        with clock.shifted(timedelta(seconds=int(refused.headers["retry-after"]))):
            assert (await door.sign_in(place, somebody())).status_code == 401


class TestManyPlaces:
    async def test_together_reach_a_limit_for_one_address(self, door: Door, lead: Person) -> None:
        answers = [await door.sign_in(somewhere(), lead.email) for _ in range(13)]
        assert codes(answers) == [401] * 12 + [429]
        assert answers[-1].json()["code"] == "too_many_requests"

    async def test_wait_a_bounded_time_for_each_further_try(self, door: Door, lead: Person) -> None:
        for _ in range(20):
            refused = await door.sign_in(somewhere(), lead.email)
        assert int(refused.headers["retry-after"]) <= 300
        with clock.shifted(timedelta(seconds=int(refused.headers["retry-after"]))):
            assert (await door.sign_in(somewhere(), lead.email)).status_code == 401

    async def test_do_not_keep_a_person_out_of_a_place_they_know(
        self, door: Door, lead: Person
    ) -> None:
        home = somewhere()
        assert (await door.sign_in(home, lead.email, PASSWORD)).status_code == 200
        for _ in range(20):
            await door.sign_in(somewhere(), lead.email)
        assert (await door.sign_in(home, lead.email, PASSWORD)).status_code == 200
        assert (await door.sign_in(somewhere(), lead.email, PASSWORD)).status_code == 429

    async def test_learn_nothing_of_who_exists(self, door: Door, lead: Person) -> None:
        unknown = somebody()
        known = [(await door.sign_in(somewhere(), lead.email)) for _ in range(13)]
        other = [(await door.sign_in(somewhere(), unknown)) for _ in range(13)]
        assert codes(known) == codes(other)
        assert [one.json()["code"] for one in known] == [one.json()["code"] for one in other]


class TestAPlaceSharedWithStrangers:
    """A school's network is one place for everybody in it."""

    async def test_keeps_nobody_waiting_long_who_signed_in_from_there(
        self, world: World, door: Door, lead: Person
    ) -> None:
        home, seconds = somewhere(), 0
        assert (await door.sign_in(home, lead.email, PASSWORD)).status_code == 200
        for _ in range(5):
            await door.sign_in(home, lead.email)
        for _ in range(8):
            seconds += 61
            with clock.shifted(timedelta(seconds=seconds)):
                assert codes([await door.sign_in(home, lead.email) for _ in range(2)]) == [401, 429]
        with clock.shifted(timedelta(seconds=seconds + 61)):
            assert (await door.sign_in(home, lead.email, PASSWORD)).status_code == 200
        world.sql("delete from rate_limit")

    async def test_does_not_end_proofs_within_a_live_session(
        self, door: Door, lead: Person
    ) -> None:
        home = somewhere()
        await door.sign_in(home, lead.email, PASSWORD)
        answers = [await door.sign_in(home, lead.email) for _ in range(22)]
        assert answers[-1].status_code == 429
        headers = {"Authorization": f"Bearer {lead.token}"}
        client = door.client(home)
        proof = {"password": PASSWORD}
        done = await client.post("/v1/me/step-up", json=proof, headers=headers)
        assert done.status_code == 200, done.text
        form = {"current_password": PASSWORD, "new_password": "another good long phrase"}
        done = await client.post("/v1/me/password", json=form, headers=headers)
        assert done.status_code == 200, done.text


class TestLinks:
    async def test_are_mailed_a_few_times_and_the_answer_stays_the_same(
        self, world: World, door: Door, lead: Person
    ) -> None:
        answers = [await door.ask_for_link(somewhere(), lead.email) for _ in range(6)]
        assert codes(answers) == [202] * 6
        sent = world.sql(
            "select count(*) from procrastinate_jobs where task_name = 'account.send_link' "
            "and args->>'account_id' = %s",
            str(lead.id),
        )
        assert sent == [(3,)]

    async def test_are_refused_to_a_place_that_asks_for_many(
        self, door: Door, lead: Person
    ) -> None:
        place = somewhere()
        answers = [await door.ask_for_link(place, somebody()) for _ in range(9)]
        assert codes(answers) == [202] * 8 + [429]
        assert (await door.ask_for_link(somewhere(), lead.email)).status_code == 202


class TestTheOwnPassword:
    async def test_cannot_be_guessed_with_a_stolen_session(self, door: Door, lead: Person) -> None:
        client = door.client(somewhere())
        form = {"current_password": WRONG, "new_password": "another good long phrase"}
        answers = [
            await client.post(
                "/v1/me/password", json=form, headers={"Authorization": f"Bearer {lead.token}"}
            )
            for _ in range(6)
        ]
        assert codes(answers) == [422] * 5 + [429]


class TestWhatIsKept:
    async def test_names_neither_address_nor_network(self, world: World, door: Door) -> None:
        await door.sign_in("2001:db8:aaaa:bbbb::1", "marker@example.org")
        for asked in KEPT:
            rows = [bytes(key) for (key,) in world.sql(asked)]
            assert rows
            assert [key for key in rows if b"marker" in key or b"2001:" in key] == []

    async def test_is_forgotten_in_time(self, world: World, door: Door, lead: Person) -> None:
        kept = []
        for day in (10_000, 119, 121):  # the first forgets what other tests left, at any time
            if day == 119:
                await door.sign_in(somewhere(), lead.email)
            with clock.shifted(timedelta(days=day)):
                await forget_full(door.runtime.database)
                await sign_in_guards.forget(door.runtime.database, timedelta(days=120))
            kept.append([bool(world.sql(asked)) for asked in KEPT])
        assert kept == [[False, False], [True, False], [False, False]]

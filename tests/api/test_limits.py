"""The general limits as clients meet them: agreed by processes, kept apart, and bounded in time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.api.limits import Leases
from app.core import clock
from app.core.limits import Policy
from app.core.settings import Settings
from app.core.words import Role
from app.main import build_app, build_runtime
from tests.api.record.test_attachments import stored_files
from tests.api.record.test_concerns import raise_one
from tests.security.capture import captured
from tests.world import School, World

ADDRESSES = iter(range(1, 250))
MINUTE = timedelta(minutes=1)


class Process:
    """One server process with limits of its own settings, before the database of all."""

    def __init__(self, settings: Settings) -> None:
        self.runtime = build_runtime(settings)
        self.application = build_app(settings, self.runtime)

    def client(self, address: str) -> httpx.AsyncClient:
        """A client at an address."""
        transport = httpx.ASGITransport(
            self.application, raise_app_exceptions=False, client=(address, 4711)
        )
        return httpx.AsyncClient(transport=transport, base_url="http://cairn.test")


Start = Callable[..., Process]


@pytest.fixture
async def start(app_settings: Settings) -> AsyncIterator[Start]:
    """Starts processes with the settings given."""
    started: list[Process] = []

    def begin(**settings: Any) -> Process:
        started.append(Process(app_settings.model_copy(update=settings)))
        return started[-1]

    yield begin
    for process in started:
        await process.runtime.database.close()


@pytest.fixture
async def processes(start: Start) -> list[Process]:
    """Two processes that allow 10 requests a minute to each address, 12 to each account."""
    return [
        start(address_requests_per_minute=10, account_requests_per_minute=12, show_metrics=True)
        for _ in range(2)
    ]


@pytest.fixture
def address() -> str:
    """An address that no other test uses."""
    return f"198.51.100.{next(ADDRESSES)}"


async def statuses(client: httpx.AsyncClient, number: int, **options: Any) -> list[int]:
    answers = await asyncio.gather(
        *(client.get("/v1/vocabularies", **options) for _ in range(number))
    )
    return [answer.status_code for answer in answers]


class TestAnAddress:
    async def test_is_refused_above_its_amount_by_all_processes_together(
        self, processes: list[Process], address: str
    ) -> None:
        clients = [process.client(address) for process in processes]
        found = await asyncio.gather(*(statuses(client, 10) for client in clients))
        assert sorted(found[0] + found[1]) == [200] * 10 + [429] * 10

    async def test_is_told_when_to_come_back(
        self, world: World, processes: list[Process], address: str
    ) -> None:
        client = processes[0].client(address)
        await statuses(client, 10)
        answer = await client.get("/v1/vocabularies")
        world.description.judge(answer)
        assert answer.status_code == 429
        assert answer.json()["code"] == "too_many_requests"
        assert 1 <= int(answer.headers["retry-after"]) <= 6
        assert answer.headers["ratelimit-policy"] == '"address";q=10;w=60'
        assert answer.headers["ratelimit"].startswith('"address";r=0;t=')
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_may_go_on_after_that(self, processes: list[Process], address: str) -> None:
        client = processes[0].client(address)
        await statuses(client, 11)
        answer = await client.get("/v1/vocabularies")
        waited = 0
        for _ in range(2):  # what was given out on trust may be counted a moment after an answer
            waited += int(answer.headers["retry-after"])
            with clock.shifted(timedelta(seconds=waited)):
                answer = await client.get("/v1/vocabularies")
            if answer.status_code == 200:
                break
        assert answer.status_code == 200
        assert waited <= 12
        with clock.shifted(2 * MINUTE):
            assert sorted(await statuses(client, 11)) == [200] * 10 + [429]

    async def test_does_not_count_for_another(self, processes: list[Process], address: str) -> None:
        await statuses(processes[0].client(address), 12)
        assert await statuses(processes[0].client(f"{address}9"), 1) == [200]
        assert await statuses(processes[0].client("2001:db8::1"), 1) == [200]

    async def test_is_a_whole_network_in_ipv6(self, processes: list[Process]) -> None:
        found = [await statuses(processes[0].client(f"2001:db8:5::{n}"), 1) for n in range(1, 12)]
        assert found.count([429]) == 1

    async def test_is_not_what_a_header_says(self, processes: list[Process], address: str) -> None:
        client = processes[0].client(address)
        found = [
            await statuses(client, 1, headers={"X-Forwarded-For": f"192.0.2.{n}"})
            for n in range(11)
        ]
        assert found.count([429]) == 1

    async def test_is_not_counted_for_probes(self, processes: list[Process], address: str) -> None:
        client = processes[0].client(address)
        answers = [await client.get("/healthz") for _ in range(12)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers

    async def test_counts_addresses_that_do_not_exist(
        self, processes: list[Process], address: str
    ) -> None:
        client = processes[0].client(address)
        found = [(await client.get("/nowhere")).status_code for _ in range(11)]
        assert found == [404] * 10 + [429]

    async def test_lets_a_page_read_the_refusal(self, start: Start, address: str) -> None:
        process = start(address_requests_per_minute=1, cors_origins=("https://front.example",))
        client = process.client(address)
        await statuses(client, 1)
        answer = await client.get("/v1/vocabularies", headers={"Origin": "https://front.example"})
        assert answer.status_code == 429
        assert answer.headers["access-control-allow-origin"] == "https://front.example"
        assert "RateLimit" in answer.headers["access-control-expose-headers"]

    async def test_is_counted_in_the_metrics(self, processes: list[Process], address: str) -> None:
        await statuses(processes[0].client(address), 12)
        text = (await processes[0].client("198.51.100.254").get("/metrics")).text
        assert 'cairn_http_refused_total{limit="address"} 2.0' in text

    async def test_has_no_limit_where_the_amount_is_0(self, world: World) -> None:
        answers = [await world.http.get("/v1/vocabularies") for _ in range(30)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers


@contextmanager
def away(process: Process) -> Iterator[None]:
    """The process finds no database."""
    broken = build_runtime(
        process.runtime.settings.model_copy(
            update={"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/none")}
        )
    ).database
    lender, process.runtime.database.lender = process.runtime.database.lender, broken.lender
    try:
        yield
    finally:
        process.runtime.database.lender = lender


class TestWithoutADatabase:
    async def test_refuses_nobody_and_breaks_nothing(
        self, processes: list[Process], address: str
    ) -> None:
        client = processes[0].client(address)
        with away(processes[0]):
            found = [await statuses(client, 1) for _ in range(15)]
            assert found == [[200]] * 15
            assert (await client.get("/readyz")).status_code == 503

    async def test_counts_again_when_it_is_back(
        self, processes: list[Process], address: str
    ) -> None:
        client = processes[0].client(address)
        with away(processes[0]):
            for _ in range(15):
                await statuses(client, 1)
        with clock.shifted(timedelta(seconds=6)):
            assert sorted(await statuses(client, 11)) == [200] * 10 + [429]


class TestLeases:
    async def test_ask_the_database_once_a_portion(self, world: World, address: str) -> None:
        policy = Policy("many", amount=1000, per_seconds=60, burst=1000)
        leases = Leases(world.runtime.database, policy)
        async with captured(world) as statements:
            for _ in range(50):
                assert (await leases.spend(address)).allowed
            assert statements == []
            for _ in range(100):
                assert (await leases.spend(address)).allowed
        assert len(statements) == 2

    async def test_let_through_no_more_than_a_portion_beside_the_burst(
        self, world: World, address: str
    ) -> None:
        policy = Policy("hundred", amount=100, per_seconds=3600, burst=100)
        leases = [Leases(world.runtime.database, policy) for _ in range(2)]
        answers = [(await leases[n % 2].spend(address)).allowed for n in range(200)]
        assert 100 <= sum(answers) <= 110

    async def test_are_not_earned_anew_by_waiting_a_little(
        self, world: World, address: str
    ) -> None:
        """The first portion is on trust; who waits until it is again has lost more."""
        policy = Policy("trust", amount=100, per_seconds=3600, burst=100)
        leases = Leases(world.runtime.database, policy)
        let_through = 0
        for minute in range(0, 60, 5):
            with clock.shifted(timedelta(minutes=minute)):
                answers = [await leases.spend(address) for _ in range(40)]
                let_through += sum(answer.allowed for answer in answers)
        assert let_through <= 100 + 100 + 5

    async def test_forget_the_longest_unseen(self, world: World) -> None:
        policy = Policy("forgetful", amount=1000, per_seconds=60, burst=1000)
        leases = Leases(world.runtime.database, policy)
        for number in range(50_010):
            await leases.spend(str(number))
        assert len(leases._leases) == 50_000


class TestAnAccount:
    async def test_is_refused_above_its_amount_by_all_processes_together(
        self, world: World, processes: list[Process], school: School
    ) -> None:
        found = []
        for number in range(14):
            process = processes[number % 2]
            client = process.client(f"203.0.113.{number}")
            answer = await client.get(
                "/v1/me", headers={"Authorization": f"Bearer {school[Role.STAFF].token}"}
            )
            world.description.judge(answer)
            found.append(answer)
        assert [answer.status_code for answer in found] == [200] * 12 + [429] * 2
        assert '"account";q=12;w=60' in found[0].headers["ratelimit-policy"]
        assert '"account";r=0;t=' in found[-1].headers["ratelimit"]
        assert found[-1].headers["retry-after"]

    async def test_does_not_count_for_another(
        self, processes: list[Process], school: School
    ) -> None:
        for role, expected in ((Role.STAFF, [200] * 12 + [429]), (Role.DSL, [200])):
            found = []
            for number, _ in enumerate(expected):
                answer = (
                    await processes[0]
                    .client(f"203.0.113.{number + 100}")
                    .get("/v1/me", headers={"Authorization": f"Bearer {school[role].token}"})
                )
                found.append(answer.status_code)
            assert found == expected


class TestBehindAProxy:
    async def test_counts_for_the_client_that_a_trusted_proxy_names(
        self, start: Start, address: str
    ) -> None:
        process = start(address_requests_per_minute=2, trusted_proxies=("10.0.0.0/8",))
        proxy = process.client("10.0.0.7")
        found = [
            await statuses(proxy, 1, headers={"X-Forwarded-For": f"{spoofed}, {client}"})
            for client, spoofed in (
                (address, "192.0.2.1"), (address, "192.0.2.2"), (address, "192.0.2.3"),
                (f"{address}8", "192.0.2.4"),
            )
        ]  # fmt: skip
        assert found == [[200], [200], [429], [200]]


class TestUploads:
    async def test_are_bounded_in_bytes_for_one_account(
        self, world: World, start: Start, school: School
    ) -> None:
        process = start(upload_megabytes_per_day=1)
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        answers = [
            await process.client("203.0.113.200").post(
                f"/v1/concerns/{concern}/attachments",
                files={"file": ("a.txt", b"a line\n" * 57_000, "text/plain")},
                headers={"Authorization": f"Bearer {school[Role.STAFF].token}"},
            )
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        world.description.judge(answers[-1])
        assert answers[-1].json()["code"] == "too_many_requests"
        assert '"upload";q=1000;w=86400' in answers[-1].headers["ratelimit-policy"]
        assert len(stored_files(world) - before) == 2

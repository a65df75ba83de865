"""A server that stopped being first, or lost its standby: never a yes that could be lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from httpx import Response

from app.core.settings import Settings
from app.core.words import Role
from app.db.embedded import RunningServer, ephemeral
from app.db.migrate import migrate
from app.jobs.queue import connector_of
from app.main import build_app, build_runtime
from tests.faults import replicas
from tests.faults.replicas import ask, cancelling, configure, is_so
from tests.faults.test_commit import a_concern, concerns
from tests.world import School, World

CONNECTED = "select pid from pg_stat_activity where application_name = 'cairn'"


@pytest.fixture(scope="module")
def primary() -> Iterator[RunningServer]:
    """A server of this module alone, whose commits are real."""
    with ephemeral(settings=replicas.CONFIRMING) as server:
        yield server


@pytest.fixture(scope="module")
def urls(primary: RunningServer) -> tuple[str, str]:
    """The owner's and the application's URL."""
    return World.new_database(primary.admin_url, migrate)


@pytest.fixture(scope="module")
def settings(app_settings: Settings, urls: tuple[str, str], tmp_path_factory: Any) -> Settings:
    """As everywhere, on the server of this module."""
    folder: Path = tmp_path_factory.mktemp("failover")
    return changed(app_settings, database_url=urls[1], keys_dir=folder / "keys")


def changed(settings: Settings, **values: Any) -> Settings:
    """Other settings."""
    return Settings.model_validate({**dict(settings), **values})


@pytest.fixture(scope="module")
async def here(settings: Settings, urls: tuple[str, str]) -> AsyncIterator[World]:
    """The application on the primary."""
    async with serving(settings, urls[0]) as world:
        yield world


class serving:  # noqa: N801 - used like a function
    """The application, closed at the end."""

    def __init__(self, settings: Settings, owner_url: str) -> None:
        runtime = build_runtime(settings)
        self._world = World(build_app(settings, runtime), runtime, owner_url=owner_url)

    async def __aenter__(self) -> World:
        return self._world

    async def __aexit__(self, *_: object) -> None:
        await self._world.runtime.drain()
        await self._world.runtime.database.close()


@pytest.fixture
async def there(here: World) -> School:
    """A school of the primary."""
    return await here.a_school()


@contextmanager
def lonely(primary: RunningServer) -> Iterator[None]:
    """The primary waits for a standby that is away."""
    configure(primary, "synchronous_standby_names", "*")
    try:
        yield
    finally:
        configure(primary, "synchronous_standby_names", "")


@contextmanager
def read_only(primary: RunningServer) -> Iterator[None]:
    """The primary takes no changes, as a full disk or a hand-over to another leaves it."""
    configure(primary, "default_transaction_read_only", "on")
    try:
        yield
    finally:
        configure(primary, "default_transaction_read_only", "off")


def is_unavailable(answer: Response) -> bool:
    """A problem that says: try again, with the same key."""
    code: str = answer.json().get("code")
    return answer.status_code == 503 and code == "service_unavailable"


class TestACommitThatNoStandbyHas:
    async def test_is_no_yes_and_nor_is_its_replay(
        self, here: World, primary: RunningServer, there: School
    ) -> None:
        body, key = a_concern(await there.child()), str(uuid4())
        with lonely(primary):
            for _ in range(2):
                answer = await cancelling(primary, there.staff.post("/v1/concerns", body, key=key))
                assert is_unavailable(answer), answer.text
                assert answer.headers["retry-after"]
        assert concerns(here, there) == 1, "it stands on this disk, and nobody was told so"
        again = await there.staff.post("/v1/concerns", body, key=key)
        assert again.status_code == 201
        assert again.headers["idempotency-replayed"] == "true"
        assert concerns(here, there) == 1


class TestAServerThatTakesNoChanges:
    async def test_is_unavailable_until_it_does(
        self, here: World, primary: RunningServer, there: School
    ) -> None:
        body, key = a_concern(await there.child()), str(uuid4())
        assert (await here.anybody.get("/readyz")).status_code == 200
        before = {pid for (pid,) in ask(primary, CONNECTED)}
        with read_only(primary):
            assert is_unavailable(await there.staff.post("/v1/concerns", body, key=key))
            assert is_unavailable(await here.anybody.get("/readyz"))
            assert (await there.staff.get("/v1/concerns/mine")).status_code == 200
        assert (await there.staff.post("/v1/concerns", body, key=key)).status_code == 201
        assert (await here.anybody.get("/readyz")).status_code == 200
        after = {pid for (pid,) in ask(primary, CONNECTED)}
        assert before
        assert not before & after, "connections to a server that was demoted are let go"


@pytest.mark.long
class TestAStandbyThatTakesOver:
    """A primary that dies under load: every acknowledged concern is there once."""

    async def test_has_everything_that_was_acknowledged(
        self, here: World, primary: RunningServer, settings: Settings, urls: tuple[str, str]
    ) -> None:
        school = await here.a_school()
        child = await school.child()
        with replicas.a_standby(primary) as standby:
            configure(primary, "synchronous_standby_names", "*")
            await is_so(lambda: ask(primary, "select 1 from pg_stat_replication"
                                             " where sync_state = 'sync'"))  # fmt: skip
            only = changed(settings, database_url=to_servers(urls[1], standby))
            async with serving(only, urls[0]) as alone:
                assert is_unavailable(await alone.anybody.get("/readyz"))
                answer = await on(alone, school).post("/v1/concerns", a_concern(child))
                assert is_unavailable(answer)
            both = changed(settings, database_url=to_servers(urls[1], standby, primary))
            async with serving(both, urls[0]) as world:
                assert (await world.anybody.get("/readyz")).status_code == 200
                asked = [(str(uuid4()), a_concern(child, f"Seen {n}.")) for n in range(60)]
                answers = await under_load(world, school, asked, primary, standby)
                assert {answer.status_code for answer in answers} == {201, 503}
                for key, body in asked:
                    again = await on(world, school).post("/v1/concerns", body, key=key)
                    assert again.status_code == 201, again.text
                number = "select count(*) from concern where school_id = %s"
                database = urls[0].rsplit("/", 1)[1].partition("?")[0]
                assert ask_in(standby, database, number, school.id) == 60
                migrate(to_servers(urls[0], primary, standby))
                assert await queue_answers(both)


def to_servers(url: str, *servers: RunningServer) -> str:
    """The address of the first of them that takes changes."""
    hosts = quote(",".join(str(server.socket_directory) for server in servers), safe="/,")
    return f"{url.partition('?')[0]}?host={hosts}&target_session_attrs=read-write"


def ask_in(server: RunningServer, database: str, statement: str, *values: Any) -> Any:
    """One value, from a database of the server."""
    with psycopg.connect(server.admin_url, dbname=database) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
        return row and row[0]


def on(world: World, school: School) -> Any:
    """The school's teacher, at this server."""
    return world.as_token(school[Role.STAFF].token)


async def under_load(
    world: World, school: School, asked: Any, primary: RunningServer, standby: RunningServer
) -> list[Response]:
    """The answers to all of them; after a third of them the primary dies and the standby leads."""
    answers: list[Response] = []

    async def send(part: Any) -> None:
        for key, body in part:
            answers.append(await on(world, school).post("/v1/concerns", body, key=key))

    async def fail_over() -> None:
        await is_so(lambda: len(answers) > len(asked) // 3)
        await asyncio.to_thread(replicas.crash, primary)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(ask, standby, "select pg_promote()")

    await asyncio.gather(fail_over(), *(send(asked[place::4]) for place in range(4)))
    await is_so(lambda: ask(standby, "select 1 where not pg_is_in_recovery()"))
    return answers


async def queue_answers(settings: Settings) -> bool:
    """Whether the worker's own connections find the server."""
    connector = connector_of(settings)
    await connector.open_async()
    found = await connector.execute_query_one_async("select not pg_is_in_recovery() as first")
    await connector.close_async()
    return bool(found["first"])

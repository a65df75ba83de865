"""What Cairn needs of a PostgreSQL it sets itself: any server plans like the embedded one."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

from app.core.settings import Settings
from app.db import embedded
from app.db.migrate import migrate
from app.db.needs import OF_THE_ROLE, OF_THE_SERVER
from app.db.session import Database
from app.jobs.queue import connector_of
from tests.world import World

CONTRARY = {
    "jit": "on", "plan_cache_mode": "force_custom_plan", "random_page_cost": "4",
    "timezone": "America/New_York",
}  # fmt: skip
"""What a server may say before anybody asks us."""
OF_THE_MACHINE = frozenset(
    {"listen_addresses", "shared_buffers", "max_connections", "log_timezone"}
)
"""What the embedded server chooses for the machine it runs on; no other server needs the same."""
NOT_OURS = """
select name, setting, boot_val from pg_settings
where category like 'Query Tuning%' and setting is distinct from boot_val
"""
SHOWN = "select current_setting($1)"
SHOWN_AS = "select current_setting(%(name)s) as value"


@pytest.fixture(scope="module")
def urls(admin_url: str) -> Iterator[tuple[str, str]]:
    """A database whose server says otherwise: the owner's and the application's URL."""
    made: list[tuple[str, str]] = []

    def prepare(owner: str, app: str) -> None:
        name = make_url(owner).database or ""
        with psycopg.connect(admin_url, autocommit=True) as admin:
            for setting, value in CONTRARY.items():
                admin.execute(
                    sql.SQL("alter database {} set {} = {}").format(
                        sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                    )
                )
        migrate(owner, app)
        made.append((owner, app))

    World.new_database(admin_url, prepare)
    yield made[0]
    name = make_url(made[0][0]).database
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


def by_psycopg(url: str) -> dict[str, Any]:
    with psycopg.connect(url) as connection:
        return {
            name: (connection.execute("select current_setting(%s)", [name]).fetchone() or (0,))[0]
            for name in OF_THE_ROLE
        }


def by_api(url: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        database = Database(url, pool=1)
        async with database.outside() as driver:
            found = {name: await driver.fetchval(SHOWN, name) for name in OF_THE_ROLE}
        await database.close()
        return found

    return asyncio.run(ask())


def by_queue(url: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        connector = connector_of(Settings(database_url=url))
        await connector.open_async()
        found = {
            name: (await connector.execute_query_one_async(SHOWN_AS, name=name))["value"]
            for name in OF_THE_ROLE
        }
        await connector.close_async()
        return found

    return asyncio.run(ask())


class TestTheRole:
    @pytest.mark.parametrize("door", [by_psycopg, by_api, by_queue])
    def test_has_what_it_needs_through_every_door(
        self, urls: tuple[str, str], door: Callable[[str], dict[str, Any]]
    ) -> None:
        assert not CONTRARY.items() & OF_THE_ROLE.items()
        assert door(urls[1]) == dict(OF_THE_ROLE)

    def test_of_migrations_plans_like_it(self, urls: tuple[str, str]) -> None:
        seen: list[dict[str, Any]] = []

        def look(connection: Connection) -> None:
            ask = connection.exec_driver_sql
            seen.append({name: ask(f"show {name}").scalar() for name in CONTRARY})

        event.listen(Engine, "commit", look)
        try:
            migrate(urls[0])
        finally:
            event.remove(Engine, "commit", look)
        assert seen
        assert all(found == {name: OF_THE_ROLE[name] for name in CONTRARY} for found in seen)

    def test_plans_as_the_servers_of_the_world_do_but_for_what_is_named(
        self, urls: tuple[str, str]
    ) -> None:
        """A setting that only the embedded server had would make every other one different."""
        with psycopg.connect(urls[1]) as connection:
            differing = {name for name, _, _ in connection.execute(NOT_OURS)}
        assert differing <= set(OF_THE_ROLE)


class TestTheEmbeddedServer:
    def test_has_nothing_that_others_lack(self) -> None:
        """Each of its settings is set for the role, named by `doctor`, or of the machine."""
        for name, value in embedded.DEFAULTS.items():
            if name not in OF_THE_MACHINE:
                assert {**OF_THE_ROLE, **OF_THE_SERVER}[name] == value, name

    def test_lacks_nothing_that_others_are_asked_for(self) -> None:
        assert OF_THE_SERVER.items() <= embedded.DEFAULTS.items()
        assert OF_THE_SERVER.items() <= in_compose().items()


def in_compose() -> dict[str, str]:
    text = (Path(__file__).parents[2] / "compose.yaml").read_text()
    lines = (line.strip().removeprefix("- -c") for line in text.splitlines() if "- -c" in line)
    return dict(line.split("=", 1) for line in lines)

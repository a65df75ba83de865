"""Clients of the database that are gone: the server ends what they had begun."""

import asyncio
from collections.abc import Callable

from app.core.settings import Settings
from app.db.addresses import connect
from tests.world import World

RUNS = "select count(*) = 1 from pg_stat_activity where pid = %s and state = 'active'"


async def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(seconds):
        for _ in iter(is_so, True):
            await asyncio.sleep(0.1)


class TestAClientThatIsKilled:
    async def test_leaves_nothing_running(self, world: World, app_settings: Settings) -> None:
        """What it held, it held until its statement was done: locks, and everybody's events."""
        assert app_settings.database_url is not None
        connection = await connect(app_settings.database_url.get_secret_value())
        pid = connection.get_server_pid()
        running = asyncio.create_task(connection.execute("select pg_sleep(60)"))
        await until(lambda: bool(world.sql(RUNS, pid)[0][0]), 10)
        connection.terminate()
        await asyncio.gather(running, return_exceptions=True)
        await until(lambda: not world.sql(RUNS, pid)[0][0], 10)

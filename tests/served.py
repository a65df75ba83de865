"""The application behind a real HTTP server with its worker, and programs that use it by key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from app.core.settings import Settings
from app.core.words import Role
from app.jobs.imports import IMPORT_ROSTER, UNDO_ROSTER
from app.jobs.runner import Task, adapters_of
from tests.browser import serving
from tests.cli.conftest import Cairn
from tests.jobs.working import a_worker
from tests.world import School, World


def roster_api(settings: Settings, world: World) -> AbstractAsyncContextManager[str]:
    """A server that also imports the rosters that it is sent; answers its address."""
    return working_api(settings, world, IMPORT_ROSTER, UNDO_ROSTER)


@asynccontextmanager
async def working_api(settings: Settings, world: World, *tasks: Task) -> AsyncIterator[str]:
    """A server with a worker for some tasks; answers its address."""
    world.sql("delete from procrastinate_jobs where status in ('todo', 'doing')")
    adapters = adapters_of(settings)
    try:
        async with (
            serving(lambda _: settings) as origin,
            a_worker(adapters, tasks),
        ):
            yield origin
    finally:
        await adapters.database.close()


async def service_key(school: School, *scopes: str) -> str:
    """A new service key of a school, `id:secret`."""
    body = {"name": "Nightly roster", "scopes": list(scopes or ("roster:import",))}
    answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/service-keys", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return f"{made['client_id']}:{made['client_secret']}"


class Scripted:
    """`cairn` at a server, with a key; it has a loop of its own and so a thread of its own."""

    def __init__(self, cairn: Cairn, url: str, key: str) -> None:
        self._cairn, self.url, self.key = cairn, url, key

    async def __call__(self, *words: object, **changed: str) -> tuple[int, str, str]:
        variables = {"CAIRN_URL": self.url, "CAIRN_KEY": self.key} | changed
        return await asyncio.to_thread(self._cairn, *map(str, words), **variables)

"""Every test of jobs begins with an empty queue: other tests on this database leave theirs."""

import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from aiosmtpd.controller import Controller

from app.jobs.runner import Adapters, adapters_of
from tests.jobs.working import Sink
from tests.world import World


@pytest.fixture(autouse=True)
def empty_queue(world: World) -> None:
    """Drop what waits or was left by a dead worker: a worker of a test would do all of it first."""
    world.sql("delete from procrastinate_jobs where status in ('todo', 'doing')")


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    sink.port = port
    yield sink
    controller.stop()


@pytest.fixture
async def adapters(world: World, sink: Sink) -> AsyncIterator[Adapters]:
    settings = world.runtime.settings.model_copy(
        update={
            "mail_url": f"smtp://127.0.0.1:{sink.port}",
            "mail_from": "Cairn <cairn@cairn.example>",
            "front_url": "https://front.example",
        }
    )
    made = adapters_of(settings)
    yield made
    await made.database.close()

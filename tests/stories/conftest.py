"""Each story has a school, a mail server to look into, and a clock that it moves."""

import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from tests.jobs.working import Sink
from tests.stories.telling import Story
from tests.world import School, World


@pytest.fixture
def story(world: World, school: School) -> Iterator[Story]:
    """A story that begins at eight on its first day."""
    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sink.port = int(probe.getsockname()[1])
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        with Story(world, school, sink) as told:
            yield told
    finally:
        controller.stop()

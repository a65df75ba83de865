"""A real server for the packed clients, something between, and the clients as installed."""

from collections.abc import AsyncIterator

import pytest

from app.api.streams import frames
from app.core.settings import Settings
from tests.browser import serving
from tests.clients.between import Between, between
from tests.clients.installed import Home, python, typescript
from tests.world import World


@pytest.fixture(scope="module")
async def origin(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """Where a server listens that is quick to tell what happened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "RETRY_MS", (200, 300))
        changed = {"events_poll_ms": 50, "events_stream_seconds": 3_600.0}
        settings = app_settings.model_copy(update=changed)
        async with serving(lambda _: settings) as found:
            yield found


@pytest.fixture
async def middle(origin: str) -> AsyncIterator[Between]:
    """What stands between a client and the server."""
    async with between(origin) as found:
        yield found


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    """The clients, each in a folder of its own."""
    return {
        "typescript": typescript(tmp_path_factory.mktemp("typescript")),
        "python": python(tmp_path_factory.mktemp("python")),
    }

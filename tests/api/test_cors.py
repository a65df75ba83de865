"""Pages of named origins may call the API; no other origin is told that it may."""

from typing import Any

import httpx
import pytest

from app.core.settings import Settings
from app.main import build_app
from tests.world import World

FRONT = "https://front.example"
PREFLIGHT = {
    "Origin": FRONT,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
}


@pytest.fixture
def front(world: World, app_settings: Settings) -> Any:
    """The application with one front end allowed."""
    settings = app_settings.model_copy(update={"cors_origins": (FRONT,)})
    application = build_app(settings, world.runtime)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application), base_url="http://cairn.test"
    )


class TestOrigins:
    async def test_lets_a_named_page_use_every_method_there_is(
        self, front: Any, world: World
    ) -> None:
        methods = {
            method.upper()
            for path in world.description.document["paths"].values()
            for method in path
        }
        assert len(methods) >= 5
        for method in methods:
            asked = PREFLIGHT | {"Access-Control-Request-Method": method}
            assert (await front.options("/v1/concerns", headers=asked)).status_code == 200, method

    async def test_lets_a_named_page_send_what_the_contract_needs(self, front: Any) -> None:
        answer = await front.options("/v1/concerns", headers=PREFLIGHT)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == FRONT
        assert "access-control-allow-credentials" not in answer.headers

    async def test_lets_a_named_page_read_what_the_contract_answers(self, front: Any) -> None:
        answer = await front.get("/healthz", headers={"Origin": FRONT})
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert {"etag", "link", "location", "idempotency-replayed", "www-authenticate"} <= set(
            exposed.split(", ")
        )

    async def test_never_reflects_another_origin(self, front: Any) -> None:
        for headers in (PREFLIGHT | {"Origin": "https://evil.example"}, {"Origin": "null"}):
            answer = await front.options("/v1/concerns", headers=headers)
            assert "access-control-allow-origin" not in answer.headers

    async def test_allows_nobody_by_default(self, world: World) -> None:
        answer = await world.http.get("/healthz", headers={"Origin": FRONT})
        assert "access-control-allow-origin" not in answer.headers

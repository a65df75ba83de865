"""The public SCIM conformance suite, against the application behind a real HTTP server."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server
from scim2_tester.utils import CheckResult

from app.core.settings import Settings
from app.core.words import Permission
from app.main import build_app, build_runtime
from tests.world import World

SKIPPED = {
    # POST /.search is answered 501: nothing here searches users and groups at once.
    ("search_with_attributes", "User"),
    ("search_with_attributes", "Group"),
}
"""Checks the suite leaves out by itself, each with its reason above."""
FAILURES = {Status.ERROR, Status.CRITICAL, Status.DEVIATION}
LEAST = 75
"""Checks there are at least, so that a suite that found nothing to check is no success."""


class OverHttp(BaseSyncSCIMClient):
    """The suite's client over the HTTP library that is here already."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self.client = client

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith("/")

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        """Send one request."""
        return self.client.request(method, url, **kwargs)


@pytest.fixture(scope="module")
def results(app_settings: Settings) -> Iterator[list[CheckResult]]:
    """What the suite found."""
    runtime = build_runtime(app_settings)
    config = uvicorn.Config(build_app(app_settings), port=0, log_config=None, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    token = asyncio.run(_token(app_settings, runtime))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/scim/v2", headers=headers) as http:
        yield check_server(OverHttp(http))
    server.should_exit = True
    thread.join(timeout=20)
    assert not thread.is_alive()


async def _token(app_settings: Settings, runtime: Any) -> str:
    world = World(build_app(app_settings, runtime), runtime, owner_url="")
    school = await world.a_school()
    _, token = await world.a_service_key(school.id, Permission.STAFF_PROVISION)
    await runtime.database.close()
    return token


def told(result: CheckResult) -> str:
    return f"{result.resource_type} {result.title}: {result.reason}"


class TestTheConformanceSuite:
    def test_finds_no_failure(self, results: list[CheckResult]) -> None:
        assert [told(one) for one in results if one.status in FAILURES] == []

    def test_leaves_out_what_is_listed_here_alone(self, results: list[CheckResult]) -> None:
        skipped = {
            (one.title, one.resource_type) for one in results if one.status is Status.SKIPPED
        }
        assert skipped == SKIPPED

    def test_checks_users_and_groups_in_every_way(self, results: list[CheckResult]) -> None:
        passed = [one for one in results if one.status is Status.SUCCESS]
        assert len(passed) >= LEAST
        for noun in ("User", "Group"):
            titles = {one.title for one in passed if one.resource_type == noun}
            assert {
                "object_creation", "object_query", "object_query_without_id",
                "object_query_with_attributes", "object_list_with_attributes",
                "object_replacement", "object_deletion", "check_add_attribute",
                "check_remove_attribute", "check_replace_attribute",
            } <= titles  # fmt: skip

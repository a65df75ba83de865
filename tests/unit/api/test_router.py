"""A router is asked for its own addresses alone, and answers them as FastAPI's does."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from app.api.router import Router
from app.api.routes import ROUTERS

PATHS = ("/v1/boats", "/v1/boats/{boat_id}", "/v1/boats/{boat_id}/crew/{person_id}")
ASKED = (
    ("GET", "/v1/boats"), ("POST", "/v1/boats"), ("GET", "/v1/boats/7"), ("PUT", "/v1/boats/7"),
    ("GET", "/v1/boats/7/crew/8"), ("GET", "/v1/boats/"), ("GET", "/v1/boats/7/crew"),
    ("GET", "/v1/boatsheds"), ("GET", "/v1"), ("GET", "/"), ("OPTIONS", "/v1/boats"),
)  # fmt: skip


def an_application(kind: type[APIRouter]) -> FastAPI:
    """Two routers of a kind."""
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    boats, sheds = kind(), kind()
    for path in PATHS:
        boats.add_api_route(path, lambda: "boats", methods=["GET"], name=path)
    boats.add_api_route("/v1/boats", lambda: "a boat", methods=["POST"])
    sheds.add_api_route("/v1/boatsheds", lambda: "sheds", methods=["GET"])
    for router in (sheds, boats):
        application.include_router(router)
    return application


async def answers(application: FastAPI) -> list[Any]:
    """What is answered to each request."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as client:
        found = [await client.request(*one) for one in ASKED]
    return [(one.status_code, one.text, one.headers.get("allow")) for one in found]


async def test_answers_as_any_router_does() -> None:
    assert await answers(an_application(Router)) == await answers(an_application(APIRouter))


@pytest.mark.parametrize("path", ["/v1/boatsheds", "/v1/boat", "/elsewhere"])
async def test_asks_no_route_for_what_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    boats = Router()
    boats.add_api_route("/v1/boats/{boat_id}", lambda: "a boat", methods=["GET"])
    monkeypatch.setattr(APIRouter, "matches", lambda *_: pytest.fail("its routes were asked"))
    boats.matches({"type": "http", "path": path, "method": "GET", "headers": []})


def test_has_every_operation() -> None:
    """One in another kind of router would be looked for in the slow way."""
    with_operations = [
        router
        for router in ROUTERS
        if any(isinstance(one, APIRoute) and one.include_in_schema for one in router.routes)
    ]
    assert len(with_operations) > 50
    assert {type(router) for router in with_operations} == {Router}

"""Routes are made when they are first asked, all of them can be, and nothing is lost by it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.routing import Match

from app.api.late_routes import LateRoute
from app.api.routes import ROUTERS
from app.core.schemas import In, Out

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, LateRoute)]
STARTED = """
import json, sys
from app.cli import cairn
cairn(["serve"])
from app.core.settings import Settings
from app.main import build_app
from app.api.late_routes import LateRoute
routes = build_app(Settings.model_construct()).app.routes
late = [route for route in routes if isinstance(route, LateRoute)]
print(json.dumps({
    "late": len(late), "whole": [route.name for route in late if "app" in vars(route)],
    "loaded": [name for name in ("alembic", "psycopg", "PIL", "holidays") if name in sys.modules],
}))
"""


class WeatherIn(In):
    """What is sent."""

    word: str


class WeatherOut(Out):
    """What is answered."""

    word: str


async def change_weather(place: int, body: WeatherIn) -> None:
    """Change the weather."""


@pytest.fixture
def route() -> LateRoute:
    router = APIRouter(route_class=LateRoute)
    router.add_api_route(
        "/weather/{place}",
        change_weather,
        methods=["PUT"],
        responses={200: {"description": "Done.", "model": WeatherOut}},
        operation_id="change_weather",
    )
    (made,) = router.routes
    assert isinstance(made, LateRoute)
    return made


def asked(route: LateRoute, method: str) -> Match:
    scope = {"type": "http", "method": method, "path": "/weather/1", "root_path": "", "headers": []}
    return route.matches(scope)[0]


class TestOneRoute:
    def test_is_found_before_it_is_made(self, route: LateRoute) -> None:
        assert asked(route, "PUT") is Match.FULL
        assert asked(route, "GET") is Match.PARTIAL
        assert (route.name, route.operation_id) == ("change_weather", "change_weather")
        assert not {"app", "dependant", "body_field"} & vars(route).keys()

    def test_is_made_once(self, route: LateRoute) -> None:
        made = route.app
        assert {"app", "dependant", "body_field"} <= vars(route).keys()
        assert route.app is made
        with pytest.raises(AttributeError):
            _ = route.nothing_of_the_kind

    def test_is_made_by_the_next_request_if_the_first_one_failed(self, route: LateRoute) -> None:
        with (
            patch("fastapi.routing.get_dependant", side_effect=MemoryError),
            pytest.raises(MemoryError),
        ):
            _ = route.app
        assert route.app is not None
        assert route.responses[200]["model"] is WeatherOut

    def test_leaves_the_types_of_answers_to_the_description(self, route: LateRoute) -> None:
        described = route.described()
        assert route.app is not None
        assert route.response_fields == {}
        assert described.response_fields[200].field_info.annotation is WeatherOut
        assert route.responses == described.responses
        assert described.operation_id == route.operation_id


def fields_of(dependant: Dependant) -> Iterator[Any]:
    """Its parameters, those of what it depends on included, and those of models among them."""
    for field in (*dependant.path_params, *dependant.query_params, *dependant.header_params):
        yield field
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind.model_rebuild(raise_errors=True)
    for inner in dependant.dependencies:
        yield from fields_of(inner)


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: f"{one.name}")
def test_every_route_can_be_made_with_the_types_of_what_is_sent(one: LateRoute) -> None:
    assert one.app is not None
    body = [] if one.body_field is None else [one.body_field]
    for field in (*fields_of(one.dependant), *body):
        _, faults = field.validate(object())
        assert faults


def test_a_server_starts_without_any_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, check=True, timeout=120
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["late"] == len(ROUTES)
    assert found["whole"] == found["loaded"] == []

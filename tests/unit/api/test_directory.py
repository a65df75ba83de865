"""The tree of routes finds what the framework's own walk finds."""

import re
from itertools import product

import pytest
from starlette.routing import Match, Route

from app.api.directory import Directory
from app.api.routes import ROUTERS

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
DIRECTORY = Directory(ROUTES)
PLACE = re.compile(r"{[^}]*}")


def scope(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}


def walked(method: str, path: str) -> Route | None:
    asked = scope(method, path)
    return next((one for one in ROUTES if one.matches(asked)[0] is Match.FULL), None)


def found(method: str, path: str) -> object:
    match, added = DIRECTORY.matches(scope(method, path))
    return added["route"] if match is Match.FULL else None


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.name}")
def test_finds_every_route(route: Route) -> None:
    for method in route.methods or ():
        path = PLACE.sub("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", route.path_format)
        assert found(method, path) is walked(method, path) is route


WORDS = sorted({part for route in ROUTES for part in route.path_format.split("/") if part})


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE"])
def test_agrees_with_the_walk_on_addresses_made_of_known_words(method: str) -> None:
    some = [word for word in WORDS if "{" not in word][::9]
    paths = [f"/v1/{a}/{b}" for a, b in product(some, repeat=2)] + [f"/v1/{a}" for a in some]
    for path in paths:
        assert found(method, path) is walked(method, path), path


@pytest.mark.parametrize("path", ["", "/", "//", "/v1//children", "/v1/children/", "/v1/nothing"])
def test_leaves_what_it_does_not_know_to_the_walk(path: str) -> None:
    assert found("GET", path) is None

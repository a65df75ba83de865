"""A plan gives an operation exactly what the framework would, or leaves the request to it."""

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends
from fastapi.dependencies.utils import solve_dependencies
from pydantic_core import PydanticUndefined
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from app.api.arguments import Plan, Unplanned, Unread, plan_of
from app.api.late_routes import LateRoute
from app.api.routes import ROUTERS
from app.db.paging import Cursor
from app.domain.errors import CairnError

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, LateRoute)]
DESCRIBED: dict[str, Any] = json.loads(Path("openapi/cairn.json").read_text())
FORMATS = {
    "uuid": "01939d2c-7a3e-7c61-8d57-2f9f0f0a6c11", "date": "2026-03-02", "email": "a@example.org",
    "date-time": "2026-03-02T10:00:00Z", "time": "10:00",
}  # fmt: skip
OF_TYPE = {"boolean": "true", "integer": "1", "number": "1"}
CURSOR = Cursor(datetime(2026, 3, 2, 10, tzinfo=UTC), UUID(FORMATS["uuid"])).encode()
NOTHING = object()
Query = list[tuple[str, str]]
FORMS = {"issue_token", "revoke_token"}
"""They take a form, which only the framework reads."""


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        where: Any = DESCRIBED
        for part in schema["$ref"].removeprefix("#/").split("/"):
            where = where[part]
        schema = where
    return schema


def chosen(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the first of its choices that is not null."""
    schema = resolved(schema)
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if resolved(choice).get("type") != "null":
            return chosen(choice)
    return schema


def value_of(name: str, schema: dict[str, Any]) -> Any:
    """A value that the schema takes; a list for one that may be given more than once."""
    schema = chosen(schema)
    if schema.get("type") == "array":
        return [value_of("", schema["items"])] * 2
    values = (
        CURSOR if name == "cursor" else None,
        schema.get("const"),
        *schema.get("enum", ()),
        FORMATS.get(schema.get("format", "")),
        OF_TYPE.get(schema.get("type", "")),
        "a" * max(1, schema.get("minLength", 1)),
    )
    return next(value for value in values if value is not None)


def method_of(route: LateRoute) -> str:
    assert route.methods is not None
    (method,) = route.methods
    return method


def parameters_of(route: LateRoute) -> Iterator[dict[str, Any]]:
    path = DESCRIBED["paths"].get(route.path_format, {})
    operation = path.get(method_of(route).lower(), {})
    for parameter in (*path.get("parameters", ()), *operation.get("parameters", ())):
        yield resolved(parameter)


def requested(route: LateRoute, query: Query, tag: str | None, body: Any) -> Request:
    headers = [(b"if-match", tag.encode())] if tag is not None else []
    named = {
        item["name"]: value_of(item["name"], item["schema"])
        for item in parameters_of(route)
        if item["in"] == "path"
    }
    request = Request(
        {
            "type": "http", "method": method_of(route), "path": route.path_format,
            "query_string": urlencode(query).encode(), "headers": headers, "app": Asked,
            "path_params": {name: named.get(name, "a") for name in route.param_convertors},
        },
        nothing_more,
    )  # fmt: skip
    request.state.work = request.state.reading = "what a transaction would be"
    if body is not NOTHING:
        request._json = body
    return request


async def nothing_more() -> dict[str, Any]:
    """What the server has received: an empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}


class Asked:
    """Stands for the application."""

    state = State({"runtime": "what serves"})


async def by_plan(plan: Plan, request: Request) -> Any:
    try:
        return await plan.arguments(request)
    except CairnError as refused:
        return type(refused), [problem.code for problem in getattr(refused, "problems", ())]


async def by_framework(route: LateRoute, request: Request) -> Any:
    """The framework's own answer; None where it finds a fault."""
    async with AsyncExitStack() as stack:
        request.scope["fastapi_inner_astack"] = request.scope["fastapi_function_astack"] = stack
        try:
            solved = await solve_dependencies(
                request=request, dependant=route.dependant, async_exit_stack=stack,
                body=getattr(request, "_json", PydanticUndefined), embed_body_fields=False,
            )  # fmt: skip
        except CairnError as refused:
            return type(refused), [problem.code for problem in getattr(refused, "problems", ())]
    return None if solved.errors else solved.values


async def compare(
    route: LateRoute, query: Query, tag: str | None = '"3"', body: Any = NOTHING
) -> bool:
    """Whether the framework takes a request; if so, the plan reads the same, and else nothing."""
    expected = await by_framework(route, requested(route, query, tag, body))
    try:
        found = await by_plan(plan_of(route), requested(route, query, tag, body))
    except Unread:
        found = None
        if body is NOTHING and route.body_field is not None:
            return False  # the framework finds out whether there is one
    assert shown(found) == shown(expected)
    return isinstance(expected, dict)


def shown(values: Any) -> Any:
    """What was read; one request is not equal to another."""
    if not isinstance(values, dict):
        return values
    return {name: "it" if isinstance(value, Request) else value for name, value in values.items()}


def test_every_route_but_two_forms_has_one() -> None:
    unplanned = set()
    for route in ROUTES:
        try:
            plan_of(route)
        except Unplanned:
            unplanned.add(route.name)
    assert unplanned == FORMS


PLANNED = [route for route in ROUTES if route.name not in FORMS]


@pytest.mark.parametrize("route", PLANNED, ids=lambda route: route.name)
class TestRoute:
    async def test_reads_parameters_as_the_framework_does(self, route: LateRoute) -> None:
        given = {
            item["name"]: listed(value_of(item["name"], item["schema"]))
            for item in parameters_of(route)
            if item["in"] == "query"
        }
        await compare(route, [])
        await compare(route, [(name, part) for name, parts in given.items() for part in parts])
        for name, parts in given.items():
            await compare(route, [(name, part) for part in parts])
            for odd in ("", "nonsense", "-1", "\u0000"):
                await compare(route, [(name, odd)])

    async def test_reads_the_version_as_the_framework_does(self, route: LateRoute) -> None:
        for tag in (None, "", '"4"', "W/4", '"4", "5"', '"' + 90 * "9" + '"'):
            await compare(route, [], tag)

    async def test_reads_the_body_as_the_framework_does(self, route: LateRoute) -> None:
        for body in ({}, [], None, "text", *examples_of(route)):
            await compare(route, [], body=body)


async def test_the_framework_refuses_what_a_plan_does_not_know() -> None:
    (route,) = [route for route in ROUTES if route.name == "list_concerns"]
    request = requested(route, [("no_such_parameter", "1")], None, NOTHING)
    with pytest.raises(Unread):
        await plan_of(route).arguments(request)


ONE_WORD = {"download_attachment", "download_past_file", "page_of_what_was_done"}
"""They take one parameter and show no list."""
LISTS = [
    route for route in PLANNED
    if route.name not in ONE_WORD and not route.path.startswith("/scim/")  # RFC 7644 ignores them
    and any(item["in"] == "query" for item in parameters_of(route))
]  # fmt: skip


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
async def test_a_list_refuses_a_parameter_that_it_does_not_know(route: LateRoute) -> None:
    """A filter that is written wrong would show everything, or today for another day."""
    known = [
        (item["name"], part)
        for item in parameters_of(route) if item["in"] == "query"
        for part in listed(value_of(item["name"], item["schema"]))
    ]  # fmt: skip
    assert (
        await by_framework(route, requested(route, [*known, ("limt", "1")], None, NOTHING)) is None
    )


async def test_what_is_left_to_the_framework_has_called_nothing() -> None:
    """Such as a function that counts towards a limit: the framework calls it, too."""
    calls: list[str] = []

    async def counted() -> None:
        calls.append("called")

    async def endpoint(_counted: Annotated[None, Depends(counted)], limit: int) -> Response:
        raise NotImplementedError

    router = APIRouter(route_class=LateRoute)
    router.add_api_route("/counted", endpoint, methods=["GET"])
    (route,) = (route for route in router.routes if isinstance(route, LateRoute))
    with pytest.raises(Unread):
        await plan_of(route).arguments(requested(route, [("limit", "many")], None, NOTHING))
    assert calls == []
    await plan_of(route).arguments(requested(route, [("limit", "3")], None, NOTHING))
    assert calls == ["called"]


async def test_the_framework_takes_most_of_what_is_compared() -> None:
    """Or two refusals would be compared."""
    bodies = [(route, body) for route in PLANNED for body in examples_of(route)]
    taken = [await compare(route, [], body=body) for route, body in bodies]
    assert len(bodies) > 200
    assert sum(taken) > 0.95 * len(bodies)


def listed(value: Any) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def examples_of(route: LateRoute) -> Iterator[Any]:
    """The bodies that the description shows."""
    path = DESCRIBED["paths"].get(route.path_format, {})
    operation = path.get(method_of(route).lower(), {})
    content = resolved(operation.get("requestBody", {})).get("content", {})
    for media in content.values():
        yield from resolved(media["schema"]).get("examples", ())
        if "example" in media:
            yield media["example"]

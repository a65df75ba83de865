"""Finds every route of an application, for the tests that sweep over all of them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from app.api.directory import Directory


@lru_cache(maxsize=2)
def all_routes(application: Any) -> list[BaseRoute]:
    """Every route of a FastAPI application, those of its routers included."""
    found = (context.original_route for context in iter_route_contexts(application.routes))
    return [route for route in found if not isinstance(route, Directory)]


def api_routes(application: Any) -> Iterator[tuple[str, APIRoute]]:
    """Each method in lower case with the route that answers it."""
    for route in all_routes(application):
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method.lower(), route

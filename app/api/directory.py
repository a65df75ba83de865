"""Finds a request's route by the parts of its path, however many routes there are.

The framework compares a path with one route after the other. This comes before them all, with the
routes as a tree. It leaves any path it does not find, such as one with another method, to the
framework, which words the refusal.
"""

from collections.abc import Iterable
from typing import Any

from starlette.convertors import StringConvertor
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

ANY = ""
"""The key of a branch that takes any part. A path with an empty part is never found here."""


class Directory(BaseRoute):
    """Routes as a tree of the parts of their paths; a fixed word comes before a parameter."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._roots: dict[str, dict[str, Any]] = {}
        for route in routes:
            if isinstance(route, Route) and _takes_whole_parts(route):
                for method in route.methods or ():
                    self._add(method, route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The found route's own match."""
        root = self._roots.get(scope.get("method", ""))
        parts = scope["path"].split("/")[1:]
        route = _find(root, parts, 0) if root and all(parts) else None
        return route.matches(scope) if route else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the found route answer."""
        await scope["route"].handle(scope, receive, send)

    def _add(self, method: str, route: Route) -> None:
        branch = self._roots.setdefault(method, {})
        for part in route.path_format.split("/")[1:]:
            branch = branch.setdefault(ANY if part.startswith("{") else part, {})
        branch.setdefault("/", route)


def _takes_whole_parts(route: Route) -> bool:
    kinds = route.param_convertors.values()
    parts = route.path_format.split("/")
    return all(type(kind) is StringConvertor for kind in kinds) and not any(
        "{" in part and not (part.startswith("{") and part.endswith("}")) for part in parts
    )


def _find(branch: dict[str, Any], parts: list[str], at: int) -> Route | None:
    if at == len(parts):
        return branch.get("/")
    for key in (parts[at], ANY):
        inner = branch.get(key)
        if inner is not None and (find := _find(inner, parts, at + 1)) is not None:
            return find
    return None

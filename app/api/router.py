"""A router that knows at one look whether an address may be one of its own."""

import re
from functools import cached_property

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import Match, Route
from starlette.types import Scope

GROUP = re.compile(r"\(\?P<\w+>")


class Router(APIRouter):
    """The routes of one noun.

    FastAPI asks each route of each router in turn, which for the last of some 500 takes longer
    than to answer. All addresses of a router are one pattern here: only the router that has the
    address goes through its routes.
    """

    @cached_property
    def _addresses(self) -> re.Pattern[str]:
        """What all of its addresses match; made at the first request, when no more are added."""
        patterns = (one.path_regex.pattern for one in self.routes if isinstance(one, Route))
        return re.compile("|".join(dict.fromkeys(GROUP.sub("(?:", one) for one in patterns)))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a route of this router is meant."""
        if scope["type"] != "http" or self._addresses.match(get_route_path(scope)) is None:
            return Match.NONE, {}
        return super().matches(scope)

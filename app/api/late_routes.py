"""Routes whose larger part is made when they are first asked (decision 0083)."""

import warnings
from collections.abc import Callable
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.routing import compile_path

from app.api.arguments import Handler, planned

# The framework silences this while it makes a type. Bodies' types are made later, by Pydantic.
NO_EFFECT: Final = "The 'alias' attribute with value '(body|query)'"
warnings.filterwarnings("ignore", NO_EFFECT, UserWarning)


class LateRoute(APIRoute):
    """Knows at once what finds it; the framework makes the rest at the first request.

    The rest is its handler, its parameters and the type of its body: some 60 KiB, which most
    routes of a server do not need for months. The types of its answers serve the description
    alone: `described` has them.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: list[str],
        responses: dict[int | str, dict[str, Any]],
        **rest: Any,
    ) -> None:
        self.path, self.endpoint = path, endpoint
        self.name = rest["name"] or endpoint.__name__
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {*methods}
        self.responses = responses
        self.operation_id = rest["operation_id"]
        self.openapi_extra = rest["openapi_extra"]
        self.include_in_schema = rest["include_in_schema"]
        self._arguments = rest | {"methods": methods}
        self._is_whole = False

    def __getattr__(self, name: str) -> Any:
        """Python asks for what is missing: the framework's part, unless that is made."""
        if self.__dict__.get("_is_whole", True):
            raise AttributeError(name)
        self._is_whole, responses = True, self.responses
        try:
            super().__init__(self.path, self.endpoint, **self._arguments)
        except BaseException:
            self._is_whole = False  # the next request tries again
            raise
        finally:
            self.responses = responses
        return getattr(self, name)

    def get_route_handler(self) -> Handler:
        """The framework's handler, with a quicker way to what the operation takes."""
        return planned(self, super().get_route_handler())

    def described(self) -> APIRoute:
        """The same route for the description, with the types of its answers."""
        return APIRoute(self.path, self.endpoint, responses=self.responses, **self._arguments)

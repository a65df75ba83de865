"""Reads what an operation takes by a plan that is made once for each route.

The framework looks at the type of every parameter again for each request: a fifth of the server's
work for a list. What a plan cannot read, or finds wrong, goes the framework's way, which words the
refusal.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.api.receiving import takes_several

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Read = Callable[[Request], Any]
"""Reads one argument. Raises `Unread`."""
UNPLANNED = (
    "cookie_params", "websocket_param_name", "http_connection_param_name", "response_param_name",
    "background_tasks_param_name", "security_scopes_param_name", "own_oauth_scopes", "concurrency",
)  # fmt: skip
"""What a function may ask of the framework and no plan gives it."""


class Unread(Exception):
    """The framework is to read this request."""


class Unplanned(Exception):
    """The framework is to read every request of this route."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to call a function: with what other functions answer, and with parts of the request."""

    call: Callable[..., Awaitable[Any]]
    inner: Mapping[str, "Plan"]
    reads: Mapping[str, Read]

    async def arguments(self, request: Request) -> dict[str, Any]:
        """The function's arguments by name. Raises `Unread`, and what an inner function raises.

        It reads everything before it calls anything: a request that is left to the framework has
        had no effect, such as counting towards a limit.
        """
        return await self._called(self._read(request))

    def _read(self, request: Request) -> dict[str, Any]:
        """What is read, by name. An inner function's name has what that one reads."""
        result: dict[str, Any] = {name: plan._read(request) for name, plan in self.inner.items()}
        for name, read in self.reads.items():
            result[name] = read(request)
        return result

    async def _called(self, result: dict[str, Any]) -> dict[str, Any]:
        """The same, where each inner function's answer replaces what that one reads."""
        for name, plan in self.inner.items():
            result[name] = await plan.call(**await plan._called(result[name]))
        return result


def planned(route: APIRoute, by_framework: Handler) -> Handler:
    """The handler of a route: by its plan, or by the framework without one."""
    try:
        plan = plan_of(route)
    except Unplanned:
        return by_framework

    async def answer(request: Request) -> Response:
        try:
            arguments = await plan.arguments(request)
        except Unread:
            return await by_framework(request)
        response: Response = await plan.call(**arguments)
        return response

    return answer


def plan_of(route: APIRoute) -> Plan:
    """The plan of a route. Raises `Unplanned`."""
    result = get_type_hints(route.endpoint).get("return")
    if not (isinstance(result, type) and issubclass(result, Response)):
        raise Unplanned
    return _plan_of(route.dependant, route.body_field)


def _plan_of(dependant: Dependant, body: Any = None) -> Plan:
    call = dependant.call
    if not inspect.iscoroutinefunction(call) or any(getattr(dependant, it) for it in UNPLANNED):
        raise Unplanned
    inner = {item.name: _plan_of(item) for item in dependant.dependencies}
    reads = dict(_reads_of(dependant, body))
    if dependant.request_param_name is not None:
        reads[dependant.request_param_name] = _itself
    if None in inner:  # it is called for its effect alone
        raise Unplanned
    return Plan(call, {str(name): plan for name, plan in inner.items()}, reads)


def _reads_of(dependant: Dependant, body: Any) -> Iterator[tuple[str, Read]]:
    for field in dependant.path_params:
        yield field.name, _read_one(field, lambda request: request.path_params)
    for field in dependant.query_params:
        is_model = _is_model(field.field_info.annotation)
        yield field.name, _read_model(field) if is_model else _read_one(field, _query_of)
    for field in dependant.header_params:
        yield field.name, _read_one(field, lambda request: request.headers)
    for field in dependant.body_params:
        if field is not body or isinstance(field.field_info, params.Form):
            raise Unplanned
        yield field.name, _read_body(field)


def _itself(request: Request) -> Request:
    return request


def _query_of(request: Request) -> Any:
    return request.query_params


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _checked(field: Any, value: Any) -> Any:
    result, errors = field.validate(value)
    if errors:
        raise Unread
    return result


def _read_one(field: Any, part: Callable[[Request], Any]) -> Read:
    """A parameter of its own."""
    info = field.field_info
    if info.validation_alias not in (None, info.alias):
        raise Unplanned
    name = field.alias
    if isinstance(info, params.Header) and name == field.name:
        name = name.replace("_", "-")
    several = takes_several(info.annotation)

    def read(request: Request) -> Any:
        given = part(request)
        if name in given:
            return _checked(field, given.getlist(name) if several else given[name])
        if info.is_required() or info.validate_default:
            raise Unread
        return deepcopy(field.default)

    return read


def _read_model(field: Any) -> Read:
    """The whole query as a model."""
    several: dict[str, bool] = {}
    for name, info in field.field_info.annotation.model_fields.items():
        if info.validation_alias not in (None, info.alias):
            raise Unplanned
        several[info.alias or name] = takes_several(info.annotation)

    def read(request: Request) -> Any:
        given: dict[str, Any] = {}
        for name, value in request.query_params.multi_items():
            if name not in several:
                raise Unread
            if several[name]:
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        return _checked(field, given)

    return read


def _read_body(field: Any) -> Read:
    """The body as JSON, which `receiving.read_fields` has read."""

    def read(request: Request) -> Any:
        if not hasattr(request, "_json"):
            raise Unread
        return _checked(field, request._json)

    return read

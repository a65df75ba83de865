"""The catalogue of problems: each code's meaning in two languages, and its operations."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.api.describe import GENERAL, failures_by_traits
from app.api.problems import catalogue, status_of
from app.domain.errors import CairnError

ANY: Final = "any"
WELSH: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("problems_cy.toml").read_text("utf-8")
)
"""`title` and `advice` in Welsh, by code; a family's shared advice by the family's name."""
REVIEW: Final[str | None] = WELSH.pop("review", None)
"""Who still has to review the Welsh."""


@lru_cache(maxsize=2)
def problem_kinds(app: FastAPI) -> dict[str, dict[str, Any]]:
    """Every problem by its code."""
    giving = operations_by_code(route for route in app.routes if isinstance(route, APIRoute))
    return {code: _described(kind, giving[code]) for code, kind in sorted(catalogue().items())}


def operations_by_code(routes: Iterable[APIRoute]) -> dict[str, set[str]]:
    """The operations that give each code; `any` for the general ones."""
    result: dict[str, set[str]] = defaultdict(set)
    for route in routes:
        extra = route.openapi_extra or {}
        if "x-errors" in extra:
            for method in route.methods or ():
                for kind in failures_by_traits(method.lower(), extra):
                    result[kind.code].add(route.operation_id or route.name)
    return result | {kind.code: {ANY} for kind in GENERAL}


def told_in(kind: type[CairnError], word: str) -> str:
    """The code or family that a kind's `title` or `advice` comes from."""
    owner = next(item for item in kind.__mro__ if word in vars(item))
    return str(vars(owner).get("code", owner.__name__))


def _described(kind: type[CairnError], operations: set[str]) -> dict[str, Any]:
    return {
        "code": kind.code,
        "status": status_of(kind),
        "title": kind.title,
        "title_cy": WELSH[told_in(kind, "title")]["title"],
        "advice": kind.advice,
        "advice_cy": WELSH[told_in(kind, "advice")]["advice"],
        "review_cy": REVIEW,
        "retry": kind.retry,
        "operations": sorted(operations),
        "type": f"/problems/{kind.code}",
    }

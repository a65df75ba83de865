"""Checks that a caller who repeats a request still sees the record of the kept answer.

It runs the record's GET and undoes it, so that no rule is written twice. The first request costs
nothing more.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request

from app.api.runtime import Runtime
from app.core.pointers import WITHIN_OTHERS
from app.core.words import Actor
from app.db.unit_of_work import UnitOfWork
from app.domain.access.grants.errors import BreakGlassNotFound
from app.domain.access.share_access.errors import ItemsHidden
from app.domain.errors import (
    CairnError,
    ChildNotFound,
    ConcernNotFound,
    ConflictOfInterest,
    FileLimited,
    Forbidden,
    NotFound,
)
from app.domain.kinds import every_kind, facts_by_key
from app.domain.safety.support_list.errors import SupportListEntryNotFound

PARAMETER: Final = re.compile(r"\{(\w+)\}")


class Opening(Protocol):
    """The route of a GET that opens a record and leaves a trace."""

    async def authorise(self, request: Request, runtime: Runtime, actor: Actor) -> Actor | None:
        """Open the record and undo that; answers the actor if the role opens no such record."""


OPENINGS: Final[dict[str, Opening]] = {}
"""Every opening by its path, filled as the operations are added."""


def openings_of(path: str) -> list[str]:
    """The openings of the records that a path names, the deepest first."""
    parts = path.split("/")
    named = [number for number, part in enumerate(parts, 1) if part.startswith("{")]
    prefixes = ["/".join(parts[:number]) for number in reversed(named)]
    return [prefix for prefix in prefixes if prefix in OPENINGS]


def opening_of_made(path: str) -> str | None:
    """The opening of a record made at this path: the same noun with its id, best beneath it."""
    noun, known = path.rpartition("/")[2], {*PARAMETER.findall(path)}
    made = re.compile(rf"(.*/)?{re.escape(noun)}/{{\w+}}")
    found = [item for item in OPENINGS if made.fullmatch(item)]
    found = [item for item in found if {*PARAMETER.findall(item.rpartition("/")[0])} <= known]
    return max(found, key=lambda item: item.startswith(path), default=None)


async def check_still_seen(
    route: APIRoute, request: Request, runtime: Runtime, actor: Actor, content: bytes
) -> None:
    """Raise the refusal from opening the deepest record in the path: not found, or forbidden.

    Checks the same for the record the request made, which the kept answer (`content`) shows whole:
    if that is hidden, its parent is not found. Only refusals of the operation itself count, so a
    caller who may write without seeing a record still gets the answer. If the role does not open
    the record, its parent decides, and whether the caller is related to the child.
    """
    await _check_named(route, request, runtime, actor)
    await _check_made(route, request, runtime, actor, content)


async def _check_named(route: APIRoute, request: Request, runtime: Runtime, actor: Actor) -> None:
    asked = (route.openapi_extra or {})["x-errors"]
    child = request.path_params.get("child_id")
    for opening in openings_of(route.path):
        try:
            known = await OPENINGS[opening].authorise(_asking(request), runtime, actor)
        except (Forbidden, NotFound) as refusal:
            if refusal.code in asked:
                raise
            continue
        if known is None:
            return
        related = child is not None and UUID(child) in known.conflicts.children
        if related and ConflictOfInterest.code in asked:
            raise ConflictOfInterest


async def _check_made(
    route: APIRoute, request: Request, runtime: Runtime, actor: Actor, content: bytes
) -> None:
    hidden: tuple[type[CairnError], ...] = (ConcernNotFound, ChildNotFound)
    named = [item for item in hidden if item.code in (route.openapi_extra or {})["x-errors"]]
    made = opening_of_made(route.path)
    if made is None or not named or "id" not in (kept := orjson.loads(content)):
        return
    ids = {**request.path_params, made.rpartition("/")[2].strip("{}"): kept["id"]}
    try:
        await OPENINGS[made].authorise(_asking(request, ids), runtime, actor)
    except CairnError as refusal:  # any other says why its content is not given at this moment
        if isinstance(refusal, ItemsHidden | NotFound):
            raise named[0] from refusal


def check_names_nobody_locked_out(route: APIRoute, actor: Actor, content: bytes) -> None:
    """Raise the operation's refusal about a child that the actor is now locked out from.

    For a request that names its children in its body, or a record that nothing opens: the kept
    answer itself says which they are. `actor` is as the database knows them.
    """
    if openings_of(route.path):
        return
    named = {child for child in actor.conflicts.children if str(child).encode() in content}
    if not named:
        return
    closed = FileLimited if named <= actor.conflicts.limited else ConflictOfInterest
    ways: tuple[tuple[str, type[CairnError]], ...] = (
        (ConflictOfInterest.code, closed),
        (SupportListEntryNotFound.code, SupportListEntryNotFound),
        (BreakGlassNotFound.code, BreakGlassNotFound),
    )
    for code, refusal in ways:
        if code in (route.openapi_extra or {})["x-errors"]:
            raise refusal


async def check_kept_is_shown(work: UnitOfWork, route: APIRoute, content: bytes) -> None:
    """Raise the operation's own failure if the record of the kept answer is hidden by now.

    For parts of a file that no GET opens by their id: the rule of their kind decides. If the
    operation adds one to a child, the child is not found. Concerns and children are opened.
    """
    asked, parents = (route.openapi_extra or {})["x-errors"], (ChildNotFound, ConcernNotFound)
    adds = "{child_id}" in route.path and opening_of_made(route.path) is None
    made = WITHIN_OTHERS if adds else ()
    kinds = [
        item for item in every_kind()
        if item.missing not in parents and (item.missing.code in asked or item.name in made)
    ]  # fmt: skip
    if not kinds or "id" not in (kept := orjson.loads(content or b"{}")):
        return
    keys = [(item.name, UUID(str(kept["id"]))) for item in kinds]
    facts = await facts_by_key(await work.driver(), work.actor.school_id, keys)
    for item, key in zip(kinds, keys, strict=True):
        if key in facts and not item.shows(work.actor, facts[key]):
            named = [failure for failure in (item.missing, *parents) if failure.code in asked]
            raise named[0] if named else item.missing


def _asking(request: Request, ids: Mapping[str, Any] | None = None) -> Request:
    """The same person's request to read, with its own state; `ids` as the path names them."""
    scope = {**request.scope, "method": "GET", "query_string": b"",
             "path_params": ids or request.path_params,
             "state": dict(request.scope["state"])}  # fmt: skip
    return Request(scope, request.receive)

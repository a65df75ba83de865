"""Whether who sends a request again still sees the record that the kept answer tells of.

The rule is the one that opens the record: its GET is run and undone, so that no rule is written
twice. The first request pays nothing for it.
"""

from typing import Final, Protocol
from uuid import UUID

from fastapi.routing import APIRoute
from starlette.requests import Request

from app.api.runtime import Runtime
from app.core.words import Actor
from app.domain.errors import ConflictOfInterest, Forbidden, NotFound


class Opening(Protocol):
    """The route of a GET that opens a record and leaves a trace."""

    async def look(self, request: Request, runtime: Runtime, actor: Actor) -> Actor | None:
        """Open the record and undo that; the actor where the role opens no such record."""


OPENINGS: Final[dict[str, Opening]] = {}
"""Every opening by its path, as the operations are added."""


def openings_of(path: str) -> list[str]:
    """The openings of the records that a path names, the deepest first."""
    parts = path.split("/")
    named = [number for number, part in enumerate(parts, 1) if part.startswith("{")]
    prefixes = ["/".join(parts[:number]) for number in reversed(named)]
    return [prefix for prefix in prefixes if prefix in OPENINGS]


async def check_still_seen(
    route: APIRoute, request: Request, runtime: Runtime, actor: Actor
) -> None:
    """Raise what opening the deepest record in the path raises: not found, or forbidden.

    Of what the operation asks for itself, that is: whoever may write without sight of a record is
    answered again, too. Who writes to what their role does not open is judged by what it hangs
    on, and whether they are related to the child.
    """
    asked = (route.openapi_extra or {})["x-errors"]
    child = request.path_params.get("child_id")
    for opening in openings_of(route.path):
        try:
            known = await OPENINGS[opening].look(_asking(request), runtime, actor)
        except (Forbidden, NotFound) as refusal:
            if refusal.code in asked:
                raise
            continue
        if known is None:
            return
        related = child is not None and UUID(child) in known.conflicts.children
        if related and ConflictOfInterest.code in asked:
            raise ConflictOfInterest


def _asking(request: Request) -> Request:
    """The same person's request to read, with a state of its own."""
    scope = {**request.scope, "method": "GET", "query_string": b"",
             "state": dict(request.scope["state"])}  # fmt: skip
    return Request(scope, request.receive)

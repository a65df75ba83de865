"""Finds answers with words that nobody has reviewed yet, and marks them."""

from collections.abc import Iterable
from typing import Any, Final, get_args

from pydantic import BaseModel, WithJsonSchema
from starlette.responses import Response

from app.core.vocabularies.terms import DRAFT

HEADER: Final = "Cairn-Vocabulary-Status"
SAYS: Final = f"`{DRAFT}`: of words in this answer."


def serves_drafts(out: Any) -> bool:
    """Whether an answer of this type can hold a code of a draft vocabulary, at any depth."""
    return _holds(out, set())


def mark(response: Response) -> Response:
    """Mark an answer as having draft words."""
    response.headers[HEADER] = DRAFT
    return response


def _holds(kind: Any, seen: set[Any]) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen:
            return False
        seen.add(kind)
        return any(
            _is_draft(field.metadata) or _holds(field.annotation, seen)
            for field in kind.model_fields.values()
        )
    aliased = getattr(kind, "__value__", None)
    if aliased is not None:
        if kind in seen:
            return False
        seen.add(kind)
        return _holds(aliased, seen)
    if _is_draft(getattr(kind, "__metadata__", ())):
        return True
    return any(_holds(arg, seen) for arg in get_args(kind))


def _is_draft(metadata: Iterable[Any]) -> bool:
    return any(
        isinstance(item, WithJsonSchema)
        and DRAFT in str((item.json_schema or {}).get("description")).lower()
        for item in metadata
    )

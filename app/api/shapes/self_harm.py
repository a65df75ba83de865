"""Bodies about self-harm to wishes, and the pathway to answers."""

from typing import Any

from pydantic import BaseModel

from app.api.schemas.self_harm import SelfHarmIn
from app.domain.concerns.raising import Raised
from app.domain.self_harm import words


def told(body: SelfHarmIn) -> dict[str, Any]:
    """What was told, without what nobody said."""
    return said(body)


def said(body: BaseModel) -> dict[str, Any]:
    """The fields of a body that say something; an answer keeps why there is none."""
    return {name: _plain(value) for name, value in body if value is not None and value != []}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def guidance(raised: Raised) -> dict[str, Any] | None:
    """What to do and say first; None where it is about something else."""
    if not raised.first:
        return None
    after = words.DONE if raised.watch.watched else words.DONE_UNWATCHED
    return {"first": list(raised.first), "after": after, "review": words.REVIEW}

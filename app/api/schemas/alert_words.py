"""Words of monitoring tools as bodies carry them: text of their own, or a number."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from app.core.schemas import BodyFault, text_of

LARGEST = 2**53
"""Of whole numbers that every JSON reader understands."""


def _worded(value: Any) -> Any:
    """Numbers are words too: many tools count their levels and events."""
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) > LARGEST):
        raise BodyFault("a word or a number")
    return str(value) if isinstance(value, int) else value


def _word_of(limit: int) -> Any:
    schema = {
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": limit, "pattern": r"\S"},
            {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
        ]
    }
    return Annotated[text_of(limit), BeforeValidator(_worded), WithJsonSchema(schema)]


ExternalId = _word_of(300)
SeverityWord = _word_of(80)
CategoryWord = _word_of(200)
SourceName = text_of(200)
SeverityName = text_of(80)
CategoryName = text_of(200)
Shown = Annotated[Any, WithJsonSchema({})]
"""What is only shown to people: cleaned and cut, never a reason to refuse an alert."""

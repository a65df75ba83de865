"""Texts and days of more than one noun, with their bounds."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from app.core.schemas import Told, text_of

Name = text_of(100)
TypedName = text_of(200)
SignedText = text_of(8_192)
"""A signed statement in compact form."""
Address = text_of(500)
SeveralLines = text_of(2_000)
Paragraph = text_of(4_000)
Password = text_of(1_000)


def _only_day(value: object) -> object:
    if not isinstance(value, str) or len(value) != 10 or not "1900" <= value[:4] <= "2200":
        raise Told("a day is YYYY-MM-DD between 1900 and 2200")
    return value


Day = Annotated[
    date, BeforeValidator(_only_day), WithJsonSchema({"type": "string", "format": "date"})
]
"""A day as text, in a year that a record can be about."""

"""Codes of the second factors of invented people."""

import base64
from datetime import datetime

from app.domain.people.second_factors import rules


def unwritten(secret: str) -> bytes:
    """A secret as people type it into an app, as bytes."""
    return base64.b32decode(secret + "=" * (-len(secret) % 8))


def code_of(secret: str, moment: datetime) -> str:
    """The code of a written secret at a moment."""
    return rules.code_at(unwritten(secret), rules.step_at(moment))

"""What stands behind a thing that somebody has to do: it decides who may know of it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

NOT_TO_OWN: Final = ("bereavement_duty",)
"""Kinds of task that a barred person may see and not have: they said the first word."""
ANYONE: Final = "anyone"
"""In place of a class: what any member of staff may be given to do."""


@dataclass(frozen=True, slots=True)
class SourceConcern:
    """The concern behind a thing, its present class, and the children it is about."""

    concern_id: UUID | None = None
    confidentiality: str | None = None
    children: tuple[UUID, ...] = ()

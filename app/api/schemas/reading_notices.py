"""Notices of unusual reading."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.conflicts import NamedChildOut
from app.core.schemas import ListIn, Out, PersonOut


class NoticeListIn(ListIn):
    """Which notices."""

    state: Literal["open", "reviewed"] | None = None


class NoticeCard(Out):
    """A rule that fired; it asks a person to look and decides nothing."""

    id: UUID
    rule: str = Field(
        description="`many_files`, `no_working_reason`, `own_colleagues_child`; it may grow."
    )
    rule_version: str
    words: str = Field(description="The rule in words, with the numbers that held.")
    measured: dict[str, int]
    reader: PersonOut
    child: NamedChildOut | None
    since: datetime
    until: datetime
    number: int = Field(description="How many entries of the trail made it fire.")
    owner: PersonOut
    due_at: datetime
    created_at: datetime
    reviewed_at: datetime | None
    outcome: str | None
    note: str | None
    etag: str
    permissions: list[str] = Field(description="What this reader may do next.")


class NoticeEntryOut(Out):
    """One entry of the trail that made it fire."""

    id: UUID
    at: datetime
    did: str
    role: str
    child: NamedChildOut | None


class NoticeOut(NoticeCard):
    """A notice with the entries that made it fire."""

    entries: list[NoticeEntryOut]

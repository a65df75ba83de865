"""Notices of unusual reading."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import NoticeOutcomesOut, NoticeRulesOut
from app.core.codes import EventKindsOut, RolesOut
from app.core.schemas import ListIn, NamedChildOut, Out, PersonOut, words

NoticeState = Literal["open", "reviewed"]
NoticeStatesOut: Any = words("NoticeStates", get_args(NoticeState))


class NoticeListIn(ListIn):
    """Which notices."""

    state: NoticeState | None = Field(
        default=None, description="Only open notices, or only reviewed ones. Default: both."
    )


class NoticeCard(Out):
    """A notice of unusual record access. It decides nothing: a person looks."""

    id: UUID = Field(description="Notice ID.")
    state: NoticeStatesOut = Field(description="Whether it has been reviewed.")
    rule: NoticeRulesOut = Field(description="Rule that raised it.")
    rule_version: str = Field(description="Version of the rule.")
    words: str = Field(description="The rule in words, with its numbers.")
    measured: dict[str, int] = Field(description="Counts, by name.")
    reader: PersonOut = Field(description="Person whose access it is about.")
    child: NamedChildOut | None = Field(description="Child whose record was opened; null: several.")
    since: datetime = Field(description="Start of the period.")
    until: datetime = Field(description="End of the period.")
    number: int = Field(description="Number of audit log entries behind it.")
    owner: PersonOut = Field(description="Person who owns the notice.")
    due_at: datetime = Field(description="Deadline of its review.")
    created_at: datetime = Field(description="When the notice was added.")
    reviewed_at: datetime | None = Field(description="When it was reviewed; null until then.")
    outcome: NoticeOutcomesOut | None = Field(description="What the review found; null until then.")
    note: str | None = Field(description="Note of the review; null until then.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class NoticeEntryOut(Out):
    """One audit log entry behind the notice."""

    id: UUID = Field(description="Audit log entry ID.")
    at: datetime = Field(description="When it happened.")
    verb: EventKindsOut = Field(description="Code of what was done.")
    role: RolesOut = Field(description="Role the person acted in.")
    child: NamedChildOut | None = Field(description="Child whose record was opened; null: none.")


class NoticeOut(NoticeCard):
    """A notice with the audit log entries behind it."""

    entries: list[NoticeEntryOut] = Field(description="Audit log entries behind it.")

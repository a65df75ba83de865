"""Conflicts of interest: said, listed and ended."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import ConflictKindsOut, ConflictStatesOut
from app.core.codes import ContactKindsOut
from app.core.schemas import ListIn, NamedChildOut, NamedConcernOut, Out, PersonOut, words


class ConflictListIn(ListIn):
    """Which conflicts."""

    state: Literal["open", "in_force", "to_confirm", "suggested", "ended"] | None = Field(
        default=None,
        description="`open`: `in_force`, `to_confirm` or `suggested`. Default: all.",
    )
    staff_id: UUID | None = Field(default=None, description="Only for this person.")
    child_id: UUID | None = Field(default=None, description="Only with this child.")
    concern_id: UUID | None = Field(default=None, description="Only in this concern.")


class ConflictOut(Out):
    """Why a person may not open a child's record, or one concern."""

    id: UUID = Field(description="Conflict ID.")
    kind: ConflictKindsOut = Field(description="How the conflict is known.")
    state: ConflictStatesOut = Field(
        description="`to_confirm`: blocks access until someone ends or confirms it. `suggested`: "
        "blocks nobody until a second person confirms it."
    )
    person: PersonOut = Field(description="Member of staff it blocks.")
    child: NamedChildOut | None = Field(
        description="Child they have an interest in; null: it is about a concern."
    )
    concern: NamedConcernOut | None = Field(
        description="Concern that names them; null: it is about a child."
    )
    reason: str | None = Field(description="The interest; null: not shown to you.")
    contact_id: UUID | None = Field(description="Contact it was found by; null: none.")
    created_at: datetime = Field(description="When the conflict was added.")
    ground_gone_at: datetime | None = Field(
        description="When the contact or relationship behind an undecided suggestion ended or "
        "changed; null: unchanged. Someone must still decide."
    )
    ended_at: datetime | None = Field(description="When the conflict ended; null: it still blocks.")
    end_reason: str | None = Field(description="Why it was ended; null: it still blocks.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


SuggestedReasons: Any = words("SuggestedReasons", {"same_name_and_phone"})


class ConflictSuggestionOut(Out):
    """A member of staff who may be a child's family. A person must decide."""

    person: PersonOut = Field(description="Member of staff who may be family.")
    child: NamedChildOut = Field(description="Child of the contact.")
    contact_id: UUID = Field(description="Contact who may be the member of staff.")
    contact_kind: ContactKindsOut = Field(description="What the contact is to the child.")
    reason_code: SuggestedReasons = Field(description="`same_name_and_phone`; the list may grow.")

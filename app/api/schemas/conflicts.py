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
    staff_id: UUID | None = Field(default=None, description="Only of this person.")
    child_id: UUID | None = Field(default=None, description="Only with this child.")
    concern_id: UUID | None = Field(default=None, description="Only in this concern.")


class ConflictOut(Out):
    """Why somebody is locked out from a child's record, or from one concern."""

    id: UUID = Field(description="Conflict ID.")
    kind: ConflictKindsOut = Field(description="How it is known.")
    state: ConflictStatesOut = Field(
        description="`to_confirm` locks out until a person ends or confirms it, `suggested` locks "
        "nobody out until a second person confirms it."
    )
    person: PersonOut = Field(description="Member of staff who is locked out.")
    child: NamedChildOut | None = Field(
        description="Child they have an interest in; null: a concern."
    )
    concern: NamedConcernOut | None = Field(description="Concern that names them; null: a child.")
    reason: str | None = Field(description="What the interest is; null: not shown to you.")
    contact_id: UUID | None = Field(description="Contact the link was found by; null: none.")
    created_at: datetime = Field(description="When the conflict was added.")
    ground_gone_at: datetime | None = Field(
        description="When the contact or relationship behind a suggestion ended or changed, "
        "undecided. Null while it stands. A person still has to decide."
    )
    ended_at: datetime | None = Field(
        description="When the conflict ended; null while it locks out."
    )
    end_reason: str | None = Field(description="Why it was ended; null while it locks out.")
    etag: str = Field(description="For If-Match.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


SuggestedReasons: Any = words("SuggestedReasons", {"same_name_and_phone"})


class ConflictSuggestionOut(Out):
    """Somebody who may be a child's family: a person has to judge."""

    person: PersonOut = Field(description="Member of staff who may be family.")
    child: NamedChildOut = Field(description="Child of the contact.")
    contact_id: UUID = Field(description="Contact who may be the member of staff.")
    contact_kind: ContactKindsOut = Field(description="What the contact is to the child.")
    reason_code: SuggestedReasons = Field(description="`same_name_and_phone`; the list may grow.")

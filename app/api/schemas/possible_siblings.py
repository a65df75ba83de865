"""Children who may be brothers and sisters."""

from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import SharedByOut
from app.core.schemas import Out
from app.domain.record.children.schemas import ChildFactsOut


class PossibleChildOut(ChildFactsOut):
    """The other child."""


class SharedOut(Out):
    """One contact detail both children share."""

    by: SharedByOut = Field(description="Type of detail.")
    contact_id: UUID | None = Field(
        description="Contact of this child; null: the child's own address."
    )
    other_contact_id: UUID | None = Field(
        description="Contact of the other child; null: that child's own address."
    )


class PossibleSiblingOut(Out):
    """A child who may be a sibling, and why. Counts once a person confirms it."""

    child: PossibleChildOut = Field(description="Child who may be a sibling.")
    shared: list[SharedOut] = Field(description="What the two have in common.")
    same_household: bool = Field(description="Whether they share an address.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")

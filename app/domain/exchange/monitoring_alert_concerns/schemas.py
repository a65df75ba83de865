"""How a concern is made of an alert."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import ConcernCategoriesChosenIn, ImmediaciesIn
from app.core.schemas import BodyFault, In, Narrative, NewId


class TakeUpIn(In):
    """The concern to raise from it, or to add it to."""

    id: NewId = None
    concern_id: UUID | None = Field(
        default=None,
        description="Open concern about the child to add it to. Default: a new concern.",
    )
    immediacy: ImmediaciesIn | None = Field(
        default=None, description="Urgency of the new concern. Required without `concern_id`."
    )
    account: Narrative | None = Field(
        default=None, description="Your own statement about it, added to the concern."
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[],
        max_length=10,
        description="Categories of the new concern. Default: those the alert maps to.",
    )
    staff_named: list[UUID] = Field(
        default=[], max_length=20, description="Staff the new concern is about or names."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.concern_id is None) == (self.immediacy is None):
            raise BodyFault("give either the concern it belongs to, or the immediacy of a new one")
        if self.concern_id is not None and (self.categories or self.staff_named):
            raise BodyFault("send categories and staff_named only with a new concern")
        return self

"""How a concern is made of an alert."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import ConcernCategoriesChosenIn, ImmediaciesIn
from app.core.schemas import BodyFault, In, Narrative, NewId


class TakeUpIn(In):
    """A concern to raise from it, or one it is added to."""

    id: NewId = None
    concern_id: UUID | None = Field(default=None, description="An open concern about the child.")
    immediacy: ImmediaciesIn | None = Field(
        default=None, description="Urgency of the new concern; required without `concern_id`."
    )
    account: Narrative | None = Field(
        default=None, description="What you say of it, kept as your own statement."
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[],
        max_length=10,
        description="Categories of the new concern. Default: what the alert is mapped to.",
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

"""Who a thing can be given to."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core.codes import RolesOut
from app.core.schemas import BodyFault, Out, PersonOut

OwnedKind = Literal[
    "action", "break_glass", "check_in", "concern", "concern_case", "drill", "failed_job",
    "file_request", "incoming_transfer", "meeting", "monitoring_alert", "reading_notice",
    "referral", "review", "role_proposal", "share", "task", "transfer", "webhook",
]  # fmt: skip
"""Kinds of the children's register whose records have an owner."""


class PossibleOwnersIn(BaseModel):
    """What is to be given to somebody: one that there is, or one that is yet to be made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about_kind: OwnedKind = Field(description="Kind of the record.")
    about_id: UUID | None = Field(default=None, description="Existing record.")
    concern_id: UUID | None = Field(
        default=None, description="Concern that a new record will belong to."
    )
    child_id: UUID | None = Field(
        default=None, description="Child that a new record will be about."
    )

    @model_validator(mode="after")
    def _says_one(self) -> "PossibleOwnersIn":
        if sum(item is not None for item in (self.about_id, self.concern_id, self.child_id)) != 1:
            raise BodyFault("give one of about_id, concern_id and child_id")
        return self

    @property
    def of(self) -> tuple[str, UUID]:
        """The record that decides: the thing itself, or what a new one belongs to."""
        if self.about_id is not None:
            return self.about_kind, self.about_id
        given = {"concern": self.concern_id, "child": self.child_id}
        (result,) = ((kind, id_) for kind, id_ in given.items() if id_ is not None)
        return result


class PossibleOwnerOut(PersonOut):
    """A person who could own it today."""

    roles: list[RolesOut] = Field(description="Roles they hold today.")
    away: bool = Field(description="Whether they are away today. Cairn then alerts their cover.")
    owns_it: bool = Field(description="Whether they own it now.")


class PossibleOwnerListOut(Out):
    """Possible owners: leads, deputies, headteacher, others. Absent people last."""

    items: list[PossibleOwnerOut] = Field(description="Possible owners.")

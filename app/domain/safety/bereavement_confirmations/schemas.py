"""How a case begins, and what two people say of it."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    BereavementConfirmersIn,
    BereavementPeopleIn,
)
from app.core.schemas import (
    BodyFault,
    Day,
    In,
    Line,
    Narrative,
    NewId,
    Word,
)


class CaseIn(In):
    """Somebody says that a person has died; another person confirms it."""

    id: NewId
    person_died: BereavementPeopleIn = Field(
        description="Who died: a pupil, a member of staff or another person."
    )
    child_id: UUID | None = Field(default=None, description="Where their file is kept here.")
    person: Line | None = Field(
        default=None, description="Name of anybody else; kept in the case alone."
    )
    learned_from: Narrative = Field(description="How the school learned of the death.")
    died_on: Day | None = Field(default=None, description="Day of death.")
    authority: Word | None = Field(
        default=None,
        description="The authority whose contacts are shown first. Default: the school's own.",
    )

    @model_validator(mode="after")
    def _named(self) -> "CaseIn":
        if self.child_id is None and (self.person is None or self.person_died == "pupil"):
            raise BodyFault("name the child, or who it is")
        return self


class ConfirmCaseIn(In):
    """Who confirmed it to the school."""

    confirmed_by: BereavementConfirmersIn = Field(description="Authority that confirmed it.")
    confirmed_with: Line = Field(
        description="Who they confirmed it with, and how they were reached."
    )
    died_on: Day | None = Field(default=None, description="Day of death.")

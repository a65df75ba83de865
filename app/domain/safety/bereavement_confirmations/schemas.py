"""How a case begins, and what two people say of it."""

from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import BereavementConfirmersIn, BereavementPeopleIn
from app.core.schemas import BodyFault, Day, In, Line, Narrative, NewId, Word


class CaseIn(In):
    """A reported death. Another person confirms it."""

    id: NewId
    person_died: BereavementPeopleIn = Field(
        description="Who died: a pupil, member of staff or another person."
    )
    child_id: UUID | None = Field(
        default=None, description="Pupil who died, if their record is here."
    )
    person: Line | None = Field(
        default=None, description="Name of a person who is not a pupil. Kept in the case only."
    )
    learned_from: Narrative = Field(description="How the school learned of the death.")
    died_on: Day | None = Field(default=None, description="Day of death.")
    authority: Word | None = Field(
        default=None,
        description="Local authority whose contacts come first. Default: the school's own.",
    )

    @model_validator(mode="after")
    def _named(self) -> "CaseIn":
        if self.child_id is None and (self.person is None or self.person_died == "pupil"):
            raise BodyFault("name the child, or who it is")
        return self


class ConfirmCaseIn(In):
    """How the death was confirmed to the school."""

    confirmed_by: BereavementConfirmersIn = Field(description="Authority that confirmed the death.")
    confirmed_with: Line = Field(
        description="Person you confirmed it with, and how you reached them."
    )
    died_on: Day | None = Field(default=None, description="Day of death.")

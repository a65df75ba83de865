"""What a person says in their own report, and of it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import DeliveryRoutesIn
from app.core.schemas import In, Line, Moment, Narrative, NewId
from app.domain.sharing.referral_drafts.schemas import FieldAnswerIn, FieldName


class DutySendingIn(In):
    """A mandatory report you made yourself."""

    route: DeliveryRoutesIn = Field(description="How you made it yourself, such as `phoned`.")
    at: Moment = Field(description="When you made it.")
    to: Line = Field(description="Person or service you reported to.")
    agency_reference: Line | None = Field(
        default=None, description="Reference the police gave you."
    )
    note: Narrative | None = Field(default=None, description="Further details.")


Answers = Annotated[dict[FieldName, FieldAnswerIn], Field(max_length=100)]


class MandatoryReportIn(In):
    """A mandatory report about a child in your own concern."""

    id: NewId
    concern_id: UUID = Field(description="Concern you raised yourself.")
    child_id: UUID = Field(description="Child of a concern you raised.")
    kind: Literal["fgm_report", "csa_report"] = Field(description="Duty it fulfils.")
    agency_id: UUID | None = Field(
        default=None, description="Agency to report to. Default: the police."
    )
    fields: Answers = Field(default_factory=dict, description="Answers, by the form's field names.")

"""Reports that are a person's own duty in law."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.referral_answers import FieldAnswerOut
from app.api.schemas.referrals import ONLY_NAMES, FieldAnswerIn, FieldName
from app.core.codes import ReferralKindsOut, ReferralStatesOut
from app.core.schemas import In, NewId, Out

Answers = Annotated[
    dict[FieldName, FieldAnswerIn], Field(max_length=100, json_schema_extra=ONLY_NAMES)
]


class MandatoryReportIn(In):
    """A report about a child of one's own concern."""

    id: NewId
    concern_id: UUID = Field(description="A concern that you raised yourself.")
    child_id: UUID
    kind: Literal["fgm_report", "csa_report"]
    agency_id: UUID | None = Field(default=None, description="Without it: the police.")
    fields: Answers = Field(default_factory=dict)


class MandatoryReportPatch(In):
    """A merge patch of the answers: null takes one away."""

    fields: dict[FieldName, FieldAnswerIn | None] = Field(
        max_length=100, json_schema_extra=ONLY_NAMES
    )


class MandatoryReportOut(Out):
    """One's own report."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    concern_id: UUID | None
    kind: ReferralKindsOut
    agency_id: UUID
    agency_name: str
    form_version: str
    fields: dict[str, FieldAnswerOut]
    sources: dict[str, str] = Field(description="Where an answer was taken from.")
    missing: list[str] = Field(description="Pointers at answers it lacks; it can be made so, too.")
    state: ReferralStatesOut
    agency_reference: str | None
    due_at: datetime | None
    due_rule: str | None
    sent_at: datetime | None
    ended_at: datetime | None
    drafted_at: datetime
    changed_at: datetime
    permissions: list[str] = Field(description="Operations you may do next.")


class MandatoryReportCard(Out):
    """One's own report in a list."""

    id: UUID
    reference: str
    kind: ReferralKindsOut
    state: ReferralStatesOut
    due_at: datetime | None
    sent_at: datetime | None
    drafted_at: datetime

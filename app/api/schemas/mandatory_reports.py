"""Reports that are a person's own duty in law."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.referral_answers import FieldAnswerOut
from app.core.codes import ReferralKindsOut, ReferralStatesOut
from app.core.schemas import In, Out
from app.domain.sharing.referral_drafts.schemas import FieldAnswerIn, FieldName


class MandatoryReportPatch(In):
    """A merge patch of the answers: null removes one."""

    fields: dict[FieldName, FieldAnswerIn | None] = Field(
        max_length=100,
        description="Answers, by field name; null removes one.",
    )


class MandatoryReportOut(Out):
    """One of your mandatory reports."""

    id: UUID = Field(description="Report ID.")
    reference: str = Field(description="Report reference that people use.")
    child_id: UUID = Field(description="Child the report is about.")
    child_name: str = Field(description="Child's name.")
    concern_id: UUID | None = Field(description="Concern the report belongs to; null: none.")
    kind: ReferralKindsOut = Field(description="Duty it fulfils.")
    agency_id: UUID = Field(description="Police force the report goes to.")
    agency_name: str = Field(description="Name of the police force.")
    form_version: str = Field(description="Version of the form.")
    fields: dict[str, FieldAnswerOut] = Field(description="Answers, by the form's field names.")
    sources: dict[str, str] = Field(description="Part of the record each answer comes from.")
    missing: list[str] = Field(
        description="JSON Pointers to missing answers. You can still make the report."
    )
    state: ReferralStatesOut = Field(description="State of the report.")
    agency_reference: str | None = Field(description="Reference you were given; null until then.")
    due_at: datetime | None = Field(description="Deadline of the report; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    sent_at: datetime | None = Field(description="When you made the report; null until then.")
    ended_at: datetime | None = Field(description="When it was made or withdrawn; null while open.")
    drafted_at: datetime = Field(description="When you started it.")
    changed_at: datetime = Field(description="When the report last changed.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class MandatoryReportCard(Out):
    """A mandatory report in a list."""

    id: UUID = Field(description="Report ID.")
    reference: str = Field(description="Report reference that people use.")
    kind: ReferralKindsOut = Field(description="Duty it fulfils.")
    state: ReferralStatesOut = Field(description="State of the report.")
    due_at: datetime | None = Field(description="Deadline of the report; null: none.")
    sent_at: datetime | None = Field(description="When you made the report; null until then.")
    drafted_at: datetime = Field(description="When you started it.")

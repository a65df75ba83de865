"""What leaves the school as it was frozen: shares and referrals, item by item.

Narratives stand as they were told to this reader: others are hidden, passages left out.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from app.api.schemas.known_words import (
    AmendmentKindsOut,
    FieldTypesOut,
    FileWarningsOut,
    UrgenciesOut,
)
from app.api.schemas.referral_answers import ConsentOut, FieldAnswerOut
from app.api.schemas.told_pathways import ToldSelfHarmOut
from app.api.schemas.written import ToldMarkOut, WrittenPart
from app.core.codes import (
    ActionStatesOut,
    ChildStatusKindsOut,
    ChronologyKindsOut,
    ClosureOutcomesOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConcernSourcesOut,
    ConcernStatesOut,
    DecisionKindsOut,
    HarmContextsOut,
    LawfulBasesOut,
    OccurredPrecisionsOut,
    RecipientKindsOut,
    ReferralKindsOut,
    SafetyRecordKindsOut,
    SharePurposesOut,
    StatementKindsOut,
)
from app.core.schemas import Out, VocabularyStatus, absent


class SchoolOfSnapshotOut(Out):
    """The school it comes from."""

    name: str = Field(description="Name of the school.")
    phone: str | None = Field(
        default=None, description="Phone number; null: none. Absent in older snapshots."
    )


class ChildOfSnapshotOut(Out):
    """The child it is about."""

    name: str = Field(description="Legal name.")
    known_as: str = Field(description="Name used at school.")
    date_of_birth: date | None = Field(description="Date of birth; null: not known.")


class PersonOfSnapshotOut(Out):
    """A member of staff, or their job if not to be named."""

    name: str = Field(description="Name, or job if not to be named.")
    job_title: str | None = Field(description="Job title; null: not known.")


class ToldChildOut(Out):
    """A child in a concern. Other children are described, not named."""

    who: str = Field(description="Name of this child, or a description of another.")
    role: ConcernChildRolesOut = Field(description="The child's part in it.")


class ToldStatementOut(Out):
    """A statement."""

    kind: StatementKindsOut = Field(description="Type of statement.")
    text: str = Field(description="The words as they were written.")
    prompted_by: str | None = Field(description="What was said or asked before; null: not said.")
    basis: str | None = Field(description="Grounds for an opinion; null: not said.")
    told_by: str | None = Field(
        default=None, description="Person who told it; null: not said. Absent for families."
    )


class ToldAmendmentOut(Out):
    """An amendment, kept beside the original."""

    kind: AmendmentKindsOut = Field(description="Correction or addition.")
    text: str = Field(description="Added or corrected text.")
    recorded_at: datetime = Field(description="When Cairn saved the amendment.")
    recorded_by: PersonOfSnapshotOut = Field(description="Person who recorded it.")


class ToldPlaceOut(Out):
    """Where it happened."""

    place: str | None = Field(description="Where it happened; null: not said.")
    context: HarmContextsOut | None = Field(
        description="Kind of place it happened in; null: not said."
    )


class ToldCategoriesOut(Out):
    """Categories of the concern."""

    primary: ConcernCategoriesOut | None = Field(description="Main category; null: none.")
    all: list[ConcernCategoriesOut] = Field(description="All categories.")


class ToldDecisionOut(Out):
    """A decision with its reason."""

    decided: DecisionKindsOut = Field(description="Type of decision.")
    question: str = Field(description="Question to decide.")
    decision: str = Field(description="What was decided.")
    reason: str = Field(description="Reason for the decision.")
    decided_by: PersonOfSnapshotOut = Field(description="Person who decided it.")
    decided_at: datetime = Field(description="When it was decided.")


class ToldActionOut(Out):
    """An action."""

    what: str = Field(description="What to do.")
    state: ActionStatesOut = Field(description="State of the action.")
    outcome: str | None = Field(description="What was done; null: not completed.")
    owner: PersonOfSnapshotOut = Field(description="Person who does it.")
    due_at: datetime = Field(description="Deadline of the action.")


class ToldOutcomeOut(Out):
    """Outcome of the concern."""

    state: ConcernStatesOut = Field(description="State of the concern.")
    outcome: ClosureOutcomesOut | None = Field(description="Outcome; null until closed.")


class AttachmentOfSnapshotOut(Out):
    """A file sent with it. `.../attachments/{number}` returns the bytes with this SHA-256."""

    number: int = Field(description="Number in the file's address, from 1.")
    name: str = Field(description="Name of the file.")
    content_type: str = Field(description="Media type.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    warnings: list[FileWarningsOut] = Field(
        description="Warnings before opening it: codes of `attachment_flags`, and `not_scanned` "
        "(no malware scan)."
    )


class ConcernOfSnapshotOut(Out):
    """A concern. Parts that were not chosen are absent."""

    kind: Literal["concern"]
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    recorded_by: PersonOfSnapshotOut = Field(description="Person who recorded it.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    children: list[ToldChildOut] = Field(description="Children the concern is about.")
    reference: str = absent(description="Concern reference; absent for families.")
    source: ConcernSourcesOut = absent(
        description="How the school came to know; absent for families."
    )
    account: list[ToldStatementOut] = Field(default=[], description="Statements as submitted.")
    amendments: list[ToldAmendmentOut] = Field(default=[], description="Amendments, oldest first.")
    place: ToldPlaceOut | None = Field(
        default=None, description="Where it happened; null: not shared."
    )
    categories: ToldCategoriesOut | None = Field(
        default=None, description="Categories; null: not shared."
    )
    body_map: list[ToldMarkOut] = Field(default=[], description="Marks on the body map.")
    decisions: list[ToldDecisionOut] = Field(default=[], description="Decisions, oldest first.")
    actions: list[ToldActionOut] = Field(default=[], description="Actions, with their owners.")
    outcome: ToldOutcomeOut | None = Field(
        default=None, description="State and outcome; null: not shared."
    )
    attachments: list[AttachmentOfSnapshotOut] = Field(
        default=[], description="Chosen files; absent: none."
    )
    self_harm: ToldSelfHarmOut | None = Field(
        default=None,
        description="What was said about self-harm or dying; null: nothing.",
    )


class DecisionOfSnapshotOut(ToldDecisionOut):
    """A decision about the child."""

    kind: Literal["decision"]


class StatusOfSnapshotOut(Out):
    """A status of the child, with the days it applies."""

    kind: Literal["status"]
    status: ChildStatusKindsOut = Field(description="Type of status.")
    detail: str | None = Field(description="Further details; null: none.")
    valid_from: date = Field(description="First day it applied.")
    valid_to: date | None = Field(description="First day it no longer applied; null while it does.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")


class RecordOfSnapshotOut(Out):
    """A safety record. `record` decides the shape of `content`."""

    kind: Literal["record"]
    record: SafetyRecordKindsOut = Field(description="Type of record.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When Cairn saved the record.")
    recorded_by: PersonOfSnapshotOut = Field(description="Person who recorded it.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    amends: bool = Field(description="Whether it corrects an earlier record.")
    amended_since: bool = Field(description="Whether a later record corrects it.")
    reason: str | None = Field(description="Why it amends another; null: it amends none.")
    post_event: bool = Field(description="Whether it was written after a death.")
    content: dict[str, WrittenPart] = Field(description="Content, by part.")
    vocabulary_status: VocabularyStatus


ItemOfSnapshotOut = Annotated[
    ConcernOfSnapshotOut | DecisionOfSnapshotOut | StatusOfSnapshotOut | RecordOfSnapshotOut,
    Field(discriminator="kind"),
]


class RecipientOfSnapshotOut(Out):
    """The recipient."""

    kind: RecipientKindsOut = Field(description="Type of recipient.")
    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")
    organisation: str | None = Field(description="Organisation they work for; null: none.")


class ShareSnapshotOut(Out):
    """Everything the recipient gets."""

    format: Literal["cairn-share/1"]
    kind: Literal["share"]
    reference: str = Field(description="Share reference that people use.")
    school: SchoolOfSnapshotOut = Field(description="School that shares it.")
    child: ChildOfSnapshotOut = Field(description="Child the share is about.")
    recipient: RecipientOfSnapshotOut = Field(description="Recipient of the share.")
    purpose: SharePurposesOut = Field(description="Purpose.")
    purpose_detail: str | None = Field(description="Purpose in words; null: not said.")
    lawful_basis: LawfulBasesOut | None = Field(
        description="Lawful basis for sharing; null: not chosen."
    )
    items: list[ItemOfSnapshotOut] = Field(description="Shared records.")


class AgencyOfSnapshotOut(Out):
    """The agency it is for, and its contact details. Older snapshots have none."""

    name: str = Field(description="Name of the agency.")
    kind: RecipientKindsOut = Field(description="Type of agency.")
    phone: str | None = Field(default=None, description="Phone number in office hours; null: none.")
    out_of_hours_phone: str | None = Field(
        default=None, description="Phone number out of hours; null: none."
    )
    email: str | None = Field(default=None, description="Email address; null: none.")
    address: str | None = Field(default=None, description="Postal address; null: none.")


class FormFieldOfSnapshotOut(Out):
    """A field of the form. Its name finds the answer in `fields`."""

    name: str = Field(description="Name of the field in `fields`.")
    label: str = Field(description="Question on the form.")
    type: FieldTypesOut = Field(description="Type of answer.")
    required: bool = Field(default=False, description="Whether approval needed an answer.")


class FormSectionOfSnapshotOut(Out):
    """A section of the form."""

    name: str = Field(description="Name of the section.")
    label: str = Field(description="Heading of the section.")
    fields: list[FormFieldOfSnapshotOut] = Field(description="Fields of the section.")


class FormOfSnapshotOut(Out):
    """The form with its labels, so the answers can be read alone."""

    kind: ReferralKindsOut = Field(description="Kind of referral.")
    label: str = Field(description="Name of the form.")
    version: str = Field(description="Version of the form.")
    variant: str | None = Field(description="Code of a local form; null: none.")
    authority: str | None = Field(description="Local authority of that form; null: none.")
    sections: list[FormSectionOfSnapshotOut] = Field(description="Sections of the form.")


class ChronologyOfSnapshotOut(Out):
    """One short chronology entry."""

    kind: ChronologyKindsOut = Field(description="Type of entry.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When it was saved.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    category: ConcernCategoriesOut | None = Field(
        description="Category of the concern; null: not a concern."
    )
    summary: str | None = Field(description="What happened, in one line; null: nothing.")
    child_said: str | None = Field(description="What the child said; null: nothing.")


class ReferralSnapshotOut(Out):
    """Everything the agency gets."""

    format: Literal["cairn-referral/1"]
    kind: Literal["referral"]
    referral_kind: ReferralKindsOut = Field(description="Kind of referral.")
    reference: str = Field(description="Referral reference that people use.")
    urgency: UrgenciesOut = Field(description="How urgent it is.")
    school: SchoolOfSnapshotOut = Field(description="School that refers.")
    child: ChildOfSnapshotOut = Field(description="Child the referral is about.")
    agency: AgencyOfSnapshotOut = Field(description="Agency it goes to.")
    written_by: str = Field(description="Person who wrote it.")
    lawful_basis: LawfulBasesOut | None = Field(
        description="Lawful basis for sharing; null: not chosen."
    )
    fields: dict[str, FieldAnswerOut] = Field(description="Answers, by the form's field names.")
    consent: ConsentOut | None = Field(
        description="What the family was told and asked; null: not given."
    )
    items: list[ItemOfSnapshotOut] = Field(description="Records sent with it.")
    form: FormOfSnapshotOut = absent(description="The form; absent in older snapshots.")
    chronology: list[ChronologyOfSnapshotOut] = Field(
        default=[], description="Chronology extract; absent: none was chosen."
    )


SnapshotOut = Annotated[ShareSnapshotOut | ReferralSnapshotOut, Field(discriminator="kind")]

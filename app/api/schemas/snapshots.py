"""What leaves the school as it was frozen: shares and referrals, item by item.

Narratives stand as they were told to this reader: others are hidden, passages left out.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from app.api.schemas.known_words import FieldTypesOut, FileWarningsOut, UrgenciesOut
from app.api.schemas.referral_answers import (
    ConsentOut,
    FieldAnswerOut,
)
from app.api.schemas.told_pathways import ToldSelfHarmOut
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    ActionStatesOut,
    BodyMapRegionsOut,
    BodyMapViewsOut,
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
    MarkColoursOut,
    MarkShapesOut,
    OccurredPrecisionsOut,
    RecipientKindsOut,
    ReferralKindsOut,
    SharePurposesOut,
    StatementKindsOut,
)
from app.core.schemas import Out, VocabularyStatus


class SchoolOfSnapshotOut(Out):
    """Where it comes from."""

    name: str
    phone: str | None = Field(default=None, description="Absent in older ones.")


class ChildOfSnapshotOut(Out):
    """The one child it is about."""

    name: str
    known_as: str
    date_of_birth: date | None


class PersonOfSnapshotOut(Out):
    """A member of staff; of one who is not to be named, what they are."""

    name: str
    job_title: str | None


class ToldChildOut(Out):
    """A child in a concern; another child by what they are, not by name."""

    who: str
    role: ConcernChildRolesOut


class ToldStatementOut(Out):
    """A statement."""

    kind: StatementKindsOut
    text: str
    prompted_by: str | None
    basis: str | None
    told_by: str | None = Field(default=None, description="Absent for families.")


class ToldAmendmentOut(Out):
    """An amendment beside the original."""

    kind: str = Field(description="`correction` or `addition`.")
    text: str
    recorded_at: datetime
    recorded_by: PersonOfSnapshotOut


class ToldPlaceOut(Out):
    """Where it happened."""

    place: str | None
    context: HarmContextsOut | None


class ToldCategoriesOut(Out):
    """What it is about."""

    primary: ConcernCategoriesOut | None
    all: list[ConcernCategoriesOut]


class ToldMarkOut(Out):
    """A mark on a body map; `x` and `y` go from 0 to 1, from the left and from the top."""

    view: BodyMapViewsOut
    x: float
    y: float
    region: BodyMapRegionsOut
    size_mm: int | None
    colour: MarkColoursOut | None
    shape: MarkShapesOut | None
    explanation: str | None


class ToldDecisionOut(Out):
    """A decision with its reasons."""

    decided: DecisionKindsOut
    question: str
    decision: str
    reasons: str
    decided_by: PersonOfSnapshotOut
    decided_at: datetime


class ToldActionOut(Out):
    """Something that was to be done."""

    what: str
    state: ActionStatesOut
    outcome: str | None
    owner: PersonOfSnapshotOut
    due_at: datetime


class ToldOutcomeOut(Out):
    """What came of a concern."""

    state: ConcernStatesOut
    outcome: ClosureOutcomesOut | None


class AttachmentOfSnapshotOut(Out):
    """A file that was sent with it: `.../attachments/{number}` has bytes of this SHA-256."""

    number: int
    name: str
    content_type: str
    size: int = Field(description="In bytes.")
    sha256: str = Field(description="Of the bytes, in hex.")
    warnings: list[FileWarningsOut] = Field(
        description="What to know before opening it: flags of `attachment_flags`, and "
        "`not_scanned` where nobody has looked for malware."
    )


class ConcernOfSnapshotOut(Out):
    """A concern: the chosen parts are there, the others absent."""

    kind: Literal["concern"]
    recorded_at: datetime
    recorded_by: PersonOfSnapshotOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    children: list[ToldChildOut]
    reference: str | None = Field(default=None, description="Absent for families.")
    source: ConcernSourcesOut | None = Field(default=None, description="Absent for families.")
    account: list[ToldStatementOut] = Field(default=[])
    amendments: list[ToldAmendmentOut] = Field(default=[])
    place: ToldPlaceOut | None = Field(default=None)
    categories: ToldCategoriesOut | None = Field(default=None)
    body_map: list[ToldMarkOut] = Field(default=[])
    decisions: list[ToldDecisionOut] = Field(default=[])
    actions: list[ToldActionOut] = Field(default=[])
    outcome: ToldOutcomeOut | None = Field(default=None)
    attachments: list[AttachmentOfSnapshotOut] = Field(
        default=[], description="The files that were chosen; absent where none was."
    )
    self_harm: ToldSelfHarmOut | None = Field(
        default=None, description="What was told of self-harm or words about dying; else null."
    )


class DecisionOfSnapshotOut(ToldDecisionOut):
    """A decision about the child."""

    kind: Literal["decision"]


class StatusOfSnapshotOut(Out):
    """A status of the child, until the first day without it."""

    kind: Literal["status"]
    status: ChildStatusKindsOut
    detail: str | None
    valid_from: date
    valid_to: date | None
    lead_agency: str | None


class RecordOfSnapshotOut(Out):
    """A record of keeping the child safe; the shape of `content` goes with `record`."""

    kind: Literal["record"]
    record: str = Field(description="Such as `safety_check`, `support_note` or `safety_plan`.")
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime
    recorded_by: PersonOfSnapshotOut
    late: bool
    amends: bool = Field(description="It says what is right now beside what was written before.")
    amended_since: bool = Field(description="Somebody has written later what is right now.")
    reason: str | None = Field(description="Why it amends another.")
    post_event: bool = Field(description="Written after a death.")
    content: dict[str, WrittenPart]
    vocabulary_status: VocabularyStatus


ItemOfSnapshotOut = Annotated[
    ConcernOfSnapshotOut | DecisionOfSnapshotOut | StatusOfSnapshotOut | RecordOfSnapshotOut,
    Field(discriminator="kind"),
]


class RecipientOfSnapshotOut(Out):
    """For whom it is."""

    kind: RecipientKindsOut
    name: str
    job_title: str | None
    organisation: str | None


class ShareSnapshotOut(Out):
    """What the recipient of a share gets."""

    format: Literal["cairn-share/1"]
    kind: Literal["share"]
    reference: str
    school: SchoolOfSnapshotOut
    child: ChildOfSnapshotOut
    recipient: RecipientOfSnapshotOut
    purpose: SharePurposesOut
    purpose_detail: str | None
    lawful_basis: LawfulBasesOut | None
    items: list[ItemOfSnapshotOut]


class AgencyOfSnapshotOut(Out):
    """The agency it is for, and where it is reached; that is absent in older ones."""

    name: str
    kind: RecipientKindsOut
    phone: str | None = Field(default=None)
    out_of_hours_phone: str | None = Field(default=None)
    email: str | None = Field(default=None)
    address: str | None = Field(default=None)


class FormFieldOfSnapshotOut(Out):
    """A field of the form, by whose name the answer is found in `fields`."""

    name: str
    label: str
    type: FieldTypesOut
    required: bool = Field(default=False)


class FormSectionOfSnapshotOut(Out):
    """Fields that belong together."""

    name: str
    label: str
    fields: list[FormFieldOfSnapshotOut]


class FormOfSnapshotOut(Out):
    """The form with its labels, so that the answers can be read without any other file."""

    kind: ReferralKindsOut
    label: str
    version: str
    variant: str | None
    authority: str | None
    sections: list[FormSectionOfSnapshotOut]


class ChronologyOfSnapshotOut(Out):
    """One entry of the child's chronology, in a few words."""

    kind: ChronologyKindsOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime
    late: bool
    category: ConcernCategoriesOut | None
    summary: str | None
    child_said: str | None


class ReferralSnapshotOut(Out):
    """What the agency gets."""

    format: Literal["cairn-referral/1"]
    kind: Literal["referral"]
    referral_kind: ReferralKindsOut
    reference: str
    urgency: UrgenciesOut
    school: SchoolOfSnapshotOut
    child: ChildOfSnapshotOut
    agency: AgencyOfSnapshotOut
    written_by: str
    lawful_basis: LawfulBasesOut | None
    fields: dict[str, FieldAnswerOut]
    consent: ConsentOut | None
    items: list[ItemOfSnapshotOut]
    form: FormOfSnapshotOut | None = Field(default=None, description="Absent in older ones.")
    chronology: list[ChronologyOfSnapshotOut] = Field(
        default=[], description="The extract of the chronology, where one was chosen."
    )


SnapshotOut = Annotated[ShareSnapshotOut | ReferralSnapshotOut, Field(discriminator="kind")]

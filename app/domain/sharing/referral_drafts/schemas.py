"""What a referral is drafted from."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.codes import ReasonsNotToldIn, ReferralKindsIn, ValueStatesIn
from app.core.schemas import Day, In, Line, Narrative, NewId
from app.domain.sharing.shares.schemas import ConditionIn, Items, LawfulBasisIn, Para18LimbIn

Urgency = Literal["emergency", "urgent", "routine"]

YesNoYet = Literal["yes", "no", "not_yet"]

Given = Literal["yes", "no", "not_sought"]

Variant = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,59}$")]

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class NamedPersonIn(In):
    """A person in a field."""

    name: Line | None = Field(default=None, description="Full name.")
    aliases: Line | None = Field(default=None, description="Other names.")
    relationship: Line | None = Field(default=None, description="Who they are to the child.")
    date_of_birth: Day | None = Field(default=None, description="Date of birth.")
    expected_date: Day | None = Field(
        default=None, description="Unborn child's expected birth date."
    )
    sex: Line | None = Field(default=None, description="Sex.")
    ethnicity: Line | None = Field(default=None, description="Ethnicity.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    organisation: Line | None = Field(default=None, description="Organisation they work for.")
    school: Line | None = Field(default=None, description="School they go to.")
    phone: Line | None = Field(default=None, description="Phone number.")
    email: Line | None = Field(default=None, description="Email address.")
    address: Line | None = Field(default=None, description="Postal address.")
    parental_responsibility: Line | None = Field(
        default=None, description="Whether they have parental responsibility."
    )
    alleged_perpetrator: Line | None = Field(
        default=None, description="Whether they are alleged to have caused the harm."
    )
    focus: Line | None = Field(
        default=None, description="Whether the referral is mainly about this child."
    )
    note: Narrative | None = Field(default=None, description="Anything else about them.")


class FieldAnswerIn(In):
    """The answer to a field: a value, or the reason for none."""

    state: ValueStatesIn = Field(description="Whether there is a value, or why not.")
    value: (
        bool
        | Narrative
        | NamedPersonIn
        | Annotated[list[Narrative], Field(max_length=50)]
        | Annotated[list[NamedPersonIn], Field(max_length=50)]
        | None
    ) = Field(default=None, description="The value, of the field's type.")


class ConsentIn(In):
    """What the family was told and asked, or a standard reason why not."""

    parents_informed: YesNoYet = Field(description="Whether parents know of the referral.")
    consent_given: Given = Field(description="Whether they consented.")
    by: Line | None = Field(default=None, description="Person who agreed.")
    covers: Line | None = Field(default=None, description="Whose information it covers.")
    reason_code: ReasonsNotToldIn | None = Field(
        default=None, description="Standard reason why they were not asked."
    )
    reason: Narrative | None = Field(
        default=None, description="Why they were not informed or asked."
    )
    young_persons_view: Narrative | None = Field(
        default=None, description="What the young person thinks."
    )


class NameOthersIn(In):
    """A decision to name the other children to the agency."""

    decided: Literal[True]
    reason: Narrative = Field(description="Why the other children are named.")


class ChronologyIn(In):
    """Which of the child's chronology goes with it, as an extract frozen with the rest."""

    choice: Literal["none", "significant", "chosen"] = Field(
        description="No entries, those marked as significant, or the ones you choose."
    )
    entries: list[UUID] = Field(
        default_factory=list, max_length=300, description="Entry IDs. Only with `chosen`."
    )


class ReferralIn(In):
    """A new referral draft."""

    id: NewId
    child_id: UUID = Field(description="Child to refer.")
    agency_id: UUID = Field(description="Agency it goes to.")
    kind: ReferralKindsIn = Field(description="Kind of referral.")
    urgency: Urgency = Field(description="How urgent it is.")
    concern_id: UUID | None = Field(default=None, description="Concern it comes from.")
    fields: dict[FieldName, FieldAnswerIn] = Field(
        default_factory=dict,
        max_length=100,
        description="Answers, by the form's field names.",
    )
    consent: ConsentIn | None = Field(
        default=None, description="What the family was told and asked. Required before approval."
    )
    name_others: NameOthersIn | None = Field(
        default=None, description="Decision to name other children."
    )
    items: Items = Field(default_factory=list, description="Records to send with it.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    variant: Variant | None = Field(
        default=None, description="Local form. Default: the agency's, or its authority's."
    )
    chronology: ChronologyIn | None = Field(
        default=None, description="Chronology entries to send with it."
    )
    prefill: bool = Field(
        default=True,
        description="Whether to fill unanswered fields from the record. See `sources`.",
    )

"""Children: the list, the record, and the numbers a child is known by."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from app.core.codes import (
    EthnicitiesIn,
    EthnicitiesOut,
    IdentifierSystemsIn,
    IdentifierSystemsOut,
    SenProvisionsIn,
    SenProvisionsOut,
    SexesIn,
    SexesOut,
    UnknownUpnReasonsIn,
    UnknownUpnReasonsOut,
)
from app.core.schemas import (
    CHANGE_REASON,
    Address,
    Day,
    In,
    Name,
    NewId,
    Out,
    SeveralLines,
    TypedName,
    Word,
    absent,
)

RollStatus = Literal["expected", "on_roll", "left"]


class ChildSearchIn(In):
    """Which children: all of them, where nothing is named."""

    q: TypedName | None = Field(
        default=None,
        description="Words of a name, in any order, each from its beginning; spelling that is "
        "nearly right finds the nearest where nothing fits exactly.",
    )
    year_group: Word | None = Field(default=None, description="Only of this year group.")
    registration_group: Word | None = Field(
        default=None, description="Only of this registration group."
    )
    roll_status: Literal["expected", "on_roll", "left", "any"] = Field(
        default="on_roll",
        description="Whether the children are on roll; `any` shows everybody.",
    )
    limit: StrictInt = Field(default=50, ge=1, le=200, description="Rows per page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="`next` of the page before."
    )


class ChildCard(Out):
    """A child in a list: enough to tell two children apart."""

    id: UUID
    name: str = Field(description="As people say it: the known names, else the legal ones.")
    legal_name: str
    date_of_birth: date | None
    year_group: str | None
    registration_group: str | None
    roll_status: str
    matched: Literal["exact", "similar"] = absent()
    """Present where a name was asked for."""


class IdentifierIn(In):
    """A number of a child; UPN, ULN, NHS, CHI and H&C numbers are checked."""

    system: IdentifierSystemsIn
    value: Word
    valid_from: Day | None = None
    suppressed: StrictBool = Field(
        default=False, description="Show the number only to those who safeguard the child."
    )


class IdentifierOut(Out):
    """A number of a child, from a day until a day."""

    id: UUID
    system: IdentifierSystemsOut
    value: str = absent()
    source: str = Field(description="`staff`, or the roster it came from.")
    valid_from: date | None
    valid_to: date | None
    suppressed: bool


class AddedIdentifierOut(IdentifierOut):
    """A number as it was kept."""

    warnings: list[str] = Field(description="What is odd about it, as codes; it was kept.")


class EnrolmentOut(Out):
    """A stay on the roll of this school."""

    id: UUID
    valid_from: date
    valid_to: date | None
    leaving_reason: str | None
    source: str


class ChildFactsIn(In):
    """What is known of a child."""

    legal_given_name: Name = absent()
    legal_family_name: Name = absent()
    middle_names: Name | None = absent()
    known_given_name: Name | None = absent()
    known_family_name: Name | None = absent()
    date_of_birth: Day | None = absent()
    sex: SexesIn | None = absent()
    gender_identity: Name | None = absent()
    pronouns: Name | None = absent()
    year_group: Word | None = absent()
    registration_group: Word | None = absent()
    first_language: Name | None = absent()
    ethnicity: EthnicitiesIn | None = absent()
    sen_provision: SenProvisionsIn | None = absent()
    address: Address | None = absent()
    unknown_upn_reason: UnknownUpnReasonsIn | None = absent()
    roll_status: RollStatus = absent()


class ChildPatch(ChildFactsIn):
    """A merge patch: absent fields stay, null empties."""

    reason: SeveralLines = absent(description=CHANGE_REASON)


class ChildIn(ChildFactsIn):
    """A new child."""

    id: NewId
    legal_given_name: Name
    legal_family_name: Name
    identifiers: list[IdentifierIn] = Field(default=[], max_length=20)
    enrolled_from: Day | None = Field(default=None, description="First day on this school's roll.")


class OtherEnrolmentOut(Out):
    """Another school at which a pupil is at the same time, as this school's roster says."""

    school: str = Field(description="The name that the roster gives it.")
    source: str = Field(description="The source that says so.")


class ChildOut(Out):
    """A child's record."""

    id: UUID
    name: str = Field(description="As people say it: the known names, else the legal ones.")
    legal_given_name: str
    legal_family_name: str
    middle_names: str | None
    known_given_name: str | None
    known_family_name: str | None
    date_of_birth: date | None
    sex: SexesOut | None
    gender_identity: str | None = absent()
    pronouns: str | None = absent()
    year_group: str | None
    registration_group: str | None
    first_language: str | None
    ethnicity: EthnicitiesOut | None
    sen_provision: SenProvisionsOut | None
    address: str | None
    unknown_upn_reason: UnknownUpnReasonsOut | None
    roll_status: str
    identifiers: list[IdentifierOut]
    enrolments: list[EnrolmentOut]
    other_schools: list[OtherEnrolmentOut] = Field(
        description="Other schools at which a roster has the pupil as well. Their files are apart."
    )
    merged_into: UUID | None = Field(
        description="Where you asked for a child who was merged into this one: this child's id. "
        "Use it from now on. Else null."
    )
    merged_from: list[UUID] = Field(
        description="Ids of children who turned out to be this pupil and were merged into it."
    )
    created_at: datetime
    changed_at: datetime
    permissions: list[str] = Field(description="Operations this reader may do next.")

"""Children: the list, the record, and the numbers a child is known by."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt

from app.api.schemas.known_words import IdentifierWarningsOut, NameMatchesOut
from app.core.codes import (
    EthnicitiesIn,
    EthnicitiesOut,
    IdentifierSystemsOut,
    RollStatusesOut,
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
from app.domain.record.children.schemas import IdentifierIn

RollStatus = Literal["expected", "on_roll", "left"]


class ChildSearchIn(In):
    """Filters of children. Default: all children."""

    q: TypedName | None = Field(
        default=None,
        description="Parts of a name, each from its start, in any order. If nothing matches, finds "
        "similar spellings.",
    )
    year_group: Word | None = Field(default=None, description="Only of this year group.")
    registration_group: Word | None = Field(
        default=None, description="Only of this registration group."
    )
    roll_status: Literal["expected", "on_roll", "left", "any"] = Field(
        default="on_roll",
        description="Whether children are on roll; `any`: both.",
    )
    limit: StrictInt = Field(default=50, ge=1, le=200, description="Maximum results per page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="`next` from the previous page."
    )


class ChildCard(Out):
    """A child in a list, with enough to tell two children apart."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Known name, or the legal one.")
    legal_name: str = Field(description="Legal name.")
    date_of_birth: date | None = Field(description="Date of birth; null: not known.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    matched: NameMatchesOut = absent(
        description="Whether the search found the name itself or a similar one."
    )
    """Present where a name was asked for."""


class IdentifierOut(Out):
    """An identifier of a child, with the days it applies."""

    id: UUID = Field(description="Identifier ID.")
    system: IdentifierSystemsOut = Field(description="Type of identifier.")
    value: str = absent(description="The number; absent if you may not see it.")
    source: str = Field(description="`staff`, or the roster it came from.")
    valid_from: date | None = Field(description="First day it was used; null: not known.")
    valid_to: date | None = Field(
        description="First day it was no longer used; null while it is used."
    )
    suppressed: bool = Field(description="Whether it is hidden on documents.")


class AddedIdentifierOut(IdentifierOut):
    """An identifier as saved."""

    warnings: list[IdentifierWarningsOut] = Field(
        description="Codes of anything unusual. Cairn saved it all the same."
    )


class EnrolmentOut(Out):
    """A period on this school's roll."""

    id: UUID = Field(description="Enrolment ID.")
    valid_from: date = Field(description="First day on roll.")
    valid_to: date | None = Field(description="First day off roll; null while on roll.")
    leaving_reason: str | None = Field(
        description="Why the child left; null: not known, or on roll."
    )
    source: str = Field(description="Roster it came from, or `staff`.")


class ChildFactsIn(In):
    """What is known of a child."""

    legal_given_name: Name = absent(description="Legal first name.")
    legal_family_name: Name = absent(description="Legal surname.")
    middle_names: Name | None = absent(description="Middle names; null empties it.")
    known_given_name: Name | None = absent(
        description="First name used at school; null: the legal one."
    )
    known_family_name: Name | None = absent(
        description="Surname used at school; null: the legal one."
    )
    date_of_birth: Day | None = absent(
        description="Date of birth, never in the future; null: not known."
    )
    sex: SexesIn | None = absent(description="Sex; null empties it.")
    gender_identity: Name | None = absent(
        description="Gender identity in the child's words; null empties it."
    )
    pronouns: Name | None = absent(description="Pronouns; null empties it.")
    year_group: Word | None = absent(description="Year group; null empties it.")
    registration_group: Word | None = absent(
        description="Registration group (form); null empties it."
    )
    first_language: Name | None = absent(description="First language; null empties it.")
    ethnicity: EthnicitiesIn | None = absent(description="Ethnicity; null empties it.")
    sen_provision: SenProvisionsIn | None = absent(
        description="Special educational needs provision; null empties it."
    )
    address: Address | None = absent(description="Home address; null empties it.")
    unknown_upn_reason_code: UnknownUpnReasonsIn | None = absent(
        description="Why the child has no UPN; null empties it."
    )
    roll_status: RollStatus = absent(description="Whether the child is on roll here.")


class ChildPatch(ChildFactsIn):
    """A merge patch: absent fields stay, null empties."""

    reason: SeveralLines = absent(description=CHANGE_REASON)


class ChildIn(ChildFactsIn):
    """A new child."""

    id: NewId
    legal_given_name: Name = Field(description="Legal first name.")
    legal_family_name: Name = Field(description="Legal surname.")
    identifiers: list[IdentifierIn] = Field(
        default=[], max_length=20, description="Identifiers of the child, such as a UPN."
    )
    enrolled_from: Day | None = Field(default=None, description="First day on this school's roll.")


class OtherEnrolmentOut(Out):
    """Another school the pupil attends at the same time, by the roster."""

    school: str = Field(description="Name of the school in the roster.")
    source: str = Field(description="Roster it comes from.")


class ChildOut(Out):
    """A child's record."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Known name, or the legal one.")
    legal_given_name: str = Field(description="Legal first name.")
    legal_family_name: str = Field(description="Legal surname.")
    middle_names: str | None = Field(description="Middle names; null: none known.")
    known_given_name: str | None = Field(
        description="First name used at school; null: the legal one."
    )
    known_family_name: str | None = Field(
        description="Surname used at school; null: the legal one."
    )
    date_of_birth: date | None = Field(description="Date of birth; null: not known.")
    sex: SexesOut | None = Field(description="Sex; null: not known.")
    gender_identity: str | None = absent(
        description="Gender identity in the child's words; null: not said."
    )
    pronouns: str | None = absent(description="Pronouns; null: not said.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    first_language: str | None = Field(description="First language; null: not known.")
    ethnicity: EthnicitiesOut | None = Field(description="Ethnicity; null: not known.")
    sen_provision: SenProvisionsOut | None = Field(
        description="Special educational needs provision; null: not known."
    )
    address: str | None = Field(description="Home address; null: not known.")
    unknown_upn_reason_code: UnknownUpnReasonsOut | None = Field(
        description="Why the child has no UPN; null: there is one, or not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    identifiers: list[IdentifierOut] = Field(
        description="Identifiers of the child, including former ones."
    )
    enrolments: list[EnrolmentOut] = Field(description="Periods on the roll.")
    other_schools: list[OtherEnrolmentOut] = Field(
        description="Other schools where a roster has the pupil too. Their files are separate."
    )
    merged_into: UUID | None = Field(
        description="Child this record was merged into. Use that ID from now on. Null: not merged."
    )
    merged_from: list[UUID] = Field(description="IDs of children merged into this one.")
    created_at: datetime = Field(description="When the child was added.")
    changed_at: datetime = Field(description="When the child last changed.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class RegistrationGroupOut(Out):
    """A registration group (form) of one year group."""

    registration_group: str = Field(description="Name. Search with it to find its pupils.")
    pupils: int = Field(description="Number of pupils on roll.")


class YearGroupOut(Out):
    """A year group of the school."""

    year_group: str = Field(description="Name. Search with it to find its pupils.")
    pupils: int = Field(description="Number of pupils on roll.")
    registration_groups: list[RegistrationGroupOut] = Field(
        description="Registration groups, by name."
    )


class YearGroupListOut(Out):
    """Year groups of pupils on roll, youngest first."""

    items: list[YearGroupOut] = Field(description="Year groups, each with its registration groups.")

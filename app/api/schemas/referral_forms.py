"""The local forms of authorities: what they change of a kind's form."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.codes import ReferralKindsIn, ReferralKindsOut
from app.core.schemas import In, Line, Out
from app.domain.sharing.referral_drafts.schemas import FieldName, Variant

Choice = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,59}$")]


class FormIn(BaseModel):
    """Which form of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant | None = Field(default=None, description="Local form to get, by its code.")


class AddedFieldIn(In):
    """A field a local form adds to the national one."""

    section: FieldName = Field(description="Section it belongs to.")
    name: FieldName = Field(description="Name of the field in `fields`.")
    label: Line = Field(description="Question on the form.")
    type: Literal["line", "text", "date", "yes_no", "choice", "person"] = Field(
        default="text", description="Type of answer. Default: text."
    )
    required: bool = Field(
        default=False, description="Whether approval needs an answer. Default: no."
    )
    multi: bool = Field(
        default=False, description="Whether several answers may be given. Default: no."
    )
    choices: list[Choice] = Field(
        default_factory=list, max_length=60, description="Answers to choose from."
    )
    help: Line | None = Field(default=None, description="Help text for the question.")


class AddedSectionIn(In):
    """A section the local form adds."""

    name: FieldName = Field(description="Name of the section.")
    label: Line = Field(description="Heading of the section.")


class VariantIn(In):
    """A local form: fields to add, require, rename, drop and order."""

    variant: Variant = Field(description="Code. Sending it again makes the next version.")
    variant_of: ReferralKindsIn = Field(description="Kind of referral.")
    authority: Line = Field(description="Local authority, as in `local_authority` of the agency.")
    title: Line = Field(description="Name of the form.")
    source: Line | None = Field(default=None, description="Where the form was published.")
    order: list[FieldName] = Field(
        default_factory=list,
        max_length=40,
        description="Sections in order. Others follow.",
    )
    requires: list[FieldName] = Field(
        default_factory=list, max_length=100, description="Further fields required before approval."
    )
    drops: list[FieldName] = Field(
        default_factory=list, max_length=100, description="Optional fields to leave out."
    )
    relabels: dict[FieldName, Line] = Field(
        default_factory=dict,
        max_length=100,
        description="New labels, by field name.",
    )
    section: list[AddedSectionIn] = Field(
        default_factory=list, max_length=20, description="Sections to add."
    )
    add: list[AddedFieldIn] = Field(
        default_factory=list, max_length=60, description="Fields to add."
    )


class VariantOut(Out):
    """A local form."""

    variant: str = Field(description="Code of the form.")
    version: str = Field(description="Version of the form.")
    variant_of: ReferralKindsOut = Field(description="Kind of referral.")
    authority: str = Field(description="Local authority it belongs to.")
    title: str = Field(description="Name of the form.")
    example: bool = Field(description="Whether it is an invented example to copy.")
    bundled: bool = Field(description="Whether it comes with Cairn.")

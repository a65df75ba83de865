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
    """A field that the local form asks for beside the kind's own."""

    section: FieldName = Field(description="Section it belongs to.")
    name: FieldName = Field(description="Name of the field in `fields`.")
    label: Line = Field(description="Question as the form asks it.")
    type: Literal["line", "text", "date", "yes_no", "choice", "person"] = Field(
        default="text", description="What an answer looks like. Default: text."
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
    help: Line | None = Field(default=None, description="Help beside the question.")


class AddedSectionIn(In):
    """A section of the local form's own."""

    name: FieldName = Field(description="Name of the section.")
    label: Line = Field(description="Heading of the section.")


class VariantIn(In):
    """A local form: what it adds, requires, names otherwise, leaves out, and in which order."""

    variant: Variant = Field(description="Name; sent again, it is the next version.")
    variant_of: ReferralKindsIn = Field(description="Kind of referral it is for.")
    authority: Line = Field(description="As the agency's `local_authority` is written.")
    title: Line = Field(description="Name of the form.")
    source: Line | None = Field(default=None, description="Where the form was published.")
    order: list[FieldName] = Field(
        default_factory=list,
        max_length=40,
        description="Sections in their order; the others follow.",
    )
    requires: list[FieldName] = Field(
        default_factory=list, max_length=100, description="Further fields that approval needs."
    )
    drops: list[FieldName] = Field(
        default_factory=list, max_length=100, description="Only what is optional."
    )
    relabels: dict[FieldName, Line] = Field(
        default_factory=dict,
        max_length=100,
        description="Other labels, by field name.",
    )
    section: list[AddedSectionIn] = Field(
        default_factory=list, max_length=20, description="Sections it adds."
    )
    add: list[AddedFieldIn] = Field(
        default_factory=list, max_length=60, description="Fields it adds."
    )


class VariantOut(Out):
    """A local form."""

    variant: str = Field(description="Code of the form.")
    version: str = Field(description="Version of the form.")
    variant_of: ReferralKindsOut = Field(description="Kind of referral it is for.")
    authority: str = Field(description="Local authority it belongs to.")
    title: str = Field(description="Name of the form.")
    example: bool = Field(description="An invented authority, to copy from.")
    bundled: bool = Field(description="Whether it comes with Cairn.")

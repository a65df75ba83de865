"""The local forms of authorities: what they change of a kind's form."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.referrals import FieldName, Variant
from app.core.codes import ReferralKindsIn, ReferralKindsOut
from app.core.schemas import In, Line, Out

Choice = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,59}$")]


class FormIn(BaseModel):
    """Which form of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant | None = None


class AddedFieldIn(In):
    """A field that the local form asks for beside the kind's own."""

    section: FieldName
    name: FieldName
    label: Line
    type: Literal["line", "text", "date", "yes_no", "choice", "person"] = "text"
    required: bool = False
    multi: bool = False
    choices: list[Choice] = Field(default_factory=list, max_length=60)
    help: Line | None = None


class AddedSectionIn(In):
    """A section of the local form's own."""

    name: FieldName
    label: Line


class VariantIn(In):
    """A local form: what it adds, requires, names otherwise, leaves out, and in which order."""

    variant: Variant = Field(description="Its name; sent again it is the next version.")
    variant_of: ReferralKindsIn
    authority: Line = Field(description="As the agency's `local_authority` is written.")
    title: Line
    source: Line | None = Field(default=None, description="Where the form was published.")
    order: list[FieldName] = Field(default_factory=list, max_length=40)
    requires: list[FieldName] = Field(default_factory=list, max_length=100)
    drops: list[FieldName] = Field(
        default_factory=list, max_length=100, description="Only what is optional."
    )
    relabels: dict[FieldName, Line] = Field(
        default_factory=dict, max_length=100, json_schema_extra={"additionalProperties": False}
    )
    section: list[AddedSectionIn] = Field(default_factory=list, max_length=20)
    add: list[AddedFieldIn] = Field(default_factory=list, max_length=60)


class VariantOut(Out):
    """A local form."""

    variant: str
    version: str
    variant_of: ReferralKindsOut
    authority: str
    title: str
    example: bool = Field(description="An invented authority, to copy from.")
    bundled: bool = Field(description="It comes with Cairn.")

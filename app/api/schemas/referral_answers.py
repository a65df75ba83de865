"""Answers to the fields of a referral, and what the family was told: as kept and as sent."""

from pydantic import Field

from app.api.schemas.known_words import GivenOut, YesNoYetOut
from app.core.codes import ReasonsNotToldOut, ValueStatesOut
from app.core.schemas import Out


class NamedPersonOut(Out):
    """A person named in a field. Unknown details are absent or null."""

    name: str | None = Field(default=None, description="Full name; null: not known.")
    aliases: str | None = Field(default=None, description="Other names; null: none known.")
    relationship: str | None = Field(
        default=None, description="Who they are to the child; null: not known."
    )
    date_of_birth: str | None = Field(
        default=None, description="Date of birth, as it was written; null: not known."
    )
    expected_date: str | None = Field(
        default=None, description="Unborn child's expected birth date; null: born."
    )
    sex: str | None = Field(default=None, description="Sex; null: not known.")
    ethnicity: str | None = Field(default=None, description="Ethnicity; null: not known.")
    role: str | None = Field(default=None, description="Their role, in words; null: not known.")
    organisation: str | None = Field(
        default=None, description="Organisation they work for; null: not known."
    )
    school: str | None = Field(default=None, description="School they go to; null: not known.")
    phone: str | None = Field(default=None, description="Phone number; null: not known.")
    email: str | None = Field(default=None, description="Email address; null: not known.")
    address: str | None = Field(default=None, description="Postal address; null: not known.")
    parental_responsibility: str | None = Field(
        default=None, description="Whether they have parental responsibility; null: not known."
    )
    alleged_perpetrator: str | None = Field(
        default=None,
        description="Whether they are alleged to have caused the harm; null: not known.",
    )
    focus: str | None = Field(
        default=None, description="Whether the referral is mainly about this child; null: not said."
    )
    note: str | None = Field(default=None, description="Anything else about them; null: nothing.")


class FieldAnswerOut(Out):
    """The answer to a field."""

    state: ValueStatesOut = Field(description="Whether there is a value, or why not.")
    value: bool | str | NamedPersonOut | list[str] | list[NamedPersonOut] | None = Field(
        description="The value, of the field's type; a list if `multi`; null: none."
    )


class ConsentOut(Out):
    """What the family was told and asked."""

    parents_informed: YesNoYetOut = Field(description="Whether parents know of the referral.")
    consent_given: GivenOut = Field(description="Whether they consented.")
    by: str | None = Field(description="Person who consented; null: nobody.")
    covers: str | None = Field(description="What the consent covers; null: not said.")
    reason_code: ReasonsNotToldOut | None = Field(
        description="Standard reason why they were not asked; null: they were."
    )
    reason: str | None = Field(description="Why they were not informed or asked; null: they were.")
    young_persons_view: str | None = Field(
        description="What the young person thinks; null: not said."
    )

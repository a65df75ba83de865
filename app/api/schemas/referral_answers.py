"""Answers to the fields of a referral, and what the family was told: as kept and as sent."""

from pydantic import Field

from app.api.schemas.known_words import (
    GivenOut,
    YesNoYetOut,
)
from app.core.codes import ReasonsNotToldOut, ValueStatesOut
from app.core.schemas import Out


class NamedPersonOut(Out):
    """A person in a field; what is not known of them is absent or null."""

    name: str | None = Field(default=None)
    aliases: str | None = Field(default=None)
    relationship: str | None = Field(default=None)
    date_of_birth: str | None = Field(default=None)
    expected_date: str | None = Field(default=None)
    sex: str | None = Field(default=None)
    ethnicity: str | None = Field(default=None)
    role: str | None = Field(default=None)
    organisation: str | None = Field(default=None)
    school: str | None = Field(default=None)
    phone: str | None = Field(default=None)
    email: str | None = Field(default=None)
    address: str | None = Field(default=None)
    parental_responsibility: str | None = Field(default=None)
    alleged_perpetrator: str | None = Field(default=None)
    focus: str | None = Field(default=None)
    note: str | None = Field(default=None)


class FieldAnswerOut(Out):
    """The answer to a field."""

    state: ValueStatesOut
    value: bool | str | NamedPersonOut | list[str] | list[NamedPersonOut] | None = Field(
        description="As the field's type says, a list where it is `multi`; null without a value."
    )


class ConsentOut(Out):
    """What the family was told and asked."""

    parents_informed: YesNoYetOut
    consent_given: GivenOut
    by: str | None
    covers: str | None
    reason_not: ReasonsNotToldOut | None
    reason_text: str | None
    young_persons_view: str | None

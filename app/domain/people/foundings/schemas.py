"""What a trust and its schools begin with, as a file or a request says it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.core.schemas import BodyFault, EachOnce, EmailAddress, In, Line, Word

EveryRole = Literal[
    "staff", "pastoral", "deputy_dsl", "dsl", "headteacher", "governor", "chair_of_governors",
    "trust_lead", "school_admin",
]  # fmt: skip
Nation = Literal["england", "wales", "scotland", "northern_ireland"]


def _of_a_person(name: str) -> str:
    if name.lstrip()[0] in "=+-@":
        raise BodyFault(
            "a name does not begin with =, +, - or @, which spreadsheets run as a formula"
        )
    if not name.isprintable():
        raise BodyFault("a name has a character that cannot be shown")
    return name


SafeName = Annotated[Line, AfterValidator(_of_a_person)]


class NamedPersonIn(In):
    """A person named in a field."""

    name: SafeName = Field(description="Full name.")
    email: EmailAddress = Field(description="Email address.")


class SchoolFactsIn(In):
    """What is kept about a new school."""

    name: SafeName = Field(description="Name of the school.")
    urn: Word | None = Field(
        default=None, description="Unique reference number: six digits (GIAS)."
    )
    laestab: Word | None = Field(default=None, description="LAESTAB number, as 123/4567.")
    local_authority: Line | None = Field(
        default=None, description="Local authority, by code or name."
    )
    nation: Nation = Field(
        default="england", description="Nation whose law and bank holidays apply."
    )
    phone: Word | None = Field(default=None, description="Phone number.")


class FilePersonIn(NamedPersonIn):
    """Somebody of a founding file, who may hold any built-in role."""

    roles: Annotated[list[EveryRole], Field(min_length=1, max_length=9), EachOnce]


class FileSchoolIn(SchoolFactsIn):
    """A school of a founding file."""

    people: list[FilePersonIn] = Field(default_factory=list, max_length=500)


class FileTrustIn(In):
    """The trust of a founding file."""

    name: SafeName
    people: list[FilePersonIn] = Field(default_factory=list, max_length=500)


class FoundingIn(In):
    """A founding file: a trust with all its schools."""

    trust: FileTrustIn
    schools: list[FileSchoolIn] = Field(max_length=1_000)

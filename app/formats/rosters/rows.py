"""The rows of a roster as plain values, in the words of OneRoster whatever the format was.

Text that was blank is None, a blank list is empty. A row whose status is `tobedeleted` may have
nothing but its `sourced_id`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from app.formats.identifiers import CheckedIdentifier, check_urn

Status = Literal["active", "tobedeleted"]
Extra = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is the 1-based physical line on which the row starts."""

    line: int
    sourced_id: str
    status: Status
    date_last_modified: datetime | None


@dataclass(frozen=True, slots=True)
class OrgRow(Row):
    name: str | None
    type: str | None
    identifier: str | None
    parent_id: str | None
    extra: Extra

    @property
    def urn(self) -> str | None:
        """The school's unique reference number, from `metadata.urn` or `identifier`."""
        text = next((v for k, v in self.extra.items() if k.casefold() == "urn"), self.identifier)
        result = check_urn(text or "")
        return result.text if isinstance(result, CheckedIdentifier) else None


@dataclass(frozen=True, slots=True)
class AcademicSessionRow(Row):
    """`school_year` is the year in which the school year ends."""

    title: str | None
    type: str | None
    start_date: date | None
    end_date: date | None
    parent_id: str | None
    school_year: int | None
    extra: Extra


@dataclass(frozen=True, slots=True)
class CourseRow(Row):
    school_year_id: str | None
    title: str | None
    course_code: str | None
    grades: tuple[str, ...]
    org_id: str | None
    subjects: tuple[str, ...]
    subject_codes: tuple[str, ...]
    extra: Extra


@dataclass(frozen=True, slots=True)
class ClassRow(Row):
    title: str | None
    grades: tuple[str, ...]
    course_id: str | None
    class_code: str | None
    class_type: str | None
    location: str | None
    school_id: str | None
    term_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    subject_codes: tuple[str, ...]
    periods: tuple[str, ...]
    extra: Extra


@dataclass(frozen=True, slots=True)
class UserRow(Row):
    """`enabled` is None where the cell was blank or could not be understood. `role` and
    `org_ids` are 1.1 only (in 1.2 they are rows of their own), the preferred names 1.2 only.
    `user_ids` maps a type to an id; an id sent without a type has the type `id`. `email_column` is
    where the sender has the address."""

    enabled: bool | None
    org_ids: tuple[str, ...]
    role: str | None
    username: str | None
    user_ids: Mapping[str, str]
    given_name: str | None
    family_name: str | None
    middle_name: str | None
    identifier: str | None
    email: str | None
    sms: str | None
    phone: str | None
    agent_ids: tuple[str, ...]
    grades: tuple[str, ...]
    master_identifier: str | None
    preferred_given_name: str | None
    preferred_middle_name: str | None
    preferred_family_name: str | None
    primary_org_id: str | None
    pronouns: str | None
    extra: Extra
    email_column: str = "email"


@dataclass(frozen=True, slots=True)
class RoleRow(Row):
    user_id: str | None
    role_type: str | None
    role: str | None
    begin_date: date | None
    end_date: date | None
    org_id: str | None
    user_profile_id: str | None
    extra: Extra


@dataclass(frozen=True, slots=True)
class EnrollmentRow(Row):
    """`end_date` is the first day on which the person is no longer enrolled."""

    class_id: str | None
    school_id: str | None
    user_id: str | None
    role: str | None
    primary: bool | None
    begin_date: date | None
    end_date: date | None
    extra: Extra


@dataclass(frozen=True, slots=True)
class DemographicsRow(Row):
    """`sourced_id` is the user's. The standard's seven United States race columns are not read:
    they say nothing that a school here may record from them."""

    birth_date: date | None
    sex: str | None
    country_of_birth: str | None
    state_of_birth: str | None
    city_of_birth: str | None
    extra: Extra

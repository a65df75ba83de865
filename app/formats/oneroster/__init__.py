"""OneRoster 1.1 and 1.2 rosters in CSV: `read_oneroster` and what it gives."""

from app.formats.oneroster.package import Limits
from app.formats.oneroster.problems import SENTENCES, Problem
from app.formats.oneroster.reader import Parsed, read_oneroster
from app.formats.oneroster.rows import (
    AcademicSessionRow,
    ClassRow,
    CourseRow,
    DemographicsRow,
    EnrollmentRow,
    OrgRow,
    RoleRow,
    Row,
    UserRow,
)

__all__ = [
    "SENTENCES",
    "AcademicSessionRow",
    "ClassRow",
    "CourseRow",
    "DemographicsRow",
    "EnrollmentRow",
    "Limits",
    "OrgRow",
    "Parsed",
    "Problem",
    "RoleRow",
    "Row",
    "UserRow",
    "read_oneroster",
]

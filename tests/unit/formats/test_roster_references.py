"""References of a complete package that lead nowhere are named with their line."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.formats.roster_packages import (
    DEMOGRAPHICS,
    ORG,
    ORGS,
    USER,
    USERS,
    Maker,
    drain,
    manifest,
    user,
)

CLASSES = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
)
COURSES = (
    "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,"
    "subjects,subjectCodes\n"
)
SEATS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate\n"
)
ROLES = (
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId\n"
)
BORN = "u1,,,2010-05-01,male" + "," * 11 + "\n"


@pytest.fixture
def package(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def references(maker: Maker, **files: Any) -> list[tuple[str, str, int, str | None]]:
    parsed = maker.read(**files)
    drain(parsed)
    return [
        (problem.code, problem.file, problem.line, problem.column)
        for problem in parsed.problems
        if problem.code.startswith("reference.")
    ]


class TestReferences:
    @pytest.mark.parametrize(
        ("files", "code", "file", "column"),
        [
            ({"orgs": ORGS + ORG + "s2,,,Elm,school,,d9\n"}, "unknown_org", "orgs",
             "parentSourcedId"),
            ({"users": USERS + USER + user(sourcedId="u2", orgSourcedIds="s9")}, "unknown_org",
             "users", "orgSourcedIds"),
            ({"users": USERS + USER + user(sourcedId="u2", agentSourcedIds='"u1,u9"')},
             "unknown_agent", "users", "agentSourcedIds"),
            ({"demographics": DEMOGRAPHICS + BORN + BORN.replace("u1", "u9")},
             "orphan_demographics", "demographics", "sourcedId"),
            ({"courses": COURSES + "c1,,,,Maths,,,s1,,\nc2,,,,Art,,,s9,,\n"}, "unknown_org",
             "courses", "orgSourcedId"),
        ],
    )  # fmt: skip
    def test_that_lead_nowhere_are_named(
        self, package: Maker, files: dict[str, str], code: str, file: str, column: str
    ) -> None:
        assert references(package, **files) == [(f"reference.{code}", f"{file}.csv", 3, column)]

    def test_of_classes_and_seats_are_followed(self, package: Maker) -> None:
        found = references(
            package,
            courses=COURSES + "c1,,,,Maths,,,s1,,\n",
            classes=CLASSES + "k1,,,7A,,c9,,homeroom,,s9,t1,,,\n",
            enrollments=SEATS + "e1,,,k1,s1,u1,student,,,\ne2,,,k9,s1,u9,student,,,\n",
        )
        assert {(code.partition(".")[2], line, column) for code, _, line, column in found} == {
            ("unknown_course", 2, "courseSourcedId"),
            ("unknown_org", 2, "schoolSourcedId"),
            ("missing_file", 2, "termSourcedIds"),
            ("unknown_class", 3, "classSourcedId"),
            ("unknown_user", 3, "userSourcedId"),
        }

    def test_to_a_file_that_is_not_there_are_said_once(self, package: Maker) -> None:
        lines = "".join(f"k{n},,,7A,,c{n},,homeroom,,s1,,,,\n" for n in range(9))
        found = references(package, classes=CLASSES + lines)
        assert found == [("reference.missing_file", "classes.csv", 2, "courseSourcedId")]

    def test_of_a_file_of_changes_may_be_known_from_before(self, package: Maker) -> None:
        line = user(orgSourcedIds="s9", agentSourcedIds="u9", status="active")
        assert references(package, users=USERS + line, manifest=manifest(users="delta")) == []

    def test_of_rows_that_are_removed_are_not_followed(self, package: Maker) -> None:
        line = user(sourcedId="u2", orgSourcedIds="s9", status="tobedeleted")
        assert references(package, users=USERS + USER + line) == []

    def test_that_lead_nowhere_leave_the_row_out_in_strict_reading(self, package: Maker) -> None:
        line = user(sourcedId="u2", orgSourcedIds="s9")
        parsed = package.read(strict=True, users=USERS + USER + line)
        assert [row.sourced_id for row in parsed.users()] == ["u1"]
        assert [(p.severity, p.code) for p in parsed.problems] == [
            ("error", "reference.unknown_org")
        ]


class TestParents:
    def test_without_a_child_are_named(self, package: Maker) -> None:
        lines = [
            user(agentSourcedIds="p1"),
            user(sourcedId="p1", role="parent"),
            user(sourcedId="p2", role="guardian"),
            user(sourcedId="p3", role="relative", agentSourcedIds="u1"),
        ]
        assert references(package, users=USERS + "".join(lines)) == [
            ("reference.parent_without_child", "users.csv", 4, "agentSourcedIds")
        ]

    def test_without_a_child_are_named_by_their_role(self, package: Maker) -> None:
        header = ",".join(n for n in USERS.strip().split(",") if n not in ("orgSourcedIds", "role"))
        roles = ROLES + "r1,,,u1,primary,parent,,,s1,\n"
        found = references(
            package,
            manifest=manifest(version="1.2", roles="bulk"),
            users=header + "\nu1,,,true,amy,,Amy,Pond,,,,,,,,\n",
            roles=roles,
        )
        assert ("reference.parent_without_child", "roles.csv", 2, "userSourcedId") in found

"""The OneRoster reader names every known fault by its code and keeps every row it can."""

import dataclasses
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.formats import csv_rows
from app.formats.oneroster import SENTENCES, Limits, Parsed, read_oneroster
from app.formats.oneroster.builder import SeenIds
from app.formats.oneroster.columns import TABLES, Version

SAMPLES = Path(__file__).parents[2] / "samples" / "oneroster"
PARTS = (
    "orgs",
    "academic_sessions",
    "courses",
    "classes",
    "users",
    "roles",
    "enrollments",
    "demographics",
)

ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate\n"
)
DEMOGRAPHICS = (
    "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
    "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,"
    "demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,countryOfBirthCode,"
    "stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\n"
)
ORG = "s1,,,Oak School,school,,\n"
USER = "u1,,,true,s1,student,amy,,Amy,Pond,,,,,,,7,\n"


def manifest(*, version: str = "1.1", **modes: str) -> str:
    said = {"orgs": "bulk", "users": "bulk"} | modes
    lines = "".join(f"file.{name},{mode}\n" for name, mode in said.items())
    return f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\n{lines}"


class Maker:
    """Writes a valid two-row package, changed by what a test puts in its place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, *, strict: bool = False, **files: str | bytes | None) -> Parsed:
        """A keyword names a file without `.csv`; None leaves it out."""
        content: dict[str, str | bytes | None] = {
            "manifest": manifest(**{name: "bulk" for name in files if name != "manifest"}),
            "orgs": ORGS + ORG,
            "users": USERS + USER,
        }
        for name, text in (content | files).items():
            if text is not None:
                raw = text.encode() if isinstance(text, str) else text
                (self.folder / f"{name}.csv").write_bytes(raw)
        return read_oneroster(self.folder, strict=strict)


@pytest.fixture
def package(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def drain(parsed: Parsed) -> dict[str, list[Any]]:
    return {part: list(getattr(parsed, part)()) for part in PARTS}


def found(parsed: Parsed) -> set[tuple[str, str]]:
    """(severity, code) of everything, after reading every row."""
    drain(parsed)
    return {(problem.severity, problem.code) for problem in parsed.problems}


def user(**cells: str) -> str:
    names = USERS.strip().split(",")
    values = dict(zip(names, USER.strip().split(","), strict=True)) | cells
    return ",".join(values[name] for name in names) + "\n"


class TestRealPackages:
    @pytest.mark.parametrize(
        ("path", "rows"),
        [
            ("gospelnerd/school-small", [1, 2, 42, 42, 79, 0, 546, 72]),
            ("gospelnerd/school-small/oneroster-school-small.zip", [1, 2, 42, 42, 79, 0, 546, 72]),
            ("gospelnerd/district-small", [4, 2, 91, 119, 268, 0, 1855, 248]),
            ("longsight/rostering-bulk-package.zip", [2, 2, 1, 1, 2, 2, 1, 1]),
            ("longsight/rostering-delta-package.zip", [2, 2, 1, 1, 2, 2, 1, 1]),
            ("longsight/manifest-only-package.zip", [0] * 8),
            ("nicelion/header-only", [0] * 8),
        ],
    )
    def test_reads_every_row(self, path: str, rows: list[int]) -> None:
        parsed = read_oneroster(SAMPLES / path)
        assert [len(part) for part in drain(parsed).values()] == rows
        assert parsed.errors == 0

    @pytest.mark.parametrize(("folder", "pupils"), [("school-small", 72), ("district-small", 248)])
    def test_finds_the_pupils(self, folder: str, pupils: int) -> None:
        parsed = read_oneroster(SAMPLES / "gospelnerd" / folder)
        assert sum(person.role == "student" for person in parsed.users()) == pupils

    def test_reads_zip_and_folder_alike(self) -> None:
        folder = SAMPLES / "gospelnerd/school-small"
        unpacked = read_oneroster(folder)
        zipped = read_oneroster(folder / "oneroster-school-small.zip")
        assert drain(unpacked) == drain(zipped)
        assert unpacked.digest == zipped.digest
        assert unpacked.sizes == zipped.sizes
        assert [p for p in unpacked.problems if p.code != "package.unknown_file"] == zipped.problems

    @pytest.mark.parametrize("kind", ["bulk", "delta"])
    def test_finds_nothing_wrong_with_a_strict_package(self, kind: str) -> None:
        parsed = read_oneroster(SAMPLES / f"longsight/rostering-{kind}-package.zip", strict=True)
        assert found(parsed) == set()
        assert parsed.version == "1.2"
        assert parsed.modes["roles"] == kind
        assert parsed.unused == ("userProfiles",)

    def test_takes_header_only_files_as_not_sent(self) -> None:
        parsed = read_oneroster(SAMPLES / "nicelion/header-only")
        assert set(parsed.modes.values()) == {"absent"}
        assert ("warning", "package.no_rows") in found(parsed)

    def test_warns_once_for_each_file_of_filled_status(self) -> None:
        parsed = read_oneroster(SAMPLES / "gospelnerd/district-small")
        drain(parsed)
        told = [p.file for p in parsed.problems if p.code == "row.field_forbidden_in_bulk"]
        assert len(told) == len(set(told)) == 7
        assert parsed.counts["row.field_forbidden_in_bulk"] == 2587


class TestTables:
    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_matches_its_row_field_by_field(self, table: Any) -> None:
        fields = [field.name for field in dataclasses.fields(table.row)]
        read = [column.attr for column in table.columns if column.attr]
        assert fields == ["line", *read, "extra"]

    def test_never_reads_a_password(self, package: Maker) -> None:
        header = USERS.strip() + ",metadata.password,metadata.Pass Word\n"
        parsed = package.read(
            users=header + user(password="hunter2").strip() + ",hunter3,hunter4\n"
        )
        assert "hunter" not in repr(list(parsed.users()))


class TestUsers:
    def test_gives_typed_values(self, package: Maker) -> None:
        line = (
            'u1,active,2026-09-01T06:00:00.000Z,false,"s1,s2",student,amy.p,"{LDAP:12},{Fed:x}",'
            'Amy,"Pond, ""Junior""",Jo,A001,a@x.example,07700,01632,"p1,p2",7,pw,H801200001001\n'
        )
        header = USERS.strip() + ",metadata.upn\n"
        parsed = package.read(users=header + line, manifest=manifest(users="delta", orgs="bulk"))
        (row,) = parsed.users()
        assert row.line == 2
        assert row.date_last_modified == datetime(2026, 9, 1, 6, tzinfo=UTC)
        assert (row.enabled, row.org_ids, row.agent_ids) == (False, ("s1", "s2"), ("p1", "p2"))
        assert row.user_ids == {"LDAP": "12", "Fed": "x"}
        assert (row.given_name, row.family_name, row.middle_name) == ("Amy", 'Pond, "Junior"', "Jo")
        assert (row.sms, row.phone, row.email) == ("07700", "01632", "a@x.example")
        assert row.extra == {"upn": "H801200001001"}
        assert parsed.problems == []

    def test_keeps_a_person_with_one_name(self, package: Maker) -> None:
        parsed = package.read(users=USERS + user(givenName=""))
        assert ("warning", "row.missing_required_value") in found(parsed)
        assert parsed.skipped["users"] == 0

    def test_refuses_a_person_without_a_name(self, package: Maker) -> None:
        parsed = package.read(users=USERS + user(givenName="", familyName=" "))
        assert ("error", "row.missing_name") in found(parsed)

    def test_reads_a_removed_row_with_nothing_but_its_id(self, package: Maker) -> None:
        parsed = package.read(
            users=USERS + "u1,tobedeleted,2026-09-01T06:00:00.000Z" + "," * 15 + "\n",
            manifest=manifest(users="delta"),
        )
        (row,) = parsed.users()
        assert (row.status, row.given_name, row.org_ids) == ("tobedeleted", None, ())
        assert parsed.problems == []


class TestCells:
    @pytest.mark.parametrize(
        ("column", "cell", "attr", "value", "code"),
        [
            ("enabledUser", "TRUE", "enabled", True, "row.invalid_boolean"),
            ("enabledUser", "no", "enabled", False, "row.invalid_boolean"),
            ("enabledUser", "perhaps", "enabled", None, "row.invalid_boolean"),
            ("enabledUser", "", "enabled", None, "row.missing_required_value"),
            ("orgSourcedIds", '"s1, s2"', "org_ids", ("s1", "s2"), "row.invalid_list"),
            ("orgSourcedIds", '"s1,,s2"', "org_ids", ("s1", "s2"), "row.invalid_list"),
            ("orgSourcedIds", "", "org_ids", (), "row.missing_required_value"),
            ("role", "Student", "role", "student", "row.invalid_enum"),
            ("role", "pupil", "role", "pupil", "row.invalid_enum"),
            ("userIds", "98861739", "user_ids", {"id": "98861739"}, "row.invalid_list"),
            ("status", "inactive", "status", "tobedeleted", "row.invalid_enum"),
            ("status", "odd", "status", "active", "row.invalid_enum"),
            ("sourcedId", "{a b}", "sourced_id", "{a b}", "row.invalid_guid"),
            ("dateLastModified", "1/05/2023", "date_last_modified", None, "row.invalid_datetime"),
            (
                "dateLastModified",
                "2017-05-06 08:01:05",
                "date_last_modified",
                datetime(2017, 5, 6, 8, 1, 5, tzinfo=UTC),
                "row.invalid_datetime",
            ),
            (
                "dateLastModified",
                "2023-05-01",
                "date_last_modified",
                datetime(2023, 5, 1, tzinfo=UTC),
                "row.invalid_datetime",
            ),
        ],
    )
    def test_warns_and_keeps_the_row(
        self, package: Maker, column: str, cell: str, attr: str, value: object, code: str
    ) -> None:
        parsed = package.read(users=USERS + user(**{column: cell}))
        (row,) = parsed.users()
        assert getattr(row, attr) == value
        problem = next(p for p in parsed.problems if p.code == code)
        assert (problem.severity, problem.line, problem.column) == ("warning", 2, column)

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            ("01/05/2010", "row.ambiguous_date"),
            ("25/12/2010", "row.ambiguous_date"),
            ("1-5-10", "row.ambiguous_date"),
            ("2010-02-30", "row.invalid_date"),
            ("2010111", "row.invalid_date"),
            ("\u0662\u0660\u0661\u0660-\u0660\u0661-\u0660\u0661", "row.invalid_date"),
            ("May 2010", "row.invalid_date"),
        ],
    )
    def test_never_guesses_a_date(self, package: Maker, cell: str, code: str) -> None:
        parsed = package.read(demographics=DEMOGRAPHICS + f"u1,,,{cell},male" + "," * 11 + "\n")
        assert list(parsed.demographics()) == []
        (problem,) = parsed.problems
        assert (problem.code, problem.severity, problem.column) == (code, "error", "birthDate")
        assert cell not in problem.detail
        assert parsed.skipped["demographics"] == 1

    @pytest.mark.parametrize(
        "cell", ["2010-05-01", "2010-5-1", "2010/05/01", "20100501", "2010-05-01T00:00:00.000Z"]
    )
    def test_reads_dates_that_start_with_the_year(self, package: Maker, cell: str) -> None:
        parsed = package.read(demographics=DEMOGRAPHICS + f"u1,,,{cell},F" + "," * 11 + "\n")
        (row,) = parsed.demographics()
        assert (row.birth_date, row.sex) == (date(2010, 5, 1), "female")

    @pytest.mark.parametrize(
        ("cell", "year"),
        [("2027", 2027), ("2026-2027", 2027), ("2026/27", 2027), ("1999-00", 2000), ("Y7", None)],
    )
    def test_takes_the_year_in_which_a_school_year_ends(
        self, package: Maker, cell: str, year: int | None
    ) -> None:
        header = (
            "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
            "schoolYear\n"
        )
        row = f"y1,,,2026,schoolYear,2026-09-01,2027-08-31,,{cell}\n"
        (session,) = package.read(academicSessions=header + row).academic_sessions()
        assert session.school_year == year


class TestRows:
    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (user(sourcedId=""), "row.missing_required_value"),
            (user(role=""), "row.missing_required_value"),
            (user(sourcedId="x" * 256), "row.invalid_guid"),
            (USER.strip() + ",more\n", "row.too_many_cells"),
            (user(email="x" * 20_000), "row.cell_too_long"),
            (user(email="x" * 1_100_000), "row.too_long"),
            (user(email="a\0b"), "row.nul_character"),
            (user(email='"open'), "csv.unclosed_quote"),
        ],
    )
    def test_leaves_out_a_row_it_cannot_trust(self, package: Maker, line: str, code: str) -> None:
        good = user(sourcedId="u2")
        parsed = package.read(users=USERS + line + good)
        assert [row.sourced_id for row in parsed.users()] == ["u2"]
        (problem,) = parsed.problems
        assert (problem.code, problem.severity, problem.line) == (code, "error", 2)
        assert parsed.sizes["users"] == 2

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (USER.strip() + ",,\n", "row.trailing_cells"),
            (USER.strip().removesuffix(",7,") + "\n", "row.too_few_cells"),
            ("\n" + USER, "csv.blank_line"),
            ("," * 17 + "\n" + USER, "csv.blank_line"),
            (user(familyName='O"Hara'), "csv.unescaped_quote"),
            (user(familyName='"O"Hara'), "csv.unescaped_quote"),
            (user(familyName='"Pond\nHouse"'), "csv.line_break_in_cell"),
        ],
    )
    def test_warns_of_a_row_it_can_read(self, package: Maker, line: str, code: str) -> None:
        parsed = package.read(users=USERS + line)
        assert len(list(parsed.users())) == parsed.sizes["users"] == 1
        assert [(p.code, p.severity) for p in parsed.problems] == [(code, "warning")]

    def test_refuses_an_id_used_before(self, package: Maker) -> None:
        parsed = package.read(users=USERS + USER + user(givenName="Rory"))
        assert [row.given_name for row in parsed.users()] == ["Amy"]
        assert parsed.problems[0].code == "reference.duplicate_sourced_id"
        assert parsed.problems[0].line == 3

    def test_takes_a_good_row_after_a_bad_one_of_the_same_id(self, package: Maker) -> None:
        parsed = package.read(users=USERS + user(role="") + USER)
        assert len(list(parsed.users())) == 1

    def test_counts_lines_over_line_breaks_in_cells(self, package: Maker) -> None:
        text = USERS + user(familyName='"a\r\nb\nc"') + "\n" + user(sourcedId="u2")
        assert [row.line for row in package.read(users=text).users()] == [2, 6]

    def test_loses_one_row_to_a_lost_quote(self, package: Maker) -> None:
        text = USERS + user(sourcedId="u0", givenName='"Amy')
        text += "".join(user(sourcedId=f"u{n}", familyName='"Pond, A"') for n in range(1, 500))
        parsed = package.read(users=text)
        assert len(list(parsed.users())) == 499
        assert [(p.line, p.code) for p in parsed.problems] == [(2, "csv.unclosed_quote")]

    def test_says_what_delta_rows_lack(self, package: Maker) -> None:
        parsed = package.read(manifest=manifest(users="delta"))
        assert found(parsed) == {("warning", "row.field_required_in_delta")}

    def test_lists_a_habit_once_and_counts_it(self, package: Maker) -> None:
        rows = "".join(user(sourcedId=f"u{n}", enabledUser="yes") for n in range(50))
        parsed = package.read(users=USERS + rows)
        assert len(list(parsed.users())) == 50
        assert len(parsed.take_problems()) == 1
        assert parsed.counts["row.invalid_boolean"] == 50
        assert parsed.problems == []

    def test_lists_no_problem_twice_when_a_file_is_read_again(self, package: Maker) -> None:
        parsed = package.read(users=USERS + user(role=""))
        assert list(parsed.users()) == list(parsed.users()) == []
        assert (len(parsed.problems), parsed.skipped["users"]) == (1, 1)


class TestEncodings:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("last", [True, False])
    def test_reads_any_line_end(self, package: Maker, end: str, last: bool) -> None:
        text = (USERS + USER + user(sourcedId="u2")).replace("\n", end)
        parsed = package.read(users=text if last else text.removesuffix(end))
        assert [row.line for row in parsed.users()] == [2, 3]
        assert parsed.problems == []

    def test_reads_past_a_byte_order_mark(self, package: Maker) -> None:
        parsed = package.read(users=b"\xef\xbb\xbf" + (USERS + USER).encode())
        assert len(list(parsed.users())) == 1
        assert [(p.code, p.severity) for p in parsed.problems] == [
            ("csv.byte_order_mark", "warning")
        ]

    def test_reads_windows_1252_line_by_line(self, package: Maker) -> None:
        lines = [
            USERS.encode(),
            user(familyName="Zoë").encode(),
            user(sourcedId="u2", familyName="Müller\u2013Zak").encode("cp1252"),
            user(sourcedId="u3", familyName="\x81").encode("latin-1"),
        ]
        parsed = package.read(users=b"".join(lines))
        assert [row.family_name for row in parsed.users()] == ["Zoë", "Müller\u2013Zak", "\ufffd"]
        assert [(p.code, p.line) for p in parsed.problems] == [("csv.not_utf8", 3)]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_says_that_a_file_is_utf_16(self, package: Maker, encoding: str) -> None:
        parsed = package.read(users=(USERS + USER).encode(encoding))
        assert found(parsed) == {("error", "csv.utf16")}
        assert parsed.modes["users"] == "absent"


class TestHeaders:
    def test_reads_columns_in_any_order(self, package: Maker) -> None:
        names = USERS.strip().split(",")
        cells = USER.strip().split(",")
        parsed = package.read(users=f"{','.join(names[::-1])}\n{','.join(cells[::-1])}\n")
        assert [row.given_name for row in parsed.users()] == ["Amy"]
        assert found(parsed) == {("warning", "schema.header_order_mismatch")}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("dateLastModified", "dataLastModified"),
            ("userIds", "userId"),
            ("agentSourcedIds", "agents"),
            ("grades", "grade"),
            ("familyName", "Family Name"),
            ("givenName", " GIVEN_NAME"),
        ],
    )
    def test_knows_older_and_misspelt_names(self, package: Maker, old: str, new: str) -> None:
        filled = user(
            userIds="{A:1}", agentSourcedIds="p1", dateLastModified="2026-09-01T06:00:00.000Z"
        )
        parsed = package.read(users=USERS.replace(old, new) + filled)
        (row,) = parsed.users()
        assert row == next(package.read(users=USERS + filled).users())
        assert ("schema.misspelt_header", old) in {(p.code, p.column) for p in parsed.problems}

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            ("favouriteColour", "schema.unknown_column"),
            ("", "schema.empty_header"),
            ("givenName", "schema.duplicate_header"),
            ("metadata.", "schema.invalid_metadata_header"),
            ("preferredGivenName", "schema.other_version_column"),
        ],
    )
    def test_warns_of_a_column_too_many(self, package: Maker, header: str, code: str) -> None:
        parsed = package.read(users=f"{USERS.strip()},{header}\n{USER.strip()},x\n")
        assert [row.given_name for row in parsed.users()] == ["Amy"]
        assert found(parsed) == {("warning", code)}

    def test_reads_an_extra_column_in_the_middle(self, package: Maker) -> None:
        header = USERS.replace("username", "colour,metadata.upn,username")
        parsed = package.read(users=header + USER.replace("amy", "red,H80,amy"))
        (row,) = parsed.users()
        assert (row.username, row.extra) == ("amy", {"upn": "H80"})
        assert ("warning", "schema.metadata_column_position") in found(parsed)

    def test_warns_of_a_missing_optional_column(self, package: Maker) -> None:
        parsed = package.read(orgs="sourcedId,name,type\ns1,Oak,school\n")
        assert [row.name for row in parsed.orgs()] == ["Oak"]
        assert found(parsed) == {("warning", "schema.missing_column")}

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (USERS.replace("role", "colour") + USER, "schema.missing_required_column"),
            (USER, "schema.no_header"),
            ("", "schema.no_header"),
            (USERS.replace(",", ";") + USER, "csv.wrong_separator"),
            (USERS.replace(",", "\t") + USER, "csv.wrong_separator"),
            ('"' + USERS + USER, "csv.unclosed_quote"),
        ],
    )
    def test_refuses_a_file_whose_columns_it_cannot_tell(
        self, package: Maker, text: str, code: str
    ) -> None:
        parsed = package.read(users=text)
        assert ("error", code) in found(parsed)
        assert parsed.modes["users"] == "absent"
        assert "users" not in parsed.sizes
        assert "Amy" not in repr(parsed.problems)


class TestManifest:
    @pytest.mark.parametrize(
        ("text", "finding", "mode"),
        [
            (manifest(users=""), ("warning", "manifest.missing_value"), "bulk"),
            (manifest(users="Bulk"), ("warning", "manifest.mode_spelling"), "bulk"),
            (manifest(users="full"), ("error", "manifest.invalid_mode"), "delta"),
            (manifest(users="absent"), ("warning", "manifest.file_unexpected"), "delta"),
            (manifest(roles="bulk"), ("error", "manifest.file_missing"), "bulk"),
            (manifest(version="2"), ("warning", "manifest.invalid_version"), "bulk"),
            (manifest(version="1.2.1"), ("warning", "manifest.invalid_version"), "bulk"),
            (manifest(pupils="bulk"), ("warning", "manifest.unknown_property"), "bulk"),
            (
                manifest() + "file.users,delta\n",
                ("warning", "manifest.duplicate_property"),
                "bulk",
            ),
            (
                manifest().replace("propertyName", "Property"),
                ("warning", "manifest.invalid_header"),
                "bulk",
            ),
            ("", ("warning", "manifest.invalid_header"), "bulk"),
            (None, ("warning", "package.missing_manifest"), "bulk"),
        ],
    )
    def test_says_what_is_wrong(
        self, package: Maker, text: str | None, finding: tuple[str, str], mode: str
    ) -> None:
        parsed = package.read(manifest=text)
        assert finding in found(parsed)
        assert parsed.modes["users"] == mode

    @pytest.mark.parametrize("gone", ["users", "orgs"])
    def test_needs_users_and_orgs(self, package: Maker, gone: str) -> None:
        package.read()
        (package.folder / f"{gone}.csv").unlink()
        parsed = read_oneroster(package.folder)
        missing = [p for p in parsed.problems if p.code == "package.missing_file"]
        assert [(p.file, p.severity) for p in missing] == [(f"{gone}.csv", "error")]

    def test_lets_a_delta_go_without_orgs(self, package: Maker) -> None:
        parsed = package.read(orgs=None, manifest=manifest(orgs="absent", users="delta"))
        assert "package.missing_file" not in parsed.counts

    @pytest.mark.parametrize(("roles", "version"), [(None, "1.1"), ("sourcedId\n", "1.2")])
    def test_tells_the_version_without_a_manifest(
        self, package: Maker, roles: str | None, version: Version
    ) -> None:
        assert package.read(manifest=None, roles=roles).version == version


class TestStrictReading:
    def test_turns_departures_into_errors(self, package: Maker) -> None:
        rows = (
            user(enabledUser="yes") + user(sourcedId="u2", enabledUser="yes") + user(sourcedId="u3")
        )
        parsed = package.read(strict=True, users=USERS + rows)
        assert [row.sourced_id for row in parsed.users()] == ["u3"]
        assert [(p.line, p.severity) for p in parsed.problems] == [(2, "error"), (3, "error")]

    def test_turns_a_missing_manifest_into_an_error(self, package: Maker) -> None:
        parsed = package.read(strict=True, manifest=None)
        assert found(parsed) == {("error", "package.missing_manifest")}

    def test_still_puts_up_with_a_byte_order_mark(self, package: Maker) -> None:
        parsed = package.read(strict=True, users=b"\xef\xbb\xbf" + (USERS + USER).encode())
        assert found(parsed) == {("warning", "csv.byte_order_mark")}


@pytest.fixture
def zipped(tmp_path: Path) -> Iterator[zipfile.ZipFile]:
    """An open archive with a valid package, to which a test adds."""
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", manifest())
        archive.writestr("orgs.csv", ORGS + ORG)
        archive.writestr("users.csv", USERS + USER)
        yield archive


def reopened(archive: zipfile.ZipFile, limits: Limits | None = None) -> Parsed:
    archive.close()
    assert archive.filename is not None
    return read_oneroster(Path(archive.filename), limits=limits)


class TestPackages:
    @pytest.mark.parametrize(
        "name", ["../users.csv", "/etc/users.csv", "..\\users.csv", "C:\\users.csv", "a\nb.csv"]
    )
    def test_refuses_a_name_that_points_outside(self, zipped: zipfile.ZipFile, name: str) -> None:
        zipped.writestr(name, "x")
        parsed = reopened(zipped)
        assert found(parsed) == {("error", "package.unsafe_name")}

    def test_names_unknown_files_and_passes_over_junk(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("readme.txt", "x")
        zipped.writestr("__MACOSX/._users.csv", "x")
        zipped.writestr(".DS_Store", "x")
        parsed = reopened(zipped)
        assert [(p.code, p.file) for p in parsed.problems] == [
            ("package.unknown_file", "readme.txt")
        ]

    def test_reads_files_inside_a_folder(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
            archive.writestr("Export 1/manifest.csv", manifest())
            archive.writestr("Export 1/orgs.csv", ORGS + ORG)
            archive.writestr("Export 1/Users.CSV", USERS + USER)
        parsed = reopened(archive)
        assert len(list(parsed.users())) == 1
        assert found(parsed) == {
            ("warning", "package.inside_folder"),
            ("warning", "package.file_name_spelling"),
        }

    def test_reads_the_nearer_of_two_files_of_one_name(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("old/users.csv", USERS)
        parsed = reopened(zipped)
        assert len(list(parsed.users())) == 1
        assert found(parsed) == {("error", "package.duplicate_file")}

    @pytest.mark.parametrize(
        ("limits", "code"),
        [
            (Limits(entries=2), "package.too_many_entries"),
            (Limits(total_bytes=100), "package.too_large"),
        ],
    )
    def test_keeps_to_its_limits(self, zipped: zipfile.ZipFile, limits: Limits, code: str) -> None:
        parsed = reopened(zipped, limits)
        assert ("error", code) in found(parsed)
        assert parsed.sizes == {}

    def test_keeps_to_its_limits_in_a_folder(self, package: Maker) -> None:
        package.read()
        for limits in (Limits(entries=2), Limits(total_bytes=100)):
            assert read_oneroster(package.folder, limits=limits).sizes == {}

    def test_refuses_a_zip_bomb(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("classes.csv", b"0" * 5_000_000)
        assert ("error", "package.suspicious_ratio") in found(reopened(zipped))

    def test_refuses_zip64(self, zipped: zipfile.ZipFile, tmp_path: Path) -> None:
        zipped.close()
        raw = (tmp_path / "r.zip").read_bytes()
        at = raw.rfind(b"PK\x05\x06")
        (tmp_path / "r.zip").write_bytes(raw[:at] + b"PK\x06\x07" + bytes(16) + raw[at:])
        assert ("error", "package.too_large") in found(read_oneroster(tmp_path / "r.zip"))

    def test_names_a_locked_file(self, zipped: zipfile.ZipFile, tmp_path: Path) -> None:
        zipped.close()
        raw = bytearray((tmp_path / "r.zip").read_bytes())
        raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "r.zip").write_bytes(raw)
        parsed = read_oneroster(tmp_path / "r.zip")
        assert {("error", "package.encrypted"), ("error", "package.missing_file")} <= found(parsed)

    def test_names_a_method_it_does_not_unpack(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("demographics.csv", DEMOGRAPHICS, zipfile.ZIP_LZMA)
        assert ("error", "package.unreadable_file") in found(reopened(zipped))

    def test_takes_a_damaged_file_as_not_sent(self, tmp_path: Path) -> None:
        place = tmp_path / "r.zip"
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("manifest.csv", manifest())
            archive.writestr("orgs.csv", ORGS + ORG)
            archive.writestr("users.csv", USERS + USER)
        place.write_bytes(place.read_bytes().replace(b"Amy", b"Any"))
        parsed = read_oneroster(place)
        assert found(parsed) == {("error", "package.unreadable_file")}
        assert parsed.modes["users"] == "absent"

    @pytest.mark.parametrize("raw", [b"", b"PK", b"hello" * 100, b"PK\x05\x06" + b"\xff" * 18])
    def test_says_that_a_file_is_no_zip(self, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / "r.zip").write_bytes(raw)
        parsed = read_oneroster(tmp_path / "r.zip")
        assert parsed.errors > 0
        assert parsed.sizes == {}

    def test_says_that_nothing_is_there(self, tmp_path: Path) -> None:
        assert ("error", "package.not_found") in found(read_oneroster(tmp_path / "none.zip"))

    def test_changes_its_digest_with_any_file(self, package: Maker) -> None:
        first = package.read().digest
        assert package.read().digest == first
        assert package.read(users=USERS + USER + "\n").digest != first


class TestSeenIds:
    def test_knows_every_id_it_was_given(self) -> None:
        seen = SeenIds()
        ids = [f"id-{n}" for n in range(20_000)]
        assert all(seen.add(one) for one in ids)
        assert not any(seen.add(one) for one in ids)


class TestLongLines:
    @pytest.mark.parametrize("shift", range(3))
    def test_splits_line_ends_across_chunks(
        self, package: Maker, monkeypatch: pytest.MonkeyPatch, shift: int
    ) -> None:
        monkeypatch.setattr(csv_rows, "CHUNK_BYTES", 7)
        text = USERS + user(phone="1" * shift) + user(sourcedId="u2")
        lines = [row.line for row in package.read(users=text.replace("\n", "\r\n")).users()]
        assert lines == [2, 3]


def test_has_a_sentence_for_each_code_and_no_other() -> None:
    sources = (Path(__file__).parents[3] / "app/formats").rglob("*.py")
    written = "".join(source.read_text() for source in sources if source.name != "problems.py")
    assert [code for code in SENTENCES if f'"{code}"' not in written] == []
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())

"""The OneRoster reader gives typed rows, and names what is wrong with a cell or a row."""

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.formats.oneroster.columns import TABLES
from app.formats.rosters.ids import IdSet
from tests.unit.formats.roster_packages import (
    DEMOGRAPHICS,
    USER,
    USERS,
    Maker,
    drain,
    found,
    manifest,
    read_package,
    user,
)

SAMPLES = Path(__file__).parents[2] / "samples" / "oneroster"


@pytest.fixture
def package(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


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
        parsed = read_package(SAMPLES / path)
        assert [len(part) for part in drain(parsed).values()] == rows
        assert parsed.errors == 0

    @pytest.mark.parametrize(("folder", "pupils"), [("school-small", 72), ("district-small", 248)])
    def test_finds_the_pupils(self, folder: str, pupils: int) -> None:
        parsed = read_package(SAMPLES / "gospelnerd" / folder)
        assert sum(person.role == "student" for person in parsed.users()) == pupils

    def test_reads_zip_and_folder_alike(self) -> None:
        folder = SAMPLES / "gospelnerd/school-small"
        unpacked = read_package(folder)
        zipped = read_package(folder / "oneroster-school-small.zip")
        assert drain(unpacked) == drain(zipped)
        assert unpacked.sizes == zipped.sizes
        assert [p for p in unpacked.problems if p.code != "package.unknown_file"] == zipped.problems

    @pytest.mark.parametrize("kind", ["bulk", "delta"])
    def test_finds_nothing_wrong_with_a_strict_package(self, kind: str) -> None:
        parsed = read_package(SAMPLES / f"longsight/rostering-{kind}-package.zip", strict=True)
        assert found(parsed) == set()
        assert parsed.version == "1.2"
        assert parsed.modes["roles"] == kind
        assert parsed.unused == ("userProfiles",)

    def test_takes_header_only_files_as_not_sent(self) -> None:
        parsed = read_package(SAMPLES / "nicelion/header-only")
        assert set(parsed.modes.values()) == {"absent"}
        assert ("warning", "package.no_rows") in found(parsed)

    def test_warns_once_for_each_file_of_filled_status(self) -> None:
        parsed = read_package(SAMPLES / "gospelnerd/district-small")
        drain(parsed)
        told = [p.file for p in parsed.problems if p.code == "row.field_forbidden_in_bulk"]
        assert len(told) == len(set(told)) == 7
        assert parsed.counts["row.field_forbidden_in_bulk"] == 2587


class TestTables:
    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_matches_its_row_field_by_field(self, table: Any) -> None:
        fields = [
            field.name
            for field in dataclasses.fields(table.row)
            if field.default is dataclasses.MISSING
        ]
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
            ("enabledUser", "TRUE", "enabled", True, "row.boolean_spelling"),
            ("enabledUser", "no", "enabled", False, "row.boolean_spelling"),
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
            ("1-5-10", "row.ambiguous_date"),
            ("25-12-10", "row.ambiguous_date"),
            ("2010-02-30", "row.invalid_date"),
            ("30/02/2010", "row.invalid_date"),
            ("31/31/2010", "row.invalid_date"),
            ("2010111", "row.invalid_date"),
            ("\u0662\u0660\u0661\u0660-\u0660\u0661-\u0660\u0661", "row.invalid_date"),
            ("May 2010", "row.invalid_date"),
        ],
    )
    def test_never_guesses_a_birth_date_and_keeps_the_sex(
        self, package: Maker, cell: str, code: str
    ) -> None:
        parsed = package.read(demographics=DEMOGRAPHICS + f"u1,,,{cell},male" + "," * 11 + "\n")
        (row,) = parsed.demographics()
        assert (row.birth_date, row.sex) == (None, "male")
        (problem,) = parsed.problems
        assert (problem.code, problem.severity, problem.column) == (code, "warning", "birthDate")
        assert cell not in problem.detail

    @pytest.mark.parametrize(
        ("cell", "day"),
        [
            ("31/12/2014", date(2014, 12, 31)),
            ("12/31/2014", date(2014, 12, 31)),
            ("05/05/2014", date(2014, 5, 5)),
            ("31.12.2014 00:00", date(2014, 12, 31)),
            ("3 May 2014", date(2014, 5, 3)),
            ("3-may-2014", date(2014, 5, 3)),
        ],
    )
    def test_reads_a_date_that_can_mean_one_day_only(
        self, package: Maker, cell: str, day: date
    ) -> None:
        parsed = package.read(demographics=DEMOGRAPHICS + f"u1,,,{cell},F" + "," * 11 + "\n")
        (row,) = parsed.demographics()
        assert (row.birth_date, row.sex) == (day, "female")
        assert ("warning", "row.date_spelling") in found(parsed)

    @pytest.mark.parametrize(
        ("proof", "day"),
        [("31/12/2010", date(2010, 5, 1)), ("12/31/2010", date(2010, 1, 5)), ("", None)],
    )
    def test_takes_day_and_month_as_the_column_proves(
        self, package: Maker, proof: str, day: date | None
    ) -> None:
        lines = f"u1,,,01/05/2010,F{',' * 11}\nu2,,,{proof},F{',' * 11}\n"
        parsed = package.read(demographics=DEMOGRAPHICS + lines)
        assert next(parsed.demographics()).birth_date == day

    def test_takes_no_proof_from_dates_that_contradict_each_other(self, package: Maker) -> None:
        cells = ("01/05/2010", "31/12/2010", "12/31/2010")
        lines = "".join(f"u{n},,,{cell},F{',' * 11}\n" for n, cell in enumerate(cells))
        assert (
            next(package.read(demographics=DEMOGRAPHICS + lines).demographics()).birth_date is None
        )

    def test_leaves_out_a_role_whose_end_cannot_be_read(self, package: Maker) -> None:
        """Taken without its end, it would go on for ever."""
        header = "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        header += "orgSourcedId,userProfileSourcedId\n"
        lines = "r1,,,u1,primary,teacher,,31/02/2014,s1,\n"
        parsed = package.read(manifest=manifest(version="1.2", roles="bulk"), roles=header + lines)
        assert list(parsed.roles()) == []

    @pytest.mark.parametrize(
        ("cell", "kept"),
        [("99", ()), ("0", ()), ("15", ()), ("Year 99", ()), ("07", ("07",)), ("R", ("R",)),
         ("Nursery", ("Nursery",)), ("14", ("14",))],
    )  # fmt: skip
    def test_leaves_out_a_year_group_that_no_school_has(
        self, package: Maker, cell: str, kept: tuple[str, ...]
    ) -> None:
        parsed = package.read(users=USERS + user(grades=cell))
        assert next(parsed.users()).grades == kept
        assert [p.code for p in parsed.problems] == [] if kept else ["row.unknown_year_group"]

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

    def test_says_once_that_a_column_is_missing(self, package: Maker) -> None:
        names = USERS.strip().split(",")
        cells = USER.strip().split(",")
        at = names.index("username")
        lines = [names[:at] + names[at + 1 :]]
        lines += [[f"u{n}", *cells[1:at], *cells[at + 1 :]] for n in range(5)]
        parsed = package.read(users="".join(",".join(line) + "\n" for line in lines))
        assert len(list(parsed.users())) == 5
        assert [(p.code, p.line) for p in parsed.problems] == [("schema.missing_column", 0)]

    def test_lists_a_habit_once_and_counts_it(self, package: Maker) -> None:
        rows = "".join(user(sourcedId=f"u{n}", enabledUser="yes") for n in range(50))
        parsed = package.read(users=USERS + rows)
        assert len(list(parsed.users())) == 50
        assert len(parsed.take_problems()) == 1
        assert parsed.counts["row.boolean_spelling"] == 50
        assert parsed.problems == []

    def test_lists_no_problem_twice_when_a_file_is_read_again(self, package: Maker) -> None:
        parsed = package.read(users=USERS + user(role=""))
        assert list(parsed.users()) == list(parsed.users()) == []
        assert (len(parsed.problems), parsed.skipped["users"]) == (1, 1)


class TestIdSet:
    def test_knows_every_id_it_was_given(self) -> None:
        seen = IdSet()
        ids = [f"id-{n}" for n in range(20_000)]
        assert all(seen.add(one) for one in ids)
        assert not any(seen.add(one) for one in ids)

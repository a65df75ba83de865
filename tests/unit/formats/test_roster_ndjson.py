"""NDJSON rosters and School Data Sync."""

from datetime import date
from pathlib import Path

import pytest

from app.formats.rosters.opening import open_roster
from app.formats.rosters.source import RosterSource

SAMPLES = Path(__file__).parents[2] / "samples/rosters"
HEADER = '{"format":"cairn-roster/1","school":{"id":"oak","name":"Oak School","urn":"100001"}}'
AMY = (
    '{"upn":"R201100018042","given_name":"Amy","family_name":"Pond","date_of_birth":"2014-12-31",'
    '"sex":"F","year_group":7,"registration_group":"7A","contacts":[{"name":"Tabetha Pond",'
    '"relationship":"mother","email":"t@x.example"}]}'
)
RORY = '{"source_id":"2","given_name":"Rory","family_name":"Williams"}'


class Maker:
    def __init__(self, folder: Path) -> None:
        self.place = folder / "pupils.ndjson"

    def read(self, *lines: str, header: str = HEADER, end: str | None = None) -> RosterSource:
        last = f'{{"end":{{"rows":{len(lines)}}}}}' if end is None else end
        self.place.write_text("\n".join([header, *lines, last, ""]), encoding="utf-8")
        return open_roster(self.place)


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def told(roster: RosterSource) -> list[tuple[str, int, str | None]]:
    return [(one.code, one.line, one.column) for one in roster.take_problems()]


class TestNdjson:
    def test_gives_pupils_and_contacts(self, made: Maker) -> None:
        roster = made.read(AMY, RORY)
        amy, mother, rory = roster.users()
        assert (amy.sourced_id, amy.grades, amy.line) == ("R201100018042", ("7",), 2)
        assert (mother.role, mother.agent_ids) == ("ext:mother", (amy.sourced_id,))
        assert rory.sourced_id == "2"
        assert next(roster.demographics()).birth_date == date(2014, 12, 31)
        (org,) = roster.orgs()
        assert (org.sourced_id, org.name, org.identifier) == ("oak", "Oak School", "100001")
        assert (told(roster), roster.cut_off, roster.complete) == ([], False, False)

    def test_leaves_out_a_member_it_does_not_know_where_it_is_strict(self, made: Maker) -> None:
        made.read(AMY, RORY[:-1] + ',"shoe_size":"5"}')
        strict = open_roster(made.place, handling="strict")
        assert [one.sourced_id for one in strict.users() if one.role == "student"] == [
            "R201100018042"
        ]
        assert strict.skipped == {"users": 1}

    def test_is_complete_where_its_header_says_so(self, made: Maker) -> None:
        assert made.read(AMY, header=HEADER[:-1] + ',"complete":true}').complete

    @pytest.mark.parametrize("end", ["", '{"end":{"rows":3}}', '{"end":5}'])
    def test_that_was_cut_off_is_noticed(self, made: Maker, end: str) -> None:
        header = HEADER[:-1] + ',"complete":true}'
        roster = made.read(AMY, RORY, header=header, end=end)
        assert roster.cut_off
        assert not roster.complete
        assert [code for code, _, _ in told(roster)] == ["ndjson.cut_off"]

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("{", ("ndjson.invalid_json", 2, None)),
            ("[]", ("ndjson.invalid_json", 2, None)),
            ('{"given_name":"Amy"}', ("row.no_identifier", 2, None)),
            ('{"source_id":"1"}', ("row.missing_name", 2, None)),
        ],
    )
    def test_leaves_out_a_line_with_its_reason(
        self, made: Maker, line: str, problem: tuple[str, int, str | None]
    ) -> None:
        roster = made.read(line, RORY)
        assert [row.sourced_id for row in roster.users()] == ["2"]
        assert (told(roster), roster.skipped["users"]) == ([problem], 1)

    def test_asks_to_check_the_spelling_of_a_member(self, made: Maker) -> None:
        (problem,) = made.read(RORY[:-1] + ',"yeargroup":"5"}').take_problems()
        assert problem.detail == (
            "A member is not known and was not read. Check its spelling; docs/rosters.md lists the "
            "members."
        )

    @pytest.mark.parametrize(
        ("member", "problem"),
        [
            ('"shoe_size":1', ("ndjson.unknown_member", 2, "shoe_size")),
            ('"é é":1', ("ndjson.unknown_member", 2, "?")),
            ('"email":["a"]', ("ndjson.invalid_value", 2, None)),
            ('"contacts":{}', None),
            ('"contacts":"x"', ("ndjson.invalid_value", 2, None)),
        ],
    )
    def test_keeps_a_line_and_names_what_was_lost(
        self, made: Maker, member: str, problem: tuple[str, int, str | None] | None
    ) -> None:
        roster = made.read(RORY[:-1] + "," + member + "}")
        assert len(list(roster.users())) == 1
        assert told(roster) == ([problem] if problem else [])

    def test_needs_a_school(self, made: Maker) -> None:
        roster = made.read(RORY, header='{"format":"cairn-roster/1"}')
        assert told(roster) == [("ndjson.invalid_header", 1, None)]


class TestSchoolDataSync:
    def test_is_read_with_relationships_and_year_groups(self) -> None:
        roster = open_roster(SAMPLES / "sds-2.1")
        assert (roster.format, roster.version, roster.complete) == ("sds", "2.1", False)
        users = {row.sourced_id: row for row in roster.users()}
        roles = [(row.user_id, row.role, row.org_id, row.end_date) for row in roster.roles()]
        assert len(users) == 8
        assert (users["114001"].agent_ids, users["114001"].grades) == (("114002",), ("10",))
        assert ("114001", "student", "110003", date(2022, 6, 11)) in roles
        assert ("114006", "teacher", "110002", date(2021, 12, 1)) in roles
        assert ("114002", "guardian", None, None) in roles
        assert len(list(roster.orgs())) == 4
        assert [row.sex for row in roster.demographics()][:2] == ["male", "male"]
        assert "P@ss" not in repr(users)
        assert {code for code, _, _ in told(roster)} == {
            "package.unknown_file", "row.invalid_enum", "row.boolean_spelling",
        }  # fmt: skip

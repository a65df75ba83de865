"""Any table becomes a roster by a mapping that was proposed and confirmed."""

import json
from datetime import date
from pathlib import Path

import pytest

from app.formats.rosters.guessing import guess_mapping, mask
from app.formats.rosters.mapping import header_hash
from app.formats.rosters.opening import open_roster, propose_mapping
from app.formats.rosters.source import RosterSource

SAMPLES = Path(__file__).parents[2] / "samples/rosters"
HEADER = (
    "UPN,Adno,Legal Surname,Forename,DOB,Gender,Year,Reg,DOA,Leaving Date,Contact 1 Name,"
    "Contact 1 Relationship,Contact 1 Email"
)
AMY = (
    "R201100018042,004711,Pond,Amy,31/12/2014,F,Year  7,7A,01/09/2025,,Tabetha Pond,Mother,"
    "t@x.example"
)
RORY = "B801200005001,004712,Williams,Rory,01/02/2014,M,8,8B,03/09/2024,,,,"
PLAIN = AMY.replace("31/12/2014", "2014-12-31").replace("01/09/2025", "2025-09-01")
MAPPING = """
format = "cairn-mapping/1"
kind = "roster"
[school]
id = "oak"
name = "Oak School"
[columns]
upn = "UPN"
mis_id = "Adno"
given_name = "Forename"
family_name = "Legal Surname"
date_of_birth = "DOB"
sex = "Gender"
year_group = "Year"
registration_group = "Reg"
entry_date = "DOA"
leaving_date = "Leaving Date"
contact1_name = "Contact 1 Name"
contact1_relationship = "Contact 1 Relationship"
contact1_email = "Contact 1 Email"
"""


class Maker:
    def __init__(self, folder: Path) -> None:
        self.place = folder / "pupils.csv"

    def read(
        self, *lines: str, mapping: str = MAPPING, header: str = HEADER, encoding: str = "utf-8"
    ) -> RosterSource:
        text = "\r\n".join([header, *(lines or (AMY, RORY)), ""])
        self.place.write_bytes(text.encode(encoding))
        return open_roster(self.place, mapping=mapping.encode())


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def told(roster: RosterSource) -> list[tuple[str, int, str | None]]:
    return [(one.code, one.line, one.column) for one in roster.take_problems()]


class TestTables:
    def test_give_pupils_groups_and_contacts(self, made: Maker) -> None:
        roster = made.read()
        amy, mother, rory = roster.users()
        assert (amy.sourced_id, amy.role, amy.identifier) == ("R201100018042", "student", "004711")
        assert (amy.given_name, amy.family_name, amy.grades) == ("Amy", "Pond", ("Year 7",))
        assert amy.extra == {"upn": "R201100018042"}
        assert (mother.given_name, mother.role, mother.email) == (
            "Tabetha Pond", "ext:mother", "t@x.example",
        )  # fmt: skip
        assert rory.agent_ids == ()
        assert [(one.sourced_id, one.name) for one in roster.orgs()] == [("oak", "Oak School")]
        assert [one.title for one in roster.classes()] == ["7A", "8B"]
        assert {one.class_id for one in roster.enrollments()} == {
            one.sourced_id for one in roster.classes()
        }

    def test_read_dates_as_the_column_proves(self, made: Maker) -> None:
        roster = made.read()
        assert [one.birth_date for one in roster.demographics()] == [
            date(2014, 12, 31),
            date(2014, 2, 1),
        ]

    def test_leave_out_dates_that_could_be_two_days(self, made: Maker) -> None:
        line = RORY.replace("03/09/2024", "2024-09-03")
        roster = made.read(line)
        (row,) = roster.demographics()
        assert (row.birth_date, row.sex) == (None, "male")
        assert told(roster) == [("mapping.date_order_needed", 2, "DOB")]

    def test_read_dates_as_the_mapping_says(self, made: Maker) -> None:
        said = MAPPING.replace("[school]", '[file]\ndate_order = "mdy"\n[school]')
        line = RORY.replace("03/09/2024", "2024-09-03")
        assert next(made.read(line, mapping=said).demographics()).birth_date == date(2014, 1, 2)

    def test_do_not_ask_for_other_dates_where_the_mapping_says_their_order(
        self, made: Maker
    ) -> None:
        said = MAPPING.replace("[school]", '[file]\ndate_order = "dmy"\n[school]')
        assert told(made.read(AMY, mapping=said)) == []

    def test_translate_values_as_the_mapping_says(self, made: Maker) -> None:
        values = '[values.sex]\n"1" = "male"\n"2" = "female"\n'
        values += '[values.relationship]\nmother = "Carer"\n'
        lines = (AMY.replace(",F,", ",2,"), RORY.replace(",M,", ",9,"))
        roster = made.read(*lines, mapping=MAPPING + values)
        assert [one.role for one in roster.users()] == ["student", "guardian", "student"]
        assert [one.sex for one in roster.demographics()] == ["female", None]
        assert ("mapping.value_unknown", 3, "Gender") in told(roster)

    @pytest.mark.parametrize(
        ("line", "code", "detail"),
        [
            (PLAIN.replace("Mother", "Enemy"), "ctf.unknown_relationship",
             "Cairn does not know this relationship and recorded another person. "),
            (PLAIN.replace("Year  7", "99"), "row.unknown_year_group",
             "Year groups run from 1 to 14; this one was left out. "),
        ],
    )  # fmt: skip
    def test_say_what_became_of_a_value(
        self, made: Maker, line: str, code: str, detail: str
    ) -> None:
        (problem,) = made.read(line).take_problems()
        assert (problem.code, problem.detail.startswith(detail)) == (code, True)

    @pytest.mark.parametrize(
        ("line", "column"),
        [
            (PLAIN.replace("Pond,Amy", ",Amy"), "Legal Surname"),
            (PLAIN.replace("Pond,Amy", "Pond,"), "Forename"),
        ],
    )
    def test_warn_of_a_blank_name(self, made: Maker, line: str, column: str) -> None:
        roster = made.read(line)
        assert len(list(roster.users())) == 2
        assert told(roster) == [("row.missing_required_value", 2, column)]

    def test_do_not_warn_of_a_name_without_a_column(self, made: Maker) -> None:
        mapping = MAPPING.replace('given_name = "Forename"\n', "")
        assert told(made.read(PLAIN, mapping=mapping)) == []

    def test_give_a_leaving_day_as_a_role_that_ends(self, made: Maker) -> None:
        roster = made.read(RORY.replace("03/09/2024,", "03/09/2024,31/03/2026"))
        (row,) = roster.users()
        (role,) = roster.roles()
        assert row.role is None
        assert (role.user_id, role.role, role.end_date) == (
            row.sourced_id, "student", date(2026, 4, 1),
        )  # fmt: skip

    def test_join_columns_and_use_other_numbers(self, made: Maker) -> None:
        said = MAPPING.replace('upn = "UPN"\n', "").replace(
            'family_name = "Legal Surname"', 'family_name = ["Legal Surname", "Adno"]'
        )
        row = next(made.read(mapping=said).users())
        assert (row.sourced_id, row.family_name) == ("004711", "Pond 004711")

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (RORY.replace("B801200005001", "").replace("004712", ""), "row.no_identifier"),
            (RORY.replace("Williams,Rory", ","), "row.missing_name"),
            (RORY + ",x", "row.too_many_cells"),
            (RORY.replace("Rory", "R" * 20_000), "row.cell_too_long"),
            (AMY, "reference.duplicate_identifier"),
            (RORY.replace("Rory", '"Rory'), "csv.unclosed_quote"),
        ],
    )
    def test_lose_a_row_with_its_reason(self, made: Maker, line: str, code: str) -> None:
        roster = made.read(AMY, line)
        assert [one.sourced_id for one in roster.users() if one.role == "student"] == [
            "R201100018042"
        ]
        assert roster.skipped["users"] == 1
        assert (code, 3) in [(one.code, one.line) for one in roster.take_problems()
                             if one.severity == "error"]  # fmt: skip

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (RORY.replace("B801", "C801"), "row.invalid_upn"),
            (RORY.replace(",M,", ",X,"), "row.unknown_sex"),
            (RORY.replace(",8,", ",99,"), "row.unknown_year_group"),
            (RORY.replace("01/02/2014", "30/02/2014"), "row.invalid_date"),
            (AMY.replace("Mother", "Enemy"), "ctf.unknown_relationship"),
            (AMY.replace("Tabetha Pond", ""), "ctf.contact_without_name"),
        ],
    )
    def test_keep_a_row_and_name_what_was_lost(self, made: Maker, line: str, code: str) -> None:
        roster = made.read(line)
        assert roster.skipped["users"] == 0
        assert (code, 2) in [(one.code, one.line) for one in roster.take_problems()]

    @pytest.mark.parametrize(
        ("encoding", "codes"),
        [
            ("utf-8-sig", {"csv.byte_order_mark"}),
            ("utf-16", {"csv.utf16"}),
            ("cp1252", {"csv.not_utf8"}),
        ],
    )
    def test_are_read_in_any_encoding(self, made: Maker, encoding: str, codes: set[str]) -> None:
        roster = made.read(AMY.replace("Amy", "Zoë"), encoding=encoding)
        assert next(roster.users()).given_name == "Zoë"
        assert codes <= {one.code for one in roster.take_problems()}

    def test_may_have_titles_above_the_header(self, made: Maker) -> None:
        said = MAPPING.replace("[school]", "[file]\nheader_row = 2\n[school]")
        roster = made.read(HEADER, AMY, header="Pupils of Oak School", mapping=said)
        assert next(roster.users()).given_name == "Amy"

    def test_of_several_schools_name_them(self, made: Maker) -> None:
        said = MAPPING + 'school_id = "Estab"\nschool_name = "School"\n'
        roster = made.read(AMY + ",305,Oak", RORY + ",306,Elm", header=HEADER + ",Estab,School",
                           mapping=said)  # fmt: skip
        assert [(one.sourced_id, one.name) for one in roster.orgs()] == [
            ("305", "Oak"),
            ("306", "Elm"),
        ]

    @pytest.mark.parametrize(("said", "complete"), [("complete = true\n", True), ("", False)])
    def test_are_complete_where_the_mapping_says_so(
        self, made: Maker, said: str, complete: bool
    ) -> None:
        assert made.read(mapping=said + MAPPING).complete is complete


class TestMappings:
    @pytest.mark.parametrize(
        ("mapping", "code", "column"),
        [
            ("", "mapping.unreadable", None),
            ("{", "mapping.unreadable", None),
            ("[1]", "mapping.unreadable", None),
            (MAPPING.replace("/1", "/9"), "mapping.unreadable", None),
            (MAPPING + "shoe_size = 'x'\n", "mapping.unknown_field", "shoe_size"),
            (MAPPING + "[values.upn]\na = 'x'\n", "mapping.unknown_field", "upn"),
            (MAPPING.replace('upn = "UPN"', "").replace('mis_id = "Adno"', ""),
             "mapping.field_missing", "upn"),
            (MAPPING.replace('"DOB"', '"Born"'), "mapping.column_missing", "Born"),
            (MAPPING.replace("[school]", '[file]\nheader = "0"\n[school]'),
             "mapping.header_changed", None),
        ],
    )  # fmt: skip
    def test_that_cannot_be_used_are_refused(
        self, made: Maker, mapping: str, code: str, column: str | None
    ) -> None:
        roster = made.read(mapping=mapping)
        assert told(roster) == [(code, 0, column)]
        assert list(roster.users()) == []

    def test_may_be_json(self, made: Maker) -> None:
        said = {"format": "cairn-mapping/1", "columns": {"upn": "UPN", "given_name": "Forename"}}
        assert len(list(made.read(mapping=json.dumps(said)).users())) == 2

    def test_hold_for_the_header_they_were_confirmed_for(self, made: Maker) -> None:
        known = header_hash(HEADER.split(","))
        said = MAPPING.replace("[school]", f'[file]\nheader = "{known}"\n[school]')
        assert len(list(made.read(mapping=said).users())) == 3


class TestGuesses:
    def test_read_the_file_they_were_made_for(self, made: Maker) -> None:
        made.read()
        proposal = propose_mapping(made.place)
        assert proposal is not None
        assert {one.field for one in proposal.guesses} == {
            "upn", "mis_id", "given_name", "family_name", "date_of_birth", "sex", "year_group",
            "registration_group", "entry_date", "leaving_date", "contact1_name",
            "contact1_relationship", "contact1_email",
        }  # fmt: skip
        assert all(one.sure for one in proposal.guesses if one.blank < 1)
        assert (proposal.date_order, proposal.unmapped) == ("dmy", ())
        assert len(list(made.read(mapping=proposal.as_toml()).users())) == 3

    def test_never_show_a_value(self, made: Maker) -> None:
        made.read()
        proposal = propose_mapping(made.place)
        assert proposal is not None
        shown = repr(proposal) + proposal.as_toml()
        assert not any(word in shown for word in ("Amy", "Pond", "R2011", "4711", "2014"))
        assert "99/99/9999" in shown
        assert mask("Zoë-7") == "Aaa-9"

    def test_ask_where_values_do_not_fit_the_name(self) -> None:
        proposal = guess_mapping(["UPN", "Surname"], [["nonsense", "Pond"]])
        assert [(one.field, one.sure) for one in proposal.guesses] == [
            ("family_name", True),
        ] or not next(one for one in proposal.guesses if one.field == "upn").sure

    @pytest.mark.parametrize("head", ["Primary Guardian", "Primary Guardian 1", "Primary Contact"])
    @pytest.mark.parametrize("tails", [("Email", "Phone Number"), ("Email Addresses", "Mobile")])
    def test_are_sure_of_contacts_that_a_system_calls_primary(
        self, head: str, tails: tuple[str, str]
    ) -> None:
        header = ["Student ID", "Legal First Name", "Legal Last Name", "Email"]
        header += [f"{head} {tail}" for tail in ("Full Name", "Relationship", *tails)]
        row = ["1", "Amy", "Pond", "amy@oak.example", "Ann Pond", "Mother", "ann@home.example",
               "07700 900123"]  # fmt: skip
        proposal = guess_mapping(header, [row] * 3)
        found = {guess.field: guess.column for guess in proposal.guesses if guess.sure}
        assert found == {
            "source_id": "Student ID", "given_name": "Legal First Name",
            "family_name": "Legal Last Name", "email": "Email",
            "contact1_name": header[4], "contact1_relationship": header[5],
            "contact1_email": header[6], "contact1_phone": header[7],
        }  # fmt: skip

    def test_say_that_day_and_month_could_be_swapped(self) -> None:
        proposal = guess_mapping(["UPN", "Surname", "DOB"], [["", "Pond", "01/02/2014"]])
        assert (proposal.date_order, proposal.dates_doubtful) == (None, True)
        assert "# date_order" in proposal.as_toml()

    def test_are_made_for_a_strangers_table(self) -> None:
        place = SAMPLES / "sds-uk/Student.csv"
        proposal = propose_mapping(place)
        assert proposal is not None
        assert proposal.date_order == "mdy"
        assert "Password" in proposal.unmapped
        roster = open_roster(place, mapping=proposal.as_toml().encode())
        users = list(roster.users())
        assert (len(users), users[0].given_name, users[0].identifier) == (22, "Ora", "13001")
        assert next(roster.demographics()).birth_date == date(2000, 4, 2)
        assert {one.sourced_id for one in roster.orgs()} == {"10001"}

    @pytest.mark.parametrize("name", ["SOURCES.md", "ctf/3055432_CTF_3055433_001.xml", "sds-2.1"])
    def test_are_made_for_tables_only(self, name: str) -> None:
        assert propose_mapping(SAMPLES / name) is None

"""CTF: pupils and contacts are read whole, and hostile or broken XML is refused by name."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from app.formats.rosters import xml_elements
from app.formats.rosters.opening import open_roster
from app.formats.rosters.source import RosterSource

SAMPLE = Path(__file__).parents[2] / "samples/rosters/ctf/3055432_CTF_3055433_001.xml"
UPN, OTHER = "R201100018042", "B801200005001"


class Maker:
    """Writes the sample, with one text in place of another."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "pupils.xml"

    def read(self, *changes: tuple[str, str], handling: str = "lenient") -> RosterSource:
        text = SAMPLE.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return self.read_bytes(text.encode(), handling)

    def read_bytes(self, raw: bytes, handling: str = "lenient") -> RosterSource:
        self.place.write_bytes(raw)
        return open_roster(self.place, handling="strict" if handling == "strict" else "lenient")


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def told(roster: RosterSource) -> list[tuple[str, str, str | None]]:
    return [(one.severity, one.code, one.column) for one in roster.take_problems()]


class TestPupils:
    def test_are_read_with_their_names_numbers_and_contacts(self) -> None:
        roster = open_roster(SAMPLE)
        pupil, mother, worker, other = roster.users()
        assert (pupil.sourced_id, pupil.role, pupil.org_ids) == (UPN, "student", ("3055433",))
        assert (pupil.given_name, pupil.family_name) == ("Zoë", "O'Malley-Müller")
        assert (pupil.preferred_given_name, pupil.preferred_family_name) == ("Zo", None)
        assert (pupil.middle_name, pupil.grades) == ("Anne", ("R",))
        assert pupil.extra == {"upn": UPN, "former_upn": "T20110001804V"}
        assert pupil.agent_ids == (mother.sourced_id, worker.sourced_id)
        assert (mother.role, mother.email) == ("ext:mother", "ann@home.example")
        assert mother.phone == "07700 900001"
        assert mother.extra == {
            "priority": "1", "title": "Ms", "parental_responsibility": "true", "lives_with": "true",
        }  # fmt: skip
        assert (worker.role, worker.family_name) == ("ext:social_worker", "Khan")
        assert (other.sourced_id, other.agent_ids) == (OTHER, ())
        assert [(one.birth_date, one.sex) for one in roster.demographics()] == [
            (date(2014, 12, 31), "female"),
            (date(2013, 2, 1), "male"),
        ]
        assert told(roster) == []

    def test_are_those_of_the_receiving_school(self, made: Maker) -> None:
        (org,) = open_roster(SAMPLE).orgs()
        assert (org.sourced_id, org.type) == ("3055433", "school")
        (org,) = made.read(("<Estab>5433</Estab>", "<Estab>LLLL</Estab>")).orgs()
        assert (org.sourced_id, org.name, org.identifier) == (
            "3055432", "Oak Infant School", "100001",
        )  # fmt: skip

    def test_never_stand_for_all(self) -> None:
        """Neither a full nor a partial file says who has left."""
        assert open_roster(SAMPLE).complete is False

    @pytest.mark.parametrize(
        ("change", "sex", "told_of"),
        [
            (("<Sex>F</Sex>", "<Gender>F</Gender>"), "female", []),
            (("<Sex>F</Sex>", "<Sex>F</Sex><Gender>M</Gender>"), "female",
             [("warning", "ctf.sex_and_gender", "Sex")]),
            (("<Sex>F</Sex>", "<Sex>X</Sex>"), None, [("warning", "row.unknown_sex", "Sex")]),
            (("<Sex>F</Sex>", ""), None, [("warning", "row.missing_required_value", "Sex")]),
        ],
    )  # fmt: skip
    def test_have_a_sex_or_a_gender(
        self, made: Maker, change: tuple[str, str], sex: str | None,
        told_of: list[tuple[str, str, str | None]],
    ) -> None:  # fmt: skip
        roster = made.read(change)
        assert next(roster.demographics()).sex == sex
        assert told(roster) == told_of

    @pytest.mark.parametrize(
        ("text", "day", "code"),
        [
            ("31/12/2014", date(2014, 12, 31), "row.date_spelling"),
            ("01/02/2014", None, "row.ambiguous_date"),
            ("2014-02-30", None, "row.invalid_date"),
        ],
    )
    def test_keep_what_can_be_read_of_a_birth_date(
        self, made: Maker, text: str, day: date | None, code: str
    ) -> None:
        roster = made.read(("2014-12-31", text))
        row = next(roster.demographics())
        assert (row.birth_date, row.sex) == (day, "female")
        assert told(roster) == [("warning", code, "DOB")]

    def test_may_have_names_among_basic_details(self, made: Maker) -> None:
        plain = "<Surname>KHAN</Surname>\n      <Forename>ADAM</Forename>"
        roster = made.read(
            (plain, ""), ("<BasicDetails><NCyearActual>2", f"<BasicDetails>{plain}<NCyearActual>2")
        )
        assert list(roster.users())[-1].family_name == "KHAN"

    @pytest.mark.parametrize("upn", ["T206702408870682T", "A201100018042", "R20110001804"])
    def test_without_a_right_upn_are_left_out_with_the_reason(self, made: Maker, upn: str) -> None:
        roster = made.read((f"<UPN>{UPN}</UPN>", f"<UPN>{upn}</UPN>"))
        assert [row.sourced_id for row in roster.users()] == [OTHER]
        assert roster.skipped["users"] == 1
        assert told(roster) == [
            ("warning", "row.invalid_upn", "UPN"),
            ("error", "row.no_identifier", "UPN"),
        ]

    def test_without_a_upn_are_found_by_their_learner_number(self, made: Maker) -> None:
        number = "<UniqueLearnerNumber>1000000043</UniqueLearnerNumber>"
        roster = made.read((f"<UPN>{UPN}</UPN>", number))
        assert next(roster.users()).sourced_id == "uln:1000000043"
        assert told(roster) == []

    def test_of_the_same_number_are_read_once(self, made: Maker) -> None:
        roster = made.read((OTHER, UPN))
        assert sum(row.role == "student" for row in roster.users()) == 1
        assert told(roster) == [("error", "reference.duplicate_identifier", None)]

    def test_with_a_year_group_that_no_school_has_lose_it(self, made: Maker) -> None:
        roster = made.read(("<NCyearActual>R<", "<NCyearActual>99<"))
        assert next(roster.users()).grades == ()
        assert told(roster) == [("warning", "row.unknown_year_group", "NCyearActual")]


class TestContacts:
    def test_have_the_same_id_in_any_order(self, made: Maker) -> None:
        """And another at every other pupil: two people of one name are never made one."""
        ids = {row.given_name: row.sourced_id for row in open_roster(SAMPLE).users()}
        roster = made.read(("<Order>1</Order>", "<Order>7</Order>"))
        again = {row.given_name: row.sourced_id for row in roster.users()}
        roster = made.read((f"<UPN>{UPN}", "<UPN>T20110001804V"))
        moved = {row.given_name: row.sourced_id for row in roster.users()}
        assert ids["Ann"] == again["Ann"]
        assert ids["Ann"] != moved["Ann"]

    @pytest.mark.parametrize(
        ("old", "new", "code", "contacts"),
        [
            ("SWR", "XYZ", "ctf.unknown_relationship", 2),
            ("<Surname>Khan</Surname>", "", "ctf.contact_without_name", 1),
        ],
    )
    def test_are_kept_where_they_can_be(
        self, made: Maker, old: str, new: str, code: str, contacts: int
    ) -> None:
        roster = made.read((old, new))
        assert len(next(roster.users()).agent_ids) == contacts
        assert [one[1] for one in told(roster)] == [code]

    def test_named_twice_are_read_once(self, made: Maker) -> None:
        khan = "<Contact><Surname>Khan</Surname><Relationship>SWR</Relationship></Contact>"
        roster = made.read(("</Contacts>", f"{khan}</Contacts>"))
        assert len(next(roster.users()).agent_ids) == 2
        assert [one[1] for one in told(roster)] == ["reference.duplicate_contact"]


class TestFiles:
    @pytest.mark.parametrize("version", ["24.0", "25.0", "26.0"])
    def test_of_the_last_versions_are_known(self, made: Maker, version: str) -> None:
        roster = made.read(("25.0", version))
        assert (roster.version, told(roster)) == (version, [])

    def test_of_another_version_are_read_and_named(self, made: Maker) -> None:
        roster = made.read(("25.0", "12.0"))
        assert told(roster) == [("warning", "ctf.other_version", "CTFversion")]
        assert len(list(roster.users())) == 4

    def test_named_for_other_schools_are_named(self, tmp_path: Path) -> None:
        place = tmp_path / "3055432_CTF_8201234_001.xml"
        place.write_bytes(SAMPLE.read_bytes())
        assert told(open_roster(place)) == [("warning", "ctf.name_differs", None)]

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("</CTFpupilData>", "", "xml.not_well_formed"),
            ("</CTfile>", "</CTfile><CTfile/>", "xml.not_well_formed"),
            ("<CTfile>", '<!DOCTYPE a [<!ENTITY b "c">]><CTfile>', "xml.doctype"),
            ("<CTfile>", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><CTfile>', "xml.doctype"),
            ("<CTFpupilData>", "<CTFpupilData>" + "<a>" * 50, "xml.too_deep"),
            ("R201100018042", "&b;", "xml.not_well_formed"),
        ],
    )
    def test_that_are_broken_or_hostile_are_cut_off(
        self, made: Maker, old: str, new: str, code: str
    ) -> None:
        roster = made.read((old, new))
        assert roster.cut_off
        (problem,) = roster.take_problems()
        assert (problem.severity, problem.code) == ("error", code)
        assert problem.line > 0
        assert "row was left out" not in problem.detail

    def test_that_never_end_a_tag_are_not_held_in_memory(self, made: Maker) -> None:
        roster = made.read(("<CTFpupilData>", '<CTFpupilData a="' + "x" * 5_000_000))
        assert [one[1] for one in told(roster)] == ["xml.endless"]

    def test_without_pupils_are_named(self, made: Maker) -> None:
        roster = made.read_bytes(b"<CTfile><Header><CTFversion>25.0</CTFversion></Header></CTfile>")
        assert [one[1] for one in told(roster)] == ["ctf.no_school", "ctf.no_pupils"]
        assert list(roster.users()) == []

    @pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "iso-8859-1"])
    def test_say_how_they_are_written(self, made: Maker, encoding: str) -> None:
        text = SAMPLE.read_text(encoding="utf-8").replace("UTF-8", encoding)
        roster = made.read_bytes(text.encode(encoding))
        assert next(roster.users()).given_name == "Zoë"
        assert told(roster) == []

    def test_that_say_utf_8_and_are_not_are_read_as_windows_1252(self, made: Maker) -> None:
        roster = made.read_bytes(SAMPLE.read_text(encoding="utf-8").encode("cp1252"))
        assert next(roster.users()).given_name == "Zoë"
        assert told(roster) == [("warning", "csv.not_utf8", None)]

    def test_have_prefixes_or_not(self, made: Maker) -> None:
        text = SAMPLE.read_text(encoding="utf-8").replace("</", "<@").replace("<@", "</c:")
        text = text.replace("<", "<c:").replace("<c:/c:", "</c:").replace("<c:?", "<?")
        roster = made.read_bytes(text.replace("<c:CTfile>", '<c:CTfile xmlns:c="x">').encode())
        assert len(list(roster.users())) == 4

    def test_with_a_pupil_of_endless_content_lose_that_pupil_alone(
        self, made: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(xml_elements, "MOST_NODES", 50)
        roster = made.read(("<LookedAfter>", "<LookedAfter>" + "<a/>" * 60))
        assert [row.sourced_id for row in roster.users()] == [OTHER]
        assert told(roster) == [("error", "xml.pupil_too_large", None)]

    def test_are_read_from_a_zip_of_one(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
            archive.write(SAMPLE, "a.xml")
        assert len(list(open_roster(tmp_path / "r.zip").users())) == 4

    def test_read_strictly_leave_out_what_departs(self, made: Maker) -> None:
        roster = made.read(("2014-12-31", "31/12/2014"), handling="strict")
        assert [row.sourced_id for row in roster.users()] == [OTHER]

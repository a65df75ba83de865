"""A file that is no roster is named for what it looks like, with the formats that are read."""

import io
import zipfile
from pathlib import Path

import pytest

from app.formats.rosters.bundles import Limits
from app.formats.rosters.faults import FAULTS, READ
from app.formats.rosters.opening import open_roster
from tests.unit.formats.roster_packages import USER, USERS

SAMPLES = Path(__file__).parents[2] / "samples"
ATF = """<header>
    <DocumentName>Admissions Data Transfer File</DocumentName>
    <ATFversion>19.0</ATFversion>
</header>
<ATFpupilData><Pupil><UPN>T206702408870682T</UPN></Pupil></ATFpupilData>
"""
CENSUS = "<Message><Header><Collection>SCHOOL CENSUS</Collection></Header></Message>"


def zip_of(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name if name.startswith("_") else name.replace("__", "."), content)
    return target.getvalue()


class TestWhatIsNoRoster:
    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("r.zip", b"", "file.empty"),
            ("r.csv", b"\xef\xbb\xbf \r\n", "file.empty"),
            ("r.pdf", b"%PDF-1.7\n%\xe2\xe3", "file.pdf"),
            ("pupils.zip", b"%PDF-1.7\n", "file.pdf"),
            ("r.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.spreadsheet"),
            ("r.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.document"),
            ("r.rtf", b"{\\rtf1\\ansi", "file.document"),
            ("r.xlsx", zip_of(**{"[Content_Types].xml": b"<", "xl/workbook.xml": b"<"}),
             "file.spreadsheet"),
            ("r.docx", zip_of(**{"[Content_Types].xml": b"<", "word/document.xml": b"<"}),
             "file.document"),
            ("r.ods", zip_of(mimetype=b"x", content__xml=b"<"), "file.spreadsheet"),
            ("r.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "file.picture"),
            ("r.7z", b"7z\xbc\xaf\x27\x1c", "file.archive"),
            ("r.gz", b"\x1f\x8b\x08\x00", "file.archive"),
            ("r.csv", b"<!DOCTYPE html><html><body>Sign in", "file.web_page"),
            ("r.xml", ATF.encode(), "file.atf"),
            ("r.xml", b"<?xml version='1.0'?><ATfile><Header/></ATfile>", "file.atf"),
            ("r.xml", CENSUS.encode(), "file.census"),
            ("r.xml", b"<?xml version='1.0'?><!-- x --><SuperStarReport/>",
             "file.xml_of_something_else"),
            ("r.csv", b"UPN,Surname,Forename,DOB,Sex,NCyearActual,EnrolStatus\n", "file.census"),
            ("r.csv", b"URN,EstablishmentName\n1,2\n", "file.school_register"),
            ("names.csv", b"name,weight\nSusan,1\n", "file.needs_mapping"),
            ("r.csv", b"Name;Born\nAmy;2010-05-01\n", "file.needs_mapping"),
            ("r.csv", "Name,Born\n".encode("utf-16"), "file.needs_mapping"),
            ("r.json", b'{"pupils":[]}', "file.json"),
            ("r.json", b"[1]", "file.json"),
            ("r.txt", b"Dear Sir", "file.unknown"),
            ("r.bin", bytes(range(256)), "file.unknown"),
            ("users.csv", (USERS + USER).encode(), "file.part_of_oneroster"),
            ("r.zip", zip_of(), "file.empty_zip"),
            ("r.zip", zip_of(**{"__MACOSX/._x": b"x"}), "file.empty_zip"),
            ("r.zip", zip_of(a__txt=b"x", b__txt=b"y"), "file.zip_of_something_else"),
            ("r.zip", zip_of(a__pdf=b"%PDF-1.7"), "file.pdf"),
            ("r.zip", zip_of(a__xml=ATF.encode()), "file.atf"),
            ("r.zip", zip_of(Student__csv=b"ID", School__csv=b"ID"), "file.school_data_sync_1"),
            ("r.zip", zip_of(a__csv=b"x,y")[:-30], "package.damaged"),
        ],
        ids=lambda one: f"{len(one)} bytes" if isinstance(one, bytes) else one,
    )  # fmt: skip
    def test_is_named(self, tmp_path: Path, name: str, content: bytes, code: str) -> None:
        place = tmp_path / name
        place.write_bytes(content)
        roster = open_roster(place)
        (problem,) = roster.take_problems()
        assert (problem.file, problem.code, problem.severity) == (name, code, "error")
        assert (list(roster.users()), list(roster.orgs()), roster.sizes) == ([], [], {})

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("rosters/nicelion/everybody.csv", "file.part_of_oneroster"),
            ("rosters/gias/schools.csv", "file.school_register"),
            ("rosters/gias/links.csv", "file.needs_mapping"),
            ("rosters/sds-uk", "file.school_data_sync_1"),
            ("rosters/sds-uk/Student.csv", "file.needs_mapping"),
            ("oneroster/SOURCES.md", "file.unknown"),
        ],
    )
    def test_is_named_in_strangers_files(self, path: str, code: str) -> None:
        assert [p.code for p in open_roster(SAMPLES / path).take_problems()] == [code]

    def test_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        for place, code in (("none", "file.not_found"), ("empty", "file.empty_folder")):
            assert [p.code for p in open_roster(tmp_path / place).take_problems()] == [code]

    def test_is_refused_before_it_is_unpacked(self, tmp_path: Path) -> None:
        place = tmp_path / "r.zip"
        place.write_bytes(zip_of(a__csv=b"0" * 5_000_000))
        assert [p.code for p in open_roster(place).take_problems()] == ["package.suspicious_ratio"]
        place.write_bytes(b"x" * 101)
        roster = open_roster(place, limits=Limits(total_bytes=100))
        assert [p.code for p in roster.take_problems()] == ["package.too_large"]


class TestEveryCode:
    def test_has_a_sentence_and_advice_and_is_used(self) -> None:
        sources = (Path(__file__).parents[3] / "app/formats").rglob("*.py")
        written = "".join(source.read_text() for source in sources if source.name != "faults.py")
        assert [code for code in FAULTS if f'"{code}"' not in written] == []
        for fault in FAULTS.values():
            assert fault.sentence.endswith(".")
            assert fault.advice.endswith((".", "}"))

    def test_names_the_formats_where_a_file_is_none_of_them(self) -> None:
        for code in ("pdf", "census", "unknown", "spreadsheet", "zip_of_something_else", "json"):
            assert READ in FAULTS[f"file.{code}"].advice


class TestStrangersPackages:
    """Every collected set, by the one door: what is read of it, and what is said about it."""

    @pytest.mark.parametrize(
        ("path", "format", "users", "codes"),
        [
            ("oneroster/gospelnerd/school-small", "oneroster", 79,
             {"package.unknown_file", "row.field_forbidden_in_bulk"}),
            ("oneroster/gospelnerd/school-small/oneroster-school-small.zip", "oneroster", 79,
             {"row.field_forbidden_in_bulk"}),
            ("oneroster/gospelnerd/district-small", "oneroster", 268,
             {"row.field_forbidden_in_bulk"}),
            ("oneroster/longsight/rostering-bulk-package.zip", "oneroster", 2, set()),
            ("oneroster/longsight/rostering-delta-package.zip", "oneroster", 2, set()),
            ("oneroster/longsight/manifest-only-package.zip", "oneroster", 0, set()),
            ("rosters/nicelion", "oneroster", 4, {"package.missing_manifest",
             "package.unknown_file", "row.field_forbidden_in_bulk", "row.invalid_enum",
              "row.invalid_list"}),
            ("rosters/sds-2.1", "sds", 8,
             {"package.unknown_file", "row.invalid_enum", "row.boolean_spelling"}),
            ("rosters/ctf/3055432_CTF_3055433_001.xml", "ctf", 4, set()),
        ],
    )  # fmt: skip
    def test_are_read(self, path: str, format: str, users: int, codes: set[str]) -> None:  # noqa: A002
        roster = open_roster(SAMPLES / path)
        assert roster.format == format
        assert len(list(roster.users())) == users
        for part in ("orgs", "classes", "roles", "enrollments", "demographics"):
            list(getattr(roster, part)())
        assert {problem.code for problem in roster.take_problems()} == codes

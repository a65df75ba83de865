"""Files that go on and on without saying anything are given up, and say so."""

import zipfile
from pathlib import Path

import pytest

from app.formats import csv_rows
from app.formats.rosters.opening import open_roster
from app.formats.rosters.problems import LISTED, Problem, Report
from tests.unit.formats.roster_packages import ORG, ORGS, USER, USERS, manifest

HEADER = b'{"format":"cairn-roster/1","school":{"id":"oak"}}\n'
MAPPING = b'format = "cairn-mapping/1"\n[columns]\nupn = "UPN"\nfamily_name = "Name"\n'


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "BLANK_LINES", 1_000)
    monkeypatch.setattr(csv_rows, "BLANK_BYTES", 100_000)


def codes(place: Path) -> set[str]:
    source = open_roster(place)
    list(source.users())
    assert source.cut_off or not source.sizes
    return {problem.code for problem in source.take_problems() if problem.severity == "error"}


@pytest.mark.parametrize("blank", [b"\n" * 2_000, (b" " * 99 + b"\n") * 2_000, b"\r\n" * 2_000])
def test_ndjson(tmp_path: Path, blank: bytes) -> None:
    place = tmp_path / "roster.ndjson"
    place.write_bytes(HEADER + blank + b'{"end":{"rows":0}}\n')
    assert codes(place) == {"file.mostly_blank"}


@pytest.mark.parametrize("blank", [b"\n" * 2_000, (b"," * 20 + b"\n") * 2_000, b",\n" * 2_000])
@pytest.mark.parametrize("name", ["users", "orgs"])
def test_oneroster(tmp_path: Path, blank: bytes, name: str) -> None:
    place = tmp_path / "roster.zip"
    files = {"manifest": manifest().encode(), "orgs": (ORGS + ORG).encode(),
             "users": (USERS + USER).encode()}  # fmt: skip
    files[name] += blank
    with zipfile.ZipFile(place, "w") as archive:
        for stem, content in files.items():
            archive.writestr(f"{stem}.csv", content)
    assert codes(place) == {"file.mostly_blank"}


def test_a_mapped_table(tmp_path: Path) -> None:
    place = tmp_path / "pupils.csv"
    place.write_bytes(b"UPN,Name\n" + b",\n" * 2_000)
    source = open_roster(place, mapping=MAPPING)
    assert source.cut_off or not source.sizes
    assert "file.mostly_blank" in {problem.code for problem in source.take_problems()}


def test_what_a_sheet_ends_with_is_read(tmp_path: Path) -> None:
    place = tmp_path / "roster.ndjson"
    place.write_bytes(HEADER + b"\n" * 900 + b'{"end":{"rows":0}}\n')
    source = open_roster(place)
    assert not source.cut_off


def test_a_line_of_a_million_cells_is_one_row_left_out(tmp_path: Path) -> None:
    place = tmp_path / "package"
    place.mkdir()
    (place / "orgs.csv").write_text(ORGS + ORG)
    (place / "users.csv").write_text(USERS + "x" + "," * 1_000_000 + "\n" + USER)
    source = open_roster(place)
    assert [row.sourced_id for row in source.users()] == ["u1"]
    assert source.skipped["users"] == 1
    assert ("row.too_many_cells", 2) in {(one.code, one.line) for one in source.take_problems()}


def test_a_report_lists_some_and_counts_all() -> None:
    problem = Problem("users.csv", 1, None, "row.missing_name", "error", "It is blank.")
    report, whole = Report(), Report()
    report.extend(problem for _ in range(LISTED + 5))
    whole.extend(report)
    whole.extend(report)
    assert (len(report.listed), report.errors) == (LISTED, LISTED + 5)
    assert (len(whole.listed), whole.errors, whole.warnings) == (LISTED, 2 * LISTED + 10, 0)

"""Every published set of files that we hold: imported, or refused by its name."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rosters import Roster, packed, zipped
from tests.world import School

SAMPLES = Path(__file__).parents[2] / "samples"
STUDENTS = b"""
format = "cairn-mapping/1"
[file]
date_order = "mdy"
[columns]
source_id = "ID"
given_name = "First Name"
family_name = "Last Name"
"""


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


def content_of(path: str) -> bytes:
    place = SAMPLES / path
    return zipped(place) if place.is_dir() else place.read_bytes()


@pytest.mark.parametrize(
    ("path", "query", "brought"),
    [
        ("oneroster/gospelnerd/school-small", {}, {"children": 72, "staff": 7}),
        ("oneroster/gospelnerd/school-small/oneroster-school-small.zip", {}, {"children": 72}),
        ("oneroster/gospelnerd/district-small",
         {"organisation_source_id": "2408b425-ca06-46b8-be9a-a78a132fbf11"},
         {"children": 72, "staff": 7}),
        ("rosters/ctf/3055432_CTF_3055433_001.xml", {}, {"children": 2, "contacts": 2}),
        ("rosters/nicelion", {}, {"children": 2, "contacts": 2, "staff": 1}),
    ],
)  # fmt: skip
async def test_a_roster_is_imported(
    roster: Roster, path: str, query: Mapping[str, str], brought: Mapping[str, int]
) -> None:
    done = await roster.bring(content_of(path), **query)

    assert done["state"] == "applied", done
    assert {name: done["counts"][name]["new"] for name in brought} == brought
    again = await roster.bring(content_of(path), **query)
    assert {name: again["counts"][name]["unchanged"] for name in brought} == brought


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (content_of("oneroster/gospelnerd/district-small"), "organisation_choice_needed"),
        (content_of("oneroster/longsight/manifest-only-package.zip"), "nothing_to_import"),
        (content_of("oneroster/longsight/rostering-bulk-package.zip"), "nobody_imported"),
        (content_of("oneroster/longsight/rostering-delta-package.zip"), "nobody_imported"),
        (content_of("rosters/sds-2.1"), "nobody_imported"),
        (content_of("oneroster/nicelion/header-only"), "nothing_to_import"),
        (content_of("rosters/nicelion/everybody.csv"), "file.part_of_oneroster"),
        (content_of("rosters/nicelion/users.csv"), "file.part_of_oneroster"),
        (content_of("rosters/gias"), "file.zip_of_something_else"),
        (content_of("rosters/gias/schools.csv"), "file.school_register"),
        (content_of("rosters/sds-uk"), "file.school_data_sync_1"),
        *((one.read_bytes(), "file.atf") for one in sorted((SAMPLES / "rosters/atf").iterdir())),
        (content_of("rosters/gias/links.csv"), "file.needs_mapping"),
        (content_of("rosters/names"), "file.zip_of_something_else"),
        (content_of("rosters/names/last_names.csv"), "file.needs_mapping"),
    ],
)
async def test_what_is_no_roster_is_refused_by_its_name(
    roster: Roster, content: bytes, because: str
) -> None:
    done = await roster.bring(content)

    assert (done["state"], done["fault"]["code"]) == ("refused", because)
    assert roster.one("select count(*) from child where school_id = %s") == 0


async def test_one_file_of_an_older_form_is_read_with_a_mapping(roster: Roster) -> None:
    students = content_of("rosters/sds-uk/Student.csv")

    done = await roster.bring(packed({"Student.csv": students, "mapping.toml": STUDENTS}))

    assert (done["state"], done["format"]) == ("applied", "mapped_csv")
    assert done["counts"]["children"]["new"] == students.count(b"\n") - 1

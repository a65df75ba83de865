"""Whatever is in a file, a roster reader raises nothing and loses no row without saying so."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.identifiers import upn_check_letter
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.opening import open_roster, propose_mapping
from app.formats.rosters.source import RosterSource
from tests.sampling import examples

SAMPLES = Path(__file__).parents[1] / "samples/rosters"
CTF = (SAMPLES / "ctf/3055432_CTF_3055433_001.xml").read_bytes()
HEADER = "UPN,Surname,Forename,DOB,Sex,Year,Contact 1 Name"
MAPPING = b"""
format = "cairn-mapping/1"
[columns]
upn = "UPN"
family_name = "Surname"
given_name = "Forename"
date_of_birth = "DOB"
sex = "Sex"
year_group = "Year"
contact1_name = "Contact 1 Name"
"""
NDJSON = '{"format":"cairn-roster/1","school":{"id":"s"}}\n'
FILES = ("orgs", "classes", "users", "roles", "enrollments", "demographics")
PARTS = ("orgs", "classes", "users", "roles", "enrollments", "demographics")

bits = st.sampled_from(
    [
        "\n", "\r\n", ",", '"', '""', "\0", " ", "R201100018042", "B801200005001", "Pond", "Zoë",
        "01/02/2014", "31/12/2014", "2014-01-01", "F", "X", "99", "7", ";", "\ufffd",
    ]
).map(str.encode) | st.binary(max_size=4)  # fmt: skip
pieces = st.lists(bits, max_size=60).map(b"".join)


def drain(roster: RosterSource) -> dict[str, int]:
    return {part: sum(1 for _ in getattr(roster, part)()) for part in PARTS}


def opened(raw: bytes, name: str = "r", mapping: bytes | None = None) -> RosterSource:
    """The roster of these bytes, read to its end."""
    with TemporaryDirectory() as folder:
        place = Path(folder, name)
        place.write_bytes(raw)
        propose_mapping(place)
        roster = open_roster(place, mapping=mapping)
        kept = drain(roster)
        problems = roster.take_problems()
        assert all(problem.code in FAULTS for problem in problems)
        assert roster.sizes or problems
        for part, size in roster.sizes.items():
            assert kept.get(part, size) + roster.skipped[part] == size
        lost = {p.line for p in problems if "The row was left out." in p.detail}
        assert len(lost) == roster.skipped["users"]
        return roster


class TestAnyBytes:
    @given(st.binary(max_size=400), st.booleans())
    def test_are_read_or_refused(self, raw: bytes, mapped: bool) -> None:
        opened(raw, mapping=MAPPING if mapped else None)

    @settings(max_examples=examples(300))
    @given(pieces)
    def test_of_a_table_lose_no_row(self, raw: bytes) -> None:
        opened(HEADER.encode() + b"\n" + raw, "r.csv", MAPPING)

    @given(pieces)
    def test_may_be_a_mapping(self, raw: bytes) -> None:
        opened(HEADER.encode(), "r.csv", MAPPING + raw)

    @settings(max_examples=examples(300))
    @given(pieces)
    def test_of_ndjson_lose_no_row(self, raw: bytes) -> None:
        opened(NDJSON.encode() + raw)

    @given(st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["upn", "source_id", "given_name", "contacts", "name", "sex"]), inner),
        max_leaves=12,
    ))  # fmt: skip
    def test_of_a_json_line_lose_no_row(self, value: object) -> None:
        opened((NDJSON + json.dumps(value) + "\n").encode())

    @settings(max_examples=examples(300))
    @given(st.lists(st.tuples(st.integers(0, len(CTF) - 1), st.binary(max_size=6)), max_size=6))
    def test_in_a_ctf_lose_no_pupil(self, spots: list[tuple[int, bytes]]) -> None:
        raw = bytearray(CTF)
        for at, some in spots:
            raw[at : at + len(some)] = some
        opened(bytes(raw), "r.xml")

    @given(st.integers(0, len(CTF)))
    def test_cut_from_a_ctf_are_noticed(self, at: int) -> None:
        roster = opened(CTF[:at].rstrip(), "r.xml")
        assert roster.cut_off or not roster.sizes or at >= len(CTF.rstrip())

    @given(st.dictionaries(st.sampled_from([*FILES, "relationships"]), pieces, min_size=1))
    def test_in_a_package_are_read_or_refused(self, files: dict[str, bytes]) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, raw in files.items():
                archive.writestr(f"{name}.csv", raw)
        with TemporaryDirectory() as folder:
            place = Path(folder, "r.zip")
            place.write_bytes(packed.getvalue())
            drain(open_roster(place))


def _upn(number: int) -> str:
    body = f"20110{number:07d}"
    return upn_check_letter(body) + body


def _ctf(pupils: int) -> Iterable[str]:
    head, _, rest = CTF.decode().partition("    <Pupil>")
    one = "    <Pupil>" + rest.partition("</Pupil>")[0] + "</Pupil>"
    yield head
    for n in range(pupils):
        yield one.replace("R201100018042", _upn(n))
    yield "</CTFpupilData></CTfile>"


def _table(pupils: int) -> Iterable[str]:
    yield HEADER + "\n"
    for n in range(pupils):
        yield f"{_upn(n)},Pond,Amy,31/12/2014,F,7,\n"


class TestMemory:
    @pytest.mark.parametrize(
        ("made", "mapping", "few"),
        [(_ctf, None, 300), (_table, MAPPING, 5_000)],
        ids=["ctf", "table"],
    )
    def test_does_not_grow_with_the_file(
        self, made: Callable[[int], Iterable[str]], mapping: bytes | None, few: int, tmp_path: Path
    ) -> None:
        peaks = []
        for pupils in (few, 8 * few):
            place = tmp_path / f"{pupils}"
            place.write_text("".join(made(pupils)), encoding="utf-8")
            tracemalloc.start()
            roster = open_roster(place, mapping=mapping)
            roster.take_problems()
            sum(1 for _ in roster.users())
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert (peaks[1] - peaks[0]) / (7 * few) < 150, "bytes a row: an id in a set, no more"

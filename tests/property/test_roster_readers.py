"""Whatever is in a file, a roster reader raises nothing and loses no row without saying so."""

import gc
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.exchange.roster_runs.queries import PackageReader
from app.formats.identifiers import upn_check_letter
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.opening import open_roster, propose_mapping
from app.formats.rosters.source import RosterSource
from tests.sampling import WHOLE, examples

SAMPLES = Path(__file__).parents[1] / "samples/rosters"
CTF = (SAMPLES / "ctf/3055432_CTF_3055433_001.xml").read_bytes()
SDS = {path.name: path.read_bytes() for path in (SAMPLES / "sds-2.1").glob("*.csv")}
SMALL = SAMPLES.parent / "oneroster/gospelnerd/school-small"
ONEROSTER = {path.name: path.read_bytes() for path in SMALL.glob("*.csv")}
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
        with TemporaryDirectory() as folder:
            place = Path(folder, "r.zip")
            place.write_bytes(zipped({f"{name}.csv": raw for name, raw in files.items()}))
            drain(open_roster(place))


def counted(raw: bytes, name: str) -> None:
    """Every person of a file is staged, of another school, or left out with a problem."""
    with TemporaryDirectory() as folder:
        place, aside = Path(folder, name), Path(folder, "aside")
        place.write_bytes(raw)
        aside.mkdir()
        reader = PackageReader(place, aside, None, date(2026, 11, 29))
        while reader.step() is not None:
            pass
        package = reader.package
        if package.staging is not None:
            staged = sum(len(part.people) for part in package.batches())
            skipped = package.parsed.skipped["users"]
            told = staged + package.staging.elsewhere + skipped
            assert told == package.parsed.sizes.get("users", 0)
            errors = [one for one in package.report().listed if "left out" in one.detail]
            assert bool(skipped) <= bool(errors)


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return packed.getvalue()


def spoilt(text: bytes, spots: list[tuple[float, bytes]]) -> bytes:
    """A file with some of its bytes written over."""
    raw = bytearray(text)
    for share, some in spots:
        at = int(share * len(raw))
        raw[at : at + len(some)] = some
    return bytes(raw)


spots = st.lists(st.tuples(st.floats(0, 0.99), bits), max_size=6)


class TestEveryRow:
    @settings(max_examples=examples(100))
    @given(spots)
    def test_of_ndjson_is_accounted_for(self, spots: list[tuple[float, bytes]]) -> None:
        lines = "".join(
            f'{{"source_id":"p{n}","family_name":"Hill","contacts":[{{"name":"A B"}}]}}\n'
            for n in range(4)
        )
        counted(NDJSON.encode() + spoilt(lines.encode(), spots) + b'{"end":{"rows":4}}\n', "r")

    @settings(max_examples=examples(100))
    @given(spots)
    def test_of_a_ctf_is_accounted_for(self, spots: list[tuple[float, bytes]]) -> None:
        counted(spoilt(CTF, spots), "r.xml")

    @settings(max_examples=examples(100))
    @given(spots)
    def test_of_a_table_is_accounted_for(self, spots: list[tuple[float, bytes]]) -> None:
        rows = "".join(_table(5)).encode()
        counted(zipped({"mapping.toml": MAPPING, "pupils.csv": spoilt(rows, spots)}), "r.zip")

    @settings(max_examples=examples(100))
    @given(st.sampled_from(sorted(SDS)), spots)
    def test_of_school_data_sync_is_accounted_for(
        self, name: str, spots: list[tuple[float, bytes]]
    ) -> None:
        counted(zipped(SDS | {name: spoilt(SDS[name], spots)}), "r.zip")

    @settings(max_examples=examples(100))
    @given(st.sampled_from(["users.csv", "orgs.csv", "manifest.csv", "demographics.csv"]), spots)
    def test_of_oneroster_is_accounted_for(
        self, name: str, spots: list[tuple[float, bytes]]
    ) -> None:
        counted(zipped(ONEROSTER | {name: spoilt(ONEROSTER[name], spots)}), "r.zip")


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


TIMES = 8 if WHOLE else 3
"""How much longer the long file is."""


class TestMemory:
    @pytest.mark.parametrize(
        ("made", "mapping", "few"),
        [(_ctf, None, 1_000 if WHOLE else 300), (_table, MAPPING, 5_000 if WHOLE else 1_500)],
        ids=["ctf", "table"],
    )
    def test_does_not_grow_with_the_file(
        self, made: Callable[[int], Iterable[str]], mapping: bytes | None, few: int, tmp_path: Path
    ) -> None:
        peaks = []
        for pupils in (few, TIMES * few):
            place = tmp_path / f"{pupils}"
            place.write_text("".join(made(pupils)), encoding="utf-8")
            gc.collect()
            tracemalloc.start()
            roster = open_roster(place, mapping=mapping)
            roster.take_problems()
            sum(1 for _ in roster.users())
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert (peaks[1] - peaks[0]) / ((TIMES - 1) * few) < 250, (
            "bytes a row: an id in a set, in a set that has just grown, and no row"
        )

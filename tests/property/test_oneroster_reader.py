"""The OneRoster reader never raises and never loses a row without saying so."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.csv_rows import read_records
from app.formats.oneroster.columns import FILES, TABLES
from app.formats.oneroster.reader import Parsed
from tests.drawing import LOST, kept, words
from tests.sampling import examples
from tests.unit.formats.roster_packages import read_package

PARTS: dict[str, Callable[[Parsed], object]] = {
    "orgs": Parsed.orgs,
    "academicSessions": Parsed.academic_sessions,
    "courses": Parsed.courses,
    "classes": Parsed.classes,
    "users": Parsed.users,
    "roles": Parsed.roles,
    "enrollments": Parsed.enrollments,
    "demographics": Parsed.demographics,
}
HEADERS = {table.name: ",".join(column.name for column in table.columns) for table in TABLES}

ids = st.from_regex(r"[0-9A-Za-z./@_-]{1,40}", fullmatch=True)
days = st.dates(date(1950, 1, 1), date(2100, 1, 1)).map(date.isoformat)
pieces = st.sampled_from(
    [
        "\n", "\r\n", "\r", ",", '"', '""', "\0", " ", "\ufeff", "u1", "u2", "true", "yes",
        "student", "2010-01-01", "01/02/2010", "{A:1}", "Zoë", "active", "tobedeleted", "s1,s2",
        "metadata.x",
    ]
).map(str.encode) | st.binary(max_size=4)  # fmt: skip


def read_all(parsed: Parsed) -> dict[str, int]:
    return {name: len(list(part(parsed))) for name, part in PARTS.items()}  # type: ignore[call-overload]


def accounts_for_every_row(parsed: Parsed) -> None:
    kept = read_all(parsed)
    for name, size in parsed.sizes.items():
        lines = {
            p.line
            for p in parsed.problems
            if (p.file, p.severity) == (f"{name}.csv", "error") and p.line
        }
        assert kept[name] + parsed.skipped[name] == size
        assert parsed.skipped[name] == len(lines)


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, raw in files.items():
        (folder / f"{name}.csv").write_bytes(raw)


class TestAnyBytes:
    @given(st.dictionaries(st.sampled_from(["manifest", *PARTS]), st.binary(max_size=200)))
    def test_never_raise_as_files(self, files: dict[str, bytes]) -> None:
        with TemporaryDirectory() as folder:
            write(Path(folder), files)
            accounts_for_every_row(read_package(Path(folder)))

    @given(st.binary(max_size=400))
    def test_never_raise_as_a_zip(self, raw: bytes) -> None:
        with TemporaryDirectory() as folder:
            place = Path(folder, "r.zip")
            place.write_bytes(raw)
            read_all(read_package(place))

    @given(st.data())
    def test_never_raise_as_a_damaged_zip(self, data: st.DataObject) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("users.csv", HEADERS["users"] + "\nu1,,,true,s1,student,a,,A,B\n" * 3)
            archive.writestr("orgs.csv", HEADERS["orgs"] + "\ns1,,,Oak,school,,\n")
        raw = bytearray(packed.getvalue())
        spots = st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), min_size=1)
        for at, value in data.draw(spots):
            raw[at] = value
        with TemporaryDirectory() as folder:
            place = Path(folder, "r.zip")
            place.write_bytes(raw)
            accounts_for_every_row(read_package(place))

    @settings(max_examples=examples(300))
    @given(st.sampled_from(sorted(HEADERS)), st.lists(pieces, max_size=60), st.booleans())
    def test_lose_no_row_without_saying_so(
        self, name: str, parts: list[bytes], strict: bool
    ) -> None:
        with TemporaryDirectory() as folder:
            write(Path(folder), {name: HEADERS[name].encode() + b"\n" + b"".join(parts)})
            accounts_for_every_row(read_package(Path(folder), strict=strict))


class TestRecords:
    @given(
        st.lists(
            st.lists(st.text(kept, max_size=8), min_size=3, max_size=3), min_size=1, max_size=8
        )
    )
    def test_are_what_a_csv_writer_wrote(self, clean: list[list[str]]) -> None:
        """Line breaks of any kind inside a cell are read as LF."""
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *clean])
        read = list(read_records(io.BytesIO(out.getvalue().encode())))
        wanted = [[c.replace("\r\n", "\n").replace("\r", "\n") for c in row] for row in clean]
        assert [record.cells for record in read[1:]] == wanted


valid_user = st.fixed_dictionaries(
    {
        "enabledUser": st.sampled_from(["true", "false"]),
        "orgSourcedIds": st.lists(st.sampled_from(["s1", "s2"]), min_size=1, max_size=3).map(
            ",".join
        ),
        "role": st.sampled_from(["student", "teacher"]),
        "username": words,
        "givenName": words,
        "familyName": words,
        "middleName": words | st.just(""),
        "email": words | st.just(""),
        "metadata.upn": words | st.just(""),
    }
)
valid_demographics = st.fixed_dictionaries(
    {"birthDate": days, "sex": st.sampled_from(["male", "female"]), "cityOfBirth": words}
)


def sheet(header: list[str], rows: dict[str, dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, restval="")
    writer.writeheader()
    writer.writerows({"sourcedId": key} | row for key, row in rows.items())
    return out.getvalue().encode()


class TestValidPackage:
    @given(
        st.dictionaries(ids, valid_user, min_size=1, max_size=8),
        st.dictionaries(ids, valid_demographics, min_size=1, max_size=8),
        st.booleans(),
    )
    def test_reads_back_whole_and_without_a_problem(
        self,
        users: dict[str, dict[str, str]],
        demographics: dict[str, dict[str, str]],
        as_zip: bool,
    ) -> None:
        demographics = dict(zip(users, demographics.values(), strict=False))
        columns = [c.name for t in TABLES if t.name == "users" for c in t.columns]
        users_header = [*columns[: columns.index("password") + 1], "metadata.upn"]
        sent = {"orgs", "users", "demographics"}
        modes = {n: "bulk" if n in sent else "absent" for n in FILES["1.1"]}
        manifest = "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\n"
        manifest += "".join(f"file.{name},{mode}\r\n" for name, mode in modes.items())
        files = {
            "manifest": manifest.encode(),
            "orgs": f"{HEADERS['orgs']}\r\ns1,,,Oak,school,,\r\ns2,,,Elm,school,,\r\n".encode(),
            "users": sheet(users_header, users),
            "demographics": sheet(HEADERS["demographics"].split(","), demographics),
        }
        with TemporaryDirectory() as folder:
            place = Path(folder)
            if as_zip:
                place /= "r.zip"
                with zipfile.ZipFile(place, "w") as archive:
                    for name, raw in files.items():
                        archive.writestr(f"{name}.csv", raw)
            else:
                write(place, files)
            parsed = read_package(place, strict=True)
            people = list(parsed.users())
            born = list(parsed.demographics())
        assert parsed.problems == []
        assert {p.sourced_id: (p.given_name, p.family_name, p.email or "") for p in people} == {
            key: (row["givenName"], row["familyName"], row["email"]) for key, row in users.items()
        }
        assert [",".join(p.org_ids) for p in people] == [
            row["orgSourcedIds"] for row in users.values()
        ]
        assert [p.extra.get("upn", "") for p in people] == [
            row["metadata.upn"] for row in users.values()
        ]
        assert [str(row.birth_date) for row in born] == [
            row["birthDate"] for row in demographics.values()
        ]

    def test_names_the_row_that_lost_a_letter(self) -> None:
        """What a run at random drew once: the reader refuses to call such a package whole."""
        with TemporaryDirectory() as folder:
            row = HEADERS["users"] + f"\nu1,,,true,s1,student,a,,M{LOST}ller,B\n"
            write(Path(folder), {"users": row.encode()})
            parsed = read_package(Path(folder))
            assert [user.given_name for user in parsed.users()] == [f"M{LOST}ller"]
        assert ("csv.lost_character", 2) in {(p.code, p.line) for p in parsed.problems}

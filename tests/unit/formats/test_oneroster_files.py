"""The OneRoster reader copes with whatever was done to the package and its files."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.formats import csv_rows
from app.formats.oneroster.columns import Version
from app.formats.oneroster.reader import Parsed
from app.formats.rosters.bundles import Limits
from app.formats.rosters.opening import content_digest
from tests.unit.formats.roster_packages import (
    DEMOGRAPHICS,
    ORG,
    ORGS,
    USER,
    USERS,
    Maker,
    found,
    manifest,
    read_package,
    user,
)


@pytest.fixture
def package(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


class TestEncodings:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("last", [True, False])
    def test_reads_any_line_end(self, package: Maker, end: str, last: bool) -> None:
        text = (USERS + USER + user(sourcedId="u2")).replace("\n", end)
        parsed = package.read(users=text if last else text.removesuffix(end))
        assert [row.line for row in parsed.users()] == [2, 3]
        assert parsed.problems == []

    def test_reads_past_a_byte_order_mark(self, package: Maker) -> None:
        parsed = package.read(users=b"\xef\xbb\xbf" + (USERS + USER).encode())
        assert len(list(parsed.users())) == 1
        assert [(p.code, p.severity) for p in parsed.problems] == [
            ("csv.byte_order_mark", "warning")
        ]

    def test_reads_windows_1252_line_by_line(self, package: Maker) -> None:
        lines = [
            USERS.encode(),
            user(familyName="Zoë").encode(),
            user(sourcedId="u2", familyName="Müller\u2013Zak").encode("cp1252"),
            user(sourcedId="u3", familyName="\x81").encode("latin-1"),
        ]
        parsed = package.read(users=b"".join(lines))
        assert [row.family_name for row in parsed.users()] == ["Zoë", "Müller\u2013Zak", "\ufffd"]
        assert [(p.code, p.line) for p in parsed.problems] == [
            ("csv.not_utf8", 3),
            ("csv.lost_character", 4),
        ]

    def test_names_each_line_where_an_earlier_system_lost_a_letter(self, package: Maker) -> None:
        rows = user(familyName="M\ufffdller") + user(sourcedId="u2", familyName="Zo\ufffd")
        parsed = package.read(users=USERS + rows)
        list(parsed.users())
        assert [(p.code, p.line) for p in parsed.problems] == [
            ("csv.lost_character", 2),
            ("csv.lost_character", 3),
        ]

    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    def test_reads_other_separators_and_says_so(self, package: Maker, delimiter: str) -> None:
        text = USERS + user(familyName='"Pond, A"')
        parsed = package.read(users=text.replace(",", delimiter))
        assert [row.family_name for row in parsed.users()] == [f"Pond{delimiter} A"]
        assert found(parsed) == {("warning", "csv.other_separator")}

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_reads_utf_16_and_says_so(self, package: Maker, encoding: str) -> None:
        text = USERS + user(familyName="Zoë\u0410") + user(sourcedId="u2")
        parsed = package.read(users=text.encode(encoding))
        assert [row.family_name for row in parsed.users()] == ["Zoë\u0410", "Pond"]
        assert found(parsed) == {("warning", "csv.utf16")}

    def test_names_a_letter_that_utf_16_lost(self, package: Maker) -> None:
        raw = (USERS + user(familyName="Zo\ue000")).encode("utf-16-le")
        raw = raw.replace("\ue000".encode("utf-16-le"), b"\x00\xd8")
        parsed = package.read(users=raw)
        assert ("warning", "csv.lost_character") in found(parsed)


class TestHeaders:
    def test_reads_columns_in_any_order(self, package: Maker) -> None:
        names = USERS.strip().split(",")
        cells = USER.strip().split(",")
        parsed = package.read(users=f"{','.join(names[::-1])}\n{','.join(cells[::-1])}\n")
        assert [row.given_name for row in parsed.users()] == ["Amy"]
        assert found(parsed) == {("warning", "schema.header_order_mismatch")}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("dateLastModified", "dataLastModified"),
            ("userIds", "userId"),
            ("agentSourcedIds", "agents"),
            ("grades", "grade"),
            ("familyName", "Family Name"),
            ("givenName", " GIVEN_NAME"),
        ],
    )
    def test_knows_older_and_misspelt_names(self, package: Maker, old: str, new: str) -> None:
        filled = user(
            userIds="{A:1}", agentSourcedIds="p1", dateLastModified="2026-09-01T06:00:00.000Z"
        )
        parsed = package.read(users=USERS.replace(old, new) + filled)
        (row,) = parsed.users()
        assert row == next(package.read(users=USERS + filled).users())
        assert ("schema.misspelt_header", old) in {(p.code, p.column) for p in parsed.problems}

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            ("favouriteColour", "schema.unknown_column"),
            ("", "schema.empty_header"),
            ("givenName", "schema.duplicate_header"),
            ("metadata.", "schema.invalid_metadata_header"),
            ("preferredGivenName", "schema.other_version_column"),
        ],
    )
    def test_warns_of_a_column_too_many(self, package: Maker, header: str, code: str) -> None:
        parsed = package.read(users=f"{USERS.strip()},{header}\n{USER.strip()},x\n")
        assert [row.given_name for row in parsed.users()] == ["Amy"]
        assert found(parsed) == {("warning", code)}

    def test_reads_an_extra_column_in_the_middle(self, package: Maker) -> None:
        header = USERS.replace("username", "colour,metadata.upn,username")
        parsed = package.read(users=header + USER.replace("amy", "red,H80,amy"))
        (row,) = parsed.users()
        assert (row.username, row.extra) == ("amy", {"upn": "H80"})
        assert ("warning", "schema.metadata_column_position") in found(parsed)

    def test_warns_of_a_missing_optional_column(self, package: Maker) -> None:
        parsed = package.read(orgs="sourcedId,name,type\ns1,Oak,school\n")
        assert [row.name for row in parsed.orgs()] == ["Oak"]
        assert found(parsed) == {("warning", "schema.missing_column")}

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (USERS.replace("role", "colour") + USER, "schema.missing_required_column"),
            (USER, "schema.no_header"),
            ("", "schema.no_header"),
            ('"' + USERS + USER, "csv.unclosed_quote"),
        ],
    )
    def test_refuses_a_file_whose_columns_it_cannot_tell(
        self, package: Maker, text: str, code: str
    ) -> None:
        parsed = package.read(users=text)
        assert ("error", code) in found(parsed)
        assert parsed.modes["users"] == "absent"
        assert "users" not in parsed.sizes
        assert "Amy" not in repr(parsed.problems)
        assert "The row was left out." not in repr(parsed.problems)


class TestManifest:
    @pytest.mark.parametrize(
        ("text", "finding", "mode"),
        [
            (manifest(users=""), ("warning", "manifest.missing_value"), "bulk"),
            (manifest(users="Bulk"), ("warning", "manifest.mode_spelling"), "bulk"),
            (manifest(users="full"), ("error", "manifest.invalid_mode"), "delta"),
            (manifest(users="absent"), ("warning", "manifest.file_unexpected"), "delta"),
            (manifest(roles="bulk"), ("error", "manifest.file_missing"), "bulk"),
            (manifest(version="2"), ("warning", "manifest.invalid_version"), "bulk"),
            (manifest(version="1.2.1"), ("warning", "manifest.invalid_version"), "bulk"),
            (manifest(pupils="bulk"), ("warning", "manifest.unknown_property"), "bulk"),
            (
                manifest() + "file.users,delta\n",
                ("warning", "manifest.duplicate_property"),
                "bulk",
            ),
            (
                manifest().replace("propertyName", "Property"),
                ("warning", "manifest.invalid_header"),
                "bulk",
            ),
            ("", ("warning", "manifest.invalid_header"), "bulk"),
            (None, ("warning", "package.missing_manifest"), "bulk"),
        ],
    )
    def test_says_what_is_wrong(
        self, package: Maker, text: str | None, finding: tuple[str, str], mode: str
    ) -> None:
        parsed = package.read(manifest=text)
        assert finding in found(parsed)
        assert parsed.modes["users"] == mode

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
    def test_is_read_in_any_encoding(self, package: Maker, encoding: str) -> None:
        parsed = package.read(manifest=manifest().replace(",", ";").encode(encoding))
        assert parsed.complete
        assert ("warning", "csv.other_separator") in found(parsed)

    @pytest.mark.parametrize("gone", ["users", "orgs"])
    def test_needs_users_and_orgs(self, package: Maker, gone: str) -> None:
        package.read()
        (package.folder / f"{gone}.csv").unlink()
        parsed = read_package(package.folder)
        missing = [p for p in parsed.problems if p.code == "package.missing_file"]
        assert [(p.file, p.severity) for p in missing] == [(f"{gone}.csv", "error")]

    def test_takes_the_schools_of_a_delta_without_orgs_from_its_people(
        self, package: Maker
    ) -> None:
        users = USERS + user(orgSourcedIds='"s1,s2"') + user(sourcedId="u2", orgSourcedIds="s1")
        said = manifest(orgs="absent", users="delta")
        parsed = package.read(orgs=None, users=users, manifest=said)
        assert "package.missing_file" not in parsed.counts
        assert ("warning", "package.schools_from_people") in found(parsed)
        assert [(org.sourced_id, org.type) for org in parsed.orgs()] == [
            ("s1", "school"),
            ("s2", "school"),
        ]

    @pytest.mark.parametrize(
        ("text", "complete"),
        [
            (manifest(), True),
            (manifest(users="delta"), False),
            (manifest(users=""), False),
            (manifest(version="1.2"), False),
            (None, False),
        ],
    )
    def test_is_complete_where_the_sender_says_so(
        self, package: Maker, text: str | None, complete: bool
    ) -> None:
        assert package.read(manifest=text).complete is complete

    @pytest.mark.parametrize(("roles", "version"), [(None, "1.1"), ("sourcedId\n", "1.2")])
    def test_tells_the_version_without_a_manifest(
        self, package: Maker, roles: str | None, version: Version
    ) -> None:
        assert package.read(manifest=None, roles=roles).version == version


class TestStrictReading:
    def test_turns_departures_into_errors(self, package: Maker) -> None:
        rows = (
            user(enabledUser="yes") + user(sourcedId="u2", enabledUser="yes") + user(sourcedId="u3")
        )
        parsed = package.read(strict=True, users=USERS + rows)
        assert [row.sourced_id for row in parsed.users()] == ["u3"]
        assert [(p.line, p.severity) for p in parsed.problems] == [(2, "error"), (3, "error")]

    def test_turns_a_missing_manifest_into_an_error(self, package: Maker) -> None:
        parsed = package.read(strict=True, manifest=None)
        assert found(parsed) == {("error", "package.missing_manifest")}

    def test_still_puts_up_with_a_byte_order_mark(self, package: Maker) -> None:
        parsed = package.read(strict=True, users=b"\xef\xbb\xbf" + (USERS + USER).encode())
        assert found(parsed) == {("warning", "csv.byte_order_mark")}


@pytest.fixture
def zipped(tmp_path: Path) -> Iterator[zipfile.ZipFile]:
    """An open archive with a valid package, to which a test adds."""
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", manifest())
        archive.writestr("orgs.csv", ORGS + ORG)
        archive.writestr("users.csv", USERS + USER)
        yield archive


def reopened(archive: zipfile.ZipFile, limits: Limits | None = None) -> Parsed:
    archive.close()
    assert archive.filename is not None
    return read_package(Path(archive.filename), limits=limits)


class TestPackages:
    @pytest.mark.parametrize(
        "name", ["../users.csv", "/etc/users.csv", "..\\users.csv", "C:\\users.csv", "a\nb.csv"]
    )
    def test_refuses_a_name_that_points_outside(self, zipped: zipfile.ZipFile, name: str) -> None:
        zipped.writestr(name, "x")
        parsed = reopened(zipped)
        assert found(parsed) == {("error", "package.unsafe_name")}

    def test_names_unknown_files_and_passes_over_junk(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("readme.txt", "x")
        zipped.writestr("__MACOSX/._users.csv", "x")
        zipped.writestr(".DS_Store", "x")
        parsed = reopened(zipped)
        assert [(p.code, p.file) for p in parsed.problems] == [
            ("package.unknown_file", "readme.txt")
        ]

    def test_reads_files_inside_a_folder(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
            archive.writestr("Export 1/manifest.csv", manifest())
            archive.writestr("Export 1/orgs.csv", ORGS + ORG)
            archive.writestr("Export 1/Users.CSV", USERS + USER)
        parsed = reopened(archive)
        assert len(list(parsed.users())) == 1
        assert found(parsed) == {
            ("warning", "package.inside_folder"),
            ("warning", "package.file_name_spelling"),
        }

    def test_reads_the_nearer_of_two_files_of_one_name(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("old/users.csv", USERS)
        parsed = reopened(zipped)
        assert len(list(parsed.users())) == 1
        assert found(parsed) == {("error", "package.duplicate_file")}

    @pytest.mark.parametrize(
        ("limits", "code"),
        [
            (Limits(entries=2), "package.too_many_entries"),
            (Limits(total_bytes=100), "package.too_large"),
        ],
    )
    def test_keeps_to_its_limits(self, zipped: zipfile.ZipFile, limits: Limits, code: str) -> None:
        parsed = reopened(zipped, limits)
        assert ("error", code) in found(parsed)
        assert parsed.sizes == {}

    def test_keeps_to_its_limits_in_a_folder(self, package: Maker) -> None:
        package.read()
        for limits in (Limits(entries=2), Limits(total_bytes=100)):
            assert read_package(package.folder, limits=limits).sizes == {}

    def test_refuses_a_zip_bomb(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("classes.csv", b"0" * 5_000_000)
        assert ("error", "package.suspicious_ratio") in found(reopened(zipped))

    def test_refuses_two_names_for_one_content(
        self, zipped: zipfile.ZipFile, tmp_path: Path
    ) -> None:
        zipped.close()
        raw = bytearray((tmp_path / "r.zip").read_bytes())
        last = raw.rfind(b"PK\x01\x02")
        raw[last + 42 : last + 46] = bytes(4)  # where its content begins
        (tmp_path / "r.zip").write_bytes(raw)
        assert ("error", "package.damaged") in found(read_package(tmp_path / "r.zip"))

    def test_refuses_zip64(self, zipped: zipfile.ZipFile, tmp_path: Path) -> None:
        zipped.close()
        raw = (tmp_path / "r.zip").read_bytes()
        at = raw.rfind(b"PK\x05\x06")
        (tmp_path / "r.zip").write_bytes(raw[:at] + b"PK\x06\x07" + bytes(16) + raw[at:])
        assert ("error", "package.too_large") in found(read_package(tmp_path / "r.zip"))

    def test_names_a_locked_file(self, zipped: zipfile.ZipFile, tmp_path: Path) -> None:
        zipped.close()
        raw = bytearray((tmp_path / "r.zip").read_bytes())
        raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "r.zip").write_bytes(raw)
        parsed = read_package(tmp_path / "r.zip")
        assert {("error", "package.encrypted"), ("error", "package.missing_file")} <= found(parsed)

    def test_names_a_method_it_does_not_unpack(self, zipped: zipfile.ZipFile) -> None:
        zipped.writestr("demographics.csv", DEMOGRAPHICS, zipfile.ZIP_LZMA)
        assert ("error", "package.unreadable_file") in found(reopened(zipped))

    def test_refuses_a_file_without_a_name(self, zipped: zipfile.ZipFile, tmp_path: Path) -> None:
        zipped.writestr("x.csv", "x")
        zipped.close()
        raw = (tmp_path / "r.zip").read_bytes().replace(b"x.csv", b"\0.csv")
        (tmp_path / "r.zip").write_bytes(raw)
        parsed = read_package(tmp_path / "r.zip")
        assert found(parsed) == {("error", "package.unsafe_name")}

    def test_takes_a_damaged_file_as_not_sent(self, tmp_path: Path) -> None:
        place = tmp_path / "r.zip"
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("manifest.csv", manifest())
            archive.writestr("orgs.csv", ORGS + ORG)
            archive.writestr("users.csv", USERS + USER)
        place.write_bytes(place.read_bytes().replace(b"Amy", b"Any"))
        parsed = read_package(place)
        assert found(parsed) == {("error", "package.unreadable_file")}
        assert parsed.modes["users"] == "absent"

    @pytest.mark.parametrize("raw", [b"", b"PK", b"hello" * 100, b"PK\x05\x06" + b"\xff" * 18])
    def test_says_that_a_file_is_no_zip(self, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / "r.zip").write_bytes(raw)
        parsed = read_package(tmp_path / "r.zip")
        assert parsed.errors > 0
        assert parsed.sizes == {}

    def test_says_that_nothing_is_there(self, tmp_path: Path) -> None:
        assert ("error", "file.not_found") in found(read_package(tmp_path / "none.zip"))

    def test_has_another_digest_with_any_other_file(
        self, package: Maker, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        place = tmp_path_factory.mktemp("zip") / "same.zip"
        package.read()
        first = content_digest(package.folder)
        assert first is not None
        assert content_digest(package.folder) == first
        with zipfile.ZipFile(place, "w") as archive:
            for path in sorted(package.folder.iterdir(), reverse=True):
                archive.write(path, path.name)
        assert content_digest(place) == first
        package.read(users=USERS + USER + "\n")
        assert content_digest(package.folder) != first
        assert content_digest(place.parent / "none.zip") is None


class TestLongLines:
    @pytest.mark.parametrize("shift", range(7))
    def test_splits_line_ends_across_chunks(
        self, package: Maker, monkeypatch: pytest.MonkeyPatch, shift: int
    ) -> None:
        monkeypatch.setattr(csv_rows, "CHUNK_BYTES", 7)
        text = USERS + user(phone="1" * shift) + user(sourcedId="u2")
        lines = [row.line for row in package.read(users=text.replace("\n", "\r\n")).users()]
        assert lines == [2, 3]

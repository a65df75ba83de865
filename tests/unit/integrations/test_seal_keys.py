"""Sealing keys in their folder, and checkpoints in their file."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.integrations.checkpoint_file import CheckpointFile, CheckpointFileBroken
from app.integrations.seal_keys import SealKeyError, SealKeyFolder, SealKeys
from tests.doubles import MemorySealKeys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(params=["folder", "memory"])
def keys(request: pytest.FixtureRequest, folder: Path) -> SealKeys:
    return SealKeyFolder(folder) if request.param == "folder" else MemorySealKeys()


class TestBothKinds:
    def test_make_a_key_once(self, keys: SealKeys) -> None:
        assert keys.published() == []
        made = keys.ensure()
        assert keys.ensure().id == made.id
        assert [(one.id, one.public, one.retired) for one in keys.published()] == [
            (made.id, made.public, False)
        ]

    def test_sign_so_that_the_public_key_proves_it(self, keys: SealKeys) -> None:
        made = keys.ensure()
        Ed25519PublicKey.from_public_bytes(made.public).verify(made.sign(b"x"), b"x")

    def test_keep_the_public_part_of_a_key_that_was_replaced(self, keys: SealKeys) -> None:
        assert isinstance(keys, SealKeyFolder | MemorySealKeys)
        first = keys.ensure()
        second = keys.rotate()
        assert keys.ensure().id == second.id != first.id
        assert [(one.name, one.retired) for one in keys.published()] == [
            (first.name, True),
            (second.name, False),
        ]


class TestTheFolder:
    def test_is_closed_to_others(self, folder: Path) -> None:
        SealKeyFolder(folder).ensure()
        seals = folder / "seals"
        assert stat.S_IMODE(seals.stat().st_mode) == 0o700
        for path in seals.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path

    def test_has_one_private_key_whatever_was_rotated(self, folder: Path) -> None:
        keys = SealKeyFolder(folder)
        for _ in range(3):
            keys.rotate()
        assert len(list((folder / "seals").glob("*.key"))) == 1
        assert len(list((folder / "seals").glob("*.pub"))) == 4

    def test_gives_many_processes_one_key(self, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: SealKeyFolder(folder).ensure().id, range(16)))
        assert len(set(made)) == 1

    @pytest.mark.parametrize("suffix", ["key", ""])
    def test_that_others_can_read_is_refused(self, folder: Path, suffix: str) -> None:
        SealKeyFolder(folder).ensure()
        seals = folder / "seals"
        path = next(seals.glob("*.key")) if suffix else seals
        os.chmod(path, stat.S_IMODE(path.stat().st_mode) | 0o040)
        with pytest.raises(SealKeyError, match="closed to group and others"):
            SealKeyFolder(folder).ensure()

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"00" * 32])
    def test_with_a_broken_key_is_refused(self, folder: Path, content: bytes) -> None:
        SealKeyFolder(folder).ensure()
        seals = folder / "seals"
        next(seals.glob("*.key")).write_bytes(content)
        with pytest.raises(SealKeyError):
            SealKeyFolder(folder).ensure()
        next(seals.glob("*.pub")).write_bytes(content)
        with pytest.raises(SealKeyError):
            SealKeyFolder(folder).published()

    def test_with_a_swapped_public_key_is_refused(self, folder: Path) -> None:
        keys = SealKeyFolder(folder)
        keys.rotate()
        first, second = sorted((folder / "seals").glob("*.pub"))
        first.write_bytes(second.read_bytes())
        with pytest.raises(SealKeyError, match="another id"):
            keys.published()

    def test_shows_no_secret(self, folder: Path) -> None:
        assert "_private" not in repr(SealKeyFolder(folder).ensure())


class TestTheFileOfCheckpoints:
    NOTES = ("a\n1\n\u2014 x y\n", "b\n2\n")

    def test_gives_back_what_was_added(self, tmp_path: Path) -> None:
        file = CheckpointFile(tmp_path / "new" / "file")
        assert list(file.notes()) == []
        for note in self.NOTES:
            file.append([note])
        assert list(file.notes()) == list(self.NOTES)

    def test_is_added_to_by_many_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: CheckpointFile(path).append([f"{n}\n" * 50]), range(64)))
        assert sorted(CheckpointFile(path).notes()) == sorted(f"{n}\n" * 50 for n in range(64))

    @pytest.mark.parametrize("cut", range(1, 11))
    def test_passes_over_a_line_that_a_crash_cut(self, tmp_path: Path, cut: int) -> None:
        path = tmp_path / "file"
        CheckpointFile(path).append(self.NOTES)
        path.write_bytes(path.read_bytes()[:-cut])
        kept = [note for note in CheckpointFile(path).notes()]
        CheckpointFile(path).append(["c\n"])
        assert list(CheckpointFile(path).notes()) == [*kept, "c\n"]
        assert kept[0] == self.NOTES[0]

    def test_with_something_else_in_it_is_broken(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        CheckpointFile(path).append(self.NOTES)
        path.write_bytes(b"nonsense\n" + path.read_bytes())
        with pytest.raises(CheckpointFileBroken, match="line 1"):
            list(CheckpointFile(path).notes())

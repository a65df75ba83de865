"""The key of places: sealed the same by every process, opened in its own context alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.credentials import VaultError
from app.integrations.place_key import FOLDER, NAME, PlaceKey

PLACE, SCHOOL = b"place of eighteen.", b"school 1"


class TestPlaceKey:
    def test_seals_alike_in_every_process(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as threads:
            keys = [PlaceKey(tmp_path) for _ in range(8)]
            sealed = set(threads.map(lambda key: key.seal(PLACE, SCHOOL), keys))
        assert len(sealed) == 1
        (one,) = sealed
        assert PLACE not in one
        assert PlaceKey(tmp_path).open(one, SCHOOL) == PLACE

    def test_opens_in_no_other_context_nor_what_was_changed(self, tmp_path: Path) -> None:
        key = PlaceKey(tmp_path)
        sealed = key.seal(PLACE, SCHOOL)
        assert key.open(sealed, b"school 2") is None
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            assert key.open(bytes(changed), SCHOOL) is None
        for noise in (b"", b"x", sealed[:15], sealed + b"x"):
            assert key.open(noise, SCHOOL) is None

    def test_keeps_its_key_to_its_owner(self, tmp_path: Path) -> None:
        PlaceKey(tmp_path).seal(PLACE, SCHOOL)
        path = tmp_path / FOLDER / NAME
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        with pytest.raises(VaultError):
            PlaceKey(tmp_path).seal(PLACE, SCHOOL)

    def test_refuses_what_is_no_key(self, tmp_path: Path) -> None:
        PlaceKey(tmp_path).seal(PLACE, SCHOOL)
        (tmp_path / FOLDER / NAME).write_text("not hex")
        with pytest.raises(VaultError):
            PlaceKey(tmp_path).seal(PLACE, SCHOOL)

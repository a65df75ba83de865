"""The vault: what is sealed opens in its own context, after a rotation too, and nothing else."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.credentials import VaultError
from app.integrations.vault import FOLDER, Vault

SECRET, CONTEXT = b"twenty bytes, secret", b"account 1"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with a folder of its own."""
    return Vault(tmp_path / "keys")


def keys(vault: Vault) -> list[Path]:
    return sorted(vault._folder.glob("*.key"))


class TestSeal:
    def test_opens_again_in_its_context(self, vault: Vault) -> None:
        sealed = vault.seal(SECRET, CONTEXT)
        assert SECRET not in sealed
        assert vault.open(sealed, CONTEXT) == SECRET

    def test_opens_in_no_other(self, vault: Vault) -> None:
        with pytest.raises(VaultError):
            vault.open(vault.seal(SECRET, CONTEXT), b"account 2")

    def test_is_never_the_same_twice(self, vault: Vault) -> None:
        """ASVS 11.3.4: no nonce is used twice with one key."""
        nonces = {vault.seal(SECRET, CONTEXT)[9:21] for _ in range(500)}
        assert len(nonces) == 500

    def test_notices_every_changed_byte(self, vault: Vault) -> None:
        sealed = vault.seal(SECRET, CONTEXT)
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises(VaultError):
                vault.open(bytes(changed), CONTEXT)

    @given(noise=st.binary(max_size=80))
    def test_opens_no_noise(self, tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
        with pytest.raises(VaultError):
            Vault(tmp_path_factory.getbasetemp() / "noise").open(noise, CONTEXT)

    def test_keeps_its_keys_to_its_owner(self, vault: Vault) -> None:
        vault.seal(SECRET, CONTEXT)
        assert stat.S_IMODE(vault._folder.stat().st_mode) == 0o700
        assert [stat.S_IMODE(path.stat().st_mode) for path in keys(vault)] == [0o600]

    @pytest.mark.parametrize("what", ["folder", "key"])
    def test_refuses_keys_that_others_can_read(self, vault: Vault, what: str) -> None:
        vault.seal(SECRET, CONTEXT)
        path = vault._folder if what == "folder" else keys(vault)[0]
        path.chmod(0o750 if what == "folder" else 0o640)
        with pytest.raises(VaultError, match="closed to group and others"):
            Vault(vault._folder.parent).seal(SECRET, CONTEXT)

    @pytest.mark.parametrize("content", ["", "zz" * 32, "00" * 16])
    def test_refuses_what_is_no_key(self, vault: Vault, content: str) -> None:
        vault.seal(SECRET, CONTEXT)
        keys(vault)[0].write_text(content)
        with pytest.raises(VaultError):
            Vault(vault._folder.parent).seal(SECRET, CONTEXT)


class TestRotate:
    def test_seals_with_a_new_key_and_opens_with_both(self, vault: Vault) -> None:
        old = vault.seal(SECRET, CONTEXT)
        vault.rotate()
        new = vault.seal(SECRET, CONTEXT)
        assert (vault.is_current(old), vault.is_current(new)) == (False, True)
        assert vault.open(old, CONTEXT) == vault.open(new, CONTEXT) == SECRET

    def test_counts_after_a_clock_went_back(self, vault: Vault) -> None:
        with clock.shifted(timedelta(days=5)):
            vault.rotate()
        vault.rotate()
        new = keys(vault)[-1]
        assert vault.is_current(vault.seal(SECRET, CONTEXT))
        vault.rotate()
        assert keys(vault)[-2] == new

    def test_is_noticed_by_other_processes(self, vault: Vault) -> None:
        other = Vault(vault._folder.parent)
        other.seal(SECRET, CONTEXT)
        vault.rotate()
        assert other.open(vault.seal(SECRET, CONTEXT), CONTEXT) == SECRET

    def test_makes_one_first_key_for_all(self, vault: Vault) -> None:
        for _ in range(3):
            Vault(vault._folder.parent).seal(SECRET, CONTEXT)
        assert len(keys(vault)) == 1
        assert vault._folder.name == FOLDER

"""`cairn keys rotate-secrets`: a new key seals, and what was sealed before still opens."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.keys import app
from app.integrations.vault import Vault

pytestmark = pytest.mark.machine_time


class TestRotateSecrets:
    def test_seals_with_a_new_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CAIRN_KEYS_DIR", str(tmp_path / "keys"))
        vault = Vault(tmp_path / "keys")
        sealed = vault.seal(b"secret", b"context")
        done = CliRunner().invoke(app, ["rotate-secrets"])
        assert done.exit_code == 0, done.output
        assert not vault.is_current(sealed)
        assert vault.open(sealed, b"context") == b"secret"

    def test_refuses_keys_that_others_can_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CAIRN_KEYS_DIR", str(tmp_path / "keys"))
        Vault(tmp_path / "keys").seal(b"secret", b"context")
        (tmp_path / "keys/secrets").chmod(0o755)
        done = CliRunner().invoke(app, ["rotate-secrets"])
        assert done.exit_code == 1

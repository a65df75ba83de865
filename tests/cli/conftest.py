"""Runs the operator's commands in this process, as an operator runs them."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from app.cli import main
from app.core.settings import Settings
from tests.cli.installations import CairnIn


class Cairn:
    """Runs `cairn` in this process; answers exit code, output and complaints."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
        environment: dict[str, str],
    ) -> None:
        self._patch, self._capture = patch, capture
        for name, value in environment.items():
            patch.setenv(name, value)

    def __call__(self, *words: str, **changed: str) -> tuple[int, str, str]:
        for name, value in changed.items():
            self._patch.setenv(name, value)
        self._patch.setattr(sys, "argv", ["cairn", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capture.readouterr()
        return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def cairn(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
) -> Cairn:
    return Cairn(monkeypatch, capsys, environment)


@pytest.fixture
def environment(app_settings: Settings, tmp_path: Path) -> dict[str, str]:
    """Settings of an installation, as environment variables."""
    return {
        "CAIRN_DATABASE_URL": app_settings.database_url.get_secret_value(),
        "CAIRN_KEYS_DIR": str(tmp_path / "keys"),
        "CAIRN_CHECKPOINT_FILE": str(tmp_path / "checkpoints.txt"),
        "CAIRN_STORAGE_URL": f"file://{tmp_path / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{tmp_path / 'mail'}",
        "CAIRN_MAIL_FROM": "Cairn <cairn@cairn.example>",
        "CAIRN_UNSAFE_DATABASE": "true",
    }


@pytest.fixture(scope="module")
def cairn_in() -> CairnIn:
    """Runs a command with its own environment: exit code, and what it said."""

    def run(variables: dict[str, str], *words: str) -> tuple[int, str, str]:
        said, error = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["cairn", *words])
            with redirect_stdout(said), redirect_stderr(error), pytest.raises(SystemExit) as ended:
                main()
        return int(ended.value.code or 0), said.getvalue(), error.getvalue()

    return run

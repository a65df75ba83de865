"""`cairn openapi --diff`: a break that nobody declared fails, and before a release nothing does."""

import json
from pathlib import Path

import pytest

from app.cli import openapi
from app.cli.failures import CommandFailed

THEN = {
    "paths": {
        "/v1/a": {"get": {"operationId": "list_a", "x-scope": "a", "responses": {}}},
        "/v1/b": {"get": {"operationId": "list_b", "x-scope": "b", "responses": {}}},
    }
}
NOW = json.dumps({"paths": {"/v1/a": THEN["paths"]["/v1/a"]}})
NONE = json.dumps({"paths": {}})
MADE = (NOW, NONE)
"""What the application says of itself now, and of SCIM."""


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A folder with two releases, the older of which has nothing that is gone."""
    folder = tmp_path / "released"
    folder.mkdir()
    (folder / "0.9.0.json").write_text(NOW)
    (folder / "0.10.0.json").write_text(json.dumps(THEN))
    return folder


class TestBreaks:
    def test_pass_where_nothing_is_released(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        openapi.tell_breaks(tmp_path, MADE, tmp_path)
        assert "Nothing is released yet" in capsys.readouterr().out

    def test_fail_where_they_are_not_declared(
        self, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandFailed, match=r"clients of 0\.10\.0 break on 1 changes"):
            openapi.tell_breaks(released, MADE, tmp_path)
        assert "Undeclared: list_b: GET /v1/b is gone." in capsys.readouterr().out

    def test_pass_where_a_fragment_declares_them(
        self, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "+b.breaking.md").write_text("`list_b` is gone: use `list_a`.")
        openapi.tell_breaks(released, MADE, tmp_path)
        assert "Declared: list_b: GET /v1/b is gone." in capsys.readouterr().out

    def test_are_declared_by_no_other_fragment(self, released: Path, tmp_path: Path) -> None:
        (tmp_path / "+b.changed.md").write_text("`list_b` is gone: use `list_a`.")
        with pytest.raises(CommandFailed):
            openapi.tell_breaks(released, MADE, tmp_path)

    def test_are_those_of_any_file(self, released: Path, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed):
            openapi.tell_breaks(released / "0.10.0.json", MADE, tmp_path)
        openapi.tell_breaks(released / "0.9.0.json", MADE, tmp_path)

    def test_of_scim_count_like_any(
        self, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (released / "scim").mkdir()
        (released / "scim/0.9.0.json").write_text(json.dumps(THEN))
        with pytest.raises(CommandFailed, match="break on 2 changes"):
            openapi.tell_breaks(released / "0.9.0.json", MADE, tmp_path)
        assert "list_a: GET /v1/a is gone." in capsys.readouterr().out

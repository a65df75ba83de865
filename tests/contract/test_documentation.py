"""Nothing is documented that is not there, and nothing is there that is not documented."""

import re
from pathlib import Path
from typing import Any

import typer.main
from pydantic import SecretStr

from app.api.problems import catalogue
from app.cli import app as cairn
from app.core.settings import Settings

ROOT = Path(__file__).parents[2]


class TestSettings:
    def test_documents_every_setting_with_its_default(self) -> None:
        text = (ROOT / "docs/settings.md").read_text()
        rows = dict(re.findall(r"^\| `CAIRN_(\w+)` \| (?:`([^`]*)`)? ?\|", text, re.MULTILINE))
        assert set(rows) == {name.upper() for name in Settings.model_fields}
        for name, field in Settings.model_fields.items():
            shown = rows[name.upper()]
            plain = field.default
            if isinstance(plain, SecretStr):
                plain = plain.get_secret_value()
            expected = "[]" if plain == () else str(plain)
            assert shown == (expected.lower() if isinstance(plain, bool) else expected), name


class TestCommands:
    def test_documents_every_command(self) -> None:
        text = (ROOT / "README.md").read_text()
        commands: Any = typer.main.get_command(cairn)
        assert len(commands.commands) >= 8
        missing = [name for name in commands.commands if f"cairn {name}" not in text]
        assert missing == []


class TestProblems:
    def test_gives_every_code_a_sentence_and_advice(self) -> None:
        for code, kind in catalogue().items():
            assert re.fullmatch(r"[a-z0-9_]+", code)
            assert kind.title.endswith("."), code


class TestDecisions:
    def test_lists_every_page(self) -> None:
        folder = ROOT / "docs/decisions"
        text = (folder / "README.md").read_text()
        pages = [page.name for page in folder.glob("0*.md")]
        assert len(pages) >= 5
        assert [name for name in pages if name not in text] == []

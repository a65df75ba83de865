"""`docs/adding.md` is true: its edits, applied to a copy of the project, give a concern a field."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("app", "migrations", "openapi", "tests", "alembic.ini", "pyproject.toml")
EDIT = re.compile(
    r"After `(?P<after>.+?)` in\s+`(?P<file>[^`]+)`:\n\n```text\n(?P<text>.+?)```", re.S
)
MOST_FILES = 5
USES = '''"""A concern with the new field."""

from tests.faults.test_commit import a_concern
from tests.world import School


async def test_keeps_and_shows_it(school: School) -> None:
    body = a_concern(await school.child()) | {"weather": "Heavy rain"}
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    opened = await school.lead.get(f"/v1/concerns/{answer.json()['id']}")
    assert opened.json()["weather"] == "Heavy rain"
    plain = await school.staff.post("/v1/concerns", a_concern(await school.child()))
    opened = await school.lead.get(f"/v1/concerns/{plain.json()['id']}")
    assert opened.json()["weather"] is None
'''


class Edit(NamedTuple):
    """Lines that stand after a line of a file."""

    after: str
    file: str
    text: str

    def apply(self, root: Path) -> None:
        """Put the lines there, as deep as the line before them."""
        path = root / self.file
        lines, place = path.read_text().splitlines(keepends=True), self.place(root)
        before = lines[place]
        depth = before[: len(before) - len(before.lstrip())]
        lines[place + 1 : place + 1] = [depth + line for line in self.text.splitlines(True)]
        path.write_text("".join(lines))

    def place(self, root: Path) -> int:
        """Where the line before them stands, which stands there once."""
        lines = (root / self.file).read_text().splitlines()
        found = [place for place, line in enumerate(lines) if line.strip() == self.after]
        assert len(found) == 1, f"`{self.after}` stands {len(found)} times in {self.file}"
        return found[0]


@pytest.fixture(scope="module")
def edits() -> list[Edit]:
    page = (ROOT / "docs/adding.md").read_text()
    section = page.split("\n## ")[1]
    return [Edit(**found.groupdict()) for found in EDIT.finditer(section)]


def test_changes_at_most_five_files(edits: list[Edit]) -> None:
    assert len(edits) == 5
    assert len({edit.file for edit in edits}) < MOST_FILES


def test_finds_the_line_before_each_edit(edits: list[Edit]) -> None:
    for edit in edits:
        edit.place(ROOT)


def run(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.long
def test_gives_a_concern_the_field(edits: list[Edit], tmp_path: Path) -> None:
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for edit in edits:
        edit.apply(tmp_path)
    uses = tmp_path / "tests/api/test_weather.py"
    uses.write_text(USES)
    assert "1 passed" in run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", str(uses))

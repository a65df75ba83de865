"""Tests mirror the code: whoever changes a file of routes guesses where its tests are."""

import re
from pathlib import Path

import pytest

from tests.contract.test_areas import AREAS

REPOSITORY = Path(__file__).parents[2]
MODULES = sorted(
    f"{area}/{path.stem}"
    for area in AREAS
    for path in (REPOSITORY / "app/api/routes" / area).glob("*.py")
    if path.stem != "__init__"
)


def files_for(module: str, folder: Path) -> list[str]:
    """Test files whose name begins with the noun, in the folder of its area, and that test."""
    area, noun = module.split("/")
    name = re.compile(rf"test_{noun}(_\w+)?\.py")
    return sorted(
        path.name
        for path in (folder / area).glob("*.py")
        if name.fullmatch(path.name) and "def test_" in path.read_text()
    )


class TestRoutes:
    @pytest.mark.parametrize("module", MODULES)
    def test_have_tests_that_begin_with_their_noun(self, module: str) -> None:
        area, noun = module.split("/")
        assert files_for(module, REPOSITORY / "tests/api"), f"no tests/api/{area}/test_{noun}*.py"

    def test_are_all_looked_at(self) -> None:
        assert len(MODULES) > 80

    def test_without_tests_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "record").mkdir()
        for name in ("test_reactions.py", "test_actionset.py", "actions.py"):
            (tmp_path / "record" / name).write_text("def test_it(): ...")
        (tmp_path / "record/test_actions.py").write_text('"""Nothing yet."""')
        assert files_for("record/actions", tmp_path) == []
        (tmp_path / "record/test_actions_due.py").write_text("def test_it(): ...")
        assert files_for("record/actions", tmp_path) == ["test_actions_due.py"]

"""A noun of the domain holds at most six modules, named for what is in them."""

from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "app/domain"
SIX = {"kind", "rules", "schemas", "commands", "queries", "errors"}
NOUNS = sorted(path.parent for path in DOMAIN.rglob("__init__.py") if path.parent != DOMAIN)


def names_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}


class TestNouns:
    @pytest.mark.parametrize("folder", NOUNS, ids=lambda folder: str(folder.relative_to(DOMAIN)))
    def test_hold_the_six_names(self, folder: Path) -> None:
        """A noun that outgrows them becomes two nouns with names that a stranger would look for."""
        assert names_in(folder) <= SIX

    def test_are_found(self) -> None:
        assert DOMAIN / "record/concerns" in NOUNS
        assert "rules" in names_in(DOMAIN / "record/concerns")

"""A noun of the domain holds at most six modules, and its model has the noun's name."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from app.domain.nouns import EVERY

DOMAIN = Path(__file__).parents[2] / "app/domain"
SIX = {"kind", "rules", "schemas", "commands", "queries", "errors"}
NOUNS = sorted(path.parent for path in DOMAIN.rglob("__init__.py") if path.parent != DOMAIN)


def names_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}


def homes() -> dict[str, str]:
    """Where each kind is described, such as `record.actions`, by its name."""
    found = {}
    for folder in NOUNS:
        if not (folder / "kind.py").exists():
            continue
        noun = ".".join(folder.relative_to(DOMAIN).parts)
        module = import_module(f"app.domain.{noun}.kind")
        for name in re.findall(r"^(\w+) = kind\(", (folder / "kind.py").read_text(), re.M):
            found[getattr(module, name).name] = noun
    return found


class TestKinds:
    def test_have_their_models_in_files_of_their_nouns(self) -> None:
        """Whoever knows the noun of a kind finds its table, and the other way round."""
        of_models = {one.name: one.model.__module__ for one in EVERY}
        assert of_models == {name: f"app.db.models.{noun}" for name, noun in homes().items()}


MODELS = DOMAIN.parent / "db/models"
APART = {
    "duty/alerts": "the noun is beneath every area; the inbox is duty/alert_inbox",
    "duty/deadlines": "the noun is beneath every area; their history is duty/deadline_history",
    "people/accounts": "one person's, of no school: sessions, passwords and invitations share it",
}
"""Files of models without a noun of the domain in the same area, and why."""


class TestModels:
    @pytest.mark.parametrize("file", sorted(MODELS.glob("*/*.py")), ids=lambda file: file.stem)
    def test_are_named_as_a_noun_of_the_domain(self, file: Path) -> None:
        noun = file.relative_to(MODELS).with_suffix("")
        assert file.stem == "__init__" or str(noun) in APART or DOMAIN / noun in NOUNS


class TestNouns:
    @pytest.mark.parametrize("folder", NOUNS, ids=lambda folder: str(folder.relative_to(DOMAIN)))
    def test_hold_the_six_names(self, folder: Path) -> None:
        """A noun that outgrows them becomes two nouns with names that a stranger would look for."""
        assert names_in(folder) <= SIX

    def test_are_found(self) -> None:
        assert DOMAIN / "record/concerns" in NOUNS
        assert "rules" in names_in(DOMAIN / "record/concerns")

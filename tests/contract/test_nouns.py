"""A noun of the domain holds at most six modules, and has the same name on every floor."""

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
    "people/accounts": "one person's, of no school: sessions, passwords and invitations share it",
}
"""Files of models without a noun of the domain in the same area, and why."""


class TestModels:
    @pytest.mark.parametrize("file", sorted(MODELS.glob("*/*.py")), ids=lambda file: file.stem)
    def test_are_named_as_a_noun_of_the_domain(self, file: Path) -> None:
        noun = file.relative_to(MODELS).with_suffix("")
        assert file.stem == "__init__" or str(noun) in APART or DOMAIN / noun in NOUNS


ROUTES, REPOSITORIES = DOMAIN.parent / "api/routes", DOMAIN.parent / "db/repositories"
BENEATH = "the noun is beneath every area"
OTHERWISE = {
    ROUTES: {
        "access/access_log": "what people look for; the noun is `audit`, which has more than it",
        "people/own_sessions": "each person's, at /v1/me/sessions; `sessions` is signing in",
        "people/scim": "the protocol; its nouns are `provisioning` and `scim_groups`",
    },
    REPOSITORIES: {
        "duty/open_things": "of every kind: what the overview, owners and clocks look through",
        "duty/owners": BENEATH,
        "people/accounts": APART["people/accounts"],
        "record/year_groups": "what people look for, at /v1/year-groups; they are of no one child",
        "safety/named_content": "what people look for; the noun is `linked_concerns`, which has it",
    },
}
"""Files of routes and of statements that are no noun of their area and no part of one, and why."""
NAMED = [
    (floor, str(file.relative_to(floor).with_suffix("")))
    for floor in OTHERWISE
    for file in sorted(floor.glob("*/*.py"))
    if file.stem != "__init__"
]


def is_named_for_noun(name: str) -> bool:
    """Whether `area/name` is a noun, or a part of one that begins with it: `roster_plans`."""
    area, _, stem = name.partition("/")
    nouns = {folder.name for folder in NOUNS if folder.parent == DOMAIN / area}
    one_of_them = {re.sub("s$", "", re.sub("ies$", "y", noun)) for noun in nouns}
    return stem in nouns or any(stem.startswith(f"{noun}_") for noun in nouns | one_of_them)


class TestRoutesAndRepositories:
    @pytest.mark.parametrize(("floor", "name"), NAMED, ids=lambda value: str(value)[-30:])
    def test_are_named_for_a_noun_of_the_domain(self, floor: Path, name: str) -> None:
        """One that outgrows its file begins with the noun, in the singular or the plural."""
        assert is_named_for_noun(name) or name in OTHERWISE[floor]

    def test_are_not_excused_for_nothing(self) -> None:
        excused = {(floor, name) for floor, names in OTHERWISE.items() for name in names}
        assert excused <= {(floor, name) for floor, name in NAMED if not is_named_for_noun(name)}

    def test_of_other_names_are_found(self) -> None:
        assert is_named_for_noun("record/concerns")
        assert is_named_for_noun("sharing/agency_referrals")
        assert not is_named_for_noun("record/agency_referrals")
        assert not is_named_for_noun("sharing/sent_referrals")


class TestNouns:
    @pytest.mark.parametrize("folder", NOUNS, ids=lambda folder: str(folder.relative_to(DOMAIN)))
    def test_hold_the_six_names(self, folder: Path) -> None:
        """A noun that outgrows them becomes two nouns with names that a stranger would look for."""
        assert names_in(folder) <= SIX

    def test_are_found(self) -> None:
        assert DOMAIN / "record/concerns" in NOUNS
        assert "rules" in names_in(DOMAIN / "record/concerns")

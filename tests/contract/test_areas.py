"""The eight areas: one map on every floor, and no circles between nouns of different areas."""

import re
from collections import Counter
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from app.api.tags import GROUPS

REPOSITORY = Path(__file__).parents[2]
AREAS = ("access", "people", "duty", "record", "safety", "adults", "sharing", "exchange")
FLOORS = ("app.domain", "app.db.models", "app.db.repositories", "app.api.routes")
FOLDERS = (*(floor.replace(".", "/") for floor in FLOORS), "tests/api", "tests/unit/domain")


def circle_of(imports: Iterable[tuple[str, str]]) -> list[str]:
    """Nouns that import one another in a circle, the first that is found."""
    graph: dict[str, set[str]] = {}
    for importer, imported in imports:
        graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return [str(noun) for noun in found.args[1]]
    return []


def noun_of(module: str, floor: str) -> str | None:
    """`duty.tasks` for every module of tasks; a module at the root of the floor stands for itself.

    None for other floors, and for the root and the areas themselves, which only gather.
    """
    parts = module.removeprefix(f"{floor}.").split(".")
    if not module.startswith(f"{floor}."):
        return None
    if parts[0] not in (*AREAS, "common"):
        return parts[0]
    return ".".join(parts[:2]) if len(parts) > 1 else None


@pytest.fixture(scope="module")
def imports() -> set[tuple[str, str]]:
    graph = grimp.build_graph("app", cache_dir=None)
    return {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }


class TestNouns:
    @pytest.mark.parametrize("floor", FLOORS)
    def test_do_not_import_one_another_in_circles(
        self, imports: set[tuple[str, str]], floor: str
    ) -> None:
        pairs = {(noun_of(one, floor), noun_of(other, floor)) for one, other in imports}
        assert circle_of((a, b) for a, b in pairs if a and b and a != b) == []

    def test_in_a_circle_are_found(self) -> None:
        assert circle_of([("a", "b"), ("b", "c")]) == []
        assert set(circle_of([("a", "b"), ("b", "c"), ("c", "a")])) == {"a", "b", "c"}
        assert noun_of("app.domain.duty.tasks.rules", "app.domain") == "duty.tasks"
        assert noun_of("app.domain.common.deadlines.rules", "app.domain") == "common.deadlines"


class TestFolders:
    @pytest.mark.parametrize("folder", FOLDERS)
    def test_are_the_areas_and_hold_every_noun(self, folder: str) -> None:
        """Beside the areas stand only modules and, on the domain, what is beneath every area."""
        found = {
            path.name
            for path in (REPOSITORY / folder).iterdir()
            if path.is_dir() and any(path.rglob("*.py"))
        }
        assert found - set(AREAS) == ({"common"} if folder == "app/domain" else set())
        assert folder == "tests/unit/domain" or set(AREAS) <= found


class TestTags:
    def test_of_the_description_are_grouped_as_the_routes_are(self) -> None:
        """A tag that routes of two areas have belongs to the area with more of them."""
        found: dict[str, Counter[str]] = {}
        for path in (REPOSITORY / "app/api/routes").rglob("*.py"):
            source = path.read_text()
            for tag in re.findall(r"\b\w*Operations\(\s*\"([^\"]+)\"", source):
                area = path.parent.name.replace("routes", "system")
                found.setdefault(tag, Counter())[area] += source.count("async def ")
        areas = {tag: counted.most_common(1)[0][0] for tag, counted in found.items()}
        said = {tag: group.partition(":")[0] for group, tags in GROUPS.items() for tag in tags}
        assert said == areas
        assert [group.partition(":")[0] for group in GROUPS] == [*AREAS, "system"]

"""The security checklist names, for each line, the test that proves it; each has to exist."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([^`\s]+[/.][^`\s]+)`")
LINES = 132


def rows() -> dict[int, tuple[str, str]]:
    """The checklist's lines by number: (requirement, proof)."""
    text = (ROOT / "docs/security.md").read_text()
    return {int(number): (asked, proof) for number, _, asked, proof in ROW.findall(text)}


@cache
def names_in(path: str) -> frozenset[str]:
    """Tests of a file as `Class::test` or `test`, and its classes."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}::{name}" for name in functions_of(node.body)}
    return frozenset(found) | functions_of(ast.parse((ROOT / path).read_text()).body)


def functions_of(body: list[ast.stmt]) -> frozenset[str]:
    """The names of the test functions in a body."""
    return frozenset(
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def exists(named: str) -> bool:
    """Whether this is a test, or a class of tests, that is there; a whole file proves nothing."""
    path, _, name = named.partition("::")
    return bool(name) and (ROOT / path).is_file() and name in names_in(path)


class TestTheChecklist:
    def test_has_every_line(self) -> None:
        assert sorted(rows()) == list(range(1, LINES + 1))

    @pytest.mark.parametrize("number", range(1, LINES + 1))
    def test_names_a_proof_that_exists(self, number: int) -> None:
        _, proof = rows()[number]
        named = NAMED.findall(proof)
        assert named or proof.startswith("Not here:"), proof
        assert [one for one in named if not exists(one)] == []


class TestTheLinter:
    def test_keeps_the_rules_that_the_list_rests_on(self) -> None:
        """No unpickling, no foretold secrets, no unsafe YAML; S608 rests on bound values."""
        lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
        assert "S" in lint["select"]
        ignored = {rule for rules in lint["per-file-ignores"].values() for rule in rules}
        spared = {path: rules for path, rules in lint["per-file-ignores"].items() if "app" in path}
        assert {rule for rules in spared.values() for rule in rules} <= {
            "F401",
            "RUF012",
            "S608",
            "TID251",
        }
        assert not {"S", "S3", "S30", "S5"} & {*lint["ignore"], *ignored}
        assert not {"S301", "S311", "S506"} & set(lint["ignore"])


class TestTheLock:
    def test_names_every_file_by_its_hash(self) -> None:
        locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
        bought = [one for one in locked if "registry" in one["source"]]
        assert len(bought) > 100
        for one in bought:
            files = [*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else ())]
            assert files, one["name"]
            assert all(file["hash"].startswith("sha256:") for file in files), one["name"]


class TestTheSearch:
    @pytest.mark.parametrize(
        "missing",
        [
            "tests/contract/test_nothing.py::TestNothing",
            "tests/contract/test_security_checklist.py",
            "pyproject.toml",
            "tests/contract/test_security_checklist.py::TestNothing",
            "tests/contract/test_security_checklist.py::TestTheSearch::test_nothing",
        ],
    )
    def test_misses_what_is_not_there(self, missing: str) -> None:
        assert not exists(missing)

    def test_finds_what_is_there(self) -> None:
        mine = "tests/contract/test_security_checklist.py"
        assert exists(f"{mine}::TestTheSearch")
        assert exists(f"{mine}::TestTheSearch::test_finds_what_is_there")

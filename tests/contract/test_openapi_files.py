"""The index and the files by tag hold every operation once, and nothing that is not there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.formats.contract_files import APART, WHOLE, split
from tests.answers import described

FOLDER = Path(__file__).parents[2] / "openapi"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return split(*(json.loads((FOLDER / name).read_text()) for name in (WHOLE, APART)))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from references(one)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)


def test_are_the_committed_ones(files: dict[str, str]) -> None:
    kept = {
        str(path.relative_to(FOLDER)): path.read_text()
        for path in (FOLDER / "index.md", *FOLDER.glob("by-tag/*.json"))
    }
    assert sorted(kept) == sorted(files)
    assert [name for name in files if kept[name] != files[name]] == [], "run `cairn openapi`"


def test_the_index_has_one_line_for_each_operation(files: dict[str, str]) -> None:
    lines = [line for line in files["index.md"].splitlines() if line.startswith("- ")]
    told = [re.match(r"- `(\w+) (\S+)` .+ \(`(\w+)`\)$", line) for line in lines]
    assert all(told)
    assert sorted(one.groups() for one in told if one) == sorted(
        (method.upper(), path, operation["operationId"]) for path, method, operation in operations()
    )


def test_the_tags_have_every_operation(files: dict[str, str]) -> None:
    found = {
        operation["operationId"]
        for name, text in files.items()
        if name.startswith("by-tag/")
        for methods in json.loads(text)["paths"].values()
        for operation in methods.values()
    }
    assert found == {
        operation["operationId"] for _, _, operation in operations() if not operation.get("x-scim")
    }


def test_the_tags_refer_to_what_is_there(files: dict[str, str]) -> None:
    components = described()["components"]
    for name, text in files.items():
        if name.startswith("by-tag/"):
            for reference in references(json.loads(text)["paths"]):
                _, _, kind, part = reference.removeprefix("../cairn.json").split("/")
                assert reference.startswith("../cairn.json#/components/")
                assert part in components[kind], f"{name}: {reference}"

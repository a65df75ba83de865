"""Where records are: every path that an answer points at is an operation that opens one."""

import json
import re
from pathlib import Path

import pytest

import app.domain.nouns  # noqa: F401 - registers every kind
from app.core.pointers import PATHS
from app.domain import kinds

DOCUMENT = json.loads(Path("openapi/cairn.json").read_text("utf-8"))
OPENED = {
    re.sub(r"{\w+}", "{id}", path) for path, item in DOCUMENT["paths"].items() if "get" in item
}


class TestPaths:
    @pytest.mark.parametrize("kind", sorted(PATHS))
    def test_opens_one(self, kind: str) -> None:
        assert f"{PATHS[kind]}/{{id}}" in OPENED

    def test_everything_that_has_an_owner_is_somewhere(self) -> None:
        assert {one.name for one in kinds.owned_kinds()} <= set(PATHS)

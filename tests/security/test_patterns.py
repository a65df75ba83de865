"""No pattern takes long on a hostile text: not those of the contract, nor those of the code."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from tests.world import World

APP = Path(app.__file__).parent
WAYS = {f"re.{way}" for way in ("search", "match", "fullmatch", "sub", "findall", "finditer",
                                "split")}  # fmt: skip
PUMPS = ("a", "0", " ", "-", ".", "a-", "a.", "0a", "_", "é", "\n", "/", "@", "=", ",", "a ", ": ")
LENGTH = 8_000
LONGEST_SECONDS = 0.05


def hostile() -> Iterator[str]:
    for pump in PUMPS:
        text = pump * (LENGTH // len(pump))
        yield text
        yield "a" + text + "!"
        yield text + "\x00"


def patterns_of_the_contract(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for one in node for found in patterns_of_the_contract(one)}
    if not isinstance(node, dict):
        return set()
    own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
    return own | {found for one in node.values() for found in patterns_of_the_contract(one)}


def patterns_of_the_code() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(app.__path__, "app."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                found[f"{module.name}.{name}"] = value
    return found


def patterns_in_calls() -> dict[str, Callable[[str], object]]:
    """What `re.sub("...")` and its like look for, each as it is used."""
    found: dict[str, Callable[[str], object]] = {}
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if not any(way in source for way in WAYS):
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            way = ast.unparse(node.func)
            first = node.args[0]
            if way in WAYS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                pattern = re.compile(first.value)
                use = pattern.fullmatch if way == "re.fullmatch" else pattern.search
                found[f"{path.relative_to(APP)}: {first.value}"] = use
    return found


CODE = patterns_of_the_code()
IN_CALLS = patterns_in_calls()


def slowest(use: Callable[[str], object]) -> float:
    """Seconds of this thread in the slowest look; two more looks forgive a busy machine."""
    worst = 0.0
    for text in hostile():
        seconds = _timed(use, text)
        if seconds > LONGEST_SECONDS:
            seconds = min(seconds, _timed(use, text), _timed(use, text))
        worst = max(worst, seconds)
    return worst


def _timed(use: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    use(text)
    return time.thread_time() - began


class TestPatterns:
    def test_of_the_contract_are_quick(self, world: World) -> None:
        found = patterns_of_the_contract(world.description.document)
        assert len(found) >= 5
        slow = {one for one in found if slowest(re.compile(one).search) > LONGEST_SECONDS}
        assert slow == set()

    @pytest.mark.parametrize("name", sorted(CODE))
    def test_of_the_code_are_quick(self, name: str) -> None:
        """The code asks for whole texts, and bounds them first where they come from outside."""
        assert slowest(CODE[name].fullmatch) < LONGEST_SECONDS

    def test_would_be_found_out(self) -> None:
        """A pattern of the kind that is looked for: the square of the length, four times over."""
        assert slowest(re.compile(r"(?:a|e){1,4}(?:a|e)+b").search) > LONGEST_SECONDS

    @pytest.mark.parametrize("name", sorted(IN_CALLS))
    def test_in_the_middle_of_the_code_are_quick(self, name: str) -> None:
        assert slowest(IN_CALLS[name]) < LONGEST_SECONDS

"""No pattern takes long on a hostile text: not those of the contract, nor those of the code.

Each pattern of the code is tried in every way the code uses it: one that is quick on a whole text
can take the square of its length where it looks in the middle of one.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import app
from tests.world import World

APP = Path(app.__file__).parent
METHODS = {"search": "search", "match": "match", "fullmatch": "fullmatch", "findall": "findall",
           "finditer": "findall", "split": "split", "sub": "sub", "subn": "sub"}  # fmt: skip
WAYS = {f"re.{way}" for way in METHODS}
USE = re.compile(rf"\b([A-Za-z_]+)\.({'|'.join(METHODS)})\(")
PUMPS = ("a", "0", " ", "-", ".", "a-", "a.", "0a", "_", "é", "\n", "/", "@", "=", ",", "a ", ": ",
         '"', "'", "(", "[", "{", "<", "\\", "a@", "\\u")  # fmt: skip
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


def patterns_of_the_code() -> dict[str, Callable[[str], object]]:
    """Every pattern that a module keeps, in each way that any module uses it."""
    found: dict[str, Callable[[str], object]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                found[f"{module.__name__}.{name}: {pattern.pattern}"] = pattern.fullmatch
    for module in modules():
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for name, method in USE.findall(source):
            for pattern in _patterns_in(vars(module).get(name)):
                found[f"{module.__name__}.{name}.{method}"] = used(pattern, METHODS[method])
    return found


def modules() -> list[ModuleType]:
    return [
        importlib.import_module(one.name) for one in pkgutil.walk_packages(app.__path__, "app.")
    ]


def _patterns_in(value: Any) -> list[re.Pattern[str]]:
    """What is a pattern of texts, by itself or in a table of such."""
    if isinstance(value, re.Pattern):
        return [value] if isinstance(value.pattern, str) else []
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in _patterns_in(part)]
    if isinstance(value, tuple | list | frozenset):
        return [one for part in value for one in _patterns_in(part)]
    return []


def used(pattern: re.Pattern[str], method: str) -> Callable[[str], object]:
    if method == "sub":
        return partial(pattern.sub, "")
    use: Callable[[str], object] = getattr(pattern, method)
    return use


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
                method = METHODS[way.removeprefix("re.")]
                found[f"{path.relative_to(APP)}: {first.value}"] = used(
                    re.compile(first.value), method
                )
    return found


CODE = patterns_of_the_code()
IN_CALLS = patterns_in_calls()


def slowest(use: Callable[[str], object]) -> float:
    """Seconds of this thread in the first look that is too slow, or else in the slowest.

    Two more looks forgive a busy machine.
    """
    worst = 0.0
    for text in hostile():
        seconds = _timed(use, text)
        if seconds > LONGEST_SECONDS:
            seconds = min(seconds, _timed(use, text), _timed(use, text))
        worst = max(worst, seconds)
        if worst > LONGEST_SECONDS:
            break
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
        assert slowest(CODE[name]) < LONGEST_SECONDS

    def test_would_be_found_out(self) -> None:
        """A pattern of the kind that is looked for: the square of the length, four times over."""
        assert slowest(re.compile(r"(?:a|e){1,4}(?:a|e)+b").search) > LONGEST_SECONDS

    @pytest.mark.parametrize("name", sorted(IN_CALLS))
    def test_in_the_middle_of_the_code_are_quick(self, name: str) -> None:
        assert slowest(IN_CALLS[name]) < LONGEST_SECONDS

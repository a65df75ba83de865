"""Marks of the demo lie where their words say, in the drawings of pages and of documents."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.api.pages.drawing import OUTLINES
from app.formats.documents.outlines import DRAWINGS

pytestmark = pytest.mark.machine_time

Point = tuple[float, float]
NARRATIVE = Path(__file__).parents[2] / "app/demo/narrative.toml"
LIMBS = ("arm", "wrist", "thigh")
PAIR = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


def marks() -> list[dict[str, Any]]:
    """Every mark of the demo."""
    told = tomllib.loads(NARRATIVE.read_text())
    return [mark for one in told["scenario"] for mark in one.get("marks", ())]


def shapes(view: str) -> Iterator[tuple[list[Point], float, float]]:
    """The largest shape of a view in both drawings, with width and height."""
    page = OUTLINES[view]
    ends = [piece.split("C")[-1] for piece in re.split(r"(?=C)", page.paths[0])]
    points = [(float(x), float(y)) for x, y in (PAIR.findall(one)[-1] for one in ends)]
    if page.mirrored:
        points = [(page.width - x, y) for x, y in points]
    yield points, page.width, page.height
    drawn = DRAWINGS[view]
    curve = drawn.outlines[0]
    turns = [(float(one[-2]), float(one[-1])) for one in curve["pieces"]]
    yield turns, drawn.width, drawn.height


def spans(points: Sequence[Point], y: float) -> list[tuple[float, float]]:
    """Where a level line runs inside a shape, from left to right."""
    crossed = sorted(
        x + (y - top) * (right - x) / (low - top)
        for (x, top), (right, low) in zip(points, [*points[1:], points[0]], strict=True)
        if (top <= y) != (low <= y)
    )
    return list(zip(crossed[::2], crossed[1::2], strict=True))


@pytest.mark.parametrize("mark", marks(), ids=lambda one: str(one["region"]))
class TestAMark:
    def test_lies_on_the_body_and_on_its_side(self, mark: dict[str, Any]) -> None:
        for points, width, height in shapes(mark["view"]):
            x, inside = mark["x"] * width, spans(points, mark["y"] * height)
            assert any(left <= x <= right for left, right in inside), (x, inside)
            if mark["view"] in ("front", "back"):
                on_the_end = x > width / 2
                left_is_there = mark["view"] == "front"
                assert on_the_end == (mark["region"].endswith("_l") == left_is_there)

    def test_lies_on_the_limb_it_names(self, mark: dict[str, Any]) -> None:
        if not any(limb in mark["region"] for limb in LIMBS):
            return
        for points, width, height in shapes(mark["view"]):
            x, inside = mark["x"] * width, spans(points, mark["y"] * height)
            limbs = [inside[0], inside[-1]]
            assert len(inside) > 1
            assert any(left <= x <= right for left, right in limbs), (x, inside)
            if "outer" in mark["region"]:
                left, right = limbs[x > width / 2]
                middle = (left + right) / 2
                assert (x > middle) == (x > width / 2), (x, left, right)

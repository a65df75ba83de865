"""Draws the outlines of a body, and places the marks of a body map on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """One view: its size, closed shapes, and lines within them."""

    width: int
    height: int
    paths: tuple[str, ...]
    mirrored: bool = False
    left_at: str | None = None
    """On which side of the drawing (`start` or `end`) the child's left is, where it has both."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in the units of its outline, with the number that the words refer to."""

    number: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A view with its marks."""

    view: str
    outline: Outline
    marks: tuple[Mark, ...]


def _smooth(points: Sequence[Point], *, closed: bool = True) -> str:
    """A path through the points with no corners (Catmull-Rom, as cubic curves)."""
    count = len(points)

    def at(index: int) -> Point:
        return points[index % count] if closed else points[min(max(index, 0), count - 1)]

    pieces = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for index in range(count if closed else count - 1):
        before, start, end, after = (at(index + step) for step in (-1, 0, 1, 2))
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        pieces.append("C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in (first, second, end)))
    return "".join(pieces) + ("Z" if closed else "")


def _whole(half: Sequence[Point], middle: float) -> list[Point]:
    """A shape from its right half, which begins and ends on the middle line."""
    return [*half, *((2 * middle - x, y) for x, y in reversed(half[1:-1]))]


_BODY_HALF: Final[list[Point]] = [
    (100, 8), (116, 13), (123, 30), (119, 50), (110, 64), (110, 74), (120, 82), (140, 88),
    (151, 100), (156, 124), (161, 154), (168, 186), (175, 218), (179, 232), (182, 248), (177, 262),
    (170, 262), (167, 246), (163, 222), (154, 190), (146, 160), (139, 128), (136, 150), (132, 180),
    (136, 208), (139, 240), (137, 280), (132, 316), (132, 344), (128, 376), (122, 404), (126, 418),
    (127, 428), (108, 429), (107, 414), (108, 380), (109, 348), (107, 318), (105, 280), (100, 236),
]  # fmt: skip
_HEAD_HALF: Final[list[Point]] = [
    (100, 12), (136, 22), (156, 56), (158, 84), (164, 88), (163, 108), (155, 120), (148, 146),
    (132, 172), (128, 186), (134, 210), (160, 226), (100, 232),
]  # fmt: skip
_PROFILE: Final[list[Point]] = [
    (104, 12), (146, 28), (166, 66), (162, 108), (146, 140), (142, 170), (148, 206), (160, 228),
    (74, 228), (86, 206), (88, 188), (66, 188), (50, 180), (48, 166), (44, 160), (47, 152),
    (42, 146), (46, 138), (34, 130), (44, 106), (42, 92), (46, 54), (68, 22),
]  # fmt: skip
_HAND: Final[list[Point]] = [
    (66, 250), (64, 216), (48, 188), (26, 152), (16, 128), (26, 120), (40, 132), (58, 154),
    (58, 120), (52, 72), (50, 44), (60, 36), (70, 46), (76, 84), (80, 104), (82, 66), (82, 28),
    (92, 18), (102, 28), (104, 66), (106, 102), (112, 70), (116, 38), (126, 30), (135, 40),
    (132, 78), (130, 110), (142, 88), (150, 66), (160, 62), (166, 72), (160, 104), (150, 140),
    (144, 180), (134, 216), (134, 250),
]  # fmt: skip
_FOOT: Final[list[Point]] = [
    (80, 308), (52, 294), (44, 256), (50, 210), (46, 160), (34, 112), (34, 84), (40, 66),
    (44, 34), (58, 20), (72, 34), (76, 54), (84, 38), (94, 36), (98, 52), (104, 44), (112, 46),
    (114, 60), (122, 56), (128, 64), (126, 78), (136, 78), (138, 92), (130, 116), (122, 160),
    (116, 210), (116, 262), (106, 296),
]  # fmt: skip

_BODY: Final = _smooth(_whole(_BODY_HALF, 100))
_HEAD: Final = _smooth(_whole(_HEAD_HALF, 100))
_SPINE: Final = _smooth([(100, 88), (100, 140), (100, 196)], closed=False)
_SEAT: Final = _smooth([(84, 246), (94, 242), (100, 228), (106, 242), (116, 246)], closed=False)
_FACE: Final = (
    _smooth([(70, 92), (80, 86), (90, 92)], closed=False),
    _smooth([(110, 92), (120, 86), (130, 92)], closed=False),
    _smooth([(100, 98), (94, 120), (103, 122)], closed=False),
    _smooth([(84, 146), (100, 152), (116, 146)], closed=False),
)
_HAIRLINE: Final = (
    _smooth([(54, 132), (76, 168), (100, 174), (124, 168), (146, 132)], closed=False),
)
_SIDE: Final = (
    _smooth([(58, 98), (64, 92), (72, 96)], closed=False),
    _smooth([(112, 92), (124, 90), (124, 108), (114, 122), (110, 106)]),
)
_PALM: Final = (
    _smooth([(74, 152), (100, 140), (138, 140)], closed=False),
    _smooth([(72, 164), (92, 188), (86, 222)], closed=False),
)
_NAILS: Final = (
    _smooth([(56, 48), (61, 44), (66, 50)], closed=False),
    _smooth([(87, 30), (92, 25), (97, 30)], closed=False),
    _smooth([(120, 42), (126, 38), (130, 44)], closed=False),
    _smooth([(154, 74), (160, 69), (163, 76)], closed=False),
)
_HEEL: Final = (
    _smooth([(54, 262), (80, 248), (108, 262)], closed=False),
    _smooth([(44, 104), (84, 92), (126, 108)], closed=False),
)
_TOENAILS: Final = (
    _smooth([(50, 36), (58, 28), (66, 38)], closed=False),
    _smooth([(86, 46), (90, 42), (95, 48)], closed=False),
)

OUTLINES: Final[Mapping[str, Outline]] = {
    "front": Outline(200, 440, (_BODY,), left_at="end"),
    "back": Outline(200, 440, (_BODY, _SPINE, _SEAT), left_at="start"),
    "head_front": Outline(200, 240, (_HEAD, *_FACE), left_at="end"),
    "head_back": Outline(200, 240, (_HEAD, *_HAIRLINE), left_at="start"),
    "head_l": Outline(200, 240, (_smooth(_PROFILE), *_SIDE)),
    "head_r": Outline(200, 240, (_smooth(_PROFILE), *_SIDE), mirrored=True),
    "hand_palm_l": Outline(180, 260, (_smooth(_HAND), *_PALM)),
    "hand_palm_r": Outline(180, 260, (_smooth(_HAND), *_PALM), mirrored=True),
    "hand_dorsum_l": Outline(180, 260, (_smooth(_HAND), *_NAILS), mirrored=True),
    "hand_dorsum_r": Outline(180, 260, (_smooth(_HAND), *_NAILS)),
    "foot_sole_l": Outline(170, 320, (_smooth(_FOOT), *_HEEL)),
    "foot_sole_r": Outline(170, 320, (_smooth(_FOOT), *_HEEL), mirrored=True),
    "foot_dorsum_l": Outline(170, 320, (_smooth(_FOOT), *_TOENAILS), mirrored=True),
    "foot_dorsum_r": Outline(170, 320, (_smooth(_FOOT), *_TOENAILS)),
}


def drawings_of(marks: Iterable[Mapping[str, Any]]) -> list[Drawing]:
    """A drawing for each view that has marks; numbers go on from view to view, as listed."""
    placed: dict[str, list[Mark]] = {}
    for number, mark in enumerate(marks, start=1):
        view = mark["view"]
        if view in OUTLINES:
            outline = OUTLINES[view]
            mark_at = Mark(number, outline.width * mark["x"], outline.height * mark["y"])
            placed.setdefault(view, []).append(mark_at)
    return [Drawing(view, OUTLINES[view], tuple(item)) for view, item in placed.items()]

"""Outlines of the body for marks: drawn for Cairn, as points that a smooth curve runs through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]

_BODY_HALF: tuple[Point, ...] = (
    (0, 1), (3.6, 1.7), (5.8, 4.6), (5.9, 8.6), (4.6, 12.2), (2.9, 14.2), (3, 16.4), (5.6, 18.2),
    (9.6, 19.6), (12.4, 22.6), (13.2, 28), (14, 33.5), (15.2, 38.5), (16.8, 44.5), (18, 49.5),
    (19.7, 52), (20.9, 55.5), (20.4, 59.4), (18.9, 60.3), (17.4, 57.6), (16.4, 54), (15.7, 50.6),
    (13.4, 45.4), (11.6, 39.5), (10.2, 33), (9, 27.6), (8.7, 32), (8.1, 37.5), (8.7, 43.5),
    (9.8, 49), (10.1, 55), (9.5, 63), (8.2, 70), (7.3, 75), (7.7, 80), (6.9, 87), (5.7, 93),
    (6.5, 96), (7.9, 98.6), (5.6, 100), (2.9, 98.8), (2.8, 94), (2.9, 87), (2, 80.5), (2.3, 75),
    (1.8, 67), (1, 57), (0, 54),
)  # fmt: skip
_HEAD_HALF: tuple[Point, ...] = (
    (0, 5),
    (13, 7),
    (23, 16),
    (26.5, 29),
    (26, 42),
    (24.4, 54),
    (20.5, 66),
    (13.5, 76),
    (6, 81),
    (0, 82),
)
_EAR: tuple[Point, ...] = ((26, 37), (30.5, 34.5), (32.5, 41), (30.5, 50), (26.8, 54), (25.4, 47))
_PROFILE: tuple[Point, ...] = (
    (43, 99), (41.5, 92), (37, 87), (29, 86), (23.5, 83.5), (22, 78), (23, 73.5), (20.4, 71),
    (22, 68), (19.6, 65.4), (20.6, 61), (14, 58.4), (13.6, 55.4), (18, 48), (20.4, 41),
    (19.6, 35), (22, 23), (31, 11), (47, 5), (63, 8), (75, 20), (78.4, 36), (75, 52), (69.6, 62),
    (67.6, 73), (69, 85), (72, 99),
)  # fmt: skip
_PROFILE_EAR: tuple[Point, ...] = ((49, 43), (54, 41), (57, 46), (54.6, 54), (50, 58), (49, 51))
_HAND: tuple[Point, ...] = (
    (27, 98), (26, 88), (20, 79), (12.5, 69), (6.5, 60), (3.4, 52), (4.4, 46.8), (8.4, 46),
    (12.6, 51), (18, 58), (22.6, 61), (24, 54), (22.6, 40), (21.8, 26), (22.4, 17), (26.2, 13.6),
    (29.8, 17), (31, 28), (33, 43), (34, 44), (34.2, 36), (34.2, 20), (35, 10), (38.6, 6.8),
    (42.2, 10), (43, 21), (43.8, 42), (45, 44), (46.2, 38), (47.6, 23), (49, 15), (52.4, 12.4),
    (55.6, 16), (55.6, 27), (54.4, 45), (55.6, 46.6), (58.4, 40), (61, 31), (63.6, 26.4),
    (67, 25.6), (68.8, 30), (67, 41), (64, 53), (61.6, 66), (58, 79), (54.6, 88), (54, 98),
)  # fmt: skip
_FOOT: tuple[Point, ...] = (
    (30, 98), (20.6, 94), (16.6, 84), (18, 70), (19, 57), (14.6, 45), (8.6, 34), (10, 24.6),
    (21, 20.6), (34, 21.4), (45, 26.4), (51.6, 35), (51, 49), (46.6, 64), (44.4, 80), (40, 93.6),
)  # fmt: skip
_TOES = ((14.4, 12.4, 6, 8.6), (26, 10.4, 4.2, 7.2), (35, 13.6, 3.7, 6.2), (42.8, 18.8, 3.3, 5.4),
         (49.4, 25.4, 3, 4.8))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawing:
    """One view: its own size, closed outlines and open details, as curves for the typesetter."""

    width: float
    height: float
    tall: bool
    outlines: tuple[dict[str, Any], ...]
    details: tuple[dict[str, Any], ...] = ()


def _curve(points: Sequence[Point], *, closed: bool) -> dict[str, Any]:
    """A smooth curve through the points (Catmull-Rom, as cubic pieces)."""
    count = len(points)

    def at(index: int) -> Point:
        return points[index % count] if closed else points[min(max(index, 0), count - 1)]

    pieces = []
    for index in range(count if closed else count - 1):
        before, first, second, after = (at(index + step) for step in (-1, 0, 1, 2))
        pieces.append(
            [
                first[0] + (second[0] - before[0]) / 6, first[1] + (second[1] - before[1]) / 6,
                second[0] - (after[0] - first[0]) / 6, second[1] - (after[1] - first[1]) / 6,
                second[0], second[1],
            ]
        )  # fmt: skip
    rounded = [[round(number, 3) for number in piece] for piece in pieces]
    return {"start": list(points[0]), "pieces": rounded, "closed": closed}


def _whole(half: Sequence[Point], middle: float) -> list[Point]:
    """Both sides of a drawing whose right half is given around 0."""
    right = [(middle + x, y) for x, y in half]
    left = [(middle - x, y) for x, y in reversed(half) if x]
    return [*right, *left]


def _round(x: float, y: float, across: float, down: float) -> list[Point]:
    corners = ((0, -1), (0.72, -0.7), (1, 0), (0.72, 0.7), (0, 1), (-0.72, 0.7), (-1, 0),
               (-0.72, -0.7))  # fmt: skip
    return [(x + dx * across, y + dy * down) for dx, dy in corners]


def _turned(points: Sequence[Point], width: float) -> list[Point]:
    return [(width - x, y) for x, y in points]


def _body(details: Sequence[Sequence[Point]]) -> Drawing:
    lines = tuple(_curve(line, closed=False) for line in details)
    return Drawing(46, 101, True, (_curve(_whole(_BODY_HALF, 23), closed=True),), lines)


def _head(details: Sequence[Sequence[Point]]) -> Drawing:
    ears = [_curve([(40 + x, y) for x, y in _EAR], closed=True),
            _curve([(40 - x, y) for x, y in _EAR], closed=True)]  # fmt: skip
    neck = [
        _curve([(40 - 12, 76), (40 - 13, 88), (40 - 20, 97)], closed=False),
        _curve([(40 + 12, 76), (40 + 13, 88), (40 + 20, 97)], closed=False),
    ]
    face = _curve(_whole(_HEAD_HALF, 40), closed=True)
    lines = tuple(_curve(line, closed=False) for line in details)
    return Drawing(80, 100, False, (*neck, *ears, face), lines)


def _profile(*, right: bool) -> Drawing:
    def placed(points: Sequence[Point]) -> list[Point]:
        return _turned(points, 90) if right else list(points)

    lines = (((24.5, 47), (27.5, 45.6), (30, 47.4)), ((22.4, 68.2), (26, 68.6), (28.6, 67.6)))
    return Drawing(
        90, 100, False,
        (_curve(placed(_PROFILE), closed=False), _curve(placed(_PROFILE_EAR), closed=True)),
        tuple(_curve(placed(line), closed=False) for line in lines),
    )  # fmt: skip


def _hand(*, thumb_left: bool, back: bool) -> Drawing:
    nails = ((26.3, 17.4), (38.6, 10.6), (52.2, 16.2), (66, 29.4))
    palm: tuple[tuple[Point, ...], ...] = (
        ((26, 62), (32, 68), (34, 78), (31, 88)), ((31, 54), (42, 58), (54, 54)),
    )  # fmt: skip
    knuckles = tuple(((x - 1.8, y + 1.8), (x, y + 3), (x + 1.8, y + 1.8)) for x, y in nails)
    lines = knuckles if back else palm

    def turn(points: Sequence[Point]) -> list[Point]:
        return list(points) if thumb_left else _turned(points, 72)

    return Drawing(
        72, 100, False, (_curve(turn(_HAND), closed=True),),
        tuple(_curve(turn(line), closed=False) for line in lines),
    )  # fmt: skip


def _foot(*, big_toe_left: bool, top: bool) -> Drawing:
    def turned(points: Sequence[Point]) -> list[Point]:
        return list(points) if big_toe_left else _turned(points, 60)

    toes = [_round(*toe) for toe in _TOES]
    nails = [_round(x, y - down * 0.45, across * 0.5, down * 0.3) for x, y, across, down in _TOES]
    arch: list[Sequence[Point]] = [((22, 84), (27, 70), (26, 56))]
    lines = nails if top else arch
    return Drawing(
        60, 100, False,
        tuple(_curve(turned(item), closed=True) for item in (*toes, _FOOT)),
        tuple(_curve(turned(line), closed=top) for line in lines),
    )  # fmt: skip


_FACE: tuple[tuple[Point, ...], ...] = (
    ((24, 42), (29, 39.6), (34, 42)), ((46, 42), (51, 39.6), (56, 42)),
    ((40, 44), (38, 55), (41, 57.4), (44, 55.6)),
    ((32, 67), (36, 66), (40, 67), (44, 66), (48, 67)),
)  # fmt: skip
_FRONT: tuple[tuple[Point, ...], ...] = (
    ((14.6, 20.6), (19, 21.4), (22, 20.8)), ((31.4, 20.6), (27, 21.4), (24, 20.8)),
    ((22.5, 41), (23, 41.8), (23.5, 41)),
)  # fmt: skip
_BACK: tuple[tuple[Point, ...], ...] = (
    ((23, 21), (23.2, 32), (23, 44)), ((23, 47), (23, 51), (23, 54)),
    ((15.4, 54), (19, 55.8), (22.6, 54.4)), ((30.6, 54), (27, 55.8), (23.4, 54.4)),
    ((16, 25), (18.4, 29), (17, 33)), ((30, 25), (27.6, 29), (29, 33)),
)  # fmt: skip

DRAWINGS: dict[str, Drawing] = {
    "front": _body(_FRONT),
    "back": _body(_BACK),
    "head_front": _head(_FACE),
    "head_back": _head((((26, 66), (40, 70), (54, 66)),)),
    "head_l": _profile(right=False),
    "head_r": _profile(right=True),
    "hand_palm_l": _hand(thumb_left=True, back=False),
    "hand_palm_r": _hand(thumb_left=False, back=False),
    "hand_dorsum_l": _hand(thumb_left=False, back=True),
    "hand_dorsum_r": _hand(thumb_left=True, back=True),
    "foot_sole_l": _foot(big_toe_left=True, top=False),
    "foot_sole_r": _foot(big_toe_left=False, top=False),
    "foot_dorsum_l": _foot(big_toe_left=False, top=True),
    "foot_dorsum_r": _foot(big_toe_left=True, top=True),
}

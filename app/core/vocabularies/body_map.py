"""Where a mark is on the body, and what it looks like."""

from typing import Final, NamedTuple

from app.core.vocabularies.terms import REPORT_ONLY, SIGNAL_SITE, Term, Vocabulary

_SIGNAL: Final = frozenset({SIGNAL_SITE})
_UNSEEN: Final = frozenset({REPORT_ONLY})
_SIDES: Final = {"l": "left", "r": "right", "m": "middle"}


class _Region(NamedTuple):
    """A part of the body and the sides it has: any of l, r and m."""

    code: str
    label: str
    sides: str
    flags: frozenset[str] = frozenset()


_HEAD_AND_NECK: Final = (
    _Region("scalp", "Scalp", "lrm"),
    _Region("forehead", "Forehead", "lrm"),
    _Region("temple", "Temple", "lr"),
    _Region("eye", "Eye", "lr"),
    _Region("ear", "Ear, or behind it", "lr", _SIGNAL),
    _Region("nose", "Nose", "m"),
    _Region("cheek", "Cheek", "lr"),
    _Region("mouth_lips", "Mouth or lips", "m", _SIGNAL),
    _Region("gum_teeth", "Gum or teeth", "lrm", _SIGNAL),
    _Region("chin_jaw", "Chin or jaw", "lrm"),
    _Region("neck_front", "Front of neck", "m", _SIGNAL),
    _Region("neck_back", "Back of neck", "m", _SIGNAL),
    _Region("neck_side", "Side of neck", "lr", _SIGNAL),
)
_ARMS: Final = (
    _Region("clavicle", "Collarbone", "lr"),
    _Region("shoulder", "Shoulder", "lr"),
    _Region("axilla", "Armpit", "lr"),
    _Region("upper_arm_inner", "Inner upper arm", "lr", _SIGNAL),
    _Region("upper_arm_outer", "Outer upper arm", "lr", _SIGNAL),
    _Region("elbow", "Elbow", "lr"),
    _Region("forearm_inner", "Inner forearm", "lr"),
    _Region("forearm_outer", "Outer forearm", "lr"),
    _Region("wrist", "Wrist", "lr"),
    _Region("hand_palm", "Palm", "lr"),
    _Region("hand_dorsum", "Back of hand", "lr"),
    _Region("finger_1", "Thumb", "lr"),
    _Region("finger_2", "Index finger", "lr"),
    _Region("finger_3", "Middle finger", "lr"),
    _Region("finger_4", "Ring finger", "lr"),
    _Region("finger_5", "Little finger", "lr"),
)
_TRUNK: Final = (
    _Region("chest", "Chest", "lrm", _SIGNAL),
    _Region("breast", "Breast", "lr", _SIGNAL),
    _Region("abdomen", "Abdomen", "lrm"),
    _Region("flank", "Side of the body", "lr"),
    _Region("groin", "Groin", "lr"),
    _Region("genital", "Genital area", "m", _UNSEEN),
    _Region("upper_back", "Upper back", "lrm", _SIGNAL),
    _Region("lower_back", "Lower back", "lrm", _SIGNAL),
    _Region("buttock", "Buttock", "lr", _SIGNAL),
    _Region("anus", "Anus", "m", _UNSEEN),
)
_LEGS: Final = (
    _Region("hip", "Hip", "lr"),
    _Region("thigh_inner", "Inner thigh", "lr", _SIGNAL),
    _Region("thigh_outer", "Outer thigh", "lr"),
    _Region("thigh_back", "Back of thigh", "lr"),
    _Region("knee", "Knee", "lr"),
    _Region("shin", "Shin", "lr"),
    _Region("calf", "Calf", "lr"),
    _Region("ankle", "Ankle", "lr"),
    _Region("foot_dorsum", "Top of foot", "lr"),
    _Region("foot_sole", "Sole of foot", "lr"),
    _Region("toe_1", "Big toe", "lr"),
    _Region("toe_2", "Second toe", "lr"),
    _Region("toe_3", "Third toe", "lr"),
    _Region("toe_4", "Fourth toe", "lr"),
    _Region("toe_5", "Little toe", "lr"),
)


def _sided(region: _Region) -> tuple[Term, ...]:
    """One term per side, such as `upper_arm_outer_l`; a part with no sides ends in `_m`."""
    if region.sides == "m":
        return (Term(f"{region.code}_m", region.label, flags=region.flags),)
    return tuple(
        Term(f"{region.code}_{side}", f"{region.label}, {_SIDES[side]}", flags=region.flags)
        for side in region.sides
    )


BODY_MAP_REGIONS: Final = Vocabulary(
    "body_map_regions",
    "Part of the body",
    terms=tuple(
        term for region in (*_HEAD_AND_NECK, *_ARMS, *_TRUNK, *_LEGS) for term in _sided(region)
    ),
)

BODY_MAP_VIEWS: Final = Vocabulary(
    "body_map_views",
    "Drawing on which the mark is placed",
    closed=True,
    terms=(
        Term("front", "Body, front"),
        Term("back", "Body, back"),
        Term("head_front", "Head, front"),
        Term("head_back", "Head, back"),
        Term("head_l", "Head, left"),
        Term("head_r", "Head, right"),
        Term("hand_palm_l", "Left hand, palm"),
        Term("hand_palm_r", "Right hand, palm"),
        Term("hand_dorsum_l", "Left hand, back"),
        Term("hand_dorsum_r", "Right hand, back"),
        Term("foot_sole_l", "Left foot, sole"),
        Term("foot_sole_r", "Right foot, sole"),
        Term("foot_dorsum_l", "Left foot, top"),
        Term("foot_dorsum_r", "Right foot, top"),
    ),
)

MARK_COLOURS: Final = Vocabulary(
    "mark_colours",
    "Colour of the mark",
    terms=(
        Term("red", "Red"),
        Term("pink", "Pink"),
        Term("purple", "Purple"),
        Term("blue", "Blue"),
        Term("black", "Black"),
        Term("brown", "Brown"),
        Term("green", "Green"),
        Term("yellow", "Yellow"),
        Term("white", "White or pale"),
        Term("darker_than_skin", "Darker than the skin around it"),
        Term("lighter_than_skin", "Lighter than the skin around it"),
        Term("mixed", "Several colours"),
        Term("not_seen", "Not seen"),
    ),
)

MARK_SHAPES: Final = Vocabulary(
    "mark_shapes",
    "Shape of the mark",
    terms=(
        Term("round", "Round"),
        Term("oval", "Oval"),
        Term("line", "Line"),
        Term("parallel_lines", "Parallel lines"),
        Term("loop", "Loop"),
        Term("curve", "Curve"),
        Term("pinpoints", "Pinpoints"),
        Term("cluster", "Cluster"),
        Term("fingertips", "Fingertips"),
        Term("hand", "Hand"),
        Term("bite", "Bite"),
        Term("object_outline", "Outline of an object"),
        Term("tide_mark", "Tide mark"),
        Term("irregular", "Irregular"),
        Term("other", "Another shape"),
        Term("not_seen", "Not seen"),
    ),
)

VOCABULARIES: Final = (BODY_MAP_VIEWS, BODY_MAP_REGIONS, MARK_COLOURS, MARK_SHAPES)

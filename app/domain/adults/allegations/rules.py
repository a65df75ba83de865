"""Pure rules of children's reports about an adult: who the adult is, and what is recorded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from app.core.vocabularies import term

NOBODY_NAMED: Final = "Not named"
ROLES: Final[Mapping[str, str]] = {
    "supply_or_volunteer": "supply", "visitor_or_community_user": "visitor",
}  # fmt: skip
"""The adult's relation to the school, as far as a category gives it."""
BY_WORDS: Final = ("place", "medical", "means_group", "first_aid_by", "with_now")
"""Answers about self-harm that keep the pupil safe without describing an adult's act."""


def kind_of(categories: Collection[str]) -> str:
    """The reporter's view of it: "not sure" if a low-level concern has other categories too."""
    if "allegation_harm_threshold" in categories:
        return "allegation"
    return "low_level" if {*categories} == {"low_level"} else "not_sure"


def role_of(categories: Iterable[str]) -> str:
    """Relation of an unnamed adult to the school."""
    return next((ROLES[code] for code in categories if code in ROLES), "other")


def mark_in_words(mark: Mapping[str, Any]) -> str:
    """Describe a body map mark: its place, its look and what was said about it."""
    size = f"{mark['size_mm']} mm" if mark["size_mm"] else None
    parts = (
        _label("body_map_regions", mark["region"]), _label("body_map_views", mark["view"]), size,
        _label("mark_colours", mark["colour"]), _label("mark_shapes", mark["shape"]),
        *(_detail(name, value) for name, value in mark["details"].items()),
    )  # fmt: skip
    text = ", ".join(part for part in parts if part)
    return f"{text}: {mark['explanation']}" if mark["explanation"] else text


def _label(name: str, code: str | None) -> str | None:
    return None if code is None else term(name, code).label


def _detail(name: str, value: Any) -> str:
    text = name.replace("_", " ")
    if isinstance(value, bool):
        return text if value else f"not {text}"
    return f"{text}: {value}"


def texts_of(account: Sequence[Mapping[str, Any]]) -> str:
    """Join all texts of an account."""
    return " ".join(str(value) for item in account for value in item.values() if value)


TELL_HEAD: Final = "Tell the headteacher now, in person or by phone: {person}."
TELL_CHAIR: Final = (
    "Tell the chair of governors now, by phone: {person}. Do not tell the headteacher. If you "
    "cannot reach the chair, phone the local authority designated officer (LADO)."
)
TELL_AWAY: Final = (
    "The headteacher is away. Tell the chair of governors now, by phone: {person}. If you cannot "
    "reach the chair, phone the local authority designated officer (LADO)."
)
SAY_IF_HEAD: Final = (
    "If it is about the headteacher, do not tell them: phone the chair of governors."
)
KEEP_QUIET: Final = "Tell nobody else at school, whatever their role."
TO_LEAD: Final = "Tell the lead only what keeps the pupil safe, and nothing about the adult."
DONE: Final = (
    "You did the right thing. Your words are kept where few people read them, and the person who "
    "has to act is being told. Please do not speak of it with others at school."
)
DONE_NOBODY: Final = (
    "You did the right thing. Your words are kept, and nobody at school can read them yet: please "
    "phone the local authority designated officer (LADO)."
)
KEPT_APART: Final = (
    "This pupil was reported because of self-harm or words about dying. Ask the reporter, in "
    "person, what keeps the pupil safe now."
)

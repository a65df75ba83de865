"""Reads the filter of a list, bounded in length and depth, for the repository to carry out."""

import re
from typing import Any

from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import FilterNode

from app.api.scim.models import Group, StaffUser
from app.core.schemas import UNSTORABLE
from app.domain.people.provisioning.errors import ScimFilterInvalid

LONGEST_FILTER = 2_000
PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
UNKEPT = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
"""An escape within a quoted value for what no text can keep: NUL, or half of a surrogate pair."""


def is_storable(text: str) -> bool:
    """Whether what a filter or path compares with can be kept, and so compared with, at all."""
    escapes = PAIR.sub("", text.replace("\\\\", ""))
    return not (UNSTORABLE.search(text) or UNKEPT.search(escapes))


def user_filter(text: str | None) -> FilterNode | None:
    """A filter over users, or None. Raises `ScimFilterInvalid`."""
    return _read(ScimFilter[StaffUser], text)


def group_filter(text: str | None) -> FilterNode | None:
    """A filter over groups, or None. Raises `ScimFilterInvalid`."""
    return _read(ScimFilter[Group], text)


def _read(kind: Any, text: str | None) -> FilterNode | None:
    """The syntax tree; the library nests no deeper than 32 expressions."""
    if text is None:
        return None
    if len(text) > LONGEST_FILTER or not is_storable(text):
        raise ScimFilterInvalid
    try:
        tree: FilterNode = kind(text).ast
    except (InvalidFilterException, ValueError, TypeError, RecursionError) as fault:
        raise ScimFilterInvalid from fault
    return tree

"""Pure rules of merging: what the remaining contact takes over. A merge never loses a bar."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.record.contacts.rules import REACHED_BY, is_confirmed

WHERE_EMPTY: Final = ("organisation", "email", "phone", "address", "language", "priority")
WHERE_UNKNOWN: Final = ("parental_responsibility", "lives_with")
STRICTEST: Final = ("no", "supervised", "yes", "unknown")
"""Answers to whether contact is allowed, the one that protects most first."""


def taken_over(
    target: Mapping[str, Any], merged: Mapping[str, Any], *, lapsed: bool = False
) -> dict[str, Any]:
    """Changes to the remaining contact, by column.

    Known values stay; gaps are filled; the stronger protection of the child counts. Permission to
    inform someone is never taken over: a person sets it for the remaining contact. Nor is parental
    responsibility that has lapsed, since others made the contact another person.
    """
    if lapsed:
        merged = {**merged, "parental_responsibility": target["parental_responsibility"]}
    wanted = {
        **{name: merged[name] for name in WHERE_EMPTY if target[name] is None},
        **{name: merged[name] for name in WHERE_UNKNOWN if target[name] == "unknown"},
        "is_parent": target["is_parent"] or merged["is_parent"],
        **_bars(target, merged),
    }
    return {name: value for name, value in wanted.items() if value != target[name]}


def confirmed_with(changes: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """What safeguarding staff confirmed of the email and phone that are taken over."""
    confirmed = merged.get("confirmed") or {}
    return {
        field: confirmed[field]
        for field in REACHED_BY
        if field in changes and is_confirmed(confirmed, field, changes[field])
    }


def _bars(target: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    orders = [
        court_order
        for court_order in merged["court_orders"]
        if court_order not in target["court_orders"]
    ]
    texts = [item["restriction"] for item in (target, merged) if item["restriction"]]
    bars = {
        "alleged_source_of_harm": (
            target["alleged_source_of_harm"] or merged["alleged_source_of_harm"]
        ),
        "contact_allowed": min(
            target["contact_allowed"], merged["contact_allowed"], key=STRICTEST.index
        ),
        "court_orders": [*target["court_orders"], *orders],
        "restriction": "\n".join(dict.fromkeys(texts)) or None,
    }
    if merged["may_be_told"] is False and target["may_be_told"] is not False:
        bars["may_be_told"] = False
        bars["may_be_told_reason"] = merged["may_be_told_reason"]
    return bars

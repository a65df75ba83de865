"""Keeps each failure that several operations answer once in the OpenAPI document."""

import json
from collections import Counter
from typing import Any

from app.api.problems import PROBLEM_TYPE

MOST_CODES = 4
"""An answer with more codes than that belongs to its operation and stays with it."""


def share_failures(document: dict[str, Any]) -> None:
    """Lift problems into `components.responses`, named after their codes; refer to them."""
    places = [
        (operation["responses"], status)
        for path in document["paths"].values()
        for operation in path.values()
        for status in operation["responses"]
        if status[0] in "45"
    ]
    counted = Counter(_text(responses[status]) for responses, status in places)
    lifted: dict[str, Any] = {}
    for responses, status in places:
        answer = responses[status]
        name = _name(answer)
        if name is None or counted[_text(answer)] < 2:
            continue
        if lifted.setdefault(name, answer) == answer:
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = dict(sorted(lifted.items()))


def _text(answer: dict[str, Any]) -> str:
    return json.dumps(answer, sort_keys=True)


def _name(answer: dict[str, Any]) -> str | None:
    """Such as `RecordBusyOrServiceUnavailable`; None for what is no problem of a few codes."""
    if PROBLEM_TYPE not in answer.get("content", {}):
        return None
    codes = answer["content"][PROBLEM_TYPE]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    if len(codes) > MOST_CODES:
        return None
    return "Or".join("".join(word.capitalize() for word in code.split("_")) for code in codes)

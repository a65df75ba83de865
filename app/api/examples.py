"""Puts recorded answers into the OpenAPI document, one for each status of each operation."""

import json
from collections import Counter
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.domain.duty.lead_availability.rules import ALWAYS

RECORDED = Path(__file__).with_name("examples.json")


@cache
def recorded() -> dict[str, Any]:
    """What a run of the test suite recorded: `answers` by operation and status, `problems` by code.

    `make examples` records them again.
    """
    found: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found | {"answers": without_references(found["answers"])}


def without_references(value: Any) -> Any:
    """An example without the `$ref` of SCIM, which generators of clients would try to follow."""
    if isinstance(value, dict):
        return {name: without_references(one) for name, one in value.items() if name != "$ref"}
    return [without_references(one) for one in value] if isinstance(value, list) else value


NOT_KEPT: Final = {"kept": False, "call": [asdict(one) for one in ALWAYS]}
"""What stands beside the refusal of a report."""


def exemplify(document: dict[str, Any]) -> None:
    """Add an example to every answer that was recorded.

    A failure has one, of the code that fewest operations answer: `GET /v1/problems` has them all.
    """
    found = recorded()
    operations = [one for path in document["paths"].values() for one in path.values()]
    contents = [
        (one["operationId"], status, content)
        for one in operations
        for status, answer in one["responses"].items()
        for content in answer.get("content", {}).values()
    ]
    times = Counter(code for _, _, content in contents for code in _codes(content))
    for name, status, content in contents:
        answers = found["answers"].get(name, {})
        codes = [code for code in _codes(content) if code in found["problems"]]
        if status in answers:
            content["example"] = _one_row(answers[status])
        elif codes:
            rarest = min(codes, key=lambda code: (times[code], code))
            content["example"] = found["problems"][rarest] | _beside(content)


def _one_row(answer: Any) -> Any:
    """An answer in which each list of records has its first one alone: the others are alike."""
    if isinstance(answer, dict):
        return {name: _one_row(one) for name, one in answer.items()}
    if isinstance(answer, list):
        rows = answer[:1] if all(isinstance(one, dict) for one in answer) else answer
        return [_one_row(one) for one in rows]
    return answer


def _codes(content: dict[str, Any]) -> list[str]:
    """The codes that a failure can carry."""
    parts = content.get("schema", {}).get("allOf", ())
    return [
        code
        for part in parts
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
    ]


def _beside(content: dict[str, Any]) -> dict[str, Any]:
    """What the refusal of a report has besides."""
    refused = {"$ref": "#/components/schemas/ReportRefused"}
    return NOT_KEPT if content["schema"]["allOf"][0] == refused else {}

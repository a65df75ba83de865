"""Puts recorded answers into the OpenAPI document, one for each status of each operation."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.domain.duty.lead_availability.rules import ALWAYS

RECORDED = Path(__file__).with_name("examples.json")


@cache
def recorded() -> dict[str, Any]:
    """What tests recorded: `answers` by operation and status, `bodies`, and `problems` by code.

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
    """Add an example to every JSON body and to every answer that was recorded.

    Of failures the general ones have examples, one for each status: all others look alike, and
    `GET /v1/problems` says what each code means.
    """
    found = recorded()
    for operation in (one for path in document["paths"].values() for one in path.values()):
        name = operation["operationId"]
        if name in found["bodies"]:
            _show_body(operation, found["bodies"][name])
        _show_answers(operation, found["answers"].get(name, {}), found["problems"])


def _show_body(operation: dict[str, Any], body: Any) -> None:
    for kind, content in operation["requestBody"]["content"].items():
        if kind.endswith("json"):
            content["example"] = body


def _show_answers(
    operation: dict[str, Any], answers: dict[str, Any], problems: dict[str, Any]
) -> None:
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            if status in answers:
                content["example"] = _one_row(answers[status])
            elif status == "default":
                content["examples"] = _problems(content, problems)


def _problems(content: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """One problem for each status that an operation can answer."""
    schema = content["schema"]["allOf"]
    found = (recorded[code] for code in schema[1]["properties"]["code"]["enum"] if code in recorded)
    refused = schema[0] == {"$ref": "#/components/schemas/ReportRefused"}
    beside = NOT_KEPT if refused else {}
    return {str(one["status"]): {"value": one | beside} for one in found}


def _one_row(answer: Any) -> Any:
    """An answer in which each list of records has its first one alone: the others are alike."""
    if isinstance(answer, dict):
        return {name: _one_row(one) for name, one in answer.items()}
    if isinstance(answer, list):
        rows = answer[:1] if all(isinstance(one, dict) for one in answer) else answer
        return [_one_row(one) for one in rows]
    return answer

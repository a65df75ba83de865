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
    """What a run of the test suite recorded: `answers` by operation and status, `problems` by code.

    `make examples` records them anew.
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
    """Add an example to every answer that was recorded; problems are shared by their code."""
    found = recorded()
    document["components"]["examples"] = {
        code: {"summary": body["title"], "value": body} for code, body in found["problems"].items()
    }
    for path in document["paths"].values():
        for operation in path.values():
            answers = found["answers"].get(operation["operationId"], {})
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    _exemplify(content, status, answers, found["problems"])


def _exemplify(
    content: dict[str, Any], status: str, answers: dict[str, Any], problems: dict[str, Any]
) -> None:
    if status in answers:
        content["example"] = answers[status]
        return
    codes = [
        code
        for part in content.get("schema", {}).get("allOf", ())
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
        if code in problems
    ]
    if codes and content["schema"]["allOf"][0] == {"$ref": "#/components/schemas/ReportRefused"}:
        content["examples"] = {
            code: {"summary": problems[code]["title"], "value": problems[code] | NOT_KEPT}
            for code in codes
        }
    elif codes:
        content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}

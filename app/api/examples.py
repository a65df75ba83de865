"""Puts recorded answers and bodies into the OpenAPI document, once for each schema."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.domain.duty.lead_availability.rules import ALWAYS

RECORDED = Path(__file__).with_name("examples.json")


@cache
def recorded() -> dict[str, Any]:
    """Examples recorded by tests: `answers` by operation and status, `bodies`, `problems` by code.

    `make examples` records them again.
    """
    content: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return content | {"answers": without_references(content["answers"])}


def without_references(value: Any) -> Any:
    """Remove SCIM's `$ref`, which client generators would try to follow."""
    if isinstance(value, dict):
        return {name: without_references(item) for name, item in value.items() if name != "$ref"}
    return [without_references(item) for item in value] if isinstance(value, list) else value


FORM: Final = "application/x-www-form-urlencoded"
"""Its example is an object, like JSON's."""
MOST_WORDS: Final = 3
"""Number of texts or numbers of a list that an example shows."""
MISSING: Final = "concern_not_found"
"""Example of a 404: each kind of record has its own code, so none is general."""
NOT_KEPT: Final = {"kept": False, "call": [asdict(item) for item in ALWAYS]}
"""Members added to the refusal of a report."""


def exemplify(document: dict[str, Any]) -> None:
    """Give each schema of a body, an answer and a row its first recorded example.

    A body or an answer without a named schema has its own. A page shows one row, or nothing if the
    example has none. Failures have one example for each status: all others look alike, and
    `GET /v1/problems` says what each code means.
    """
    result, schemas = recorded(), document["components"]["schemas"]
    operations = [item for path in document["paths"].values() for item in path.values()]
    rows: list[tuple[str, Any]] = []
    for operation in operations:
        name = operation["operationId"]
        if name in result["bodies"]:
            _show_body(schemas, operation, result["bodies"][name])
        rows += _show_answers(schemas, operation, result["answers"].get(name, {}))
    for row, value in rows:
        schemas[row].setdefault("examples", [value])
    problems = _problems(operations, result["problems"])
    schemas["Problem"]["examples"] = problems
    schemas["ReportRefused"]["examples"] = [problems[0] | NOT_KEPT]


def _show_body(schemas: dict[str, Any], operation: dict[str, Any], body: Any) -> None:
    for kind, content in operation["requestBody"]["content"].items():
        if kind.endswith("json") or kind == FORM:
            _show(schemas, content, body)


def _show_answers(
    schemas: dict[str, Any], operation: dict[str, Any], answers: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Show an operation's answers; for a page, yield the schema of its rows with each row."""
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            if status not in answers:
                continue
            value = shortened(answers[status])
            if row := _row_of(schemas, content["schema"]):
                yield from ((row, first) for first in value["items"])
            else:
                _show(schemas, content, value)


def _show(schemas: dict[str, Any], content: dict[str, Any], value: Any) -> None:
    """Show a value at its schema; SCIM's beside it, whose schemas require ids that bodies lack."""
    name = _name_of(content["schema"])
    if name and not name.startswith("Scim"):
        schemas[name].setdefault("examples", [value])
    else:
        content["example"] = value


def _row_of(schemas: dict[str, Any], schema: dict[str, Any]) -> str:
    """The schema of a page's rows, if it has a name; otherwise empty."""
    name = _name_of(schema)
    fields = schemas[name].get("properties", {}) if name else {}
    return _name_of(fields["items"]["items"]) if fields.keys() == {"items", "next"} else ""


def _name_of(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _problems(operations: list[Any], recorded: dict[str, Any]) -> list[Any]:
    """One of the general problems for each status, by status."""
    codes: set[str] = set()
    for operation in operations:
        for content in operation["responses"].get("default", {}).get("content", {}).values():
            codes.update(content["schema"]["allOf"][1]["properties"]["code"]["enum"])
    general = sorted(codes & recorded.keys())
    result = {recorded[code]["status"]: recorded[code] for code in (MISSING, *general)}
    return [result[status] for status in sorted(result)]


def shortened(answer: Any, within: int = 0) -> Any:
    """Shorten each list of an answer to its first record, or a few words: the rest are alike.

    A third list inside lists becomes empty.
    """
    if isinstance(answer, dict):
        return {name: shortened(item, within) for name, item in answer.items()}
    if isinstance(answer, list):
        rows = answer[
            : within < 2 if all(isinstance(item, dict) for item in answer) else MOST_WORDS
        ]
        return [shortened(row, within + 1) for row in rows]
    return answer

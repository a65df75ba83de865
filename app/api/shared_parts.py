"""Keeps what several operations have once in the document, and leaves out what says nothing.

A failure, a parameter, a header and an example that are repeated stand in `components`. A title
that only repeats the name of a field is left out.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import count
from typing import Any

from app.api.problems import PROBLEM_TYPE

Part = dict[str, Any]
Place = tuple[Any, Any]
"""What holds a part, and under which name or number."""
MOST_CODES = 4
"""An answer with more codes than that is named after its status and a digest of its codes."""


def share_parts(document: Part) -> None:
    """Lift what is repeated into `components`, and refer to it."""
    operations = [one for path in document["paths"].values() for one in path.values()]
    _untitled(document["components"]["schemas"], operations)
    answers = [one["responses"] for one in operations]
    failures = [
        (found, status)
        for found in answers
        for status in found
        if PROBLEM_TYPE in found[status].get("content", {}) and status > "4"
    ]
    headers = [
        (answer["headers"], name)
        for found in answers
        for answer in found.values()
        for name in answer.get("headers", ())
    ]
    parameters = [
        (one["parameters"], number)
        for one in operations
        for number, _ in enumerate(one.get("parameters", ()))
    ]
    examples = [
        (content, "example")
        for found in answers
        for answer in found.values()
        for content in answer.get("content", {}).values()
        if "example" in content
    ]
    _share_examples(document, examples)
    _share(document, "headers", headers, lambda place: _camel(place[1].replace("-", "_")))
    _share(document, "responses", failures, _failure_name)
    _share(document, "parameters", parameters, _parameter_name)


def _untitled(schemas: Part, operations: Iterable[Part]) -> None:
    """Leave out the titles that Pydantic makes of the names of fields and parameters."""
    for one in operations:
        for parameter in one.get("parameters", ()):
            parameter["schema"].pop("title", None)
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if "properties" not in field:
                field.pop("title", None)


def _share_examples(document: Part, places: Iterable[Place]) -> None:
    """Answers of one schema have one example: the first that was recorded."""
    named: dict[str, list[Part]] = {}
    for content, _ in places:
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if name:
            named.setdefault(name, []).append(content)
    shared: Part = document["components"].setdefault("examples", {})
    for name, contents in named.items():
        if len(contents) > 1:
            shared[name] = {"value": contents[0]["example"]}
            for content in contents:
                del content["example"]
                content["examples"] = {"recorded": {"$ref": f"#/components/examples/{name}"}}
    document["components"]["examples"] = dict(sorted(shared.items()))


def _share(
    document: Part, kind: str, places: Iterable[Place], name_of: Callable[[Place], str]
) -> None:
    """Lift the parts that stand in more than one place; a second of one name has a number."""
    repeated = Counter(_text(holder[key]) for holder, key in places)
    shared: Part = document["components"].setdefault(kind, {})
    for holder, key in places:
        part = holder[key]
        if repeated[_text(part)] > 1:
            first = name_of((holder, key))
            names = (first if number == 1 else f"{first}{number}" for number in count(1))
            name = next(name for name in names if shared.setdefault(name, part) == part)
            holder[key] = {"$ref": f"#/components/{kind}/{name}"}
    document["components"][kind] = dict(sorted(shared.items()))


def _failure_name(place: Place) -> str:
    """Such as `RecordBusyOrServiceUnavailable`; with many codes, such as `Conflict3fa9`."""
    answers, status = place
    schema = answers[status]["content"][PROBLEM_TYPE]["schema"]
    codes = schema["allOf"][1]["properties"]["code"]["enum"]
    if len(codes) <= MOST_CODES:
        return "Or".join(_camel(code) for code in codes)
    phrase = "".join(HTTPStatus(int(status)).phrase.title().split())
    return phrase + hashlib.sha256(_text(schema).encode()).hexdigest()[:6]


def _parameter_name(place: Place) -> str:
    """Such as `ChildId` in a path, `ChildIdFilter` in a query and `IfMatch` in a header."""
    parameters, number = place
    name = _camel(parameters[number]["name"].replace("-", "_"))
    return f"{name}Filter" if parameters[number]["in"] == "query" else name


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _text(part: Part) -> str:
    return json.dumps(part, sort_keys=True)

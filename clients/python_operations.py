"""The operations of the Python client: one typed function each, in one module.

Types of bodies and answers are those of `models.py`, which datamodel-code-generator writes.
"""

import json
import keyword
import textwrap
from typing import Any

from describe import FILLED_IN, Description, Json

HEAD = '''"""Every operation of Cairn, one function each. Generated: `make clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cairn_client._wire import Call, Caller, filled

if TYPE_CHECKING:
    from cairn_client import models as m
'''
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
STREAMS = "text/event-stream"
FORM = "application/x-www-form-urlencoded"


def operations(description: Description) -> str:
    """The module with a function for every operation that is no stream."""
    functions = [
        function(description, method, path, said)
        for method, path, said in description.operations()
        if not any(STREAMS in one.get("content", {}) for one in description.success(said).values())
    ]
    return "\n\n".join([HEAD.rstrip(), *functions]) + "\n"


def function(description: Description, method: str, path: str, said: Json) -> str:
    """One operation."""
    parameters = [description.found(one) for one in said.get("parameters", [])]
    of_path = [one["name"] for one in parameters if one["in"] == "path"]
    body, kind, required = body_of(description, said)
    words = [f"{name}: str" for name in of_path]
    if body:
        words.append(f"body: {body}" if required else f"body: {body} | None = None")
        if kind is None:
            words.append("content_type: str")
    queries = {one["name"]: one for one in parameters if one["in"] == "query"}
    headers = {one["name"]: one for one in parameters if one["in"] == "header"}
    for one in (*queries.values(), *headers.values()):
        needed = one.get("required") and one["name"].lower() not in FILLED_IN
        annotation = annotated(one.get("schema", {}))
        words.append(f"{named(one['name'])}: {annotation}" + ("" if needed else " | None = None"))
    words.sort(key=lambda word: " = " in word)
    answer = answer_of(description, said)
    call = [json.dumps(method), path_of(path, of_path)]
    if queries:
        call.append(f"query={pairs(queries)}")
    if headers:
        call.append(f"headers={pairs(headers)}")
    if body:
        call.append("body=body")
        content_type = "content_type" if kind is None else json.dumps(kind)
        call.append(f"content_type={content_type}" + ("" if required else " if body else None"))
    arguments = ", ".join(["cairn: Caller", *(["*"] if words else []), *words])
    lines = [f"async def {said['operationId']}({arguments}) -> {answer}:"]
    lines += docstring(said)
    lines.append(f"    found: {answer} = await cairn.call(Call({', '.join(call)}))")
    lines.append("    return found")
    return "\n".join(lines)


def body_of(description: Description, said: Json) -> tuple[str | None, str | None, bool]:
    """The type of a body, its content type (None: the caller says) and whether it is needed."""
    asked = description.found(said.get("requestBody", {}))
    content = asked.get("content", {})
    required = bool(asked.get("required"))
    for kind, one in content.items():
        if "json" in kind.removesuffix("ndjson") or kind == FORM:
            return annotated(one["schema"]), kind, required
    return ("bytes" if content else None), None, required


def answer_of(description: Description, said: Json) -> str:
    """The type of what an operation answers."""
    found = []
    for answer in description.success(said).values():
        content = answer.get("content", {})
        json_ = [
            annotated(one["schema"]) for kind, one in content.items() if kind == "application/json"
        ]
        found += json_ or (["bytes"] if content else ["None"])
    return " | ".join(dict.fromkeys(found)) or "None"


def annotated(schema: Json) -> str:
    """A schema as a type."""
    if "$ref" in schema:
        return f"m.{schema['$ref'].rpartition('/')[2]}"
    for form in ("anyOf", "oneOf"):
        if form in schema:
            return " | ".join(dict.fromkeys(annotated(one) for one in schema[form]))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("type") == "array":
        return f"list[{annotated(schema.get('items', {}))}]"
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(annotated({**schema, "type": one}) for one in kinds)
    return PLAIN.get(str(kinds), "Any")


def docstring(said: Json) -> list[str]:
    """The summary and the description, as they are in the description of the API."""
    text = f"{said['summary']}.\n\n{said.get('description', '')}".strip().replace("\\", "\\\\")
    paragraphs = [line for part in text.split("\n") for line in (textwrap.wrap(part, 95) or [""])]
    wrapped = textwrap.indent("\n".join(paragraphs), "    ", lambda line: bool(line.strip()))
    return [f'    """{wrapped.strip()}\n    """']


def path_of(path: str, parameters: list[str]) -> str:
    """The path, with its parameters filled in."""
    if not parameters:
        return json.dumps(path)
    return f"filled({json.dumps(path)}, {', '.join(f'{name}={name}' for name in parameters)})"


def pairs(parameters: dict[str, Any]) -> str:
    """Parameters by the name they are sent with."""
    return "{" + ", ".join(f"{json.dumps(name)}: {named(name)}" for name in parameters) + "}"


def named(name: str) -> str:
    """A parameter as an argument."""
    name = name.lower().replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name

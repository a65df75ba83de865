"""Removes `null` from the description if it means the same as leaving the field out.

The server still accepts it, and the text says what leaving out means: "; null: none" becomes
"Default: none", and it does not mention emptying. In a merge patch null empties a field, and in an
answer it says that there is none; there it stays, as one of the types beside a plain one.
"""

import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
PREFIX = "#/components/schemas/"
EMPTIES = "Patch"
NULL = {"type": "null"}
EMPTYING = re.compile(r"; null empties it(?=\.)")
INSTEAD = re.compile(r"; null: (?=\w)")


def plain_nulls(document: dict[str, Any]) -> None:
    """Describe query parameters, bodies and problems without a null that means nothing."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                _without_null(parameter["schema"])
    schemas = document["components"]["schemas"]
    for name in sorted(_only_sent(document) | {"Problem", "ReportRefused"}):
        needed = schemas[name].get("required", ())
        for field, schema in schemas[name].get("properties", {}).items():
            if field not in needed:
                _without_null(schema)


def short_nulls(node: Any) -> None:
    """Write "text or null" as one schema, `{"type": ["string", "null"]}`, instead of three."""
    if isinstance(node, dict):
        kinds = node.get("anyOf")
        if isinstance(kinds, list) and len(kinds) == 2 and kinds[1] == NULL and _is_plain(kinds[0]):
            del node["anyOf"]
            node.update({**kinds[0], **node, "type": [kinds[0]["type"], "null"]})
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, dict | list):
            short_nulls(inner)


def _is_plain(schema: Schema) -> bool:
    """Whether it has one type that generators fully support, and lists no values."""
    return schema.get("type") not in (None, "object") and not schema.keys() & {"enum", "const"}


def _without_null(schema: Schema) -> None:
    kinds = schema.get("anyOf", [])
    if NULL not in kinds:
        return
    if "description" in schema:
        text = EMPTYING.sub("", schema["description"])
        schema["description"] = INSTEAD.sub(". Default: ", text)
    left = [kind for kind in kinds if kind != NULL]
    del schema["anyOf"]
    if schema.get("default", ...) is None:
        del schema["default"]
    if len(left) > 1:
        schema["anyOf"] = left
    else:
        schema.update({key: value for key, value in left[0].items() if key not in schema})


def _only_sent(document: dict[str, Any]) -> set[str]:
    """Names of schemas that only bodies use, without merge patches."""
    sent: set[str] = set()
    answered: set[str] = set()
    for path in document["paths"].values():
        for operation in path.values():
            if not operation.get("x-scim"):
                _reach(document, operation.get("requestBody", {}), sent)
            _reach(document, operation["responses"], answered)
    return {name for name in sent - answered if not name.endswith(EMPTIES)}


def _reach(document: dict[str, Any], node: Any, words: set[str]) -> None:
    for name in _named(node):
        if name not in words:
            words.add(name)
            _reach(document, document["components"]["schemas"][name], words)


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(PREFIX):
            yield reference.removeprefix(PREFIX)
        for name, inner in node.items():
            if name not in ("example", "examples"):
                yield from _named(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _named(inner)

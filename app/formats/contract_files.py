"""The description in smaller files: an index of one line per operation, and a file per tag.

What a standard says, SCIM, has a description of its own.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

INDEX: Final = "index.md"
WHOLE: Final = "cairn.json"
APART: Final = "scim.json"
BY_TAG: Final = "by-tag"
Document = Mapping[str, Any]


def joined(document: Document, apart: Document) -> dict[str, Any]:
    """Both descriptions as one; no part of the second is called as one of the first."""
    components = {
        kind: {**apart["components"].get(kind, {}), **parts}
        for kind, parts in document["components"].items()
    }
    of_group = {group["name"]: group["tags"] for group in apart["x-tagGroups"]}
    groups = [
        {**group, "tags": [*group["tags"], *of_group.get(group["name"], ())]}
        for group in document["x-tagGroups"]
    ]
    return {
        **document,
        "paths": {**document["paths"], **apart["paths"]},
        "components": components,
        "tags": [*document["tags"], *apart["tags"]],
        "x-tagGroups": groups,
    }


def split(document: Document, apart: Document) -> dict[str, str]:
    """Each file by its path beside the two descriptions."""
    return {
        INDEX: _index(joined(document, apart), {tag["name"] for tag in apart["tags"]}),
        **{_file_of(tag["name"]): _of_tag(document, tag) for tag in document["tags"]},
    }


def _file_of(tag: str) -> str:
    return f"{BY_TAG}/{tag.replace(' ', '-')}.json"


def _operations(document: Document, tag: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, the method and the operation of each that has the tag."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield path, method, operation


def _index(document: Document, apart: set[str]) -> str:
    descriptions = {tag["name"]: tag["description"] for tag in document["tags"]}
    lines = [
        "# Operations",
        "",
        "For people who build on Cairn: every operation in one line. Made by `cairn openapi`.",
    ]
    for group in document["x-tagGroups"]:
        lines += ["", f"## {group['name'][:1].upper()}{group['name'][1:]}"]
        for tag in group["tags"]:
            file = APART if tag in apart else _file_of(tag)
            lines += ["", f"### [{tag}]({file})", "", descriptions[tag], ""]
            lines += [
                f"- `{method.upper()} {path}` {operation['summary']} (`{operation['operationId']}`)"
                for path, method, operation in _operations(document, tag)
            ]
    return "\n".join(lines) + "\n"


def _of_tag(document: Document, tag: Mapping[str, str]) -> str:
    """A description of the operations of one tag, which refers to the whole one."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in _operations(document, tag["name"]):
        paths.setdefault(path, {})[method] = _outward(operation)
    title = f"{document['info']['title']}: {tag['name']}"
    result = {
        "openapi": document["openapi"],
        "info": {**document["info"], "title": title, "description": tag["description"]},
        "tags": [tag],
        "security": document.get("security", []),
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"$ref": f"../{WHOLE}#/components/securitySchemes/{name}"}
                for name in document["components"]["securitySchemes"]
            }
        },
    }
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def _outward(node: Any) -> Any:
    """The same with each reference led to the whole description."""
    if isinstance(node, list):
        return [_outward(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"../{WHOLE}{value}"
        if key == "$ref" and str(value).startswith("#")
        else _outward(value)
        for key, value in node.items()
    }

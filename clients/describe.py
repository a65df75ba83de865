"""What the clients are generated from: the description without what no client needs.

Left out: the answers that are problems, since both clients throw one class for all of them;
examples. SCIM, which has clients of its own, has a description of its own. `If-Match` and
`Idempotency-Key` may be left out: the clients fill them in.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
FILLED_IN = ("if-match", "idempotency-key")
REFERENCE = "#/components/"

Json = dict[str, Any]


class Description:
    """The description of the API, as the clients need it."""

    def __init__(self, file: Path) -> None:
        self.document: Json = json.loads(file.read_text("utf-8"))
        self.document.pop("webhooks", None)
        for _, _, operation in self.operations():
            self._trim(operation)
        self._prune()

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Every operation: method in capitals, path, and what is said of it."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def found(self, said: Json) -> Json:
        """What a reference leads to, or the thing itself."""
        while "$ref" in said:
            _, kind, name = said["$ref"].removeprefix("#/").split("/")
            said = self.document["components"][kind][name]
        return said

    def fields(self, schema: Json) -> set[str]:
        """The names of the fields of a schema, with those that it has in common with others."""
        whole = self.found(schema)
        more = (self.fields(one) for one in whole.get("allOf", []))
        return set(whole.get("properties", {})).union(*more)

    def success(self, operation: Json) -> dict[str, Json]:
        """The answers of an operation that are no problem, by status."""
        return {
            status: self.found(answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        }

    def versioned(self) -> list[list[str]]:
        """Operations that take `If-Match`: method, path, and the path of the record it is of.

        The record is at the path itself where that is read with an ETag, else at the path up to
        its last parameter. A fourth part says `read` where the record has a path to be read at.
        """
        read = {path for method, path, said in self.operations() if self._has_etag(method, said)}
        gets = {path for method, path, _ in self.operations() if method == "GET"}
        rows = []
        for method, path, operation in self.operations():
            if "if-match" in self._headers(operation):
                record = path if path in read else re.sub(r"[^}]*$", "", path) or path
                rows.append([method, path, record, *(["read"] if record in gets else [])])
        return rows

    def given_ids(self) -> list[list[str]]:
        """Operations whose body takes an id that the client made: method and path."""
        rows = []
        for method, path, operation in self.operations():
            content = self.found(operation.get("requestBody", {})).get("content", {})
            schemas = [one["schema"] for kind, one in content.items() if "json" in kind]
            if method == "POST" and any("id" in self.fields(one) for one in schemas):
                rows.append([method, path])
        return rows

    def _headers(self, operation: Json) -> set[str]:
        parameters = [self.found(one) for one in operation.get("parameters", [])]
        return {one["name"].lower() for one in parameters if one["in"] == "header"}

    def _has_etag(self, method: str, operation: Json) -> bool:
        answers = self.success(operation).values()
        return method == "GET" and any("ETag" in answer.get("headers", {}) for answer in answers)

    def _trim(self, operation: Json) -> None:
        operation["responses"] = {
            status: answer
            for status, answer in operation["responses"].items()
            if not status.startswith(("4", "5"))
        }
        for parameter in operation.get("parameters", []):
            if self.found(parameter)["name"].lower() in FILLED_IN:
                self.found(parameter)["required"] = False

    def _prune(self) -> None:
        """Leave out components that nothing leads to, and examples."""
        components = self.document["components"]
        _drop_examples(self.document)
        used: set[str] = set()
        waiting = [self.document["paths"]]
        while waiting:
            for name in _references(waiting.pop()) - used:
                used.add(name)
                kind, key = name.split("/")
                waiting.append(components[kind][key])
        for kind in ("schemas", "parameters", "requestBodies", "responses", "headers"):
            components[kind] = {
                key: said
                for key, said in components.get(kind, {}).items()
                if f"{kind}/{key}" in used
            }


def _references(said: Any) -> set[str]:
    text = json.dumps(said)
    return set(re.findall(rf'"{REFERENCE}([a-zA-Z]+/[^"]+)"', text))


def _drop_examples(document: Json) -> None:
    """Leave out examples of bodies and answers, of schemas, and of what schemas add to others."""
    components = document["components"]
    operations = [one for path in document["paths"].values() for one in path.values()]
    holders = [*components["responses"].values(), *components["requestBodies"].values()]
    for one in operations:
        holders += [one.get("requestBody", {}), *one["responses"].values()]
    for holder in holders:
        for content in holder.get("content", {}).values():
            content.pop("example", None)
    for schema in components["schemas"].values():
        for one in (schema, *schema.get("allOf", [])):
            one.pop("examples", None)

"""A description of the API, read with its references followed and its schemas in one form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]
Operation = Mapping[str, Any]
METHODS: Final = ("get", "put", "post", "patch", "delete")
SCHEMAS: Final = "#/components/schemas/"


def of(schema: Schema) -> str:
    """The name of the one schema that this refers to, beside null or not; empty: none."""
    named = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    items = [item["$ref"] for item in named if str(item.get("$ref", "")).startswith(SCHEMAS)]
    others = [item for item in named[1:] if "$ref" not in item and item.get("type") != "null"]
    return str(items[0]).removeprefix(SCHEMAS) if len(items) == 1 and not others else ""


def takes_null(schema: Schema) -> bool:
    """Whether null stands beside what this refers to."""
    return any(
        item.get("type") == "null" for item in schema.get("anyOf") or schema.get("oneOf") or ()
    )


@dataclass(frozen=True)
class Description:
    """One OpenAPI document."""

    document: Mapping[str, Any]

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Each by method and path, in the document's order; names in the path do not count."""
        for path, methods in self.document["paths"].items():
            for method in METHODS:
                if method in methods:
                    yield f"{method.upper()} {path}", methods[method]

    def parameters(self, operation: Operation) -> dict[tuple[str, str], Schema]:
        """Those that a client sends by name; a path is compared as the operation's address."""
        result = map(self.followed, operation.get("parameters", ()))
        return {(item["in"], item["name"]): item for item in result if item["in"] != "path"}

    def body(self, operation: Operation) -> Schema | None:
        """What is sent, where something is."""
        body = operation.get("requestBody")
        return None if body is None else self.followed(body)

    def answers(self, operation: Operation) -> dict[str, Schema]:
        """Each answer by its status."""
        return {
            str(key): self.followed(response) for key, response in operation["responses"].items()
        }

    def followed(self, part: Any) -> Schema:
        """A part, or what it refers to."""
        while "$ref" in part and len(part["$ref"].split("/")) == 4:
            _, _, kind, name = part["$ref"].split("/")
            beside = {key: value for key, value in part.items() if key != "$ref"}
            part = {**self.document["components"][kind][name], **beside}
        return dict(part)

    def whole(self, schema: Schema) -> Schema:
        """A schema in one form: with `types`, with `values` if it lists them, and `open` or not.

        What `allOf` adds is in it, and null is one of its types.
        """
        result = self.followed(schema)
        for part in result.pop("allOf", ()):
            result = _joined(result, self.whole(part))
        rest = []
        for item in map(self.whole, [*result.get("anyOf", ()), *result.get("oneOf", ())]):
            rest.append(item)
        types = _types(result).union(*(item["types"] for item in rest))
        whole = {**result, "types": types}
        listed = [item for item in rest if item["types"] != {"null"}]
        if len(listed) == 1:
            whole = {**listed[0], **whole}
        values = _values(result)
        if any("values" in item for item in rest):
            values = set[Any]().union(*(item.get("values", ()) for item in rest))
            whole["open"] = any(
                "values" not in item and "string" in item["types"] for item in listed
            )
        if values is not None:
            whole["values"] = values
        return whole

    def variants(self, schema: Schema) -> dict[str, Schema]:
        """The alternatives of which one holds, by name or by what tells them apart."""
        parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        objects = [part for part in parts if "object" in self.whole(part)["types"]]
        if len(objects) < 2:
            return {}
        return {of(item) or self._told_by(item) or str(at): item for at, item in enumerate(objects)}

    def _told_by(self, schema: Schema) -> str:
        fields = self.whole(schema).get("properties", {}).values()
        return next((str(field["const"]) for field in fields if "const" in field), "")


def _types(schema: Schema) -> set[str]:
    kind = schema.get("type")
    if kind is None:
        const = schema.get("const", (schema.get("enum") or [None])[0])
        return {"string"} if isinstance(const, str) else set(schema.get("types", ()))
    items = {kind} if isinstance(kind, str) else set(kind)
    return items | {"integer"} if "number" in items else items


def _values(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    listed = schema.get("enum")
    return None if listed is None else {item for item in listed if item is not None}


def _joined(schema: Schema, other: Schema) -> Schema:
    """Both at once, as `allOf` says: all properties, and of each property what both say."""
    fields = dict(schema.get("properties", {}))
    for name, added in other.get("properties", {}).items():
        fields[name] = {**fields[name], **added} if name in fields else added
    required = [*schema.get("required", ()), *other.get("required", ())]
    joined = {**schema, **other}
    if fields:
        joined |= {"properties": fields, "required": required}
    return joined

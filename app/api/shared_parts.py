"""Keeps what several operations have once in the document, and leaves out what says nothing.

A failure, a parameter, a header and an example that are repeated stand in `components`. A title
that only repeats the name of a field is left out.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from itertools import count
from typing import Any

from app.api.problems import PROBLEM_TYPE

Part = dict[str, Any]
Place = tuple[Any, Any]
"""What holds a part, and under which name or number."""
MOST_CODES = 4
"""An answer with more codes than that does not tell their titles."""
WORDS = {"422": "Invalid", "429": "TooMany", "500": "Fault", "503": "Unavailable"}
"""Shorter than the phrase of the status."""
OF_SORTS = {
    "Public": ("sign_in_needed", False), "OneFactor": ("second_factor_needed", False),
    "Body": ("body_malformed", True), "Keyed": ("idempotency_key_reused", True),
    "Versioned": ("version_stale", True),
}  # fmt: skip
"""Words for the name of what an operation can answer: a code, and whether it is there."""
WORTH_BYTES = 60
"""How much shorter the document has to become where a field gets a schema of its own."""
LEAST_FIELDS = 5
"""Having fewer in common means nothing."""
SIGNED_IN: list[Part] = [{"bearer": []}]
"""What an operation asks for that says nothing else."""


def share_parts(document: Part) -> None:
    """Lift what is repeated into `components`, and refer to it."""
    operations = [one for path in document["paths"].values() for one in path.values()]
    schemas = document["components"]["schemas"]
    _untitled(schemas, operations)
    _share_lists(schemas)
    _extend(schemas)
    answers = [one["responses"] for one in operations]
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
    _share_examples(document, operations)
    _share(document, "headers", headers, lambda place: _camel(place[1].replace("-", "_")))
    _share(document, "responses", _places(answers, failed=True), _failure_name)
    _share(document, "responses", _places(answers, failed=False), _answer_name)
    _share(document, "parameters", parameters, _parameter_name)
    _share_fields(document)
    document["security"] = list(SIGNED_IN)
    for one in operations:
        if one.setdefault("security", []) == SIGNED_IN:
            del one["security"]


def _places(answers: Iterable[Part], *, failed: bool) -> list[Place]:
    """Where answers with a body stand: failures, or what went well."""
    return [
        (found, status)
        for found in answers
        for status, answer in found.items()
        if (status > "4" if failed else status < "3")
    ]


def _untitled(schemas: Part, operations: Iterable[Part]) -> None:
    """Leave out titles: each is the name that the schema, the field or the parameter has anyway."""
    for one in operations:
        for parameter in one.get("parameters", ()):
            parameter["schema"].pop("title", None)
    for schema in schemas.values():
        schema.pop("title", None)
        for field in schema.get("properties", {}).values():
            field.pop("title", None)


def _share_lists(schemas: Part) -> None:
    """A list of codes stands once, however it is closed: `RolesKnown` is what `Roles` refers to."""
    for name, schema in schemas.items():
        known = schemas.get(f"{name.removesuffix('Chosen')}Known")
        if known is None:
            continue
        for part in schema.get("anyOf", [schema]):
            if part.get("enum") == known["enum"]:
                for word in ("type", "enum", "x-closed"):
                    part.pop(word, None)
                part["$ref"] = f"#/components/schemas/{name.removesuffix('Chosen')}Known"


def _extend(schemas: Part) -> None:
    """An answer that has all that another has, in the same words, refers to it by `allOf`."""
    variants = {name for mapping in _mappings(schemas) for name in map(_last, mapping.values())}
    fields = {
        name: _fields(schema)
        for name, schema in schemas.items()
        if name not in variants and not name.startswith("Scim") and _is_open(schema)
    }
    for name, own in fields.items():
        less = [one for one, had in fields.items() if len(had) >= LEAST_FIELDS and had < own]
        if less:
            base = max(less, key=lambda one: len(fields[one]))
            _add_to(base, schemas[name], {field for field, _, _ in own - fields[base]})


def _fields(schema: Part) -> frozenset[tuple[str, str, bool]]:
    """The fields of a schema, with what is said of each."""
    needed = schema.get("required", ())
    return frozenset(
        (field, _text(told), field in needed) for field, told in schema["properties"].items()
    )


def _add_to(base: str, schema: Part, more: set[str]) -> None:
    """Let a schema have some fields besides those of another."""
    fields, needed = schema.pop("properties"), schema.pop("required", ())
    own = {
        "type": schema.pop("type"),
        "properties": {one: fields[one] for one in fields if one in more},
    }
    if required := [one for one in needed if one in more]:
        own["required"] = required
    schema["allOf"] = [{"$ref": f"#/components/schemas/{base}"}, own]


def _is_open(schema: Part) -> bool:
    """Whether it is an object as answers have it: clients ignore what they do not know."""
    return "properties" in schema and "additionalProperties" not in schema


def _mappings(node: Any) -> Iterator[dict[str, str]]:
    """What tells alternatives apart, wherever it stands."""
    inner: Iterable[Any] = node if isinstance(node, list) else ()
    if isinstance(node, dict):
        inner = node.values()
        if "mapping" in (found := node.get("discriminator", {})):
            yield found["mapping"]
    for one in inner:
        yield from _mappings(one)


def _share_fields(document: Part) -> None:
    """A field that is described in the same words in many schemas has a schema of its own."""
    schemas = document["components"]["schemas"]
    places = [
        (schema["properties"], name)
        for of, schema in schemas.items()
        if not of.startswith("Scim")
        for name in schema.get("properties", {})
    ]
    times = Counter(_text(holder[key]) for holder, key in places)
    worth = {text for text, many in times.items() if (many - 1) * (len(text) - 60) > WORTH_BYTES}
    _share(
        document, "schemas", [(one, key) for one, key in places if _text(one[key]) in worth],
        lambda place: f"{_camel(place[1])}Property",
    )  # fmt: skip


def _share_examples(document: Part, operations: Iterable[Part]) -> None:
    """Bodies and answers of one schema have one example, and problems of one code: the first."""
    shared: Part = document["components"].setdefault("examples", {})
    named: dict[str, list[Part]] = {}
    for content in _contents(operations):
        if "example" in content and (name := _schema_name(content["schema"])):
            named.setdefault(name, []).append(content)
        for status, example in content.get("examples", {}).items():
            name = _camel(example["value"]["code"]) + (
                "Report" if "call" in example["value"] else ""
            )
            shared.setdefault(name, example)
            content["examples"][status] = {"$ref": f"#/components/examples/{name}"}
    for name, contents in named.items():
        if len(contents) > 1:
            shared[name] = {"value": contents[0]["example"]}
            for content in contents:
                del content["example"]
                content["examples"] = {"recorded": {"$ref": f"#/components/examples/{name}"}}
    document["components"]["examples"] = dict(sorted(shared.items()))


def _contents(operations: Iterable[Part]) -> Iterator[Part]:
    """What bodies and answers hold, by media type."""
    for one in operations:
        for holder in (one.get("requestBody", {}), *one["responses"].values()):
            yield from holder.get("content", {}).values()


def _schema_name(schema: Part) -> str:
    return _last(schema.get("$ref", ""))


def _last(reference: str) -> str:
    """The name that a reference leads to."""
    return reference.rpartition("/")[2]


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
    """Such as `RecordBusy`; with several codes, such as `Conflict3fa9`."""
    answers, status = place
    phrase = "".join(HTTPStatus(int(status)).phrase.title().split()) if status.isdigit() else ""
    content = answers[status]["content"]
    if PROBLEM_TYPE not in content:
        return f"Scim{WORDS.get(status, phrase)}"
    schema = content[PROBLEM_TYPE]["schema"]
    codes = schema["allOf"][1]["properties"]["code"]["enum"]
    if status == "default":
        return "General" + "".join(
            word for word, (code, there) in OF_SORTS.items() if (code in codes) is there
        )
    if len(codes) == 1:
        return _camel(codes[0])
    return WORDS.get(status, phrase) + hashlib.sha256(_text(schema).encode()).hexdigest()[:4]


def _answer_name(place: Place) -> str:
    """Such as `ConcernOut`; of one that is new, `ConcernOut201`."""
    answers, status = place
    contents = list(answers[status].get("content", {}).values())
    named = _schema_name(contents[0].get("schema", {})) if contents else ""
    return f"{named or 'Done'}{'' if status == '200' else status}"


def _parameter_name(place: Place) -> str:
    """Such as `ChildId` in a path, `ChildIdFilter` in a query and `IfMatch` in a header."""
    parameters, number = place
    name = _camel(parameters[number]["name"].replace("-", "_"))
    return f"{name}Filter" if parameters[number]["in"] == "query" else name


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _text(part: Part) -> str:
    return json.dumps(part, sort_keys=True)

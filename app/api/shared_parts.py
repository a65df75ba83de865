"""Keeps parts of several operations once in the document, and removes empty information.

Repeated answers, bodies, parameters and headers are in `components`, an example in its schema.
A title that only repeats a field's name is left out.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from app.api.problems import PROBLEM_TYPE
from app.api.shared_fields import Part, Place, camel, extend, last, share, share_fields, share_nulls

WORDS = {
    "413": "TooLarge", "422": "Invalid", "429": "TooMany", "500": "Fault", "503": "Unavailable",
}  # fmt: skip
"""Shorter than the status's phrase; Python 3.13 changed the phrases of 413 and 422."""
OF_SORTS = {
    "Public": ("sign_in_needed", False), "OneFactor": ("second_factor_needed", False),
    "Body": ("body_malformed", True), "Keyed": ("idempotency_key_reused", True),
    "Versioned": ("version_stale", True),
}  # fmt: skip
"""Words for the name of a general answer, each for a code and whether the answer has it."""
SIGNED_IN: list[Part] = [{"bearer": []}]
"""Security of an operation that states no other."""


def share_parts(document: Part, prefix: str = "") -> None:
    """Move repeated parts into `components`, and refer to them by names with a prefix."""

    def lift(kind: str, places: Iterable[Place], name_of: Callable[[Place], str]) -> None:
        share(document, kind, places, lambda at: prefix + name_of(at).removeprefix(prefix))

    operations = [item for path in document["paths"].values() for item in path.values()]
    schemas = document["components"]["schemas"]
    _untitled(schemas, operations)
    _share_lists(schemas)
    extend(schemas)
    answers = [operation["responses"] for operation in operations]
    ids = {id(operation["responses"]): operation["operationId"] for operation in operations}
    headers = [
        (answer["headers"], name)
        for result in answers
        for answer in result.values()
        for name in answer.get("headers", ())
    ]
    parameters = [
        (operation["parameters"], number)
        for operation in operations
        for number, _ in enumerate(operation.get("parameters", ()))
    ]
    bodies = [(item, "requestBody") for item in operations if "requestBody" in item]
    lift("headers", headers, lambda place: camel(place[1].replace("-", "_")))
    failures = _places(answers, failed=True)
    lift("responses", failures, lambda place: _failure_name(place, ids[id(place[0])]))
    lift("responses", _places(answers, failed=False), _answer_name)
    lift("parameters", parameters, _parameter_name)
    lift("requestBodies", bodies, lambda place: _body_name(place[0]["requestBody"]))
    share_fields(document)
    share_nulls(document)
    document["security"] = list(SIGNED_IN)
    for operation in operations:
        if operation.setdefault("security", []) == SIGNED_IN:
            del operation["security"]


def _places(answers: Iterable[Part], *, failed: bool) -> list[Place]:
    """Where the answers with a body are: failures or successes."""
    return [
        (result, status)
        for result in answers
        for status, answer in result.items()
        if (status > "4" if failed else status < "3")
    ]


def _untitled(schemas: Part, operations: Iterable[Part]) -> None:
    """Remove titles: the schema, field or parameter has the same name anyway.

    A parameter describes itself once, and only a required one says so.
    """
    for operation in operations:
        for parameter in operation.get("parameters", ()):
            parameter["schema"].pop("title", None)
            if parameter["schema"].get("description", "") == parameter.get("description"):
                del parameter["schema"]["description"]
            if parameter.get("required") is False:
                del parameter["required"]
    for schema in schemas.values():
        schema.pop("title", None)
        for field in schema.get("properties", {}).values():
            field.pop("title", None)


def _share_lists(schemas: Part) -> None:
    """Keep a list of codes once, however it is closed: `Roles` refers to `RolesKnown`.

    Their descriptions are there, too.
    """
    for name, schema in schemas.items():
        known = schemas.get(f"{name.removesuffix('Chosen')}Known")
        if known is None:
            continue
        for part in schema.get("anyOf", [schema]):
            if part.get("enum") == known["enum"]:
                for word in ("type", "enum", "x-closed"):
                    part.pop(word, None)
                part["$ref"] = f"#/components/schemas/{name.removesuffix('Chosen')}Known"
                if not name.endswith("Chosen"):
                    schema.pop("description", None)


def _schema_name(schema: Part) -> str:
    return last(schema.get("$ref", ""))


def _failure_name(place: Place, operation: str) -> str:
    """Such as `RecordBusy`; for several codes, by the first operation: `TriageConcern409`."""
    answers, status = place
    phrase = "".join(HTTPStatus(int(status)).phrase.title().split()) if status.isdigit() else ""
    content = answers[status]["content"]
    if PROBLEM_TYPE not in content:
        return f"Scim{WORDS.get(status, phrase)}"
    schema = content[PROBLEM_TYPE]["schema"]
    codes = schema["allOf"][1]["properties"]["code"]["enum"]
    if status == "default":
        return "Any" + "".join(
            word for word, (code, there) in OF_SORTS.items() if (code in codes) is there
        )
    if len(codes) == 1:
        return camel(codes[0])
    return f"{camel(operation)}{status}"


def _body_name(body: Part) -> str:
    return _schema_name(next(iter(body["content"].values()))["schema"])


def _answer_name(place: Place) -> str:
    """Such as `ConcernOut`; for a new one, `ConcernOut201`."""
    answers, status = place
    contents = list(answers[status].get("content", {}).values())
    named = _schema_name(contents[0].get("schema", {})) if contents else ""
    return f"{named or 'Done'}{'' if status == '200' else status}"


def _parameter_name(place: Place) -> str:
    """Such as `ChildId` in a path, `ChildIdFilter` or `Limit` in a query, `IfMatch` in a header."""
    parameters, number = place
    name = camel(parameters[number]["name"].replace("-", "_"))
    return f"{name}Filter" if parameters[number]["in"] == "query" and name.endswith("Id") else name

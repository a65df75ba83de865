"""Keeps what several operations have once in the document, and leaves out what says nothing.

A failure, a parameter and a header that are repeated stand in `components`, an example in its
schema. A title that only repeats the name of a field is left out.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from app.api.problems import PROBLEM_TYPE
from app.api.shared_fields import Part, Place, camel, extend, last, share, share_fields, share_nulls

WORDS = {
    "413": "TooLarge", "422": "Invalid", "429": "TooMany", "500": "Fault", "503": "Unavailable",
}  # fmt: skip
"""Shorter than the phrase of the status; Python 3.13 changed that of 413 and 422."""
OF_SORTS = {
    "Public": ("sign_in_needed", False), "OneFactor": ("second_factor_needed", False),
    "Body": ("body_malformed", True), "Keyed": ("idempotency_key_reused", True),
    "Versioned": ("version_stale", True),
}  # fmt: skip
"""Words for the name of what an operation can answer: a code, and whether it is there."""
SIGNED_IN: list[Part] = [{"bearer": []}]
"""What an operation asks for that says nothing else."""


def share_parts(document: Part, prefix: str = "") -> None:
    """Lift what is repeated into `components`, and refer to it by names with a prefix."""

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
    lift("headers", headers, lambda place: camel(place[1].replace("-", "_")))
    failures = _places(answers, failed=True)
    lift("responses", failures, lambda place: _failure_name(place, ids[id(place[0])]))
    lift("responses", _places(answers, failed=False), _answer_name)
    lift("parameters", parameters, _parameter_name)
    share_fields(document)
    share_nulls(document)
    document["security"] = list(SIGNED_IN)
    for operation in operations:
        if operation.setdefault("security", []) == SIGNED_IN:
            del operation["security"]


def _places(answers: Iterable[Part], *, failed: bool) -> list[Place]:
    """Where answers with a body stand: failures, or what went well."""
    return [
        (result, status)
        for result in answers
        for status, answer in result.items()
        if (status > "4" if failed else status < "3")
    ]


def _untitled(schemas: Part, operations: Iterable[Part]) -> None:
    """Leave out titles: each is the name that the schema, the field or the parameter has anyway.

    A parameter says once what it is, and only what is required says so.
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
    """A list of codes stands once, however it is closed: `RolesKnown` is what `Roles` refers to.

    What is said of them stands there, too.
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
    """Such as `RecordBusy`; of several codes, by the first operation: `TriageConcern409`."""
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


def _answer_name(place: Place) -> str:
    """Such as `ConcernOut`; of one that is new, `ConcernOut201`."""
    answers, status = place
    contents = list(answers[status].get("content", {}).values())
    named = _schema_name(contents[0].get("schema", {})) if contents else ""
    return f"{named or 'Done'}{'' if status == '200' else status}"


def _parameter_name(place: Place) -> str:
    """Such as `ChildId` in a path, `ChildIdFilter` or `Limit` in a query, `IfMatch` in a header."""
    parameters, number = place
    name = camel(parameters[number]["name"].replace("-", "_"))
    return f"{name}Filter" if parameters[number]["in"] == "query" and name.endswith("Id") else name

"""Says what fields and parameters mean that are called the same everywhere.

Only where nothing is said yet: a description of a field's own stands.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
WORDS = Path(__file__).with_name("field_words.toml")
PREFIX = "#/components/schemas/"


@cache
def words() -> dict[str, dict[str, str]]:
    """What is said of `filters` and of `fields`, by name."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def explain(document: dict[str, Any]) -> None:
    """Describe the parameters and the properties that say nothing of themselves."""
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if "description" not in parameter:
                    _describe_parameter(parameter)
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if name in words()["fields"] and not is_described(schemas, field):
                field["description"] = words()["fields"][name]


def _describe_parameter(parameter: Schema) -> None:
    name, schema = parameter["name"], parameter["schema"]
    if (said := schema.get("description") or words()["filters"].get(name)) is not None:
        parameter["description"] = said
    elif parameter["in"] == "path" and name.endswith("_id"):
        parameter["description"] = f"The id of the {name.removesuffix('_id').replace('_', ' ')}."


def is_described(schemas: dict[str, Schema], field: Schema) -> bool:
    """Whether a field says what it is, or is of a schema that does."""
    kinds = [field, *field.get("anyOf", ()), *field.get("oneOf", ()), field.get("items", {})]
    named = (str(one.get("$ref", "")).removeprefix(PREFIX) for one in kinds)
    return (
        "description" in field
        or "const" in field
        or any("description" in schemas.get(name, {}) for name in named)
    )

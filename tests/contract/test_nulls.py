"""Whatever may be null says what null means, and nothing else speaks of it (words.md, 5)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.nulls import plain_nulls
from tests import answers

Schema = dict[str, Any]
MEANS = re.compile(
    r"\b[Nn]ull(: \S|"
    r" (until|while|where|for|empties|restores|removes) \S)|\bAlways null\b"
)
"""What is said of null: what it stands for, until when it stays, or what sending it does."""


@pytest.fixture(scope="module")
def document() -> Schema:
    return answers.inlined(answers.described())


def takes_null(schema: Schema, schemas: dict[str, Schema]) -> bool:
    """Whether null is one of the values, said by a type or in a schema that is referred to."""
    if "$ref" in schema:
        return takes_null(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return schema.get("type") == "null" or any(takes_null(part, schemas) for part in parts)


def holds_null(schema: Schema, schemas: dict[str, Schema]) -> bool:
    """Whether the rows of a list or the values of a map may be null."""
    inner = [schema.get("items"), schema.get("additionalProperties")]
    return any(takes_null(part, schemas) for part in inner if isinstance(part, dict))


def described(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Where each property and parameter stands, its text and its schema."""
    for name, schema in document["components"]["schemas"].items():
        if not name.startswith("Scim"):
            for field, one in schema.get("properties", {}).items():
                yield f"{name}.{field}", one.get("description", ""), one
    for path in document["paths"].values():
        for operation in path.values():
            for one in operation.get("parameters", ()) if not operation.get("x-scim") else ():
                yield f"{operation['operationId']} {one['name']}", one["description"], one["schema"]


class TestNull:
    def test_is_explained_wherever_it_may_stand(self, document: Schema) -> None:
        schemas = document["components"]["schemas"]
        found = [
            (where, text) for where, text, one in described(document) if takes_null(one, schemas)
        ]
        assert len(found) > 1_000
        assert [f"{where}: {text}" for where, text in found if not MEANS.search(text)] == []

    def test_is_not_promised_where_it_may_not_stand(self, document: Schema) -> None:
        """What creates a record takes no null, whatever the patch of the same record does."""
        schemas = document["components"]["schemas"]
        assert [
            f"{where}: {text}"
            for where, text, one in described(document)
            if MEANS.search(text) and not takes_null(one, schemas) and not holds_null(one, schemas)
        ] == []

    @pytest.mark.parametrize(
        "text",
        ["Phone number.", "Known names are null.", "Absent if you may not open it.", "Null.",
         "Day of its end. Default: none.", "Not null"],
    )  # fmt: skip
    def test_is_not_explained_by_any_word(self, text: str) -> None:
        assert not MEANS.search(text)

    @pytest.mark.parametrize(
        ("text", "sent"),
        [
            ("Sex; null empties it.", "Sex."),
            ("Name used; null: the legal one.", "Name used. Default: the legal one."),
            ("Link; null empties it. For leads.", "Link. For leads."),
        ],
    )
    def test_of_a_patch_becomes_the_default_of_what_is_only_created(
        self, text: str, sent: str
    ) -> None:
        field = {"anyOf": [{"type": "string"}, {"type": "null"}], "description": text}
        names = ("WordIn", "WordPatch", "Problem", "ReportRefused")
        schemas = {name: {"properties": {"word": dict(field)}} for name in names}
        bodies = [
            {"requestBody": {"schema": {"$ref": f"#/components/schemas/{name}"}}, "responses": {}}
            for name in ("WordIn", "WordPatch")
        ]
        plain_nulls(
            {
                "paths": {"/v1/words": dict(zip(("post", "patch"), bodies, strict=True))},
                "components": {"schemas": schemas},
            }
        )
        assert schemas["WordIn"]["properties"]["word"] == {"type": "string", "description": sent}
        assert schemas["WordPatch"]["properties"]["word"] == field

"""What the description has in one place says the same as if each operation said it itself."""

import re
from collections import Counter
from copy import deepcopy
from typing import Any

import orjson
import pytest

from app.api import describe
from app.api.describe import SEVERAL
from app.api.shared_fields import COMMON, camel
from app.api.shared_parts import share_parts
from app.core.schemas import Out
from app.core.settings import Settings
from app.main import build_app

SCHEMA = "#/components/schemas/"
FORM = ("title", "examples")
"""What sharing leaves out or divides; test_openapi_uniform.py looks at the examples."""
Document = dict[str, Any]


@pytest.fixture(scope="module")
def both() -> tuple[Document, Document]:
    """The description before anything in it is shared, and as it is served."""
    kept: list[Document] = []

    def keep_first(document: Document, prefix: str = "") -> None:
        if not prefix:
            kept.append(deepcopy(document))
        share_parts(document, prefix)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(describe, "share_parts", keep_first)
        served = build_app(Settings()).app.openapi()
    return kept[0], served


class Whole:
    """A description with what is shared in its place; it refers to schemas that are `kept`."""

    def __init__(self, document: Document, kept: frozenset[str]) -> None:
        self.document, self.kept = document, kept

    def operation(self, path: str, method: str) -> Document:
        """One operation, with what all ask for that say nothing of it."""
        found = {
            "security": self.document.get("security", []),
            **self.document["paths"][path][method],
        }
        return dict(self.part(found))

    def schema(self, name: str) -> Document:
        return dict(self.part(self.document["components"]["schemas"][name]))

    def part(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.part(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "in" in node and "schema" in node:
            node = node | {"schema": _but(node["schema"], node["description"])}
        if "$ref" in node:
            return self._followed(node)
        told = {word: self._under(word, said) for word, said in node.items() if word not in FORM}
        if "allOf" in told and "$ref" in node["allOf"][0]:
            _join(told, self.part(self._target(node["allOf"][0]["$ref"])))
        return _in_one_form(told)

    def _under(self, word: str, said: Any) -> Any:
        """What stands under a word; names of fields are no words of a schema."""
        if word == "properties" and isinstance(said, dict):
            return {field: self.part(one) for field, one in said.items()}
        return self.part(said)

    def _followed(self, node: Document) -> Any:
        beside = {word: said for word, said in node.items() if word not in FORM}
        _, _, kind, name = node["$ref"].split("/")
        if kind == "schemas" and name in self.kept and not name.endswith("Known"):
            return beside
        del beside["$ref"]
        return self.part(self._target(node["$ref"]) | beside)

    def _target(self, reference: str) -> Document:
        _, _, kind, name = reference.split("/")
        return dict(self.document["components"][kind][name])


def _join(told: Document, base: Document) -> None:
    """Put what a schema adds to another beside what that one has."""
    own = told.pop("allOf")[1]
    told["properties"] = base["properties"] | own["properties"]
    told["required"] = [*base.get("required", ()), *own.get("required", ())]
    told["type"] = base["type"]
    if "unevaluatedProperties" in told:
        told["additionalProperties"] = told.pop("unevaluatedProperties")


def _but(schema: Document, told: str) -> Document:
    """The schema of a parameter without what is said at the parameter."""
    return {word: said for word, said in schema.items() if (word, said) != ("description", told)}


def _in_one_form(told: Document) -> Document:
    """The same however it is written: what is required, and where codes say what they are."""
    if isinstance(told.get("required"), list):
        told["required"] = sorted(told["required"])
    if told.get("required") in ([], False):
        del told["required"]
    for one in told.get("anyOf", ()):
        if "enum" in one and "description" in one:
            told.setdefault("description", one.pop("description"))
    return told


@pytest.fixture(scope="module")
def wholes(both: tuple[Document, Document]) -> tuple[Whole, Whole]:
    """Both with what is shared in its place."""
    before, served = both
    kept = frozenset(before["components"]["schemas"])
    return Whole(before, kept), Whole(served, kept)


class TestSharing:
    def test_changes_nothing_that_an_operation_says(self, wholes: tuple[Whole, Whole]) -> None:
        before, served = wholes
        asked = [(path, way) for path, ways in before.document["paths"].items() for way in ways]
        changed = [one for one in asked if before.operation(*one) != served.operation(*one)]
        assert changed == []
        assert served.document["paths"].keys() == before.document["paths"].keys()

    def test_changes_nothing_that_a_schema_says(self, wholes: tuple[Whole, Whole]) -> None:
        before, served = wholes
        changed = [name for name in before.kept if before.schema(name) != served.schema(name)]
        assert changed == []

    def test_is_of_what_two_have(self, both: tuple[Document, Document]) -> None:
        """Whatever it added has two users, and no second form of the same words."""
        before, served = both
        referred = Counter(re.findall(r'"#/components/([^"]+)"', orjson.dumps(served).decode()))
        for kind, parts in served["components"].items():
            added = {
                name: parts[name] for name in parts.keys() - before["components"].get(kind, {})
            }
            if kind != "securitySchemes":
                assert [name for name in added if referred[f"{kind}/{name}"] < 2] == []
                assert len(set(map(orjson.dumps, added.values()))) == len(added), kind

    def test_lets_a_schema_extend_what_its_class_does(
        self, both: tuple[Document, Document]
    ) -> None:
        """And no other that happens to have the same fields."""
        classes: list[type[Out]] = [Out]
        for one in classes:
            classes += one.__subclasses__()
        extended = {(one.__name__, base.__name__) for one in classes for base in one.__mro__}
        extended |= {(user, name) for name, users in COMMON.items() for user in users}
        found = {
            (name, schema["allOf"][0]["$ref"].removeprefix(SCHEMA))
            for name, schema in both[1]["components"]["schemas"].items()
            if "allOf" in schema
        }
        assert len(found) > len(COMMON)
        assert found - extended == set()

    def test_names_answers_for_good(self, both: tuple[Document, Document]) -> None:
        """One with several codes by the first operation that gives it, whatever its codes are."""
        users: dict[str, str] = {}
        for ways in both[1]["paths"].values():
            for operation in ways.values():
                for status, answer in operation["responses"].items():
                    name = f"{camel(operation['operationId'])}{status}"
                    users.setdefault(answer.get("$ref", "").rpartition("/")[2], name)
        several = {
            name for name, answer in both[1]["components"]["responses"].items()
            if answer["description"] in SEVERAL.values()
        }  # fmt: skip
        assert several
        assert {(name, users[name]) for name in several if name != users[name]} == set()

    def test_names_fields_by_what_they_mean(self, both: tuple[Document, Document]) -> None:
        """A generated client has a type of this name: `ChildIdProp` tells more than `IdProp8`."""
        schemas = both[1]["components"]["schemas"]
        names = [name for name in schemas if re.fullmatch(r"[A-Za-z]+Prop\d*", name)]
        assert schemas["ChildIdProp"]["description"] == "Child ID."
        assert schemas["SchoolNameProp"]["description"] == "Name of the school."
        assert len(names) > 200
        assert sum(name[-1].isdigit() for name in names) < 10

"""Types that do not lie: one way to point at a record, whatever the answer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

import app.domain.nouns  # noqa: F401 - registers every kind
from app.core.pointers import PATHS, WITHIN_OTHERS, about, path_in_sql, pointer
from app.domain import kinds
from app.domain.exchange.event_audiences.kind import told_nouns
from tests import answers
from tests.world import World

Schema = dict[str, Any]
RECORD_KINDS = "#/components/schemas/RecordKinds"
POINTER = ("kind", "id", "path")
SECOND_FORMS = re.compile(
    r"noun|noun_id|.*_noun|thing|thing_id|record_kind|record_type|resource_(type|kind|id)|"
    r"subject_(kind|type|id)|about_(kind|id)"
)
"""Names by which answers pointed at records before."""
OTHERS_WORDS = {
    "ReceivedEntryOut.record_kind": "What a record was at the school that made it; it has no id.",
    "DocumentReceivedOut.record_kind": "The same, on paper.",
    "ConcernMarkOut.about_id": "A place or a content of the school's lists; `by` says which.",
    "CaseEntryOut.about_id": "An entry of the same case.",
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Schema]:
    return dict(answers.described()["components"]["schemas"])


def outs(schemas: dict[str, Schema]) -> Iterator[tuple[str, dict[str, Schema]]]:
    """The properties of each schema of an answer."""
    for name, schema in schemas.items():
        if not name.startswith("Scim") and not name.endswith(("In", "Patch")):
            yield name, schema.get("properties", {})


class TestPointers:
    def test_have_one_form(self, schemas: dict[str, Schema]) -> None:
        """Whatever says the kind of a record says its id and its path."""
        found = dict(outs(schemas))
        pointing = {
            name for name, fields in found.items()
            if any(one.get("$ref") == RECORD_KINDS for one in fields.values())
        }  # fmt: skip
        form = [{**found["PointerOut"][name], "description": ""} for name in POINTER]
        assert "PointerOut" in pointing
        for name in pointing:
            assert [{**found[name][one], "description": ""} for one in POINTER] == form, name

    def test_have_no_second_form(self, schemas: dict[str, Schema]) -> None:
        found = {
            f"{name}.{field}" for name, fields in outs(schemas)
            for field in fields if SECOND_FORMS.fullmatch(field)
        }  # fmt: skip
        assert found == OTHERS_WORDS.keys()

    def test_know_every_kind(self) -> None:
        told = {one.name for one in kinds.every_kind()} | told_nouns().keys()
        assert told - {"work", "deadline"} <= {*PATHS, *WITHIN_OTHERS}

    async def test_are_the_same_in_sql(self, world: World) -> None:
        id_ = "01a2"
        for kind in (*PATHS, "alert"):
            ((path,),) = world.sql(f"select {path_in_sql('%s', '%s')}", kind, id_)
            assert path == pointer(kind, id_)["path"], kind

    def test_of_nothing_are_null(self) -> None:
        assert about("concern", None) is about(None, "01a2") is None

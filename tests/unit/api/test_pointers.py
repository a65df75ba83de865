"""Pointers lead to the field a form shows, whatever union the schema went through."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from app.api.problems import OTHER_SENTENCE, field_problems
from app.core.schemas import Day, Moment, text_of

LIMITS = {
    "min_length": 1, "max_length": 9, "ge": 1, "gt": 1, "le": 4, "lt": 4, "expected": "'a' or 'b'",
    "expected_tags": "'a', 'b'", "discriminator": "'kind'", "error": "slug_of_a_fault",
}  # fmt: skip
Plain = type("Plain", (BaseModel,), {})


def sentence_of(kind: Any, sent: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(sent, from_attributes=True)
    items = [{**item, "loc": ("body", *item["loc"])} for item in refused.value.errors()]
    return field_problems(items, sent)[0].detail


class TestFieldProblems:
    @pytest.mark.parametrize(
        ("location", "body", "pointer"),
        [
            (("body", "account", 0, "text"), {"account": [{"text": 1}]}, "/account/0/text"),
            (("body", "to", "contact", "id"), {"to": {"kind": "contact", "id": 1}}, "/to/id"),
            (("body", "to", "contact", "id"), {"to": {"kind": "contact"}}, "/to/id"),
            (("body", "a/b"), {"a/b": 1}, "/a~1b"),
            (("body",), None, ""),
            (("query", "limit"), None, "/query/limit"),
            (("body", "missing"), {}, "/missing"),
        ],
    )
    def test_points_into_what_was_sent(
        self, location: tuple[object, ...], body: object, pointer: str
    ) -> None:
        found = field_problems([{"loc": location, "type": "missing"}], body)
        assert found[0].pointer == pointer

    def test_never_repeats_what_was_sent(self) -> None:
        one = {
            "loc": ("body", "text"),
            "type": "value_error",
            "msg": "Alex Marsh",
            "input": "Alex Marsh",
            "ctx": {"error": ValueError("Alex Marsh"), "max_length": 3},
        }
        assert "Alex" not in repr(field_problems([one], {"text": "Alex Marsh"}))

    @pytest.mark.parametrize("code", [*get_args(ErrorType), "a_fault_of_tomorrow"])
    def test_says_every_kind_of_fault_in_a_plain_sentence(self, code: str) -> None:
        (found,) = field_problems([{"loc": ("body",), "type": code, "ctx": LIMITS}])
        assert "_" not in found.detail
        assert code.replace("_", " ") not in found.detail
        assert not found.detail.startswith("Not valid")
        assert found.detail.endswith(".")

    @pytest.mark.parametrize(
        ("kind", "sent", "sentence"),
        [
            (Day, "2026-02-30", "There is no such date or time."),
            (Moment, "2026-02-30T10:00:00Z", "There is no such date or time."),
            (UUID, "x", "Send an ID."),
            (UUID, 5, "Send an ID."),
            (Annotated[int, Field(le=4)], 5, "At most 4."),
            (Annotated[int, Field(ge=1)], 0, "At least 1."),
            (int, "x", "Send a whole number."),
            (bool, "x", "Send true or false."),
            (text_of(3), "", "Write something here."),
            (text_of(3), "four", "At most 3 characters."),
            (Annotated[str, Field(min_length=2)], "a", "At least 2 characters."),
            (Annotated[str, Field(pattern="^[a-z_]$")], "1", "This is not written in the form that "
             "is described."),
            (str, 1, "Send text."),
            (Annotated[list[int], Field(min_length=1)], [], "At least 1."),
            (list[int], 1, "Send a list."),
            (Plain, 1, "Send an object."),
            (dict[str, int], 1, "Send an object."),
            (Literal["one", "two"], "three", "Send 'one' or 'two'."),
        ],
    )  # fmt: skip
    def test_says_what_to_send(self, kind: Any, sent: object, sentence: str) -> None:
        assert sentence_of(kind, sent) == sentence
        assert sentence != OTHER_SENTENCE

"""Pointers lead to the field a form shows, whatever union the schema went through."""

import pytest

from app.api.problems import field_problems


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

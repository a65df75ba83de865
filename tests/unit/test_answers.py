"""The judge of answers has to see what is wrong, or every test passes."""

import pytest

from tests.answers import Description, Validator, described, references

MOMENT = {"type": "string", "format": "date-time"}
PERSON = {"title": "Person", "type": "object", "properties": {"at": MOMENT}, "required": ["at"]}


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ({"at": "2026-11-25T10:00:00.000000Z"}, True),
        ({"at": "2026-11-25T10:00:00Z"}, False),
        ({"at": "2026-11-25T10:00:00.000000+00:00"}, False),
        ({"at": 1}, False),
        ({}, False),
        ({"at": None}, False),
    ],
)
def test_both_validators_know_a_moment(
    value: object, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_CROSS_CHECK", "1")
    schema = {"$ref": "#/components/schemas/P", "components": {"schemas": {"P": PERSON}}}
    assert bool(Validator(schema, "application/json").faults_in(value)) is not right


def test_formats_are_asserted() -> None:
    for name, wrong in (("uuid", "no"), ("date", "2026-13-01"), ("email", "no")):
        validator = Validator({"type": "string", "format": name}, "application/json")
        assert validator.faults_in(wrong), name


def test_a_validator_knows_all_that_its_schema_refers_to() -> None:
    description = Description(described())
    validator = description._validator("/v1/concerns", "post", "201", "application/json")
    assert validator.faults_in({"unknown": 1})
    names = references({"anyOf": [{"$ref": "#/components/schemas/A"}, {"items": {}}]})
    assert names == {"A"}

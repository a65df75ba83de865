"""Pure rules of local forms: what one may change of a kind's form, and what comes of it.

A local form adds, requires, relabels, leaves out what is optional, and has an order of its own.
It never leaves out a required field, nor one that the law asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain.errors import FieldProblem
from app.domain.sharing.referrals.kinds import (
    CHOICE,
    KINDS,
    PERSON_PARTS,
    TYPES,
    Field,
    KindSchema,
    Section,
    bundled,
    field_of,
    form_of,
)

Given = Mapping[str, Any]
MOST_ADDED = 60


def effective(given: Given, version: str) -> KindSchema:
    """The whole form of a local variant that has no problems."""
    base = form_of(given["variant_of"], given.get("of_version"))
    requires, relabels = set(given.get("requires") or ()), given.get("relabels") or {}
    drops, added = set(given.get("drops") or ()), given.get("add") or ()
    sections = [
        Section(
            section.name,
            section.label,
            (
                *(
                    _local(field, requires, relabels)
                    for field in section.fields
                    if field.name not in drops
                ),
                *(field_of(one) for one in added if one["section"] == section.name),
            ),
        )
        for section in (*base.sections, *(_new(one) for one in given.get("section") or ()))
    ]
    order = list(given.get("order") or ())
    places = {name: place for place, name in enumerate(order)}
    sections.sort(key=lambda section: places.get(section.name, len(order)))
    return replace(
        base,
        version=version,
        sections=tuple(section for section in sections if section.fields),
        variant=given["variant"],
        authority=given["authority"],
        source=given.get("source") or base.source,
    )


def _new(entry: Given) -> Section:
    return Section(entry["name"], entry["label"], ())


def _local(field: Field, requires: set[str], relabels: Given) -> Field:
    return replace(
        field,
        label=relabels.get(field.name, field.label),
        required=field.required or field.name in requires,
    )


def problems_of_variant(given: Given) -> list[FieldProblem]:
    """Why a local form cannot be: unknown names, names used twice, something left out wrongly."""
    base = KINDS.get(given["variant_of"])
    if base is None:
        return [_problem("/variant_of", "unknown_code", "There is no such kind of referral.")]
    if given["variant"] in bundled():
        return [_problem("/variant", "taken", "A form that comes with Cairn has this name.")]
    return [
        *_of_names(given, base),
        *_of_drops(given, base),
        *_of_added(given, base),
    ]


def _of_names(given: Given, base: KindSchema) -> list[FieldProblem]:
    named = [("requires", name) for name in given.get("requires") or ()]
    named += [("relabels", name) for name in given.get("relabels") or {}]
    found = [
        _problem(f"/{part}", "unknown_field", f"The form has no field `{name}`.")
        for part, name in named
        if name not in base.fields
    ]
    sections = {section.name for section in base.sections}
    new = [one["name"] for one in given.get("section") or ()]
    if len({*new}) < len(new) or sections.intersection(new):
        found.append(_problem("/section", "used_twice", "A section has this name already."))
    unknown = set(given.get("order") or ()) - sections - {*new}
    found += [
        _problem("/order", "unknown_section", f"There is no section `{name}`.")
        for name in sorted(unknown)
    ]
    return found


def _of_drops(given: Given, base: KindSchema) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    for place, name in enumerate(given.get("drops") or ()):
        field = base.fields.get(name)
        if field is None:
            found.append(_problem(f"/drops/{place}", "unknown_field", "There is no such field."))
        elif field.required or field.law or name in (given.get("requires") or ()):
            sentence = "It is needed: a local form cannot leave it out."
            found.append(_problem(f"/drops/{place}", "needed", sentence))
    return found


def _of_added(given: Given, base: KindSchema) -> list[FieldProblem]:
    added: Sequence[Given] = given.get("add") or ()
    sections = {section.name for section in base.sections}
    sections |= {one["name"] for one in given.get("section") or ()}
    seen, found = set(base.fields), []
    for place, one in enumerate(added):
        where = f"/add/{place}"
        if one["section"] not in sections:
            found.append(_problem(f"{where}/section", "unknown_section", "No such section."))
        if one["name"] in seen:
            found.append(_problem(f"{where}/name", "used_twice", "A field has this name already."))
        if one["type"] not in TYPES or (one["type"] == CHOICE) != bool(one.get("choices")):
            found.append(_problem(f"{where}/choices", "mismatch", "Choices go with a choice only."))
        seen.add(one["name"])
    return found


def _problem(pointer: str, code: str, sentence: str) -> FieldProblem:
    return FieldProblem(pointer, code, sentence)


PERSON_SCHEMA: Given = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {name: {"type": "string"} for name in PERSON_PARTS},
}
PLAIN: Mapping[str, Given] = {
    "line": {"type": "string", "maxLength": 300},
    "text": {"type": "string", "maxLength": 20_000},
    "date": {"type": "string", "format": "date"},
    "yes_no": {"type": "boolean"},
    "person": PERSON_SCHEMA,
}
WITHOUT = ("not_known", "not_applicable", "withheld")


def json_schema(form: KindSchema) -> dict[str, Any]:
    """The form as JSON Schema 2020-12 of the referral's `fields`, for any front end to draw."""
    properties = {field.name: _answer(field) for field in form.fields.values()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.label,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": [field.name for field in form.fields.values() if field.required],
    }


def _answer(field: Field) -> dict[str, Any]:
    one: dict[str, Any] = (
        {"type": "string", "enum": list(field.choices)}
        if field.type == CHOICE
        else dict(PLAIN[field.type])
    )
    value = {"type": "array", "minItems": 1, "items": one} if field.multi else one
    answered = {
        "type": "object", "required": ["state", "value"], "additionalProperties": False,
        "properties": {"state": {"const": "value"}, "value": value},
    }  # fmt: skip
    empty = {
        "type": "object", "required": ["state"], "additionalProperties": False,
        "properties": {"state": {"enum": list(WITHOUT)}, "value": {"type": "null"}},
    }  # fmt: skip
    told = {"title": field.label, "oneOf": [answered, empty]}
    return {**told, "description": field.help} if field.help else told

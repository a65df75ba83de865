"""Pure rules of forms, read from data: sections, fields, and what a local form may change."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.vocabularies import VOCABULARIES
from app.domain.errors import FieldProblem

FORMS = Path(__file__).parent / "forms"
WELSH: Mapping[str, Any] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("cy.toml").read_text("utf-8"))
)
"""Sections, labels and help in Welsh by their English; `review`: who still has to read them."""
GENERAL = "other"
"""The kind whose form applied to every kind without its own."""

LINE, TEXT, DATE, YES_NO, CHOICE, PERSON = "line", "text", "date", "yes_no", "choice", "person"
TYPES = (LINE, TEXT, DATE, YES_NO, CHOICE, PERSON)
PERSON_PARTS = (
    "name", "aliases", "relationship", "date_of_birth", "expected_date", "sex", "ethnicity",
    "role", "organisation", "school", "phone", "email", "address", "parental_responsibility",
    "alleged_perpetrator", "focus", "note",
)  # fmt: skip
"""Fields that a form may have about one person.

`expected_date` is for an unborn child; `alleged_perpetrator` and `focus` are given as words, like
`parental_responsibility`.
"""

Given = Mapping[str, Any]


# `forms/<kind>.toml` is a kind's form as it is now, `forms/<version>/` keeps those before, and
# `forms/variants/` has bundled local forms. A referral keeps the version it was drafted with.
@dataclass(frozen=True, slots=True)
class Field:
    """One field. `multi`: its value is a list. `choices` are the codes of a choice.

    `prefill` names its source in the record, `law` marks what no local form may leave out.
    """

    name: str
    label: str
    type: str = TEXT
    required: bool = False
    multi: bool = False
    choices: tuple[str, ...] = ()
    help: str | None = None
    prefill: str | None = None
    law: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together on a form."""

    name: str
    label: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class KindSchema:
    """Everything one kind of referral asks for; `variant` is set for a local form."""

    kind: str
    label: str
    version: str
    sections: tuple[Section, ...]
    source: str = ""
    variant: str | None = None
    authority: str | None = None

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""
        return {field.name: field for section in self.sections for field in section.fields}


def field_of(entry: Mapping[str, Any]) -> Field:
    """A field from a data file or a school's variant, without keys for its position."""
    facts = {name: value for name, value in entry.items() if name != "section"}
    return Field(**{**facts, "choices": tuple(facts.get("choices") or ())})


def _section(entry: Mapping[str, Any]) -> Section:
    fields = tuple(field_of(field) for field in entry.get("field", ()))
    return Section(entry["name"], entry["label"], fields)


def _form(path: Path) -> KindSchema:
    entry = tomllib.loads(path.read_text())
    kind = entry["kind"]
    label = VOCABULARIES["referral_kinds"].by_code[kind].label
    sections = tuple(_section(item) for item in entry["section"])
    return KindSchema(kind, label, entry["version"], sections, entry["source"])


def _files() -> Iterator[Path]:
    yield from sorted(FORMS.glob("*.toml"))
    yield from sorted(FORMS.glob("[0-9]*/*.toml"), reverse=True)


@cache
def _versions() -> Mapping[str, Sequence[KindSchema]]:
    """Every version of every kind's form, present one first."""
    result: dict[str, list[KindSchema]] = {}
    for path in _files():
        form = _form(path)
        result.setdefault(form.kind, []).append(form)
    return result


def form_of(kind: str, version: str | None = None) -> KindSchema:
    """A kind's own form in a version, or as it is now.

    A version from before the kind had a form of its own is the general form's.
    Raises KeyError for a kind that is not in the vocabulary.
    """
    for of_kind in (kind, GENERAL):
        for form in _versions()[of_kind]:
            if version in (None, form.version):
                own = _versions()[kind][0]
                return replace(form, kind=kind, label=own.label)
    return _versions()[kind][-1]


@cache
def bundled() -> Mapping[str, Mapping[str, Any]]:
    """Local forms that come with Cairn, as their files define them, by name."""
    entries = [tomllib.loads(path.read_text()) for path in sorted(FORMS.glob("variants/*.toml"))]
    return MappingProxyType({entry["variant"]: entry for entry in entries})


KINDS: Mapping[str, KindSchema] = MappingProxyType(
    {term.code: form_of(term.code) for term in VOCABULARIES["referral_kinds"].terms}
)
"""The present form of every kind of the vocabulary."""


# A local form may add, require, relabel, leave out optional fields, and change the order.
# It never leaves out a required field, nor one that the law asks for.
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
                *(field_of(item) for item in added if item["section"] == section.name),
            ),
        )
        for section in (*base.sections, *(_new(item) for item in given.get("section") or ()))
    ]
    order = list(given.get("order") or ())
    places = {name: index for index, name in enumerate(order)}
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
    """Errors in a local form: unknown names, duplicate names, or forbidden omissions."""
    base = KINDS.get(given["variant_of"])
    if base is None:
        return [
            _problem("/variant_of", "unknown_code", "Cairn does not know this kind of referral.")
        ]
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
    items = [
        _problem(f"/{part}", "unknown_field", f"The form has no field `{name}`.")
        for part, name in named
        if name not in base.fields
    ]
    sections = {section.name for section in base.sections}
    new = [item["name"] for item in given.get("section") or ()]
    if len({*new}) < len(new) or sections.intersection(new):
        items.append(_problem("/section", "used_twice", "A section already has this name."))
    unknown = set(given.get("order") or ()) - sections - {*new}
    items += [
        _problem("/order", "unknown_section", f"There is no section `{name}`.")
        for name in sorted(unknown)
    ]
    return items


def _of_drops(given: Given, base: KindSchema) -> list[FieldProblem]:
    field_problems: list[FieldProblem] = []
    for index, name in enumerate(given.get("drops") or ()):
        field = base.fields.get(name)
        if field is None:
            field_problems.append(
                _problem(f"/drops/{index}", "unknown_field", "There is no such field.")
            )
        elif field.required or field.law or name in (given.get("requires") or ()):
            sentence = "It is needed: a local form cannot leave it out."
            field_problems.append(_problem(f"/drops/{index}", "needed", sentence))
    return field_problems


def _of_added(given: Given, base: KindSchema) -> list[FieldProblem]:
    added: Sequence[Given] = given.get("add") or ()
    sections = {section.name for section in base.sections}
    sections |= {item["name"] for item in given.get("section") or ()}
    seen, result = set(base.fields), []
    for index, item in enumerate(added):
        where = f"/add/{index}"
        if item["section"] not in sections:
            result.append(_problem(f"{where}/section", "unknown_section", "No such section."))
        if item["name"] in seen:
            result.append(_problem(f"{where}/name", "used_twice", "A field already has this name."))
        if item["type"] not in TYPES or (item["type"] == CHOICE) != bool(item.get("choices")):
            result.append(
                _problem(
                    f"{where}/choices",
                    "mismatch",
                    "Choices are only for a field of the kind choice.",
                )
            )
        seen.add(item["name"])
    return result


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
    item: dict[str, Any] = (
        {"type": "string", "enum": list(field.choices)}
        if field.type == CHOICE
        else dict(PLAIN[field.type])
    )
    value = {"type": "array", "minItems": 1, "items": item} if field.multi else item
    answered = {
        "type": "object", "required": ["state", "value"], "additionalProperties": False,
        "properties": {"state": {"const": "value"}, "value": value},
    }  # fmt: skip
    empty = {
        "type": "object", "required": ["state"], "additionalProperties": False,
        "properties": {"state": {"enum": list(WITHOUT)}, "value": {"type": "null"}},
    }  # fmt: skip
    schema = {"title": field.label, "oneOf": [answered, empty]}
    return {**schema, "description": field.help} if field.help else schema

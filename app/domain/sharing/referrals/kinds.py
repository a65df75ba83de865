"""What each kind of referral asks for: sections and fields, read from versioned data files.

`forms/<kind>.toml` is a kind's form as it is now, `forms/<version>/` keeps those before, and
`forms/variants/` has bundled local forms. A referral keeps the version it was drafted with.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.vocabularies import VOCABULARIES

FORMS = Path(__file__).parent / "forms"
GENERAL = "other"
"""The kind whose form stood for every kind that had none of its own."""

LINE, TEXT, DATE, YES_NO, CHOICE, PERSON = "line", "text", "date", "yes_no", "choice", "person"
TYPES = (LINE, TEXT, DATE, YES_NO, CHOICE, PERSON)
PERSON_PARTS = (
    "name", "aliases", "relationship", "date_of_birth", "expected_date", "sex", "ethnicity",
    "role", "organisation", "school", "phone", "email", "address", "parental_responsibility",
    "alleged_perpetrator", "focus", "note",
)  # fmt: skip
"""What a form may say of one person. `expected_date` is of a child who is not born yet;
`alleged_perpetrator` and `focus` are told as words, like `parental_responsibility`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `multi`: its value is a list. `choices` are the codes of a choice.

    `prefill` names what in the record answers it, `law` what no local form may leave out.
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
    """A field as a data file or a school's variant says it; keys of where it goes are left out."""
    kept = {name: value for name, value in entry.items() if name != "section"}
    return Field(**{**kept, "choices": tuple(kept.get("choices") or ())})


def _section(entry: Mapping[str, Any]) -> Section:
    fields = tuple(field_of(field) for field in entry.get("field", ()))
    return Section(entry["name"], entry["label"], fields)


def _form(path: Path) -> KindSchema:
    entry = tomllib.loads(path.read_text())
    kind = entry["kind"]
    label = VOCABULARIES["referral_kinds"].by_code[kind].label
    sections = tuple(_section(one) for one in entry["section"])
    return KindSchema(kind, label, entry["version"], sections, entry["source"])


def _files() -> Iterator[Path]:
    yield from sorted(FORMS.glob("*.toml"))
    yield from sorted(FORMS.glob("[0-9]*/*.toml"), reverse=True)


@cache
def _versions() -> Mapping[str, Sequence[KindSchema]]:
    """Every version of every kind's form, the present one first."""
    found: dict[str, list[KindSchema]] = {}
    for path in _files():
        form = _form(path)
        found.setdefault(form.kind, []).append(form)
    return found


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
    """The local forms that come with Cairn, as their files say, by their names."""
    entries = [tomllib.loads(path.read_text()) for path in sorted(FORMS.glob("variants/*.toml"))]
    return MappingProxyType({entry["variant"]: entry for entry in entries})


KINDS: Mapping[str, KindSchema] = MappingProxyType(
    {term.code: form_of(term.code) for term in VOCABULARIES["referral_kinds"].terms}
)
"""The present form of every kind of the vocabulary."""

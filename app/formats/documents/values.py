"""Any value of a form as text a person reads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.words import Words, humanised

NOTHING = "\u2013"
DEEPEST = 8
PERSON = ("name", "relationship", "role", "job_title", "organisation", "phone", "email", "address")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
YES_NO = {"yes": "Yes", "no": "No"}
CODES: Mapping[str, str] = {
    "lawful_basis": "lawful_bases", "special_category_condition": "special_category_conditions",
    "recipient_kind": "recipient_kinds", "agency_kind": "recipient_kinds",
    "purpose": "share_purposes", "route": "delivery_routes", "referral": "referral_kinds",
    "referral_kind": "referral_kinds", "sex": "sexes", "ethnicity": "ethnicities",
    "sen_provision": "sen_provisions", "system": "identifier_systems",
    "leaving_reason": "transfer_reasons",
    "reason_code": "reasons_not_told", "reason_codes": "reasons_not_told",
    "reasons_not_told": "reasons_not_told",
    "alleged_source_of_harm": "alleged_sources_of_harm", "immediacy": "immediacies",
    "reported_categories": "concern_categories", "category": "concern_categories",
    "told": "parents_told_values", "who": "told_already", "status": "child_status_kinds",
    "parental_responsibility": "parental_responsibility", "context": "harm_contexts",
    "source": "concern_sources", "level": "levels_of_need", "confidentiality":
    "confidentiality_classes", "role": "roles", "state": "concern_states",
}  # fmt: skip
"""Which vocabulary the codes under a name are from; a text that is no code of it stays a text."""


LABELS: Mapping[str, str] = {
    "sen_provision": "Special educational needs", "upn": "UPN", "sha256": "SHA-256",
    "may_be_told_reason": "Why they may or may not be told", "lives_with": "Lives with the child",
    "valid_from": "From", "valid_to": "Until", "created_at": "Written down",
    "recorded_by": "Written down by", "review_due": "Review due",
}  # fmt: skip


def label_of(name: str) -> str:
    """What a value is called."""
    return LABELS.get(name) or humanised(name)


def answer_text(
    words: Words, value: Any, kind: str | None = None, deep: int = 0, *, name: str = ""
) -> str:
    """A value of a field: lists line by line, people as their parts, codes and times as words.

    `kind` is the type of a form's field, `name` what the value is called where it stands.
    """
    if value in (None, "") or value == []:
        return NOTHING
    if isinstance(value, Mapping) and deep < DEEPEST:
        return _parts(words, value, deep)
    if isinstance(value, list | tuple) and deep < DEEPEST:
        return _lines(words, value, kind, deep, name)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return _text(words, str(value), kind, name)


def _text(words: Words, text: str, kind: str | None, name: str) -> str:
    if text in YES_NO:
        return YES_NO[text]
    if (known := CODES.get(name)) and words.knows(known, text):
        return words.term(known, text)
    if kind == "date" or MOMENT.fullmatch(text):
        return words.moment(text)
    if kind in {"choice", "yes_no"}:
        return humanised(text)
    return text


def in_order(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The parts of a person as an address book has them, then what else there is."""
    known = [(name, value[name]) for name in PERSON if name in value]
    return [*known, *((name, item) for name, item in value.items() if name not in PERSON)]


def _parts(words: Words, value: Mapping[str, Any], deep: int) -> str:
    is_person = isinstance(value.get("name"), str)
    parts = in_order(value) if is_person else list(value.items())
    lines = []
    for name, item in parts:
        if item in (None, "", []):
            continue
        text = answer_text(words, item, None, deep + 1, name=str(name))
        lines.append(text if is_person and name == "name" else f"{label_of(str(name))}: {text}")
    return "\n".join(lines)


def _lines(words: Words, value: Sequence[Any], kind: str | None, deep: int, name: str) -> str:
    texts = [answer_text(words, item, kind, deep + 1, name=name) for item in value]
    return ("\n\n" if any(isinstance(item, Mapping) for item in value) else "\n").join(texts)

"""A record of keeping a child safe as labels and texts, whatever its kind: nothing is left out."""

from collections.abc import Mapping
from typing import Any, Final

from app.formats.documents.values import answer_text, label_of
from app.formats.documents.words import Words

NONE: Final[Mapping[str, str]] = {
    "not_known": "Not known", "not_asked": "Not asked", "declined": "Did not want to say",
}  # fmt: skip


def facts_of(words: Words, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything that was written down in a record that leaves, in its own order."""
    found = [
        (label_of(str(name)), answer_text(words, said(value), name=str(name)))
        for name, value in record["content"].items()
        if value not in (None, "", [], {})
    ]
    if record.get("reason"):
        found.append(("Why it amends what was written before", record["reason"]))
    if record.get("amended_since"):
        found.append(("Note", "Somebody has written later what is right now."))
    if record.get("vocabulary_status"):
        found.append(("Words", str(record["vocabulary_status"])))
    return found


def said(value: Any) -> Any:
    """A value with its answers as what they say: a value, or why there is none."""
    if isinstance(value, Mapping):
        if set(value) == {"value"}:
            return said(value["value"])
        if set(value) == {"none"}:
            return NONE.get(value["none"], value["none"])
        return {name: said(one) for name, one in value.items()}
    return [said(one) for one in value] if isinstance(value, list | tuple) else value

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
    items = [
        (label_of(str(name)), answer_text(words, plain_value(value), name=str(name)))
        for name, value in record["content"].items()
        if value not in (None, "", [], {})
    ]
    if record.get("reason"):
        items.append(("Why it amends what was written before", record["reason"]))
    if record.get("amended_since"):
        items.append(("Note", "Somebody has written later what is right now."))
    if record.get("vocabulary_status"):
        items.append(("Words", str(record["vocabulary_status"])))
    return items


def pathway_facts(words: Words, block: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was said of self-harm or words about dying, and each step that was taken after it."""
    kinds = dict.fromkeys((block["kind"], block["kind_told"]))
    items = [("What was told", ", first told as ".join(
        words.term("self_harm_kinds", kind) for kind in kinds
    ))]  # fmt: skip
    items += [
        (label_of(str(name)), answer_text(words, plain_value(value), name=str(name)))
        for name, value in block["told"].items()
        if value not in (None, "", [], {})
    ]
    if block.get("state"):
        items.append(("Where it stands", words.term("pathway_states", block["state"])))
    items += [(words.moment(step["at"]), _step(words, step)) for step in block.get("steps") or ()]
    if block.get("vocabulary_status"):
        items.append(("Words", str(block["vocabulary_status"])))
    return items


def _step(words: Words, step: Mapping[str, Any]) -> str:
    """One step in a few lines: what it was, who by, and what was written down with it."""
    by = step.get("by") or {}
    first = words.term("pathway_steps", step["step"])
    lines = [f"{first}, {by['name']}" if by.get("name") else first]
    lines += [
        f"{label_of(str(name))}: {answer_text(words, plain_value(value), name=str(name))}"
        for name, value in step["details"].items()
        if value not in (None, "", [], {})
    ]
    return "\n".join(lines)


def plain_value(value: Any) -> Any:
    """A value with its answers as what they say: a value, or why there is none."""
    if isinstance(value, Mapping):
        if value and set(value) <= {"value", "none"}:
            why = value.get("none")
            return NONE.get(why, why) if why else plain_value(value.get("value"))
        return {name: plain_value(item) for name, item in value.items() if item is not None}
    return [plain_value(item) for item in value] if isinstance(value, list | tuple) else value

"""The chronology of a child for conferences and courts: a drawn time axis, then every event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.letters import Letters
from app.formats.documents.parts import Said, Sheet, laid_out
from app.formats.documents.summaries import summary_of
from app.formats.documents.timelines import timeline_of
from app.formats.documents.words import Words, humanised, initial

Row = Mapping[str, Any]
LEFT_OUT = (
    "Comments that staff write to one another and other children's names and identifying numbers "
    "are left out of every chronology that is printed; other children stand as \u201canother "
    "pupil\u201d. It holds what the person who made it may see and what its filters let "
    "through. Statements are given whole, as they were written at the time; what was entered in "
    "error is named as such, without its text."
)
LEFT_OUT_FIRST = "Comments of staff and other children's names: see the note on the last page"
LATE = (
    "Late: written down more than a day after it happened. Significant: marked by a person as "
    "an event for other agencies to see."
)
OUTCOMES = {"referral": "referral_outcomes", "concern": "closure_outcomes"}
STATES = {
    "action": "action_states", "share": "share_states", "referral": "referral_states",
    "transfer": "transfer_states",
}  # fmt: skip


def chronology_document(
    content: Mapping[str, Any], words: Words, letters: Letters
) -> dict[str, Any]:
    """Lay out content of the format `cairn-chronology/1`; its entries are oldest first."""
    sheet = Sheet(words, letters)
    entries: Sequence[Row] = content["entries"]
    _front(sheet, content)
    drawn = timeline_of(words, entries)
    if drawn is not None:
        sheet.heading("When things happened")
        sheet.timeline(drawn)
    sheet.heading("Events, oldest first")
    if not entries:
        sheet.text("There is no event that this chronology may show.")
    sheet.table(
        [("No.", 0), ("When", 2.3), ("Source", 2.4), ("What happened", 6),
         ("Action, decision and outcome", 4.2)],
        [_row(sheet, number, entry) for number, entry in enumerate(entries, start=1)],
        small=True,
    )  # fmt: skip
    sheet.heading("Sources")
    sheet.table(
        [("Source", 3), ("Role", 2), ("Events", 1)],
        [[name, role, str(count)] for (name, role), count in _sources(words, entries)],
        small=True,
        together=True,
    )
    sheet.notice("What this document leaves out, and why", f"{LEFT_OUT}\n\n{LATE}")
    return laid_out(sheet, content, title="Chronology", heading="Chronology")


def _front(sheet: Sheet, content: Mapping[str, Any]) -> None:
    words, child, asked = sheet.words, content["child"], content.get("asked") or {}
    known = child.get("known_as")
    purpose = words.term("document_purposes", asked.get("purpose"))
    detail = initial(asked.get("purpose_detail"))
    made_for = "\n".join(dict.fromkeys(item for item in (purpose, detail) if item))
    sheet.facts(
        [
            ("Child", child["name"]),
            ("Known as", known if known != child["name"] else None),
            ("Date of birth", words.day(child.get("date_of_birth"))),
            ("School", content["school"]["name"]),
            ("Reference", content.get("reference")),
            ("Made for", made_for),
            ("Made", words.moment(content["document"].get("made_at"))),
            ("What it covers", _covers(words, asked)),
            ("Events", str(len(content["entries"]))),
            ("Left out", LEFT_OUT_FIRST),
        ],
        wide=True,
    )


def _covers(words: Words, asked: Row) -> str:
    parts = []
    if asked.get("since"):
        parts.append(f"from {words.day(asked['since'])}")
    if asked.get("until"):
        parts.append(f"before {words.day(asked['until'])}")
    if asked.get("kinds"):
        kinds = [words.term("chronology_kinds", kind).lower() for kind in asked["kinds"]]
        parts.append("only " + ", ".join(kinds))
    if asked.get("category"):
        parts.append("only " + words.term("concern_categories", asked["category"]).lower())
    if asked.get("significant"):
        parts.append("only events marked as significant")
    return humanised("; ".join(parts)) if parts else "Everything dated about the child"


def _row(sheet: Sheet, number: int, entry: Row) -> list[Sequence[Said]]:
    words = sheet.words
    return [
        [("strong", str(number))],
        _when(words, entry),
        _parts(*_source(words, entry)),
        _happened(words, entry),
        _followed(words, entry),
    ]


def kind_of(entry: Row) -> object:
    """What kind of thing it is; for a record from another school, what it was there."""
    return (entry.get("received") or {}).get("record_kind") or entry.get("kind")


def _source(words: Words, entry: Row) -> list[Said]:
    name, role = _author(words, entry)
    received = entry.get("received") or {}
    label = words.term("chronology_kinds", kind_of(entry))
    school = received.get("school")
    return [
        ("strong", label),
        ("plain", name),
        ("quiet", role),
        ("quiet", f"From {school}" if school and school != name else None),
        ("quiet", entry.get("reference")),
    ]


def _author(words: Words, entry: Row) -> tuple[str, str]:
    """Name and role of the writer; for a record from another school, its writer there."""
    received, author = entry.get("received") or {}, entry.get("author") or {}
    if not received:
        return initial(author.get("name")), words.term("roles", author.get("role"))
    name = received.get("author_name") or received.get("school") or author.get("name")
    role = received.get("author_job_title") or words.term("roles", received.get("author_role"))
    return initial(name), initial(role)


def _when(words: Words, entry: Row) -> list[Said]:
    occurred = words.format_event_time(
        kind_of(entry), entry.get("occurred_at"), entry.get("occurred_precision")
    )
    received = entry.get("received")
    recorded = received.get("recorded_at") if received else entry.get("recorded_at")
    return _parts(
        ("strong", occurred),
        ("quiet", f"Recorded {words.moment(recorded)}" if recorded else None),
        ("mark", "Late" if entry.get("late") else None),
        ("mark", "Significant" if entry.get("significant") else None),
    )


def _happened(words: Words, entry: Row) -> list[Said]:
    if entry.get("entered_in_error"):
        return [("quiet", "Entered in error. Its text is withheld.")]
    others = [
        f"{item.get('label')} ({words.term('concern_child_roles', item.get('role')).lower()})"
        for item in entry.get("others") or ()
    ]
    role = entry.get("child_role")
    return _parts(
        ("label", _category(words, entry)),
        ("quiet", words.term("referral_events", entry.get("step"))),
        *_statements(words, entry),
        ("label", "The child said" if entry.get("child_said") else None),
        ("plain", entry.get("child_said")),
        ("quiet", f"This child: {words.term('concern_child_roles', role).lower()}"
         if role and role != "subject" else None),
        ("quiet", f"Also: {', '.join(others)}" if others else None),
    )  # fmt: skip


def _category(words: Words, entry: Row) -> str | None:
    items = []
    if entry.get("category"):
        items.append(words.term("concern_categories", entry["category"]))
    if entry.get("safety_record_kind"):
        items.append(words.term("safety_record_kinds", entry["safety_record_kind"]))
    if own := entry.get("own_categories"):
        items.append(f"the school's own words: {', '.join(own)}")
    if entry.get("level"):
        items.append(f"level of need {entry['level']}")
    return ", ".join(items) or None


def _statements(words: Words, entry: Row) -> list[Said]:
    """What is told: each statement under its speaker where they are known."""
    saids: list[Said] = []
    for item in (entry.get("received") or {}).get("account") or ():
        label = words.term("statement_kinds", item.get("kind"))
        by = f" ({item['told_by']})" if item.get("told_by") else ""
        saids += [("label", f"{label}{by}"), ("plain", item.get("text"))]
    return saids or [("plain", _summary(words, entry))]


def _summary(words: Words, entry: Row) -> str | None:
    """The summary without the name of the school before it, which stands at the source."""
    text = initial(entry.get("summary"))
    school = (entry.get("received") or {}).get("school")
    if school and text.startswith(f"{school}:"):
        text = text[len(school) + 1 :].strip()
    return summary_of(words, kind_of(entry), text) or None


def _followed(words: Words, entry: Row) -> list[Said]:
    if entry.get("entered_in_error"):
        return [("plain", "")]
    outcome = entry.get("outcome")
    if outcome and (vocabulary := OUTCOMES.get(initial(kind_of(entry)))):
        outcome = words.term(vocabulary, outcome) if words.knows(vocabulary, outcome) else outcome
    parts = [("Decision", entry.get("decision")), ("Reasons", entry.get("reason")),
             ("Outcome", outcome), ("State", _state(words, entry))]  # fmt: skip
    saids: list[Said] = []
    for label, text in parts:
        if text:
            saids += [("label", label), ("plain", text)]
    return saids or [("plain", "")]


def _state(words: Words, entry: Row) -> str | None:
    state = (entry.get("received") or {}).get("state") or entry.get("state")
    return words.term(STATES.get(initial(kind_of(entry)), "concern_states"), state) or None


def _sources(words: Words, entries: Sequence[Row]) -> list[tuple[tuple[str, str], int]]:
    """Who wrote how much, by name."""
    counted = Counter(_author(words, entry) for entry in entries)
    return sorted(counted.items())


def _parts(*parts: Said) -> list[Said]:
    return [(kind, text) for kind, text in parts if text not in (None, "")] or [("plain", "")]

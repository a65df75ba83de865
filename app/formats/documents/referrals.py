"""A referral as a form: every question of its kind with its answer, the consent, and the items."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.formats.documents.approvals import approval_facts, is_unapproved
from app.formats.documents.letters import Letters
from app.formats.documents.parts import Said, Sheet, laid_out
from app.formats.documents.records import item_of
from app.formats.documents.summaries import summary_of
from app.formats.documents.values import answer_text
from app.formats.documents.words import Words, humanised, initial

Row = Mapping[str, Any]
WORRY: Final = ("concern", "difficulty", "allegation", "prevent", "needs", "need", "abuse")
"""Sections that say what the worry is, where they are not the first of their form anyway."""
REACHED: Final = ("name", "phone", "email", "address")
NO_VALUE = {"not_known", "not_applicable", "withheld"}


def referral_document(content: Mapping[str, Any], words: Words, letters: Letters) -> dict[str, Any]:
    """Lay out content of the format `cairn-referral/1`.

    `form` names its sections and fields in order; without it the fields stand by their names.
    """
    sheet = Sheet(words, letters)
    kind = words.term("referral_kinds", content.get("referral_kind"))
    agency, school = content.get("agency") or {}, content["school"]
    child = content["child"]
    urgency = humanised(initial(content.get("urgency")))
    born = words.day(child.get("date_of_birth"))
    sheet.text(", ".join(filter(None, (child["name"], born and f"born {born}"))))
    sheet.text(f"Urgency: {urgency}")
    unapproved = is_unapproved(content["document"])
    worry = worry_of(content)
    for section in _sections(content):
        if worry is not None and section.get("name") == worry:
            _section(sheet, section, content.get("fields") or {}, 2, unapproved=unapproved)
    sheet.heading("Who it is about, and who sends it")
    sheet.facts(
        [
            ("Referral to", _lines_of(agency, *REACHED)),
            ("Out of hours", agency.get("out_of_hours_phone")),
            ("Urgency", urgency),
            ("Child", child["name"]),
            ("Known as", child.get("known_as") if child.get("known_as") != child["name"] else None),
            ("Date of birth", born),
            ("From", _lines_of(school, "name", "phone", "email", "address")),
            ("Written by", content.get("written_by")),
            ("Reference", content.get("reference")),
            *approval_facts(words, content["document"]),
            ("Lawful basis", words.term("lawful_bases", content.get("lawful_basis"))),
        ]
    )
    _parts(sheet, content, 2, unapproved=unapproved, but=worry)
    return laid_out(sheet, content, title="Referral", heading=f"Referral: {kind}")


def referral_parts(sheet: Sheet, content: Row, level: int = 2, *, unapproved: bool = False) -> None:
    """The form, the consent, the extract and the items.

    What went `unapproved` may lack required answers: each is named as not answered. A form
    that was frozen without saying which are required names every one.
    """
    _parts(sheet, content, level, unapproved=unapproved)


def _parts(
    sheet: Sheet, content: Row, level: int, *, unapproved: bool, but: str | None = None
) -> None:
    """As `referral_parts`, without a section that stands elsewhere already."""
    answers = content.get("fields") or {}
    for section in _sections(content):
        if but is None or section.get("name") != but:
            _section(sheet, section, answers, level, unapproved=unapproved)
    _consent(sheet, content.get("consent"), level, unapproved=unapproved)
    _extract(sheet, content.get("chronology") or (), level)
    items = content.get("items") or ()
    if items:
        sheet.heading("From the record", level)
        for item in items:
            item_of(sheet, item, level + 1)


def worry_of(content: Row) -> str | None:
    """The section that says what the worry is: it is read first."""
    form = content.get("form") or {}
    names = [section.get("name") for section in form.get("sections", ())]
    return next((name for name in WORRY if name in names), names[0] if names else None)


def _lines_of(values: Row, *names: str) -> str:
    return "\n".join(str(values[name]) for name in names if values.get(name))


def _sections(content: Row) -> list[Row]:
    """The form's sections; fields that the form does not know come last, by their names."""
    form = content.get("form") or {}
    worry = worry_of(content)
    sections = sorted(form.get("sections", ()), key=lambda item: item.get("name") != worry)
    known = {field["name"] for section in sections for field in section["fields"]}
    rest = [
        {"name": name, "label": humanised(name)}
        for name in content.get("fields") or {}
        if name not in known
    ]
    if rest:
        sections.append({"label": "Further answers" if sections else "Answers", "fields": rest})
    return sections


def _section(sheet: Sheet, section: Row, answers: Row, level: int, *, unapproved: bool) -> None:
    rows = [
        [[("strong", field["label"])], _answer(sheet, field, answers.get(field["name"]))]
        for field in section["fields"]
        if field["name"] in answers or (unapproved and field.get("required", True))
    ]
    if rows:
        sheet.heading(section["label"], level)
        sheet.table([("Question", 2), ("Answer", 4.4)], rows)


def _answer(sheet: Sheet, field: Row, answer: Row | None) -> Sequence[Said]:
    state, value = (answer or {}).get("state"), (answer or {}).get("value")
    if state in NO_VALUE:
        return [("quiet", sheet.words.term("value_states", state))]
    if value in (None, "", []):
        return [("quiet", NOT_ANSWERED)]
    return [("plain", answer_text(sheet.words, value, field.get("type"), name=field["name"]))]


NOT_ANSWERED = "Not answered"
CONSENT = {
    "parents_informed": "Parents or carers know of the referral",
    "parent_informed": "A parent knows of the referral",
    "consent_given": "Consent given",
    "by": "Who agreed",
    "by_whom": "Who agreed",
    "covers": "Whose information it covers",
    "reason_code": "Why they were not told or asked",
    "reason": "More about why",
    "young_persons_view": "The child's or young person's view",
    "child_view": "The child's or young person's view",
}
"""What the family was told and asked, in the order in which it is read."""


def _consent(sheet: Sheet, block: Any, level: int, *, unapproved: bool) -> None:
    if not block and not unapproved:
        return
    sheet.heading("Consent and what the family was told", level)
    if not isinstance(block, Mapping):
        sheet.text(initial(block) or NOT_ANSWERED)
        return
    names = [name for name in CONSENT if name in block]
    names += [name for name in block if name not in CONSENT]
    rows: list[Sequence[Sequence[Said]]] = [
        [[("strong", CONSENT.get(name, humanised(name)))],
         [("plain", _consented(sheet, name, block[name]))]]
        for name in names
        if block[name] not in (None, "", [])
    ]  # fmt: skip
    sheet.table([("Question", 2), ("Answer", 4.4)], rows)


def _consented(sheet: Sheet, name: str, value: Any) -> str:
    kind = "choice" if name in {"parents_informed", "consent_given"} else None
    return answer_text(sheet.words, value, kind, name=name)


def _extract(sheet: Sheet, entries: Sequence[Row], level: int) -> None:
    """The chosen or significant events of the child's chronology."""
    if not entries:
        return
    words = sheet.words
    sheet.heading("Extract of the chronology", level)
    rows: list[list[Sequence[Said] | str]] = []
    for entry in entries:
        when: list[Said] = [
            (
                "strong",
                words.format_event_time(
                    entry.get("kind"), entry.get("occurred_at"), entry.get("occurred_precision")
                ),
            ),
            ("quiet", f"Recorded {words.moment(entry.get('recorded_at'))}"),
        ]
        if entry.get("late"):
            when.append(("mark", "Late"))
        saids: list[Said] = [("plain", summary_of(words, entry.get("kind"), entry.get("summary")))]
        if entry.get("child_said"):
            saids += [("label", "The child said"), ("plain", entry["child_said"])]
        kind = words.term("chronology_kinds", entry.get("kind"))
        category = words.term("concern_categories", entry.get("category"))
        rows.append([when, [("plain", kind), ("quiet", category)], saids])
    sheet.table([("When", 2.2), ("What", 2), ("Summary", 5)], rows, small=True)

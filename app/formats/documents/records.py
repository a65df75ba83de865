"""Concerns, decisions, statuses and marks as every document shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.answers import facts_of, pathway_facts
from app.formats.documents.outlines import DRAWINGS
from app.formats.documents.parts import Said, Sheet
from app.formats.documents.words import Words, initial

LABELLED_MARKS = 24
"""Marks of one view that are numbered in the drawing; of more, the table alone has the numbers."""
SPACING = 0.058
LONGEST_ALT = 1_500

Row = Mapping[str, Any]


def who(words: Words, person: Any) -> str:
    """A person with their job, as one line."""
    if not isinstance(person, Mapping):
        return initial(person)
    name = initial(person.get("name"))
    if name == "a member of staff":
        name = words("member_of_staff")
    return f"{name}, {person['job_title']}" if person.get("job_title") else name


def item_of(sheet: Sheet, item: Row, level: int = 3) -> None:
    """One item of a share, a referral or a file."""
    kind = item.get("kind")
    if kind == "decision":
        decision_of(sheet, item, level)
    elif kind == "status":
        status_of(sheet, item, level)
    elif kind == "record":
        record_of(sheet, item, level)
    else:
        concern_of(sheet, item, level)


def concern_of(sheet: Sheet, item: Row, level: int = 3) -> None:
    """One concern with the parts of it that are told."""
    words = sheet.words
    title = words("family_concern" if words.family else "concern")
    reference = initial(item.get("reference"))
    happened = words.occurred(item.get("occurred_at"), item.get("occurred_precision"))
    sheet.heading(f"{title} {reference}" if reference else f"{title}, {happened}", level)
    place = item.get("place")
    where = place if isinstance(place, Mapping) else {"place": place}
    sheet.facts(
        [
            (words("happened"), happened),
            (words("recorded"), words.moment(item.get("recorded_at"))),
            (words("written_by"), who(words, item.get("recorded_by"))),
            (words("place"), where.get("place")),
            (words("context"), words.term("harm_contexts", where.get("context"))),
            (words("children"), _children(sheet, item)),
            (words("categories"), _categories(sheet, item)),
        ]
    )
    for statement in item.get("account", ()):
        statement_of(sheet, statement)
    if item.get("self_harm"):
        sheet.heading(words("self_harm"), level + 1)
        sheet.facts(pathway_facts(words, item["self_harm"]))
    body_map_of(sheet, item.get("body_map", ()), level + 1)
    _amendments(sheet, item.get("amendments", ()), level + 1)
    files_of(sheet, item.get("attachments", ()), level + 1)
    decisions = item.get("decisions", ())
    if decisions:
        sheet.heading(words("decisions"), level + 1)
        for decision in decisions:
            _decision_parts(sheet, decision)
    actions_of(sheet, item.get("actions", ()), level + 1)
    outcome = item.get("outcome")
    if isinstance(outcome, Mapping):
        sheet.heading(words("outcome"), level + 1)
        sheet.facts(
            [
                (words("state"), words.term("concern_states", outcome.get("state"))),
                (words("outcome"), outcome.get("outcome")),
            ]
        )


def _children(sheet: Sheet, item: Row) -> str:
    lines = [
        f"{child.get('who')}: {sheet.words.term('concern_child_roles', child.get('role'))}"
        for child in item.get("children", ())
    ]
    return "\n".join(_pupil(sheet, line) for line in lines)


def _pupil(sheet: Sheet, line: str) -> str:
    pupil = sheet.words("another_pupil")
    return line.replace("another pupil", pupil[:1].upper() + pupil[1:], 1)


def _categories(sheet: Sheet, item: Row) -> str:
    result = item.get("categories")
    if not isinstance(result, Mapping):
        return ""
    codes = dict.fromkeys([result.get("primary"), *(result.get("all") or ())])
    return "\n".join(sheet.words.term("concern_categories", code) for code in codes if code)


def statement_of(sheet: Sheet, statement: Row) -> None:
    """Print what was seen or said; a child's own words stand out."""
    words = sheet.words
    label = words.term("statement_kinds", statement.get("kind"))
    if statement.get("told_by"):
        label += f" ({statement['told_by']})"
    sheet.quote(
        label,
        initial(statement.get("text")),
        before=[(words("prompted_by"), statement.get("prompted_by"))],
        after=[(words("basis"), statement.get("basis"))],
    )


def _amendments(sheet: Sheet, amendments: Sequence[Row], level: int) -> None:
    if not amendments:
        return
    words = sheet.words
    sheet.heading(words("amendments"), level)
    for amendment in amendments:
        by = who(words, amendment.get("recorded_by"))
        sheet.quote(
            f"{words.moment(amendment.get('recorded_at'))}, {by}",
            initial(amendment.get("text")),
        )


def decision_of(sheet: Sheet, item: Row, level: int = 3) -> None:
    """A decision that stands alone."""
    sheet.heading(f"{sheet.words('decision')}, {sheet.words.day(item.get('decided_at'))}", level)
    _decision_parts(sheet, item)


def _decision_parts(sheet: Sheet, item: Row) -> None:
    words = sheet.words
    sheet.facts(
        [
            (words("question"), item.get("question")),
            (words("decision"), item.get("decision")),
            (words("reason"), item.get("reason")),
            (words("decided_by"), who(words, item.get("decided_by"))),
            (words("decided"), words.moment(item.get("decided_at"))),
        ]
    )


def status_of(sheet: Sheet, item: Row, level: int = 3) -> None:
    """Something that is true of the child for a while."""
    words = sheet.words
    label = words.term("child_status_kinds", item.get("status"))
    sheet.heading(f"{words('status')}: {label}", level)
    sheet.facts(
        [
            (words("valid_from"), words.day(item.get("valid_from"))),
            (words("valid_to"), words.day(item["valid_to"]) if item.get("valid_to") else None),
            (words("lead_agency"), item.get("lead_agency")),
            (words("detail"), item.get("detail")),
        ]
    )


def record_of(sheet: Sheet, item: Row, level: int = 3) -> None:
    """A record of keeping the child safe, with everything that was written down in it."""
    words = sheet.words
    happened = words.occurred(item.get("occurred_at"), item.get("occurred_precision"))
    sheet.heading(f"{words.term('safety_record_kinds', item.get('record'))}, {happened}", level)
    sheet.facts(
        [
            (words("recorded"), words.moment(item.get("recorded_at"))),
            (words("written_by"), who(words, item.get("recorded_by"))),
            *facts_of(words, item),
        ]
    )


def actions_of(sheet: Sheet, actions: Sequence[Row], level: int) -> None:
    """What was or will be done, who by and by when."""
    if not actions:
        return
    words = sheet.words
    sheet.heading(words("actions"), level)
    sheet.table(
        [(words("action"), 4), (words("owner"), 2), (words("due"), 2), (words("state"), 1.6)],
        [
            [
                _with(initial(action.get("what")), ("quiet", action.get("outcome"))),
                who(words, action.get("owner")),
                words.day(action.get("due_at")),
                words.term("action_states", action.get("state")),
            ]
            for action in actions
        ],
    )


def files_of(sheet: Sheet, files: Sequence[Row], level: int) -> None:
    """The files that go with a concern, each with what proves that it is the one that was sent."""
    if not files or "number" not in files[0]:
        return
    words = sheet.words
    sheet.heading(words("files_sent"), level)
    sheet.text(words("files_sent_text"))
    sheet.table(
        [(words("file"), 3), (words("file_size"), 0), (words("file_hash"), 5)],
        [
            [
                _with(
                    f"{file['number']}. {file['name']}",
                    ("quiet", file["content_type"]),
                    *(("quiet", words(f"file_{code}")) for code in file["warnings"]),
                ),
                words("bytes", count=file["size"]),
                file["sha256"],
            ]
            for file in files
        ],
    )


def _with(text: str, *more: Said) -> list[Said]:
    return [("plain", text), *((kind, item) for kind, item in more if item)]


def body_map_of(sheet: Sheet, marks: Sequence[Row], level: int) -> None:
    """Marks on drawn outlines, numbered, and what was written down about each."""
    if not marks:
        return
    words = sheet.words
    sheet.heading(words("body_map"), level)
    first = sheet.marks + 1
    sheet.marks += len(marks)
    numbered = list(enumerate(marks, first))
    views: dict[str, list[tuple[int, Row]]] = {}
    for number, mark in numbered:
        views.setdefault(str(mark.get("view")), []).append((number, mark))
    order = [view for view in DRAWINGS if view in views]
    sheet.drawings([_drawing(sheet, view, views[view]) for view in order])
    sheet.table(
        [(words("mark"), 0), (words("mark_where"), 3), (words("mark_look"), 3),
         (words("explanation"), 5)],
        [[[("strong", number)], _where(sheet, mark), _appearance(sheet, mark),
          initial(mark.get("explanation"))] for number, mark in numbered],
    )  # fmt: skip


def _where(sheet: Sheet, mark: Row) -> list[Said]:
    return [
        ("plain", sheet.words.term("body_map_regions", mark.get("region"))),
        ("quiet", sheet.words.term("body_map_views", mark.get("view"))),
    ]


def _appearance(sheet: Sheet, mark: Row) -> str:
    size = mark.get("size_mm")
    items = [
        f"{size} mm" if size else "",
        sheet.words.term("mark_colours", mark.get("colour")).lower(),
        sheet.words.term("mark_shapes", mark.get("shape")).lower(),
    ]
    return ", ".join(item for item in items if item)


def _drawing(sheet: Sheet, view: str, marks: Sequence[tuple[int, Row]]) -> dict[str, Any]:
    outline = DRAWINGS[view]
    words = sheet.words
    label = words.term("body_map_views", view)
    labelled = len(marks) <= LABELLED_MARKS
    name = "drawing" if labelled else "drawn_only"
    regions = "; ".join(
        f"{number}: {words.term('body_map_regions', mark.get('region'))}" for number, mark in marks
    )
    alt = f"{label}. {regions}"
    if len(alt) > LONGEST_ALT:
        alt = f"{label}. {words(name, view=label, count=len(marks))}"
    return {
        "width": outline.width,
        "height": outline.height,
        "tall": outline.tall,
        "outlines": list(outline.outlines),
        "details": list(outline.details),
        "caption": words(name, view=label, count=len(marks)),
        "alt": sheet.letters.line(alt),
        "marks": _placed(marks, labelled=labelled),
    }


def _placed(marks: Sequence[tuple[int, Row]], *, labelled: bool) -> list[dict[str, Any]]:
    """Marks with their labels in the margin: each side from top to bottom, none over another."""
    items = []
    for number, mark in marks:
        x, y = (min(max(float(mark.get(axis) or 0), 0.0), 1.0) for axis in ("x", "y"))
        side = "left" if x < 0.5 else "right"
        label = str(number) if labelled else None
        items.append({"x": x, "y": y, "side": side, "label": label, "at": y})
    if labelled:
        for side in ("left", "right"):
            _spread(
                sorted((item for item in items if item["side"] == side), key=lambda item: item["y"])
            )
    return items


def _spread(labels: Sequence[dict[str, Any]]) -> None:
    spacing = min(SPACING, 1 / max(len(labels), 1))
    lowest = 0.0
    for label in labels:
        label["at"] = max(label["at"], lowest)
        lowest = label["at"] + spacing
    highest = 1.0
    for label in reversed(labels):
        label["at"] = min(label["at"], highest)
        highest = label["at"] - spacing

"""The whole safeguarding file of a child for the next school: front sheet, index, records."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.correspondence import OF_REFERRAL, OF_SHARE, referral_of, share_of
from app.formats.documents.letters import Letters
from app.formats.documents.parts import Said, Sheet, laid_out
from app.formats.documents.records import concern_of, decision_of, record_of, status_of, who
from app.formats.documents.summaries import summary_of
from app.formats.documents.values import NOTHING, answer_text, label_of
from app.formats.documents.words import Words, humanised, initial

Row = Mapping[str, Any]
KNOWN = frozenset(
    {"format", "kind", "reference", "school", "child", "document", "front_sheet", "records",
     "open_actions", "correspondence", "received", "reason", "addendum_to", "made_at", "sent_to",
     "approved_by", "note"}
)  # fmt: skip
OF_CONCERN = frozenset(
    {"kind", "reference", "recorded_at", "recorded_by", "occurred_at", "occurred_precision",
     "children", "place", "categories", "account", "body_map", "decisions", "actions",
     "amendments", "outcome", "source", "comments", "history", "self_harm"}
)  # fmt: skip
NAMES = ("legal_given_name", "middle_names", "legal_family_name")


def file_document(content: Mapping[str, Any], words: Words, letters: Letters) -> dict[str, Any]:
    """Lay out content of the format `cairn-file/1`."""
    sheet = Sheet(words, letters)
    front: Row = content.get("front_sheet") or {}
    _front(sheet, content, front)
    _open_actions(sheet, content.get("open_actions") or ())
    records: Sequence[Row] = content.get("records") or ()
    _index(sheet, records)
    _correspondence(sheet, content.get("correspondence") or ())
    if records:
        sheet.heading("Records, oldest first")
        for record in records:
            _record(sheet, record)
    for earlier in content.get("received") or ():
        _received(sheet, earlier)
    _rest(sheet, "Further parts", {key: content[key] for key in content if key not in KNOWN}, 2)
    name = (content.get("child") or {}).get("name") or _name(front)
    return laid_out(sheet, content, title="Safeguarding file", heading=f"Safeguarding file: {name}")


def _name(front: Row) -> str:
    return " ".join(str(front[part]) for part in NAMES if front.get(part))


def _front(sheet: Sheet, content: Row, front: Row) -> None:
    words = sheet.words
    school = content["school"]
    sheet.facts(
        [
            ("From", school["name"]),
            ("URN", school.get("urn")),
            ("Local authority", school.get("local_authority")),
            ("To", content.get("sent_to")),
            ("Why", words.term("transfer_reasons", content.get("reason"))),
            ("Reference", content.get("reference")),
            ("Adds to", content.get("addendum_to")),
            ("Made", words.moment(content["document"].get("made_at"))),
            ("Approved by", content.get("approved_by")),
            ("UPN", (content.get("child") or {}).get("upn")),
        ]
    )
    if content.get("note"):
        sheet.notice("A note with the file", content["note"])
    _front_sheet(sheet, front, school["name"], 2)


def _front_sheet(sheet: Sheet, front: Row, school: str, level: int) -> None:
    listed = {"identifiers", "enrolments", "contacts", "linked"}
    sheet.heading("Front sheet", level)
    sheet.facts(
        [
            (label_of(key), answer_text(sheet.words, value, name=key))
            for key, value in front.items()
            if key not in listed and value not in (None, "", [])
        ]
    )
    _contacts(sheet, front.get("contacts") or (), level + 1)
    _linked(sheet, front.get("linked") or (), level + 1)
    _identifiers(sheet, front.get("identifiers") or (), level + 1)
    _schools(sheet, front.get("enrolments") or (), school, level + 1)


OF_CONTACT = ("name", "kind", "relationship", "organisation", "phone", "email", "address")


def _contacts(sheet: Sheet, contacts: Sequence[Row], level: int) -> None:
    if not contacts:
        return
    words = sheet.words
    sheet.heading("Contacts and household", level)
    rows: list[list[Sequence[Said] | str]] = []
    for contact in contacts:
        relation = contact.get("kind") or contact.get("relationship")
        reach = [contact.get(name) for name in OF_CONTACT[3:]]
        more = {name: contact[name] for name in contact if name not in OF_CONTACT}
        rows.append(
            [
                [("strong", contact.get("name")), ("quiet", words.term("contact_kinds", relation))],
                "\n".join(str(part) for part in reach if part),
                _more(words, more),
            ]
        )
    sheet.table([("Who", 2.4), ("How to reach them", 3), ("More", 3.6)], rows, small=True)


def _more(words: Words, values: Row) -> str:
    lines = [
        f"{label_of(name)}: {answer_text(words, value, name=name)}"
        for name, value in values.items()
        if value not in (None, "", [])
    ]
    return "\n".join(lines)


def _linked(sheet: Sheet, linked: Sequence[Row], level: int) -> None:
    if not linked:
        return
    words = sheet.words
    sheet.heading("Linked children", level)
    sheet.table(
        [("Who", 3), ("How", 3), ("When", 3)],
        [
            [initial(item.get("who")), words.term("relationship_kinds", item.get("relationship")),
             words.span(item)]
            for item in linked
        ],
    )  # fmt: skip


def _identifiers(sheet: Sheet, identifiers: Sequence[Row], level: int) -> None:
    if not identifiers:
        return
    words = sheet.words
    sheet.heading("Identifiers", level)
    sheet.table(
        [("Kind", 3), ("Number", 3), ("When", 3)],
        [
            [
                words.term("identifier_systems", identifier.get("system")),
                initial(identifier.get("value")),
                words.span(identifier),
            ]
            for identifier in identifiers
        ],
    )


def _schools(sheet: Sheet, enrolments: Sequence[Row], here: str, level: int) -> None:
    """Where the child was on roll; an enrolment without a school is of the sending school."""
    if not enrolments:
        return
    words = sheet.words
    sheet.heading("Schools", level)
    sheet.table(
        [("School", 3), ("When", 3), ("Why they left", 3)],
        [
            [[("strong", enrolment.get("school") or here)], words.span(enrolment),
             words.term("transfer_reasons", enrolment.get("leaving_reason"))]
            for enrolment in enrolments
        ],
    )  # fmt: skip


def _open_actions(sheet: Sheet, actions: Sequence[Row], level: int = 2) -> None:
    if not actions:
        return
    words = sheet.words
    sheet.heading("Still to be done", level)
    sheet.table(
        [("Record", 0), ("Action", 4), ("Who", 2), ("Due", 2)],
        [
            [
                initial(action.get("record")),
                initial(action.get("what")),
                who(words, action.get("owner")),
                words.day(action.get("due_at")),
            ]
            for action in actions
        ],
    )


def _index(sheet: Sheet, records: Sequence[Row]) -> None:
    if not records:
        return
    words = sheet.words
    sheet.heading("Chronology")
    sheet.table(
        [("Record", 0), ("When", 2), ("Kind", 1.6), ("Summary", 6)],
        [
            [
                [("strong", initial(record.get("number")))],
                words.format_event_time(
                    record.get("kind"), record.get("occurred_at"), record.get("occurred_precision")
                ),
                words.term("chronology_kinds", record.get("kind")),
                _shortened(summary_of(words, record.get("kind"), record.get("summary"))),
            ]
            for record in records
        ],
        small=True,
    )


LONGEST_SUMMARY = 400


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_SUMMARY:
        return text
    return text[:LONGEST_SUMMARY].rsplit(" ", 1)[0] + " \u2026 (whole text below)"


def _correspondence(sheet: Sheet, sent: Sequence[Row], level: int = 2) -> None:
    if not sent:
        return
    words = sheet.words
    sheet.heading("What was sent, and who to", level)
    sheet.table(
        [("Reference", 0), ("Kind", 1), ("To", 3), ("When", 2)],
        [
            [initial(item.get("number")), words.term("chronology_kinds", item.get("kind")),
             initial(item.get("with")), words.moment(item.get("at"))]
            for item in sent
        ],
    )  # fmt: skip


def _record(sheet: Sheet, record: Row) -> None:
    kind, content = record.get("kind"), record.get("content") or {}
    if kind == "concern":
        concern_of(sheet, content)
        _comments(sheet, content.get("comments") or ())
        _rest(sheet, "Further facts", {k: v for k, v in content.items() if k not in OF_CONCERN}, 4)
        _history(sheet, content.get("history") or ())
    elif kind == "decision":
        decision_of(sheet, content)
    elif kind == "status":
        status_of(sheet, content)
        seen = {"kind", "status", "detail", "valid_from", "valid_to", "lead_agency"}
        _rest(sheet, "Further facts", {k: v for k, v in content.items() if k not in seen}, 4)
    elif kind == "safety_record" and isinstance(content.get("content"), Mapping):
        record_of(sheet, content)
    elif kind == "front_sheet":
        _earlier_front(sheet, record, content)
    elif kind == "share":
        share_of(sheet, record, content)
        _rest(sheet, "Further facts", {k: v for k, v in content.items() if k not in OF_SHARE}, 4)
    elif kind == "referral":
        referral_of(sheet, record, content)
        _rest(sheet, "Further facts", {k: v for k, v in content.items() if k not in OF_REFERRAL}, 4)
    else:
        label = sheet.words.term("chronology_kinds", kind)
        at = sheet.words.day(record.get("occurred_at"))
        sheet.heading(f"{label} {initial(record.get('number'))}, {at}", 3)
        _rest(sheet, "", content, 4)
    _attachments(sheet, record.get("attachments") or ())


def _earlier_front(sheet: Sheet, record: Row, row: Row) -> None:
    """The front sheet of a file that an earlier school sent."""
    school = record.get("origin")
    _front_sheet(sheet, row.get("front_sheet") or {}, initial(school) or "Not known", 3)
    if row.get("note"):
        sheet.notice("A note with the file", row["note"])
    seen = {"front_sheet", "open_actions", "correspondence", "note", "reference"}
    _rest(sheet, "Further facts", {k: v for k, v in row.items() if k not in seen}, 4)
    _open_actions(sheet, row.get("open_actions") or (), 4)
    _correspondence(sheet, row.get("correspondence") or (), 4)


def _comments(sheet: Sheet, comments: Sequence[Row]) -> None:
    if comments:
        sheet.heading("Comments of staff", 4)
        for comment in comments:
            by = who(sheet.words, comment.get("recorded_by"))
            sheet.quote(
                f"{sheet.words.moment(comment.get('recorded_at'))}, {by}", comment.get("text")
            )


def _history(sheet: Sheet, steps: Sequence[Row]) -> None:
    if not steps:
        return
    words = sheet.words
    sheet.heading("How it was handled", 4)
    sheet.table(
        [("When", 2), ("Step", 2), ("By", 3), ("Reasons", 4)],
        [
            [words.moment(step.get("at")), humanised(initial(step.get("step"))),
             who(words, step.get("by")), initial(step.get("reason"))]
            for step in steps
        ],
        small=True,
    )  # fmt: skip


def _attachments(sheet: Sheet, files: Sequence[Row]) -> None:
    if not files:
        return
    sheet.heading("Files with this record", 4)
    rows: list[list[Sequence[Said] | str]] = [
        [
            [("plain", file.get("file_name")), ("quiet", file.get("description") or "")],
            initial(file.get("content_type")),
            f"{file.get('size')} bytes",
            [("quiet", file.get("sha256"))],
        ]
        for file in files
    ]
    sheet.table([("File", 3), ("Type", 2), ("Size", 1.4), ("SHA-256", 4)], rows, small=True)


def _received(sheet: Sheet, earlier: Row) -> None:
    words = sheet.words
    origin = earlier.get("origin") or {}
    school = (origin.get("school") or origin.get("name")) if isinstance(origin, Mapping) else None
    name = school.get("name") if isinstance(school, Mapping) else school
    sheet.heading(f"From an earlier school: {name or 'not known'}")
    sheet.facts(
        [
            ("Received", words.moment(earlier.get("received_at"))),
            ("Manifest SHA-256", earlier.get("manifest_sha256")),
        ]
    )
    for record in earlier.get("records") or ():
        _record(sheet, record)


def _rest(sheet: Sheet, heading: str, values: Row, level: int) -> None:
    """What no other part shows, by its names: nothing of a file is left out."""
    saved = [
        (label_of(str(name)), answer_text(sheet.words, value, name=str(name)))
        for name, value in values.items()
        if value not in (None, "", [], {})
    ]
    if saved:
        if heading:
            sheet.heading(heading, level)
        sheet.facts([(label, text) for label, text in saved if text != NOTHING])

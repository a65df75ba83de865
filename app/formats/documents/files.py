"""The whole safeguarding file of a child for the next school: front sheet, index, records."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.correspondence import (
    OF_REFERRAL,
    OF_SHARE,
    referral_of,
    share_of,
)
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
    for one in contacts:
        relation = one.get("kind") or one.get("relationship")
        reach = [one.get(name) for name in OF_CONTACT[3:]]
        more = {name: one[name] for name in one if name not in OF_CONTACT}
        rows.append(
            [
                [("strong", one.get("name")), ("quiet", words.term("contact_kinds", relation))],
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
            [initial(one.get("who")), words.term("relationship_kinds", one.get("relationship")),
             words.span(one)]
            for one in linked
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
            [words.term("identifier_systems", one.get("system")), initial(one.get("value")),
             words.span(one)]
            for one in identifiers
        ],
    )  # fmt: skip


def _schools(sheet: Sheet, enrolments: Sequence[Row], here: str, level: int) -> None:
    """Where the child was on roll; an enrolment without a school is of the sending school."""
    if not enrolments:
        return
    words = sheet.words
    sheet.heading("Schools", level)
    sheet.table(
        [("School", 3), ("When", 3), ("Why they left", 3)],
        [
            [[("strong", one.get("school") or here)], words.span(one),
             words.term("transfer_reasons", one.get("leaving_reason"))]
            for one in enrolments
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
            [initial(one.get("record")), initial(one.get("what")), who(words, one.get("owner")),
             words.day(one.get("due_at"))]
            for one in actions
        ],
    )  # fmt: skip


def _index(sheet: Sheet, records: Sequence[Row]) -> None:
    if not records:
        return
    words = sheet.words
    sheet.heading("Chronology")
    sheet.table(
        [("Record", 0), ("When", 2), ("Kind", 1.6), ("Summary", 6)],
        [
            [
                [("strong", initial(one.get("number")))],
                words.stood(one.get("kind"), one.get("occurred_at"), one.get("occurred_precision")),
                words.term("chronology_kinds", one.get("kind")),
                _shortened(summary_of(words, one.get("kind"), one.get("summary"))),
            ]
            for one in records
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
            [initial(one.get("number")), words.term("chronology_kinds", one.get("kind")),
             initial(one.get("with")), words.moment(one.get("at"))]
            for one in sent
        ],
    )  # fmt: skip


def _record(sheet: Sheet, record: Row) -> None:
    kind, told = record.get("kind"), record.get("content") or {}
    if kind == "concern":
        concern_of(sheet, told)
        _comments(sheet, told.get("comments") or ())
        _rest(sheet, "Further facts", {k: v for k, v in told.items() if k not in OF_CONCERN}, 4)
        _history(sheet, told.get("history") or ())
    elif kind == "decision":
        decision_of(sheet, told)
    elif kind == "status":
        status_of(sheet, told)
        seen = {"kind", "status", "detail", "valid_from", "valid_to", "lead_agency"}
        _rest(sheet, "Further facts", {k: v for k, v in told.items() if k not in seen}, 4)
    elif kind == "safety_record" and isinstance(told.get("content"), Mapping):
        record_of(sheet, told)
    elif kind == "front_sheet":
        _earlier_front(sheet, record, told)
    elif kind == "share":
        share_of(sheet, record, told)
        _rest(sheet, "Further facts", {k: v for k, v in told.items() if k not in OF_SHARE}, 4)
    elif kind == "referral":
        referral_of(sheet, record, told)
        _rest(sheet, "Further facts", {k: v for k, v in told.items() if k not in OF_REFERRAL}, 4)
    else:
        label = sheet.words.term("chronology_kinds", kind)
        at = sheet.words.day(record.get("occurred_at"))
        sheet.heading(f"{label} {initial(record.get('number'))}, {at}", 3)
        _rest(sheet, "", told, 4)
    _attachments(sheet, record.get("attachments") or ())


def _earlier_front(sheet: Sheet, record: Row, told: Row) -> None:
    """The front sheet of a file that an earlier school sent."""
    school = record.get("origin")
    _front_sheet(sheet, told.get("front_sheet") or {}, initial(school) or "Not known", 3)
    if told.get("note"):
        sheet.notice("A note with the file", told["note"])
    seen = {"front_sheet", "open_actions", "correspondence", "note", "reference"}
    _rest(sheet, "Further facts", {k: v for k, v in told.items() if k not in seen}, 4)
    _open_actions(sheet, told.get("open_actions") or (), 4)
    _correspondence(sheet, told.get("correspondence") or (), 4)


def _comments(sheet: Sheet, comments: Sequence[Row]) -> None:
    if comments:
        sheet.heading("Comments of staff", 4)
        for one in comments:
            by = who(sheet.words, one.get("recorded_by"))
            sheet.quote(f"{sheet.words.moment(one.get('recorded_at'))}, {by}", one.get("text"))


def _history(sheet: Sheet, steps: Sequence[Row]) -> None:
    if not steps:
        return
    words = sheet.words
    sheet.heading("How it was handled", 4)
    sheet.table(
        [("When", 2), ("Step", 2), ("By", 3), ("Reasons", 4)],
        [
            [words.moment(one.get("at")), humanised(initial(one.get("step"))),
             who(words, one.get("by")), initial(one.get("reason"))]
            for one in steps
        ],
        small=True,
    )  # fmt: skip


def _attachments(sheet: Sheet, files: Sequence[Row]) -> None:
    if not files:
        return
    sheet.heading("Files with this record", 4)
    rows: list[list[Sequence[Said] | str]] = [
        [
            [("plain", one.get("file_name")), ("quiet", one.get("description") or "")],
            initial(one.get("content_type")),
            f"{one.get('size')} bytes",
            [("quiet", one.get("sha256"))],
        ]
        for one in files
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
    kept = [
        (label_of(str(name)), answer_text(sheet.words, value, name=str(name)))
        for name, value in values.items()
        if value not in (None, "", [], {})
    ]
    if kept:
        if heading:
            sheet.heading(heading, level)
        sheet.facts([(label, text) for label, text in kept if text != NOTHING])

"""Shares and referrals inside a file: what became of each, then what left the school."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.parts import Sheet
from app.formats.documents.records import who
from app.formats.documents.referrals import referral_parts
from app.formats.documents.shares import recipient_of, share_parts
from app.formats.documents.words import Words, humanised, initial

Row = Mapping[str, Any]
OF_SHARE = frozenset(
    {"kind", "recipient", "recipient_kind", "purpose", "purpose_detail", "lawful_basis", "state",
     "shared", "sha256", "events"}
)  # fmt: skip
OF_REFERRAL = frozenset(
    {"kind", "referral", "agency", "agency_kind", "agency_phone", "agency_reference", "urgency",
     "state", "outcome", "referred", "sha256", "events"}
)  # fmt: skip


def share_of(sheet: Sheet, record: Row, row: Row) -> None:
    """A share with what was shared, laid out as the share itself."""
    words = sheet.words
    recipient = row.get("recipient") or {}
    sheet.heading(f"Share {initial(record.get('number'))}", 3)
    sheet.facts(
        [
            ("Shared with", recipient_of(words, recipient)),
            ("Kind of recipient", words.term("recipient_kinds", row.get("recipient_kind"))),
            ("Shared", words.moment(record.get("occurred_at"))),
            ("State", words.term("share_states", row.get("state"))),
            (words("approved"), _approved(words, row)),
        ]
    )
    shared = row.get("shared")
    if isinstance(shared, Mapping):
        share_parts(sheet, shared, 4)
    else:
        share_parts(sheet, {**row, "items": ()}, 4)
    _events(sheet, row.get("events") or ())
    _hash(sheet, row)


def referral_of(sheet: Sheet, record: Row, row: Row) -> None:
    """A referral with what was referred, laid out as the referral itself."""
    words = sheet.words
    sheet.heading(f"Referral {initial(record.get('number'))}", 3)
    referred = row.get("referred")
    content: Row = referred if isinstance(referred, Mapping) else {}
    before = _sent_before(row)
    sheet.facts(
        [
            ("Kind of referral", words.term("referral_kinds", row.get("referral"))),
            ("Referral to", row.get("agency")),
            ("Agency's phone", row.get("agency_phone")),
            ("Agency's reference", row.get("agency_reference")),
            ("Urgency", humanised(initial(row.get("urgency")))),
            ("Sent", words.moment(record.get("occurred_at"))),
            ("State", words.term("referral_states", row.get("state"))),
            ("Outcome", words.term("referral_outcomes", row.get("outcome")) or None),
            ("Written by", content.get("written_by")),
            ("Lawful basis", words.term("lawful_bases", content.get("lawful_basis"))),
            (words("approval" if before else "approved"), _approved(words, row)),
        ]
    )
    if content:
        referral_parts(sheet, content, 4, unapproved=before)
    _events(sheet, row.get("events") or ())
    _hash(sheet, row)


def _event(row: Row, kind: str) -> Row | None:
    return next((event for event in row.get("events") or () if event.get("kind") == kind), None)


def _sent_before(row: Row) -> bool:
    """Whether an emergency went before anybody approved it."""
    sent, approved = _event(row, "sent"), _event(row, "approved")
    if sent is None or row.get("urgency") != "emergency":
        return False
    return approved is None or initial(sent.get("at")) < initial(approved.get("at"))


def _approved(words: Words, row: Row) -> str | None:
    """A personal duty in law needs no approval: nobody is said to owe one."""
    approved = _event(row, "approved")
    if approved is None:
        return "Sent without one, as an emergency" if _sent_before(row) else None
    name = who(words, approved.get("by"))
    at, by = words.moment(approved.get("at")), words("by", name=name) if name else ""
    return words("sent_before_reviewed", at=at, by=by) if _sent_before(row) else f"{at}{by}"


def _events(sheet: Sheet, events: Sequence[Row]) -> None:
    if not events:
        return
    words = sheet.words
    sheet.heading("What happened with it", 4)
    sheet.table(
        [("When", 2), ("What", 2.4), ("By", 2.4), ("Note", 3)],
        [
            [
                words.moment(event.get("at")),
                "\n".join(
                    part
                    for part in (
                        words.term("referral_events", event.get("kind")),
                        words.term("delivery_routes", event.get("route")),
                    )
                    if part
                ),
                who(words, event.get("by")),
                initial(event.get("text")),
            ]
            for event in events
        ],
        small=True,
    )


def _hash(sheet: Sheet, row: Row) -> None:
    if row.get("sha256"):
        sheet.facts([("SHA-256 of what left", row["sha256"])])

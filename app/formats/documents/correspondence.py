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


def share_of(sheet: Sheet, record: Row, told: Row) -> None:
    """A share with what was shared, laid out as the share itself."""
    words = sheet.words
    recipient = told.get("recipient") or {}
    sheet.heading(f"Share {initial(record.get('number'))}", 3)
    sheet.facts(
        [
            ("Shared with", recipient_of(words, recipient)),
            ("Kind of recipient", words.term("recipient_kinds", told.get("recipient_kind"))),
            ("Shared", words.moment(record.get("occurred_at"))),
            ("State", words.term("share_states", told.get("state"))),
            (words("approved"), _approved(words, told)),
        ]
    )
    shared = told.get("shared")
    if isinstance(shared, Mapping):
        share_parts(sheet, shared, 4)
    else:
        share_parts(sheet, {**told, "items": ()}, 4)
    _events(sheet, told.get("events") or ())
    _hash(sheet, told)


def referral_of(sheet: Sheet, record: Row, told: Row) -> None:
    """A referral with what was referred, laid out as the referral itself."""
    words = sheet.words
    sheet.heading(f"Referral {initial(record.get('number'))}", 3)
    referred = told.get("referred")
    content: Row = referred if isinstance(referred, Mapping) else {}
    before = _sent_before(told)
    sheet.facts(
        [
            ("Kind of referral", words.term("referral_kinds", told.get("referral"))),
            ("Referral to", told.get("agency")),
            ("Agency's phone", told.get("agency_phone")),
            ("Agency's reference", told.get("agency_reference")),
            ("Urgency", humanised(initial(told.get("urgency")))),
            ("Sent", words.moment(record.get("occurred_at"))),
            ("State", words.term("referral_states", told.get("state"))),
            ("Outcome", words.term("referral_outcomes", told.get("outcome")) or None),
            ("Written by", content.get("written_by")),
            ("Lawful basis", words.term("lawful_bases", content.get("lawful_basis"))),
            (words("approval" if before else "approved"), _approved(words, told)),
        ]
    )
    if content:
        referral_parts(sheet, content, 4, unapproved=before)
    _events(sheet, told.get("events") or ())
    _hash(sheet, told)


def _event(told: Row, kind: str) -> Row | None:
    return next((one for one in told.get("events") or () if one.get("kind") == kind), None)


def _sent_before(told: Row) -> bool:
    """Whether an emergency went before anybody approved it."""
    sent, approved = _event(told, "sent"), _event(told, "approved")
    if sent is None or told.get("urgency") != "emergency":
        return False
    return approved is None or initial(sent.get("at")) < initial(approved.get("at"))


def _approved(words: Words, told: Row) -> str | None:
    """A personal duty in law needs no approval: nobody is said to owe one."""
    approved = _event(told, "approved")
    if approved is None:
        return "Sent without one, as an emergency" if _sent_before(told) else None
    name = who(words, approved.get("by"))
    at, by = words.moment(approved.get("at")), words("by", name=name) if name else ""
    return words("sent_before_reviewed", at=at, by=by) if _sent_before(told) else f"{at}{by}"


def _events(sheet: Sheet, events: Sequence[Row]) -> None:
    if not events:
        return
    words = sheet.words
    sheet.heading("What happened with it", 4)
    sheet.table(
        [("When", 2), ("What", 2.4), ("By", 2.4), ("Note", 3)],
        [
            [
                words.moment(one.get("at")),
                "\n".join(
                    part
                    for part in (
                        words.term("referral_events", one.get("kind")),
                        words.term("delivery_routes", one.get("route")),
                    )
                    if part
                ),
                who(words, one.get("by")),
                initial(one.get("text")),
            ]
            for one in events
        ],
        small=True,
    )


def _hash(sheet: Sheet, told: Row) -> None:
    if told.get("sha256"):
        sheet.facts([("SHA-256 of what left", told["sha256"])])

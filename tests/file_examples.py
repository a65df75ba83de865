"""Invented files as another vendor would write them: one with every part, one with the least."""

import hashlib
from typing import Any

PDF = "application/pdf"
LETTER = b"An invented letter of the invented health visitor.\n"
SCHOOL = {"name": "Hill Top Academy", "urn": "999001", "local_authority": "Ourshire"}
CHILD = {
    "legal_given_name": "Ada", "legal_family_name": "Marsh",
    "date_of_birth": "2014-03-09", "upn": None,
}  # fmt: skip
MADE_AT = "2026-11-20T10:00:00Z"
WRITER = {"name": "Jo Bell", "job_title": "Designated safeguarding lead"}


def cover() -> dict[str, Any]:
    """Everything a cover can say."""
    return {
        "format": "cairn-cover/1", "content": "cairn-file/1", "reference": "HT-2026-9",
        "reason": "left_in_year", "addendum_to": None, "made_at": MADE_AT, "school": SCHOOL,
        "sent_to": "Harbour Point Academy", "approved_by": WRITER["name"], "child": CHILD,
        "note": "Please phone before the first day.", "files": 1,
    }  # fmt: skip


def least_cover() -> dict[str, Any]:
    """The least that says whose file it is, from where, and of when."""
    return {
        "format": "cairn-cover/1",
        "made_at": MADE_AT,
        "school": {"name": "Hill Top Academy"},
        "child": {"legal_given_name": "Ada", "legal_family_name": "Marsh"},
    }


def least_record() -> dict[str, Any]:
    """Two dated things in a vendor's own words."""
    return {
        "format": "cairn-file/1",
        "made_at": MADE_AT,
        "records": [
            {
                "number": "1", "kind": "note", "confidentiality": "K2",
                "occurred_at": "2026-03-02T10:00:00Z", "summary": "Tired on Mondays.",
                "content": {"text": "Ada was very tired again and had no breakfast."},
            },
            {
                "number": "2", "kind": "phone_call", "confidentiality": "K3",
                "occurred_at": "2026-03-05T15:30:00+00:00", "summary": "Call with her mother.",
                "content": {"text": "Her mother works nights.", "by": "Jo Bell", "minutes": 10},
            },
        ],
    }  # fmt: skip


def record() -> dict[str, Any]:
    """A file with a concern, a status, a letter, and what an earlier school had sent."""
    told = {name: cover()[name] for name in (
        "reference", "reason", "addendum_to", "made_at", "school", "sent_to", "approved_by",
        "child", "note",
    )}  # fmt: skip
    return {
        "format": "cairn-file/1",
        **told,
        "front_sheet": _front_sheet(),
        "records": [_concern(), _status()],
        "open_actions": [
            {"record": "HT-C-1", "what": "Meet her mother", "state": "open", "outcome": None,
             "owner": WRITER, "due_at": "2026-12-01T16:00:00Z"},
        ],
        "correspondence": [],
        "received": [
            {
                "format": "cairn-file/1", "origin": {"name": "Saltmarsh Primary School"},
                "manifest_sha256": hashlib.sha256(b"an earlier file").hexdigest(),
                "received_at": "2025-09-03T09:00:00Z",
                "records": [_earlier()],
            }
        ],
    }  # fmt: skip


def _front_sheet() -> dict[str, Any]:
    names = {name: CHILD[name] for name in CHILD if name != "upn"}
    mother = {
        "kind": "mother", "name": "Kim Marsh", "parental_responsibility": "yes",
        "contact_allowed": "yes", "may_be_told": True,
    }  # fmt: skip
    return {
        **names, "sex": "F", "year_group": "7", "identifiers": [], "contacts": [mother],
        "enrolments": [{"valid_from": "2025-09-01", "valid_to": "2026-11-19"}],
        "linked": [{"relationship": "sibling", "who": "another pupil"}],
    }  # fmt: skip


def _dated(
    number: str, kind: str, at: str, summary: str, content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "number": number, "kind": kind, "confidentiality": "K3", "occurred_at": at,
        "occurred_precision": "exact", "recorded_at": at, "reference": number,
        "summary": summary, "content": content, "attachments": [],
    }  # fmt: skip


def _concern() -> dict[str, Any]:
    content = {
        "kind": "concern", "reference": "HT-C-1", "recorded_by": WRITER,
        "children": [{"who": "Ada Marsh", "role": "subject"}],
        "account": [
            {"kind": "observed", "text": "Ada came without a coat again."},
            {"kind": "child_said", "text": "it got lost", "prompted_by": "Where is your coat?"},
        ],
        "amendments": [], "body_map": [], "decisions": [], "actions": [], "comments": [],
        "history": [],
    }  # fmt: skip
    told = _dated("HT-C-1", "concern", "2026-11-02T08:40:00Z", "No coat, in the cold.", content)
    letter = {
        "path": "attachments/letter.txt", "file_name": "letter.txt", "content_type": "text/plain",
        "size": len(LETTER), "sha256": hashlib.sha256(LETTER).hexdigest(), "description": None,
    }  # fmt: skip
    return {**told, "attachments": [letter]}


def _status() -> dict[str, Any]:
    content = {"status": "early_help", "valid_from": "2026-01-10", "valid_to": None}
    return _dated("HT-S-1", "status", "2026-01-10T00:00:00Z", "Early help", content)


def _earlier() -> dict[str, Any]:
    content = {"text": "A settled year."}
    told = _dated("SP-1", "note", "2025-06-01T09:00:00Z", "A settled year.", content)
    return {**told, "origin": "Saltmarsh Primary School"}

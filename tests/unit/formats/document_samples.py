"""Content of every kind of document, as snapshots have it; nobody in it lives."""

from datetime import UTC, datetime, timedelta
from typing import Any

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
Values = dict[str, Any]


def about(reference: str) -> Values:
    """Who prints what, and when."""
    return {
        "sha256": SHA256,
        "made_at": "2026-11-24T15:20:00Z",
        "printed_by": "Nia Pritchard",
        "printed_at": "2026-11-25T10:05:00Z",
        "reference": reference,
    }


def a_mark(view: str, x: float, y: float, region: str, **more: Any) -> Values:
    """A mark on the body."""
    found = {"view": view, "x": x, "y": y, "region": region, "size_mm": 20, "colour": "purple",
             "shape": "round", "explanation": None}  # fmt: skip
    return found | more


def a_concern(**more: Any) -> Values:
    """A concern with every part."""
    staff = {"name": "a member of staff", "job_title": None}
    found: Values = {
        "kind": "concern",
        "recorded_at": "2026-11-23T11:40:00Z",
        "recorded_by": staff,
        "occurred_at": "2026-11-23T09:10:00Z",
        "occurred_precision": "about",
        "children": [
            {"who": "Rhys Aled Morgan", "role": "subject"},
            {"who": "another pupil", "role": "witness"},
        ],
        "place": {"place": "Classroom 4, at registration", "context": "at_school"},
        "categories": {"primary": "physical_abuse", "all": ["physical_abuse", "neglect"]},
        "account": [
            {"kind": "observed", "prompted_by": None, "basis": None,
             "text": "Rhys came in without a coat although it was raining. He kept his right arm "
                     "behind his back and flinched when a chair scraped."},
            {"kind": "child_said", "basis": None,
             "text": "I said I was sorry but he wouldn\u2019t stop. Don\u2019t tell Mam.",
             "prompted_by": "Tell me what happened to your arm."},
            {"kind": "opinion", "text": "The marks look like fingertips.", "prompted_by": None,
             "basis": "Four marks in a row on the outer forearm."},
        ],
        "body_map": [
            a_mark("front", 0.14, 0.44, "forearm_outer_r", shape="fingertips",
                   explanation="He said he banged it on the climbing frame."),
            a_mark("front", 0.13, 0.41, "forearm_outer_r", colour="yellow"),
            a_mark("front", 0.62, 0.75, "shin_l", colour="blue", explanation="Football."),
            a_mark("back", 0.4, 0.33, "upper_back_l", colour="red", shape="line"),
            a_mark("head_l", 0.58, 0.48, "ear_l", colour="red"),
        ],
        "decisions": [
            {"decided": "refer", "question": "Whether to refer to children's social care today",
             "decision": "Refer by phone now, in writing within the day",
             "reason": "An unexplained injury, and what he said.",
             "decided_by": staff | {"job_title": "Designated safeguarding lead"},
             "decided_at": "2026-11-23T12:05:00Z"},
        ],
        "actions": [
            {"what": "Meet with Rhys each morning", "state": "open", "outcome": None,
             "owner": staff | {"job_title": "Learning mentor"}, "due_at": "2026-12-01T09:00:00Z"},
        ],
        "amendments": [
            {"kind": "correction", "text": "The classroom was 5, not 4.",
             "recorded_at": "2026-11-24T08:30:00Z", "recorded_by": staff},
        ],
        "outcome": {"state": "in_progress", "outcome": None},
    }  # fmt: skip
    return found | more


CHILD = {"name": "Rhys Aled Morgan", "known_as": "Rhys Morgan", "date_of_birth": "2015-03-04"}
SCHOOL = {"name": "Ysgol Glan Afon"}


def a_share(**more: Any) -> Values:
    """A share with a parent."""
    return {
        "format": "cairn-share/1",
        "kind": "share",
        "reference": "S-2026-000041",
        "school": SCHOOL,
        "child": CHILD,
        "recipient": {"name": "Carys Morgan", "job_title": None, "organisation": None,
                      "kind": "parent"},
        "purpose": "inform_parent",
        "purpose_detail": "We spoke on the phone on Monday. This is what we wrote down, so "
                          "that you have it in front of you when we meet on Thursday.",
        "lawful_basis": "public_task",
        "items": [
            a_concern(),
            {"kind": "status", "status": "child_in_need", "detail": "Plan agreed.",
             "valid_from": "2026-09-01", "valid_to": None, "lead_agency": "Ceredigion"},
        ],
        "document": about("S-2026-000041"),
    } | more  # fmt: skip


def a_referral(**more: Any) -> Values:
    """A referral to children's social care."""
    fields = {
        "request": {"state": "value", "value": "child_protection"},
        "level_of_need": {"state": "value", "value": "4"},
        "allocated_worker": {"state": "not_applicable", "value": None},
        "address": {"state": "value", "value": "14 Heol y Bont\nAberaeron\nSA46 0AA"},
        "nhs_number": {"state": "not_known", "value": None},
        "religion": {"state": "withheld", "value": None},
        "household": {"state": "value", "value": [
            {"name": "Carys Morgan", "relationship": "Mother", "phone": "01632 960001"},
            {"name": "Dylan Rees", "relationship": "Mother's partner"}]},
        "worry": {"state": "value", "value": "Rhys has marks on his right forearm that look like "
                                             "fingertips.\n\nHe is afraid of going home."},
    }  # fmt: skip
    form = {
        "label": "Children's social care", "version": "2026-09-01",
        "sections": [
            {"name": "routing", "label": "Routing", "fields": [
                {"name": "request", "label": "What is asked for", "type": "choice"},
                {"name": "level_of_need", "label": "Level of need claimed", "type": "choice"},
                {"name": "allocated_worker", "label": "Allocated worker", "type": "person"}]},
            {"name": "child", "label": "The child", "fields": [
                {"name": "address", "label": "Home address", "type": "text"},
                {"name": "religion", "label": "Religion", "type": "line"},
                {"name": "nhs_number", "label": "NHS number", "type": "line"}]},
            {"name": "household", "label": "Household", "fields": [
                {"name": "household", "label": "People in the household", "type": "person"}]},
            {"name": "concern", "label": "What the worry is", "fields": [
                {"name": "worry", "label": "What you are worried about", "type": "text"}]},
        ],
    }  # fmt: skip
    return {
        "format": "cairn-referral/1",
        "kind": "referral",
        "referral_kind": "childrens_social_care",
        "reference": "R-2026-000017",
        "urgency": "today",
        "school": SCHOOL,
        "child": CHILD,
        "agency": {"name": "Ceredigion Children's Services", "kind": "social_care"},
        "written_by": "Nia Pritchard",
        "lawful_basis": "public_task",
        "fields": fields,
        "form": form,
        "consent": {"parents_informed": "no", "reason_code": "increased_risk_of_significant_harm"},
        "items": [a_concern(reference="C-2026-000123")],
        "chronology": [
            {"kind": "concern", "occurred_at": "2026-10-02T09:00:00Z", "late": True,
             "occurred_precision": "exact", "recorded_at": "2026-10-05T09:00:00Z",
             "category": "neglect", "summary": "No lunch again.", "child_said": "Mam forgot."},
        ],
        "document": about("R-2026-000017"),
    } | more  # fmt: skip


def an_entry(number: int, days: float, **more: Any) -> Values:
    """An entry of a chronology."""
    at = datetime(2025, 9, 3, 9, tzinfo=UTC) + timedelta(days=days)
    found = {
        "kind": "concern", "occurred_at": at.isoformat(), "occurred_precision": "exact",
        "recorded_at": (at + timedelta(hours=2)).isoformat(), "late": False,
        "significant": False, "author": {"name": "Tom Ellis", "role": "pastoral"},
        "reference": f"C-2026-{number:06d}", "state": "in_progress", "entered_in_error": False,
        "level": 2, "category": "neglect", "child_role": "subject", "others": [],
        "summary": "Came in late and without breakfast; fell asleep during registration.",
        "child_said": None, "decision": None, "reason": None, "outcome": None,
    }  # fmt: skip
    return found | more


def a_chronology(entries: int = 24, **more: Any) -> Values:
    """A chronology with every kind of thing worth marking."""
    found = [an_entry(number, number * 17 + number % 5) for number in range(1, entries + 1)]
    changes: dict[int, Values] = {
        2: {"kind": "decision", "summary": "Whether to refer to children's social care",
            "decision": "Not yet", "reason": "The school nurse sees him on Friday.",
            "author": {"name": "Nia Pritchard", "role": "dsl"}},
        4: {"late": True, "occurred_precision": "about",
            "child_said": "Mam was asleep so I came on my own."},
        5: {"entered_in_error": True, "summary": None},
        8: {"significant": True, "others": [{"label": "another pupil", "role": "witness"}]},
        11: {"kind": "action", "summary": "Learning mentor to meet Rhys each morning",
             "state": "done", "outcome": "Met every day for six weeks.", "category": None,
             "level": None},
        13: {"kind": "referral", "summary": "childrens_social_care", "state": "acknowledged",
             "significant": True, "category": None, "level": None,
             "author": {"name": "Nia Pritchard", "role": "dsl"}},
        15: {"kind": "status", "summary": "child_in_need, Plan agreed", "state": None,
             "category": None, "status_kind": "child_in_need", "level": None},
    }  # fmt: skip
    for place, change in changes.items():
        if place < len(found):
            found[place] |= change
    return {
        "format": "cairn-chronology/1",
        "kind": "chronology",
        "reference": "D-2026-000003",
        "school": SCHOOL,
        "child": CHILD,
        "asked": {"purpose": "conference", "since": "2025-09-01T00:00:00Z"},
        "entries": found,
        "document": about("D-2026-000003"),
    } | more


def a_file(**more: Any) -> Values:
    """A whole file for the next school."""
    concern = a_concern(reference="C-2026-000123", level=4) | {
        "comments": [{"text": "Rang the duty desk.", "recorded_at": "2026-11-23T12:00:00Z",
                      "recorded_by": {"name": "Tom Ellis", "job_title": "Deputy lead"}}],
        "history": [{"step": "triaged", "at": "2026-11-23T12:00:00Z", "reason": "What he said",
                     "by": {"name": "Nia Pritchard", "job_title": "Lead"}}],
    }  # fmt: skip
    return {
        "format": "cairn-file/1",
        "reference": "T-2026-000002",
        "school": SCHOOL,
        "front_sheet": {
            "legal_given_name": "Rhys", "middle_names": "Aled", "legal_family_name": "Morgan",
            "date_of_birth": "2015-03-04", "year_group": "6",
            "address": "14 Heol y Bont, Aberaeron SA46 0AA",
            "contacts": [
                {"name": "Carys Morgan", "relationship": "mother", "phone": "01632 960001",
                 "parental_responsibility": "yes", "lives_with": True},
                {"name": "Gwyn Morgan", "relationship": "father", "lives_with": False}],
            "linked": [{"relationship": "sibling", "who": "another pupil"}],
        },
        "records": [
            {"number": "C-2026-000123", "kind": "concern", "occurred_precision": "about",
             "occurred_at": "2026-11-23T09:10:00Z", "recorded_at": "2026-11-23T11:40:00Z",
             "summary": "Rhys came in without a coat although it was raining.",
             "content": concern,
             "attachments": [{"file_name": "drawing.png", "content_type": "image/png",
                              "size": 48211, "sha256": SHA256, "description": "By Rhys"}]},
        ],
        "open_actions": [
            {"record": "C-2026-000123", "what": "Meet with Rhys each morning",
             "owner": {"name": "Tom Ellis", "job_title": "Learning mentor"},
             "due_at": "2026-12-01T09:00:00Z"}],
        "correspondence": [
            {"number": "R-2026-000017", "kind": "referral", "at": "2026-11-23T12:30:00Z",
             "with": "Ceredigion Children's Services"}],
        "received": [],
        "something_new": "A part this template has never heard of.",
        "document": about("T-2026-000002"),
    } | more  # fmt: skip


def a_sent_record(kind: str, number: str, content: Values) -> Values:
    """A share or a referral as a file has it."""
    summary = {"share": "inform_parent", "referral": "childrens_social_care"}
    return {
        "number": number, "kind": kind, "occurred_at": "2026-09-11T14:47:54.193630Z",
        "occurred_precision": "exact", "recorded_at": "2026-09-11T14:40:00.5Z",
        "summary": summary[kind], "content": content, "attachments": [],
    }  # fmt: skip


def an_event(kind: str, at: str, route: str | None = None) -> Values:
    """Something that happened with a share or a referral."""
    by = {"name": "Nia Pritchard", "job_title": "Lead"}
    return {"kind": kind, "at": at, "by": by, "route": route, "text": None}


def a_whole_file() -> Values:
    """A file with everything that a school sends."""
    shared, referred = a_share(), a_referral(urgency="emergency")
    del shared["document"], referred["document"]
    share = {
        "recipient": {"name": "Carys Morgan", "job_title": None, "organisation": None},
        "recipient_kind": "parent", "purpose": "inform_parent", "purpose_detail": None,
        "lawful_basis": "public_task", "state": "available", "shared": shared, "sha256": SHA256,
        "events": [an_event("approved", "2026-09-11T14:47:54.193630Z"),
                   an_event("sent", "2026-09-11T15:00:00.193630Z", "portal_link")],
    }  # fmt: skip
    referral = {
        "referral": "childrens_social_care", "agency": "Ceredigion Children's Services",
        "agency_kind": "social_care", "agency_phone": "01632 960555", "agency_reference": None,
        "urgency": "emergency", "state": "outcome_received", "outcome": "no_further_action",
        "referred": referred, "sha256": SHA256,
        "events": [an_event("sent", "2026-09-11T14:47:54.193630Z", "phoned"),
                   an_event("approved", "2026-09-12T08:00:00.193630Z")],
    }  # fmt: skip
    status = {
        "number": "ST-1", "kind": "status", "occurred_at": "2025-07-25T00:00:00Z",
        "occurred_precision": "about", "recorded_at": "2025-07-26T09:00:00Z",
        "summary": "pupil_premium, Since year 3",
        "content": {"kind": "pupil_premium", "status": "pupil_premium", "detail": "Since year 3",
                    "valid_from": "2025-07-25", "valid_to": None, "lead_agency": None},
    }  # fmt: skip
    found = a_file(reason="new_phase", sent_to="Ysgol Aberaeron", made_at="2026-11-24T15:20:00Z")
    found["front_sheet"] |= {
        "ethnicity": "WBRI", "sex": "female", "sen_provision": "E",
        "enrolments": [{"valid_from": "2019-09-01", "valid_to": None, "leaving_reason": None}],
        "identifiers": [{"system": "upn", "value": "Z123456789012", "valid_from": "2019-09-01"}],
    }  # fmt: skip
    found["records"] += [
        a_sent_record("share", "S-2026-000041", share),
        a_sent_record("referral", "R-2026-000017", referral), status,
    ]  # fmt: skip
    earlier = {"number": "front sheet", "kind": "front_sheet", "origin": "Ysgol y Bryn",
               "content": {"front_sheet": {"ethnicity": "WBRI", "enrolments": [
                   {"valid_from": "2018-09-01", "valid_to": "2019-07-20",
                    "leaving_reason": "new_phase"}]}}}  # fmt: skip
    found["received"] = [
        {
            "origin": {"name": "Ysgol y Bryn"},
            "records": [earlier],
            "received_at": "2019-09-02T10:00:00.5Z",
            "manifest_sha256": SHA256,
        }
    ]
    return found


SAMPLES = {
    "share": a_share,
    "referral": a_referral,
    "chronology": a_chronology,
    "file": a_file,
}

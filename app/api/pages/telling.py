"""Turns the frozen content of a share or a referral into what its page says, part by part."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson

from app.api.pages.drawing import drawings_of
from app.api.pages.languages import ZONE, Language
from app.core.vocabularies import VOCABULARIES
from app.domain.sharing.recipient_links.queries import Said, Shown
from app.domain.sharing.snapshots.rules import ANOTHER_PUPIL, MEMBER_OF_STAFF, REDACTED
from app.formats.documents.answers import facts_of, pathway_facts
from app.formats.documents.referrals import worry_of
from app.formats.documents.words import Words

FAMILY_KINDS: Final = frozenset({"parent", "child"})
ANSWER_TO: Final[Mapping[str, frozenset[str]]] = {
    "correction_requested": frozenset({"correction_answered", "answer"}),
    "question": frozenset({"answered", "answer"}),
}
"""What is waited for, and the school's word that ends the waiting."""


FIRST: Final = ("concern", "decision", "record")
"""What is told first of what was shared, in this order; the rest is in the details."""
SHORT: Final[Mapping[str, str]] = {
    "DSL": "dsl", "DSP": "dsl", "DDSL": "deputy_dsl", "HT": "headteacher", "HOY": "head_of_year",
    "SENCO": "senco", "ALNCO": "senco",
}  # fmt: skip
"""What schools write for a job in initials."""


@dataclass(frozen=True, slots=True)
class Form:
    """Something that can be done, and the words above it."""

    id: str
    action: str
    heading: str
    text: str


FORMS: Final[Mapping[str, tuple[tuple[str, Form], ...]]] = {
    "share": (
        ("acknowledge", Form("acknowledge", "acknowledge", "acknowledge.heading",
                             "acknowledge.text")),
        ("reply", Form("reply", "replies", "reply.heading", "reply.text")),
        ("reply", Form("correct", "replies", "correct.heading", "correct.text")),
    ),
    "referral": (
        ("acknowledge", Form("receipt", "acknowledge", "acknowledge.heading_referral",
                             "acknowledge.text_referral")),
        ("reply", Form("question", "replies", "reply.heading_referral", "reply.text")),
        ("return_outcome", Form("outcome", "replies", "outcome.heading", "outcome.text")),
    ),
}  # fmt: skip
"""For each noun: the step that has to be possible, and its form."""


def told_of(snapshot: Shown, t: Language) -> dict[str, Any]:
    """What the templates need, in one language."""
    content: dict[str, Any] = orjson.loads(snapshot.content)
    family = snapshot.resource_type == "share" and content["recipient"]["kind"] in FAMILY_KINDS
    worry, sections = _worry_first(_sections(content, t), content)
    records = sorted(
        (_item(item, t) for item in content.get("items", ())), key=lambda item: item["at"]
    )
    return {
        "noun": snapshot.resource_type,
        "content": content,
        "school": content["school"]["name"],
        "family": family,
        "professional": not family,
        "intro": _intro(snapshot.resource_type, family),
        "records": records,
        "first": [record for kind in FIRST for record in records if record["kind"] == kind],
        "ask": _ask(snapshot, t),
        "worry": worry,
        "sections": sections,
        "cut": REDACTED.encode() in snapshot.content,
        "others": ANOTHER_PUPIL.encode() in snapshot.content,
        "forms": _forms(snapshot),
        "extract": [_entry(item, t) for item in content.get("chronology") or ()],
        "acknowledged_at": _said_at(snapshot, "acknowledged"),
        "decided_at": _said_at(snapshot, "outcome_received"),
        "outcomes": _outcomes(),
        "history": _history(snapshot, t),
        "made_at": snapshot.made_at,
        "expires_at": snapshot.expires_at,
        "fingerprint": groups_of(snapshot.sha256),
    }


def _ask(snapshot: Shown, t: Language) -> dict[str, Any] | None:
    """Who answers questions, with their job in plain words, and the number as a phone takes it."""
    if snapshot.ask is None:
        return None
    phone = snapshot.ask.phone
    return {
        "name": snapshot.ask.name,
        "job": job_of(snapshot.ask.job_title, t) or role_of(snapshot.ask.role, t),
        "phone": phone,
        "dial": "".join(sign for sign in phone or "" if sign.isdigit() or sign == "+"),
    }


def job_of(title: str | None, t: Language) -> str:
    """A job title; the initials that schools write for one are told in words."""
    short = SHORT.get((title or "").strip().upper())
    return t.label("staff_jobs", short) if short else title or ""


def role_of(role: str | None, t: Language) -> str:
    """A built-in role in plain words; what a school calls a role of its own is left out."""
    return t.label("staff_jobs", role) if role in t.labels["staff_jobs"] else ""


def _worry_first(
    sections: list[dict[str, Any]], content: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What the worry is, and the rest of the form."""
    where = worry_of(content)
    if where is None:
        return None, sections
    items = [section for section in sections if section["name"] == where]
    return (items[0] if items else None), [
        section for section in sections if section["name"] != where
    ]


def _intro(resource_type: str, family: bool) -> str:
    if resource_type == "referral":
        return "intro_referral"
    return "intro_family" if family else "intro_professional"


def _item(item: Mapping[str, Any], t: Language) -> dict[str, Any]:
    """One item with its heading and the moment it stands at."""
    kind = item["kind"]
    if kind == "concern":
        at = item.get("occurred_at") or item["recorded_at"]
        made = {"title": t.say("items.concern"), "when": t.day(_day_of(at))}
        block = item.get("self_harm")
        return {
            **item,
            **made,
            "at": at,
            "drawings": drawings_of(item.get("body_map") or ()),
            "self_harm_facts": pathway_facts(Words("en"), block) if block else [],
        }
    if kind == "decision":
        at = item["decided_at"]
        return {**item, "at": at, "title": t.say("items.decision"), "when": t.day(_day_of(at))}
    if kind == "record":
        at = item["occurred_at"]
        label = t.label("safety_record_kinds", item["record"])
        made = {"title": t.say("items.record", kind=label), "when": t.day(_day_of(at))}
        return {**item, **made, "at": at, "facts": facts_of(Words("en"), item)}
    at = item["valid_from"]
    title = t.label("child_status_kinds", item["status"])
    return {**item, "at": at, "title": title, "when": t.day(at)}


def _entry(entry: Mapping[str, Any], t: Language) -> dict[str, Any]:
    """One entry of the extract of the child's chronology."""
    at = entry.get("occurred_at") or entry["recorded_at"]
    title = t.label("chronology_kinds", entry["kind"])
    if entry.get("category"):
        title = f"{title}: {t.label('concern_categories', entry['category'])}"
    return {**entry, "title": title, "when": t.day(_day_of(at))}


def _day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(ZONE).date()


def _sections(content: Mapping[str, Any], t: Language) -> list[dict[str, Any]]:
    """The answers of a referral under the headings of its form, whose labels are English."""
    left = dict(content.get("fields") or {})
    items = []
    for section in (content.get("form") or {}).get("sections", ()):
        answers = [
            {"label": field["label"], **_answer(left.pop(field["name"]), field["type"], t)}
            for field in section["fields"]
            if field["name"] in left
        ]
        if answers:
            label, name = section["label"], section.get("name")
            items.append({"name": name, "label": label, "answers": answers})
    if left:
        rest = [
            {"label": name.replace("_", " ").capitalize(), **_answer(answer, "text", t)}
            for name, answer in left.items()
        ]
        items.append({"name": None, "label": "Other answers", "answers": rest})
    return items


def _answer(answer: Mapping[str, Any], type_: str, t: Language) -> dict[str, Any]:
    value = answer.get("value")
    if type_ == "date" and isinstance(value, str):
        value = t.day(value)
    elif isinstance(value, bool):
        value = t.label("yes_no", "yes" if value else "no")
    elif type_ == "choice":
        value = [_choice(item) for item in value] if isinstance(value, list) else _choice(value)
    return {"state": answer["state"], "value": value}


def _choice(code: Any) -> str:
    return str(code).replace("_", " ").capitalize()


def _outcomes() -> list[dict[str, Any]]:
    """The codes of outcomes under their heads."""
    terms = VOCABULARIES["referral_outcomes"].terms
    return [
        {"code": head.code, "members": [term.code for term in terms if term.parent == head.code]}
        for head in terms
        if head.parent is None
    ]


def _history(snapshot: Shown, t: Language) -> list[dict[str, Any]]:
    """What was said on both sides, in order of time."""
    items = sorted(snapshot.messages, key=lambda item: item.at)
    return [
        _message_of(item, {other.kind for other in items[index:]}, t)
        for index, item in enumerate(items)
    ]


def _message_of(item: Said, later: Set[str], t: Language) -> dict[str, Any]:
    parts: list[str] = []
    if outcome := item.details.get("outcome"):
        parts.append(t.label("referral_outcomes", outcome))
    if (accepted := item.details.get("accepted")) is not None:
        parts.append(t.say("history.answer_agreed" if accepted else "history.answer_declined"))
    if item.text:
        parts.append(item.text)
    if reference := item.details.get("agency_reference"):
        parts.append(f"{t.say('history.your_reference')}: {reference}")
    return {
        "title": _title(item, t),
        "at": item.at,
        "by_recipient": item.by_recipient,
        "parts": parts,
        "waiting": item.kind in ANSWER_TO and not ANSWER_TO[item.kind] & later,
    }


def _title(item: Said, t: Language) -> str:
    if not item.by_recipient:
        return t.say("history.answer")
    key = f"history.{item.kind}"
    return t.say(key if key in t.words else "history.replied")


def _said_at(snapshot: Shown, kind: str) -> datetime | None:
    """When the recipient first said something of a kind."""
    return min((item.at for item in snapshot.messages if item.kind == kind), default=None)


def _forms(snapshot: Shown) -> list[Form]:
    """What can be done next; receipt is confirmed once."""
    received = _said_at(snapshot, "acknowledged") is not None
    return [
        form
        for step, form in FORMS[snapshot.resource_type]
        if step in snapshot.steps and not (step == "acknowledge" and received)
    ]


def pieces_of(text: str) -> list[str | None]:
    """The text between passages that were removed; None stands for each of those."""
    texts: list[str | None] = []
    for number, piece in enumerate(str(text).split(REDACTED)):
        if number:
            texts.append(None)
        if piece:
            texts.append(piece)
    return texts


def who_of(name: str, t: Language) -> str:
    """A name, or what stands for somebody who is not named, in the page's language."""
    for fixed in (ANOTHER_PUPIL, MEMBER_OF_STAFF):
        if name == fixed or (name.startswith(f"{fixed} ") and name[len(fixed) + 1 :].isdigit()):
            return t.label("fixed_texts", fixed) + name[len(fixed) :]
    return name


def mark_words(mark: Mapping[str, Any], t: Language) -> str:
    """What a mark looks like, in a few words."""
    lines = [
        t.label("mark_shapes", mark.get("shape")),
        t.label("mark_colours", mark.get("colour")),
        t.say("items.size", size=f"{mark['size_mm']:g}") if mark.get("size_mm") else "",
    ]
    return ", ".join(part for part in lines if part).capitalize()


def size_of(size: int) -> str:
    """How large a file is, rounded up, in units that both languages write alike."""
    if size < A_MEGABYTE:
        return f"{-(-size // A_KILOBYTE)} kB"
    return f"{-(-size * 10 // A_MEGABYTE) / 10:g} MB"


A_KILOBYTE, A_MEGABYTE = 1_000, 1_000_000


def groups_of(sha256: str) -> str:
    """A fingerprint as people compare it."""
    return " ".join(sha256[start : start + 8] for start in range(0, len(sha256), 8))

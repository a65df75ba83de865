"""Pure rules of monitoring alerts: their codes, severity, child and due time."""

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.vocabularies import codes
from app.core.words import Role
from app.domain.access.conflicts.rules import Candidate, next_reader
from app.formats.identifiers import CheckedIdentifier, check_upn

SUBJECT_FIELDS = ("upn", "mis_id", "email", "username", "name")
LONGEST_SNIPPET = 5_000
LONGEST_LINE = 500
LONGEST_ADDRESS = 2_000
MOST_TERMS = 100
MOST_LINKS = 20
REVIEW_FIELDS = ("status", "reviewer", "reviewed_at", "outcome")
LINK_FIELDS = ("url", "media_type", "sha256", "expires_at")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

SEVERITIES: Final = ("low", "medium", "high", "critical")
UNMAPPED: Final = "high"
"""Severity of an unmapped code: too loud rather than unnoticed."""
IDENTIFIERS: Final[Mapping[str, tuple[str, ...]]] = {
    "upn": ("upn", "former_upn"),
    "mis_id": ("mis_id", "oneroster"),
    "email": ("email",),
    "username": ("username",),
}
"""Parts of a subject, and the systems of a child's identifiers they are looked for in."""
NUMBERS: Final = frozenset({"upn", "mis_id"})
"""Identifiers that belong to one child permanently; others are accounts, which pass on."""
OWNERS: Final = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN)
FORMER: Final = "former_upn"

NOUN = "monitoring_alert"


# Nothing here refuses: a strange snippet or subject must not keep an alert from being seen.
def content_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Content of a body for people; a field without readable content is absent."""
    device = body.get("device")
    result = {
        "subject": _texts(body.get("subject"), SUBJECT_FIELDS),
        "device": _texts(device, ("name", "ip")) or _only("name", text_of(device)),
        "application": text_of(body.get("application")),
        "url": text_of(body.get("url"), LONGEST_ADDRESS),
        "matched_terms": _terms(body.get("matched_terms")),
        "snippet": text_of(body.get("snippet"), LONGEST_SNIPPET),
        "evidence": _links(body.get("evidence")),
        "review": _texts(body.get("review"), REVIEW_FIELDS),
    }
    return {name: value for name, value in result.items() if value}


def text_of(value: Any, longest: int = LONGEST_LINE) -> str | None:
    """A value as storable text, or None if it has none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    plain = _UNSTORABLE.sub("\ufffd", str(value)).strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "\u2026"


def _only(name: str, value: str | None) -> dict[str, str]:
    return {name: value} if value else {}


def _texts(value: Any, names: Sequence[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    result = {name: text_of(value.get(name)) for name in names}
    return {name: text for name, text in result.items() if text}


def _terms(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    items = [text_of(item) for item in listed[:MOST_TERMS]]
    return [text for text in items if text]


def _links(value: Any) -> list[dict[str, str]]:
    """Links as sent; nothing here or elsewhere follows one."""
    listed = value if isinstance(value, list) else [value]
    items = []
    for item in listed[:MOST_LINKS]:
        link = _texts(item, LINK_FIELDS)
        address = text_of(item.get("url"), LONGEST_ADDRESS) if isinstance(item, Mapping) else None
        if address:
            link["url"] = address
        if link:
            items.append(link)
    return items


@dataclass(frozen=True, slots=True)
class Severity:
    """An alert's severity, and whether its own code was understood."""

    value: str
    text: str | None
    known: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that would identify the child in one system."""

    part: str
    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An identifier of a child that equals the wanted value."""

    part: str
    system: str
    child_id: UUID
    live: bool
    on_roll: bool

    @property
    def decides(self) -> bool:
        """Whether it is this child's now: a leaver's account may be another's."""
        return self.live and self.system != FORMER and (self.on_roll or self.part in NUMBERS)


@dataclass(frozen=True, slots=True)
class Match:
    """An alert's child, how certain that is, and the evidence."""

    child_id: UUID | None
    confidence: str
    hits: tuple[Hit, ...]

    @property
    def candidates(self) -> list[UUID]:
        """The children it may be about, while none is decided."""
        if self.child_id is not None:
            return []
        return list(dict.fromkeys(hit.child_id for hit in self.hits))


@cache
def book() -> Mapping[str, Any]:
    """The rules that stand as data."""
    return tomllib.loads((Path(__file__).parent / "bursts.toml").read_text())


def burst_window() -> timedelta:
    """Maximum time between the first alert of a burst and another."""
    return timedelta(minutes=book()["burst"]["minutes"])


def rings(severity: str) -> bool:
    """Whether people are called and not only shown it."""
    return rank(severity) >= rank(book()["ring"]["ring_from"])


def rank(severity: str) -> int:
    """The higher, the more severe."""
    return SEVERITIES.index(severity)


def at_least(severity: str) -> list[str]:
    """The severities that are no milder."""
    return list(SEVERITIES[rank(severity) :])


def is_true(outcome: str | None) -> bool:
    """Whether the tool's own reviewers confirmed the alert."""
    return outcome is not None and "_".join(plain(outcome).split()) == "true_positive"


def higher(text: str, other: str) -> str:
    """The more severe of two."""
    return max(text, other, key=rank)


def severity_of(text: str | None, source_said: str | None, mapped: Mapping[str, str]) -> Severity:
    """The severity of an alert: as the school maps the tool's word, never less than `text`.

    `text` is in our words, or in words of the tool's own that are treated as `source_said`.
    """
    word = source_said or (None if text in SEVERITIES else text)
    ours = mapped.get(plain(word)) if word else None
    if text in SEVERITIES:
        return Severity(higher(text, ours or text), word, known=True)
    if ours is not None:
        return Severity(ours, word, known=True)
    return Severity(UNMAPPED, word, known=False)


def category_of(
    text: str | None, source_said: str | None, mapped: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """The concern category, or None, and the tool's own word for it."""
    known = codes("concern_categories")
    word = source_said or (None if text in known else text)
    ours = mapped.get(plain(word)) if word else None
    if ours is not None:
        return ours, word
    return (text if text in known else None), word


def plain(word: str) -> str:
    """A word of a tool as it is looked up."""
    return " ".join(word.split()).lower()


def wanted_of(subject: Mapping[str, str], order: Sequence[str]) -> list[Wanted]:
    """The values to look for, by the parts of a subject that the school trusts."""
    wanteds: list[Wanted] = []
    for part in order:
        value = _normal(part, subject.get(part, ""))
        if value:
            wanteds.extend(Wanted(part, system, value) for system in IDENTIFIERS[part])
    return wanteds


def _normal(part: str, text: str) -> str | None:
    if part == "upn":
        checked = check_upn(text)
        return checked.text if isinstance(checked, CheckedIdentifier) else None
    tidy = " ".join(text.split())
    return tidy if part in NUMBERS else tidy.lower()


def decide(hits: Sequence[Hit]) -> Match:
    """Choose the child on which all live hits agree, or none. It never guesses.

    With two children, whatever else fits, a person decides.
    """
    deciding = [hit for hit in hits if hit.decides]
    children = {hit.child_id for hit in deciding}
    if len(children) == 1:
        exact = any(hit.part in NUMBERS for hit in deciding)
        return Match(children.pop(), "exact" if exact else "strong", tuple(hits))
    weak = not children and len({hit.child_id for hit in hits}) == 1
    return Match(None, "weak" if weak else "none", tuple(hits))


def burst_key(
    child_id: UUID | None, subject: Mapping[str, str], category: str | None, *, grave: bool = False
) -> str | None:
    """Hash of what the alerts of a burst have in common; None if nothing shows whose it is.

    A name alone is not enough: two children may share it, and one of them would vanish. Nor is an
    account that belongs to no known child, since several share one: a `grave` alert is separate
    unless it also has a name.
    """
    whose = str(child_id) if child_id else _raw_identity(subject, grave=grave)
    if whose is None:
        return None
    return hashlib.sha256(orjson.dumps([whose, category])).hexdigest()


def _raw_identity(subject: Mapping[str, str], *, grave: bool) -> str | None:
    name = plain(subject.get("name", ""))
    if grave and not name:
        return None
    for part in ("username", "email", "upn", "mis_id"):
        if value := subject.get(part):
            return f"{part}:{plain(value)}:{name}"
    return None


def rule_for(severity: str) -> str:
    """Rule for when someone has to have reviewed it."""
    if severity in ("high", "critical"):
        return f"monitoring.match.{severity}"
    return "monitoring.match"


def first_owner(
    people: Sequence[tuple[UUID, str]],
    locked_out: Collection[UUID],
    away: Collection[UUID],
    fallback: UUID,
) -> UUID:
    """Choose the owner of a new alert: the first lead on duty who is not locked out.

    Then who stands in, then the head, then an administrator, who can appoint someone; last
    `fallback`.
    """
    present = [Candidate(person, role, person in locked_out) for person, role in people]
    here = [item for item in present if item.id not in away]
    return next_reader(here, OWNERS) or next_reader(present, OWNERS) or fallback

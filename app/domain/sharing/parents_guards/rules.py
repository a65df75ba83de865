"""Pure rules of guards on telling home: which apply, why, and what each still needs.

They are judged for one person who would be told. A bar on that person is a separate matter
(`share_recipients`), and so is an emergency, which overrides every guard.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.vocabularies.category_rules import PARENTS, CategoryRule
from app.domain.common.category_rules.rules import HOME, rule_of

ADVICE, REASON, SECOND, BLOCKED = "advice_first", "reason", "second_person", "blocked_until"
SOCIAL_CARE, POLICE, OFFICER = "social_care", "police", "lado"
ADVISERS: Final = (SOCIAL_CARE, POLICE)
TELL, WAIT = "tell", "wait"
NOBODY_NAMED: Final = frozenset({"", "not_known"})
OWN_HARM: Final = "self_harm"
"""The row about the child's own acts: that they happen at home says nothing about home."""
HURT_BY_SOMEBODY: Final = "physical_abuse_disclosure"
"""The child said that somebody hurt them: with nobody and no place named, it may be at home."""
LEVEL_OF_REFERRAL: Final = 4
BY_ROW: Final[Mapping[str, str]] = {
    "fgm": "could_endanger", "fgm_risk": "could_endanger", "forced_marriage": "could_endanger",
    "fabricated_illness": "harm_or_evidence", "sexual_abuse": "harm_or_evidence",
    "domestic_abuse": "domestic_abuse",
}  # fmt: skip
"""Guard of each row that never tells home first; for any other, the school's own."""
OWN_RULE, UNSEEN, TWO_FAMILIES, ADULT = "school_rule", "not_shown", "two_families", "adult_named"
WHY: Final[Mapping[str, str]] = {
    "could_endanger": "Telling home could put the child in danger, or make them disappear.",
    "harm_or_evidence": "Telling home first may harm the child or lose evidence.",
    "domestic_abuse": "What one parent hears may harm the other parent and the child.",
    OWN_RULE: "Your school asks for advice before home hears of this.",
    "harm_at_home": "The harm may come from home: the person you tell may be where it comes from.",
    "no_referral": "Nobody has referred this yet. Social care decides how home is told.",
    "asked_to_wait": "Social care or the police asked you to wait.",
    "enquiry_open": "An enquiry is open. Social care or the police say when home is told.",
    "afraid_of_home": "The child is afraid of home, or said that somebody hurts them.",
    "asked_for_privacy": "The child said that somebody must not know.",
    ADULT: "An adult who works with children is named. The authority's officer agrees what home "
    "hears, and the head decides.",
    TWO_FAMILIES: "Other children are part of this. Each family hears of their own child only.",
    UNSEEN: "Something that you may not read is a reason not to tell.",
}  # fmt: skip
ASK_OFFICER: Final = "Call the authority's officer first, and write down the answer."
ASK_AGAIN: Final = "Go back to the people who asked you to wait, and write down what they say."
SUGGESTION: Final[Mapping[str, str]] = {
    "asked_to_wait": ASK_AGAIN,
    "asked_for_privacy": "Ask the child what may be said, and write down what they think of it.",
    ADULT: ASK_OFFICER,
    TWO_FAMILIES: "Read every word first: nothing may tell who the other child is.",
    UNSEEN: "Ask a safeguarding lead who may read it.",
}
GIVE: Final[Mapping[str, str]] = {
    BLOCKED: "Wait until that day, or until the people who asked you to wait say that you may "
    "tell home.",
    ADVICE: "Write down who advised you, when, and what they said: `advice` with `adviser` and "
    "`says`, by POST /v1/concerns/{concern_id}/decide-on-parents.",
    REASON: "Give a reason.",
    SECOND: "Name a second person, who agrees.",
}
"""How the person who is refused can satisfy it, in words."""


@dataclass(frozen=True, slots=True)
class Word:
    """A statement by someone outside about telling home."""

    adviser: str
    says: str
    at: datetime
    until: datetime | None = None
    stands: bool = True
    """Whether nobody has since corrected the record of it; a request to wait is kept."""


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """Deciding facts of one concern."""

    id: UUID
    categories: Collection[str]
    level: int | None = None
    source: str | None = None
    context: str | None = None
    place: str | None = None
    of_sibling: bool = False
    is_seen: bool = True
    """Whether the asker may read it."""
    is_referred: bool = False
    enquiry_since: datetime | None = None
    children: int = 1
    words: Sequence[Word] = ()
    feared: Collection[UUID] = ()
    """Contacts named as a source of harm."""
    decided: Collection[UUID] = ()
    """Contacts about which someone decided this for this very concern."""
    since: datetime | None = None
    """When it, or the last concern merged into it, was recorded: to the minute."""
    is_beside: bool = True
    """Whether it counts whatever is shared."""
    items: Collection[UUID] = ()
    """Its requested items."""


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """Everything about a child that decides whether home may be told."""

    concerns: Sequence[ConcernFacts] = ()
    check_id: UUID | None = None
    """The last safety check that says whether they are afraid of home."""
    check_seen: bool = True
    """Whether the actor may read that safety check."""
    is_afraid: bool = False
    privacy_id: UUID | None = None
    """The last safety check that says whether somebody must not know."""
    privacy_seen: bool = True
    asked_for_privacy: bool = False
    own: Mapping[str, Any] | None = None
    """The school's stricter rules, by category."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition before telling home, from a concern or a safety check."""

    code: str
    needs: tuple[str, ...]
    about: UUID | None = None
    of_concern: bool = True
    is_seen: bool = True
    """Whether the asker may read its source."""
    is_advised: bool = False
    until: datetime | None = None

    @property
    def mark(self) -> str:
        """Mark that shows that someone has seen this very guard."""
        return f"{self.code}:{self.about}"

    def missing(self, *, reason: bool, second: bool) -> list[str]:
        """What it still needs; only the people who asked to wait can end a wait."""
        given = {ADVICE: self.is_advised, REASON: reason, SECOND: second, BLOCKED: False}
        return [need for need in self.needs if not given[need]]


def guards(facts: HomeFacts, contact_id: UUID | None, now: datetime) -> list[Guard]:
    """Guards on telling one person at home; `contact_id` None: a person not named."""
    result: list[Guard] = []
    for concern in facts.concerns:
        result += _of_concern(concern, facts, contact_id, now)
    return [*result, *_of_child(facts)]


def _of_concern(
    concern: ConcernFacts, facts: HomeFacts, contact_id: UUID | None, now: datetime
) -> Iterator[Guard]:
    rows = _rows(concern.categories, facts.own)
    is_adult = any(rule.register == "adults" for rule in rows.values())
    advisers = (OFFICER, *ADVISERS) if is_adult else ADVISERS
    items = [
        *_waits(concern, now),
        *_never_first(concern, rows.values(), contact_id),
        *_at_home(concern, rows),
    ]
    if is_adult:
        items.append(Guard(ADULT, (ADVICE, REASON, SECOND)))
    if concern.children > 1:
        items.append(Guard(TWO_FAMILIES, ()))
    is_advised = advised(concern, advisers)
    for item in items:
        yield replace(item, about=concern.id, is_seen=concern.is_seen, is_advised=is_advised)


def _rows(categories: Iterable[str], own: Mapping[str, Any] | None) -> dict[str, CategoryRule]:
    """Rows of categories; of several categories of one row, the strictest for home."""
    rows: dict[str, CategoryRule] = {}
    items = [rule_of(category, own) for category in categories]
    for rule in sorted(items, key=lambda item: PARENTS.index(item.parents)):
        rows.setdefault(rule.id, rule)
    return rows


def _waits(concern: ConcernFacts, now: datetime) -> Iterator[Guard]:
    """Only people who asked to wait can end it; an enquiry belongs to its makers."""
    last = latest(concern.words)
    for word in last.values():
        if word.says == WAIT and (word.until is None or word.until > now):
            yield Guard("asked_to_wait", (BLOCKED, REASON, SECOND), until=word.until)
    since = concern.enquiry_since
    may_tell = any(
        word.says == TELL and word.stands and since is not None and word.at >= since
        for adviser, word in last.items()
        if adviser in ADVISERS
    )
    if since is not None and not may_tell:
        yield Guard("enquiry_open", (BLOCKED, REASON, SECOND))


def _never_first(
    concern: ConcernFacts, rows: Iterable[CategoryRule], contact_id: UUID | None
) -> Iterator[Guard]:
    codes = [BY_ROW.get(row.id, OWN_RULE) for row in rows if row.parents == "never_first"]
    for code in dict.fromkeys(codes):
        known = bool(concern.decided) and contact_id is not None and not concern.of_sibling
        safe = code == "domestic_abuse" and known and contact_id not in concern.feared
        yield Guard(code, (REASON, SECOND) if safe else (ADVICE, REASON, SECOND))


def _at_home(concern: ConcernFacts, rows: Mapping[str, CategoryRule]) -> Iterator[Guard]:
    places = {concern.context or "", (concern.place or "").strip().casefold()} - {""}
    harm = any(row.parents != "yes" and row.id != OWN_HARM for row in rows.values())
    may_be = ("home" in places and harm) or (not places and HURT_BY_SOMEBODY in concern.categories)
    if concern.source in HOME or (may_be and (concern.source or "") in NOBODY_NAMED):
        yield Guard("harm_at_home", (ADVICE, REASON, SECOND))
    if concern.level == LEVEL_OF_REFERRAL and not concern.is_referred:
        yield Guard("no_referral", (ADVICE, REASON, SECOND))


def _of_child(facts: HomeFacts) -> Iterator[Guard]:
    """Guards from what the child last said."""
    own = [concern for concern in facts.concerns if not concern.of_sibling]
    if facts.is_afraid:
        is_advised = any(advised(item, ADVISERS) for item in own)
        yield Guard(
            "afraid_of_home", (ADVICE, REASON, SECOND), facts.check_id, of_concern=False,
            is_seen=facts.check_seen, is_advised=is_advised,
        )  # fmt: skip
    if facts.asked_for_privacy:
        yield Guard(
            "asked_for_privacy", (REASON,), facts.privacy_id, of_concern=False,
            is_seen=facts.privacy_seen,
        )  # fmt: skip


def harm_at_home(concern: ConcernFacts) -> Guard:
    """The guard if a person suspects harm at home, whatever the record shows."""
    is_advised = advised(concern, ADVISERS)
    return Guard("harm_at_home", (ADVICE, REASON, SECOND), concern.id, is_advised=is_advised)


def latest(words: Iterable[Word]) -> dict[str, Word]:
    """The latest statement of each adviser; a retracted "tell" counts as no statement."""
    saved = [word for word in words if word.stands or word.says == WAIT]
    return {item.adviser: item for item in sorted(saved, key=lambda item: item.at)}


def advised(concern: ConcernFacts, advisers: Collection[str]) -> bool:
    """Whether one of these advised telling home, and has not said otherwise since.

    Statements from before the concern was recorded were not about it.
    """
    last = latest(concern.words)
    items = [
        last[adviser] for adviser in advisers if adviser in last and last[adviser].says == TELL
    ]
    return any(concern.since is None or item.at >= concern.since for item in items)


def marks(result: Iterable[Guard]) -> list[str]:
    """Marks that two people have to have seen."""
    return sorted({item.mark for item in result if SECOND in item.needs})


def reason_marks(result: Sequence[Guard]) -> list[str]:
    """Marks that one person has to have seen, and given a reason for."""
    return sorted({item.mark for item in result if REASON in item.needs} - {*marks(result)})


def held(result: Iterable[Guard], *, reason: bool, second: bool) -> list[Guard]:
    """The guards that still need a reason or a second person."""
    return [item for item in result if item.missing(reason=reason, second=second)]


def before_items(facts: HomeFacts) -> HomeFacts:
    """The facts that decide before any item is chosen."""
    return replace(facts, concerns=[concern for concern in facts.concerns if concern.is_beside])


def of_item(facts: HomeFacts, item_id: UUID) -> HomeFacts:
    """The deciding facts because this item is sent, and no others."""
    saved = [
        concern for concern in facts.concerns if item_id in concern.items and not concern.of_sibling
    ]
    return HomeFacts(concerns=saved, own=facts.own)


def readable(result: Iterable[Guard]) -> list[Guard]:
    """Guards as the asker may know them, each once.

    Hidden ones all have the same form, whatever they need, since that would reveal them. A hidden
    one that needs nothing is left out.
    """
    hidden = Guard(UNSEEN, (ADVICE, REASON, SECOND), is_seen=False)
    known = (item if item.is_seen else hidden for item in result if item.is_seen or item.needs)
    return list(dict.fromkeys(known))


def to_response(guard: Guard, number: str | None) -> dict[str, Any]:
    """Build the answer for a `readable` guard; `number` is social care's at this hour."""
    ask = "Call children's social care before you tell home"
    return {
        "code": guard.code,
        "reason": WHY[guard.code],
        "suggestion": SUGGESTION.get(guard.code) or (f"{ask}: {number}." if number else f"{ask}."),
        "concern_id": str(guard.about) if guard.about and guard.of_concern else None,
        "until": guard.until,
    }

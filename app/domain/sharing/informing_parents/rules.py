"""Pure rules of telling parents: which rows may apply and why, who to suggest, what to record."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.domain.common.category_rules.rules import HOME

HARM, DANGER, DYING = "row_6", "row_1", "row_2"
NOT_KNOWN: Final = "unknown"
TOLD, NOT_TOLD, NOT_YET = "told", "not_told", "not_yet"
WORDS_TO_SEND: Final = "Please ring me today. [name] is safe and an adult is with them."
FILE: Final = Path(__file__).with_name("table.toml")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the table, as written."""

    id: str
    situation: str
    default: str
    write: tuple[str, ...]
    second_lead: bool
    source: str
    from_age: int | None = None
    below_age: int | None = None


@cache
def table() -> Mapping[str, TableRow]:
    """The rows by their ids, in their order."""
    return {
        entry["id"]: TableRow(
            entry["id"], entry["situation"], entry["default"], tuple(entry["write"]),
            entry["second_lead"], entry["source"], entry.get("from"), entry.get("below"),
        )
        for entry in tomllib.loads(FILE.read_text("utf-8"))["row"]
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Facts of a contact; `bar` is a code of `why_not_offered`, None without a bar."""

    id: UUID
    bar: str | None
    alleged_source_of_harm: bool = False
    lives_with: str = NOT_KNOWN
    is_family: bool = True
    is_parent: bool = False
    has_orders: bool = False
    is_social_worker: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """The record's present facts; they only suggest which rows to consider."""

    age: int | None
    contacts: Sequence[ContactFacts] = ()
    looked_after: bool = False
    pathway_state: str | None = None
    on_pathway: bool = True
    """Whether there was a disclosure of self-harm or suicide: rows about it need one."""
    words_about_dying: bool = False
    alleged_source_of_harm: str | None = None
    harm_told_before: UUID | None = None
    """Another concern about the pupil that names someone at home."""
    harm_decided: UUID | None = None
    """An earlier decision about the same concern by which harm may come from home."""
    held_back: frozenset[UUID] = frozenset()
    """Contacts that such a decision named."""
    swallowed: bool = False
    """As disclosed, or as recorded with emergency help."""
    with_adult: bool = False
    """Recorded today, and not contradicted since."""
    check_id: UUID | None = None
    taken: bool = False
    home_asked: bool = False
    """Whether the latest check has an answer to whether home is safe."""
    unsafe_at_home: bool = False
    somebody_hurts: bool = False
    must_not_know: bool = False
    must_not_know_contacts: frozenset[UUID] = frozenset()
    stated: frozenset[str] = frozenset()
    """Rows that apply, as far as the asker knows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that speaks for a row."""

    fact: str
    text: str
    contact_id: UUID | None = None
    record_id: UUID | None = None
    concern_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row to consider, with its reasons."""

    row: TableRow
    why: Sequence[Reason]
    settle_first: Sequence[str] = field(default=())


def age_on(born: date | None, today: date) -> int | None:
    """Age in full years; a birthday on 29 February counts on 1 March."""
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def suggestions(facts: Facts) -> list[Suggestion]:
    """The rows that may hold, in the table's order but danger and harm at home first."""
    result = {row.id: _why(row, facts) for row in table().values()}
    held = [row for row, why in result.items() if why]
    first = [item for item in (DANGER, HARM) if item in held]
    order = [*first, *(item for item in held if item not in first)]
    return [
        Suggestion(table()[item], result[item], [before for before in first if before != item])
        if item not in first
        else Suggestion(table()[item], result[item], first[: first.index(item)])
        for item in order
    ]


def _why(row: TableRow, facts: Facts) -> list[Reason]:
    why = [Reason("said_by_you", "You said that this holds.")] if row.id in facts.stated else []
    return [*why, *_from_record(row, facts)]


def _from_record(row: TableRow, facts: Facts) -> list[Reason]:
    if row.from_age is not None or row.below_age is not None:
        return _by_age(row, facts) if facts.on_pathway else []
    reasons_of = {
        DANGER: _danger, DYING: _dying, HARM: _harm, "row_7": _apart, "row_8": _looked_after,
        "row_12": _asked_not_to_tell,
    }  # fmt: skip
    return reasons_of[row.id](facts) if row.id in reasons_of else []


def _by_age(row: TableRow, facts: Facts) -> list[Reason]:
    """Rows by age alone; below 16 only without talk of suicide, which takes precedence."""
    if facts.age is None or (facts.words_about_dying and row.below_age is not None):
        return []
    if (row.from_age or 0) <= facts.age < (row.below_age or 200):
        text = f"The pupil is {facts.age} today: a prompt for judgement."
        return [Reason("age", text)]
    return []


def _danger(facts: Facts) -> list[Reason]:
    items = []
    if facts.taken:
        text = "The latest safety check says that something was taken."
        items.append(Reason("something_taken", text, record_id=facts.check_id))
    if facts.swallowed:
        text = "Something was swallowed, as it was told or written with emergency help."
        items.append(Reason("something_swallowed", text))
    if facts.pathway_state == "emergency":
        text = "Emergency help is needed or was called, and nothing later is written."
        items.append(Reason("emergency", text))
    return items


def _dying(facts: Facts) -> list[Reason]:
    if not facts.words_about_dying:
        return []
    return [Reason("words_about_dying", "What was told has words about dying, or an attempt.")]


def _harm(facts: Facts) -> list[Reason]:
    items = [
        Reason(
            "contact_source_of_harm",
            "A contact is said to be where the harm comes from.",
            contact.id,
        )
        for contact in facts.contacts
        if contact.alleged_source_of_harm
    ]
    if facts.alleged_source_of_harm in HOME:
        items.append(Reason("concern_source_of_harm", "The concern names somebody at home."))
    if facts.harm_told_before is not None:
        text = "Another concern about the pupil names somebody at home: read it first."
        items.append(Reason("told_before", text, concern_id=facts.harm_told_before))
    if facts.harm_decided is not None:
        text = "An earlier decision about this says that harm may come from home: read it first."
        items.append(Reason("decided_before", text, record_id=facts.harm_decided))
    if facts.unsafe_at_home:
        text = "The pupil said that home is not safe."
        items.append(Reason("unsafe_at_home", text, record_id=facts.check_id))
    if facts.somebody_hurts:
        text = "The pupil said something about somebody hurting them: read it first."
        items.append(Reason("somebody_hurts", text, record_id=facts.check_id))
    return items


def _apart(facts: Facts) -> list[Reason]:
    items = [
        Reason("court_order", "A court order is kept with a contact: read it.", contact.id)
        for contact in facts.contacts
        if contact.has_orders
    ]
    homes = {contact.lives_with for contact in facts.contacts if contact.is_parent}
    if {"yes", "no"} <= homes:
        items.append(Reason("live_apart", "One parent lives with the pupil, another does not."))
    return items


def _looked_after(facts: Facts) -> list[Reason]:
    return [Reason("looked_after", "The pupil is looked after.")] if facts.looked_after else []


def _asked_not_to_tell(facts: Facts) -> list[Reason]:
    if not facts.must_not_know:
        return []
    text = "The pupil said that somebody must not know."
    return [Reason("must_not_know", text, record_id=facts.check_id)]


def home_first(facts: Facts) -> bool:
    """Whether to suggest no family member before social care was asked.

    If home itself may not be safe; not for a barred contact who lives elsewhere.
    """
    if HARM in facts.stated or facts.unsafe_at_home or facts.somebody_hurts:
        return True
    if facts.alleged_source_of_harm in HOME or facts.harm_told_before is not None:
        return True
    if facts.harm_decided is not None:
        return True
    return any(
        contact.alleged_source_of_harm and contact.lives_with != "no" for contact in facts.contacts
    )


def why_not_offered(contact: ContactFacts, facts: Facts, *, excepted: bool) -> list[str]:
    """Why a contact is not suggested; empty if they are.

    A sharing exception lifts the bar, and nothing else.
    """
    items = [contact.bar] if contact.bar is not None and not excepted else []
    if contact.id in facts.held_back and not excepted:
        items.append("held_back_before")
    if contact.id in facts.must_not_know_contacts:
        items.append("pupil_said_not")
    if not contact.is_family and not (facts.looked_after and contact.is_social_worker):
        items.append("professional")
    if contact.is_family and home_first(facts):
        items.append("home_first")
    return items


def words_to_send(facts: Facts) -> str | None:
    """The only wording for a message, if the record shows it true; otherwise someone phones.

    Not in an emergency, and not to a home where the harm may come from.
    """
    true = facts.with_adult and not _danger(facts)
    return WORDS_TO_SEND if true and not _harm(facts) and HARM not in facts.stated else None


def not_known(facts: Facts) -> list[str]:
    """What the record does not show, in words for the person who decides."""
    items = []
    if facts.age is None:
        items.append("The date of birth is not known.")
    if facts.check_id is None:
        items.append("Nobody has written down a talk with the pupil about how safe they are.")
    if not facts.home_asked:
        items.append(
            "Whether home is safe: nobody has written that the pupil was asked. Ask first."
        )
    if not any(contact.is_family and contact.bar is None for contact in facts.contacts):
        items.append("No contact is known to hold parental responsibility and to be free to tell.")
    if not facts.alleged_source_of_harm:
        items.append("Nothing is written about where the harm comes from.")
    items.append("Whether the pupil fears harm if home hears of it: ask them.")
    return items


WRITTEN_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "told_whom": ("told_to",),
    "second_lead": ("second_lead_id",),
    "may_not_be_told": ("source_of_harm",),
    "both_reasons": ("disagreement.lead", "disagreement.head"),
}
"""Where a thing to record is stored, if not in the field of its own name."""
BY_OUTCOME: Final[Mapping[str, frozenset[str]]] = {
    "told_whom": frozenset({TOLD}),
    "objection": frozenset({TOLD}),
    "justification": frozenset({TOLD}),
    "words_agreed": frozenset({TOLD}),
    "review_at": frozenset({NOT_YET, NOT_TOLD}),
}
"""Fields to record only after some outcomes."""
ALWAYS: Final = ("pupil_view", "words_agreed")


def still_to_write(content: Mapping[str, Any]) -> list[str]:
    """Fields that the considered rows ask for and nobody has recorded; never a refusal."""
    outcome = content.get("outcome", "")
    asked: Iterable[str] = dict.fromkeys(
        [*ALWAYS, *(item for row in content.get("rows", ()) for item in table()[row].write)]
    )
    return [
        item
        for item in asked
        if outcome in BY_OUTCOME.get(item, {outcome})
        and not all(_is_written(content, path) for path in WRITTEN_IN.get(item, (item,)))
    ]


def _is_written(content: Mapping[str, Any], path: str) -> bool:
    """Whether there is a value, or a reason for none: both are an answer."""
    name, _, part = path.partition(".")
    value = content.get(name)
    if part:
        return bool(isinstance(value, Mapping) and value.get(part))
    if isinstance(value, Mapping):
        return bool(value.get("value") or value.get("none"))
    return bool(value)

"""Pure rules of contacts: who may be informed, and what bars a person."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import PROFESSIONAL
from app.domain.record.children.rules import refused_field, spelt_alike

BY_A_PERSON: Final = "set_by_a_person"
ENDED: Final = "ended"
IDENTITY_CHANGED: Final = "identity_changed"
WHO: Final = ("name", "kind")
"""Who a contact is: a right to be informed was given to that person alone."""
REACHED_BY: Final = ("email", "phone")
RIGHTS: Final = frozenset({"may_be_told", "parental_responsibility"})


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Facts that decide whether a contact may be informed."""

    explicit: bool | None
    explicit_reason: str | None
    alleged_source_of_harm: bool
    contact_allowed: str
    court_orders: Sequence[Mapping[str, Any]]
    parental_responsibility: str
    ended: bool
    is_changed: bool = False
    """Whether others changed who it is since safeguarding staff gave the right."""


@dataclass(frozen=True, slots=True)
class MayBeTold:
    """Whether a contact may be told about the child. `derived` is False where a person set it."""

    value: bool
    derived: bool
    reason: str

    @property
    def code(self) -> str:
        """Why, without the words of the person who set it."""
        return self.reason if self.derived else BY_A_PERSON

    def to_response(self) -> dict[str, Any]:
        """Build the answer: a code, and the words of the person who set it."""
        words = None if self.derived or self.reason == BY_A_PERSON else self.reason
        return {
            "value": self.value, "derived": self.derived, "reason_code": self.code, "reason": words
        }  # fmt: skip


def may_be_told(facts: ContactFacts, today: date) -> MayBeTold:
    """Whether a contact may be informed about the child, and why (facts 6.4).

    A person's setting with a reason wins, a yes while the contact lasts and is the same person.
    Otherwise only people with parental responsibility may be informed, except those who may have
    harmed the child or are excluded by an order.
    """
    lasts = not facts.ended and not facts.is_changed
    if facts.explicit is False or (facts.explicit and lasts):
        return MayBeTold(facts.explicit, False, facts.explicit_reason or BY_A_PERSON)
    for reason in (*hard_bars(facts, today), *((ENDED,) if facts.ended else ())):
        return MayBeTold(False, True, reason)
    right = facts.explicit or facts.parental_responsibility == "yes"
    if right and facts.is_changed:
        return MayBeTold(False, True, IDENTITY_CHANGED)
    if facts.parental_responsibility == "yes":
        return MayBeTold(True, True, "parental_responsibility")
    return MayBeTold(False, True, "unknown")


def hard_bars(facts: ContactFacts, today: date) -> list[str]:
    """Each bar on informing a contact, gravest first."""
    barriers = (
        ("alleged_source_of_harm", facts.alleged_source_of_harm),
        ("contact_not_allowed", facts.contact_allowed == "no"),
        ("court_order", any(_forbids_telling(order, today) for order in facts.court_orders)),
    )
    return [reason for reason, stands in barriers if stands]


def _forbids_telling(order: Mapping[str, Any], today: date) -> bool:
    ends = order.get("ends_on")
    in_force = ends is None or date.fromisoformat(str(ends)) >= today
    return in_force and bool(order.get("forbids_telling"))


def is_professional(kind: str) -> bool:
    """Whether a kind of contact is a professional one. An unknown kind is not."""
    result = VOCABULARIES["contact_kinds"].by_code.get(kind)
    return result is not None and PROFESSIONAL in result.flags


def told_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Make a change of a contact consistent with its reason for `may_be_told`.

    A value needs its reason; null restores the derived value and drops the reason. Raises
    `ValidationFailed`.
    """
    if "may_be_told" not in changes:
        if "may_be_told_reason" in changes:
            raise refused_field("/may_be_told_reason", "alone", "Send may_be_told with its reason.")
        return dict(changes)
    if changes["may_be_told"] is None:
        return {**changes, "may_be_told_reason": None}
    if not changes.get("may_be_told_reason"):
        raise refused_field("/may_be_told_reason", "missing", "Say why this person decided that.")
    return dict(changes)


def confirmed_fields(fields: Collection[str]) -> list[str]:
    """What a person who safeguards confirms by writing `fields`: a right confirms who has it."""
    right = not RIGHTS.isdisjoint(fields)
    return [
        *(field for field in WHO if right or field in fields),
        *(field for field in REACHED_BY if field in fields),
    ]


def is_confirmed(confirmed: Mapping[str, Any], field: str, value: str | None) -> bool:
    """Whether safeguarding staff confirmed this value of `email` or `phone`."""
    known = confirmed.get(field)
    return known is not None and known["value"] == value


def is_other_person(confirmed: Mapping[str, Any], name: str, kind: str) -> bool:
    """Whether name or kind are no longer those that safeguarding staff confirmed.

    A name beside the old one is another: what is enough to bar a person gives no right.
    """
    names, kinds = confirmed.get("name"), confirmed.get("kind")
    return (names is not None and not spelt_alike(names["value"], name)) or (
        kinds is not None and kinds["value"] != kind
    )

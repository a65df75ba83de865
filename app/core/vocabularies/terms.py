"""The shape of a vocabulary: terms with stable codes, and the flags a term may carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

IMMEDIATE_NOTIFY: Final = "immediate_notify"
ADULT_REGISTER: Final = "adult_register"
LONG_RETENTION: Final = "long_retention"
STATUTORY_TIMER: Final = "statutory_timer"
LEAD_DECIDES: Final = "lead_decides_parents"
PARENTS_NEVER_FIRST: Final = "parents_never_first"

SIGNAL_SITE: Final = "signal_site"
REPORT_ONLY: Final = "report_only"

STANDARD_REASON: Final = "standard_reason"
AGREEMENT_EXPECTED: Final = "agreement_expected"
PROFESSIONAL: Final = "professional"
OF_CHILD: Final = "of_child"
OF_ORGANISATION: Final = "of_organisation"

FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        IMMEDIATE_NOTIFY: "Alerts every lead at once, inside and outside school hours",
        ADULT_REGISTER: "Belongs in the separate register of concerns about adults",
        LONG_RETENTION: "Held for the long period that applies to child sexual abuse",
        STATUTORY_TIMER: "A clock set by law or statutory guidance may start",
        LEAD_DECIDES: "A lead decides before parents are told",
        PARENTS_NEVER_FIRST: "Parents are not told before social care or the police advise",
        SIGNAL_SITE: "An unusual place for an accidental mark",
        REPORT_ONLY: "Write down what was said; do not look",
        STANDARD_REASON: "One of the four reasons referral forms accept",
        AGREEMENT_EXPECTED: "The family's agreement is normally sought first",
        PROFESSIONAL: "Knows the child through their work",
        OF_CHILD: "Identifies a child",
        OF_ORGANISATION: "Identifies a school or trust",
    }
)


DRAFT: Final = "draft vocabulary, not yet clinically reviewed"
"""What stands beside words about self-harm until somebody who may say so has read them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a vocabulary.

    `code` never changes its meaning and is never used again for another. `parent` is the
    code of a term of the same vocabulary. `notes` names the matching outside code, or the
    rule behind the term.
    """

    code: str
    label: str
    parent: str | None = None
    flags: frozenset[str] = frozenset()
    notes: str | None = None
    categories: tuple[str, ...] = ()
    """Of something reported: the categories of a concern that it means."""
    question: str | None = None
    """Of something reported: what is asked once, after it was kept."""


@dataclass(frozen=True)
class Vocabulary:
    """A named list of terms.

    `version` is the date (YYYY-MM-DD) of the last change to the list. A closed vocabulary
    never grows within v1; readers of an open one must accept codes they do not know. `draft`
    says that clinicians, leads and people with lived experience have not read it yet.
    Raises ValueError when a code appears twice or a parent or flag does not exist.
    """

    name: str
    title: str
    terms: tuple[Term, ...]
    version: str = "2026-09-01"
    source: str = "Cairn"
    closed: bool = False
    draft: bool = False

    def __post_init__(self) -> None:
        if len(self.by_code) != len(self.terms):
            raise ValueError(f"{self.name}: a code appears twice")
        used: set[str] = set()
        for term in self.terms:
            if term.parent is not None and term.parent not in self.by_code:
                raise ValueError(f"{self.name}: {term.code} has an unknown parent")
            used |= term.flags
        if not used <= FLAGS.keys():
            raise ValueError(f"{self.name}: unknown flags {sorted(used - FLAGS.keys())}")

    @cached_property
    def by_code(self) -> Mapping[str, Term]:
        """The terms by their codes, in the order they are shown."""
        return MappingProxyType({term.code: term for term in self.terms})

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code of the list."""
        return frozenset(self.by_code)


def group(head: Term, *members: Term, inherited: frozenset[str] | None = None) -> tuple[Term, ...]:
    """Place members under a head term, passing on its flags (or only `inherited`)."""
    passed_on = head.flags if inherited is None else inherited
    return (
        head,
        *(
            Term(member.code, member.label, head.code, member.flags | passed_on, member.notes)
            for member in members
        ),
    )

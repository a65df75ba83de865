"""Pure rules of recipients: their kinds, and when a guard applies."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import PROFESSIONAL
from app.domain.record.contacts import rules as children
from app.domain.sharing.record_redaction import rules

FAMILY = rules.FAMILY
PROFESSIONALS = "professionals"


def hash_of(address: str | None) -> str:
    """Hash that identifies an approved address; without one, the hash of an empty string."""
    return hashlib.sha256((address or "").casefold().encode()).hexdigest()


CONTACT_RECIPIENTS: Mapping[str, str] = {
    "social_worker": "social_care",
    "lead_practitioner": "social_care",
    "early_help_worker": "early_help",
    "virtual_school_head": "virtual_school",
    "gp": "health",
    "health_visitor": "health",
    "school_nurse": "health",
    "camhs_worker": "camhs",
    "police_officer": "police",
    "youth_justice_worker": "youth_justice",
    "professional": "other",
}


def recipient_kind_of_contact(contact_kind: str) -> str:
    """The kind of recipient that a contact of the child is."""
    return CONTACT_RECIPIENTS.get(contact_kind, "parent")


def audience_of_contact(contact_kind: str) -> str:
    """Professionals among the contacts read as professionals, all others as family."""
    return PROFESSIONALS if children.is_professional(contact_kind) else FAMILY


def audience_of(recipient_kind: str) -> str:
    """The audience of a kind of recipient; `other` are professionals among the contacts."""
    family = recipient_kind != "other" and not is_professional(recipient_kind)
    return FAMILY if family else PROFESSIONALS


def is_professional(recipient_kind: str) -> bool:
    """Whether a kind of recipient is known to be professional."""
    result = VOCABULARIES["recipient_kinds"].by_code.get(recipient_kind)
    return result is not None and PROFESSIONAL in result.flags


def guarded(*, may_be_told: bool, reason: str, alleged_source_of_harm: bool, audience: str) -> bool:
    """Whether sharing with this contact needs a second approver with a reason.

    Family need a known right to be told; for professionals it is enough that nothing bars them.
    """
    if alleged_source_of_harm:
        return True
    return not may_be_told and not (audience == PROFESSIONALS and reason == "unknown")


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval: the hash of exactly what they approved.

    It includes the marks of the recipient's bars that they saw.
    """

    by: UUID
    sha256: str
    seen: frozenset[str] = frozenset()


def guard_stands(
    marks: Sequence[str], approvals: Sequence[Approval], *, drafted_by: UUID,
    reasons: Sequence[str] = (),
) -> bool:  # fmt: skip
    """Whether the recipient has a bar that two people, one not the drafter, have not seen.

    Or a guard for which nobody who saw it has given a reason (`reasons`).
    """
    if not frozenset(reasons) <= frozenset[str]().union(*(item.seen for item in approvals)):
        return True
    if not marks:
        return False
    people = {approval.by for approval in approvals if approval.seen >= frozenset(marks)}
    return len(people) < 2 or not people - {drafted_by}

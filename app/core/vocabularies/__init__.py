"""The words of the field: every coded list the API serves, with labels, flags and sources."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.core.vocabularies import (
    adults,
    alerts,
    attachments,
    bereavement,
    body_map,
    check_ins,
    children,
    concerns,
    contacts,
    events,
    exports,
    linked_concerns,
    meetings,
    monitoring,
    past,
    referrals,
    reintegrations,
    safety_plans,
    safety_records,
    self_harm,
    sharing,
    support_services,
    tasks,
    things_reported,
    transfers,
    work,
)
from app.core.vocabularies.categories import CONCERN_CATEGORIES
from app.core.vocabularies.terms import FLAGS, Term, Vocabulary

__all__ = ["FLAGS", "VOCABULARIES", "Term", "Vocabulary", "codes", "term"]

VOCABULARIES: Final[Mapping[str, Vocabulary]] = MappingProxyType(
    {
        vocabulary.name: vocabulary
        for vocabulary in (
            CONCERN_CATEGORIES,
            *things_reported.VOCABULARIES,
            *concerns.VOCABULARIES,
            *body_map.VOCABULARIES,
            *children.VOCABULARIES,
            *contacts.VOCABULARIES,
            *sharing.VOCABULARIES,
            *referrals.VOCABULARIES,
            *transfers.VOCABULARIES,
            *work.VOCABULARIES,
            *adults.VOCABULARIES,
            *alerts.VOCABULARIES,
            *attachments.VOCABULARIES,
            *events.VOCABULARIES,
            *monitoring.VOCABULARIES,
            *tasks.VOCABULARIES,
            *self_harm.VOCABULARIES,
            *safety_records.VOCABULARIES,
            *safety_plans.VOCABULARIES,
            *check_ins.VOCABULARIES,
            *reintegrations.VOCABULARIES,
            *bereavement.VOCABULARIES,
            *linked_concerns.VOCABULARIES,
            *meetings.VOCABULARIES,
            *support_services.VOCABULARIES,
            *past.VOCABULARIES,
            *exports.VOCABULARIES,
        )
    }
)


def codes(name: str) -> frozenset[str]:
    """Every code of the named vocabulary; raises KeyError for an unknown name."""
    return VOCABULARIES[name].codes


def term(name: str, code: str) -> Term:
    """One term of the named vocabulary; raises KeyError for an unknown name or code."""
    return VOCABULARIES[name].by_code[code]

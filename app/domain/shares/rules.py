"""Pure rules of sharing: which step is possible when, who must sign, what approval needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import PROFESSIONAL
from app.domain.children.names import name_tokens
from app.domain.due_rules import DueRule, in_days
from app.domain.errors import FieldProblem

CONCERN_PARTS = (
    "account", "amendments", "place", "categories", "body_map", "decisions", "actions", "outcome",
)  # fmt: skip
MAX_ITEMS = 100

FAMILY = "family"
PROFESSIONALS = "professionals"
TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir"})

TOLERANCE = timedelta(minutes=5)
"""How far another clock may be ahead of ours."""


FOLLOW_UP = in_days(
    "share.follow_up", "2026-09-01", 5, "Cairn: five working days to see a share through"
)
CORRECTION = in_days(
    "share.correction", "2026-09-01", 5, "Cairn: five working days to answer a correction request"
)

STEPS: Mapping[str, frozenset[str]] = {
    "change_share": frozenset({"draft"}),
    "approve_share": frozenset({"draft"}),
    "record_hand_over": frozenset({"approved", "available", "opened", "acknowledged"}),
    "record_response": frozenset({"available", "opened", "acknowledged"}),
    "revoke_share": frozenset({"draft", "approved", "available", "opened", "acknowledged"}),
}
"""From which states each operation is possible."""


def possible(step: str, state: str) -> bool:
    """Whether an operation is possible in a state."""
    return state in STEPS[step]


def state_after_hand_over(state: str) -> str:
    """Handing over makes an approved share available; later copies change nothing."""
    return "available" if state == "approved" else state


def state_after_response(state: str, kind: str) -> str:
    """What the recipient did shows that it was opened, and perhaps acknowledged."""
    if kind == "acknowledged":
        return "acknowledged"
    return "opened" if state == "available" else state


def rule_after_response(state: str, kind: str) -> DueRule | None:
    """The next deadline; None where an acknowledged share waits for nothing."""
    if kind == "correction_requested":
        return CORRECTION
    return None if state == "acknowledged" else FOLLOW_UP


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
    """What kind of recipient a contact of the child is."""
    return CONTACT_RECIPIENTS.get(contact_kind, "parent")


def audience_of_contact(contact_kind: str) -> str:
    """Professionals among the contacts read as professionals, all others as family."""
    found = VOCABULARIES["contact_kinds"].by_code.get(contact_kind)
    return PROFESSIONALS if found and PROFESSIONAL in found.flags else FAMILY


def is_professional(recipient_kind: str) -> bool:
    """Whether a kind of recipient is known to be a professional one."""
    found = VOCABULARIES["recipient_kinds"].by_code.get(recipient_kind)
    return found is not None and PROFESSIONAL in found.flags


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's, however they are spelt, ordered, joined or titled.

    A further name on either side changes nothing where two words are the same.
    """
    fewer, more = sorted((name_tokens(one) - TITLES, name_tokens(other) - TITLES), key=len)
    if not fewer:
        return False
    same_letters = sorted("".join(fewer)) == sorted("".join(more))
    return same_letters or (len(fewer) >= 2 and fewer <= more)


def guarded(*, told: bool, because: str, alleged_source_of_harm: bool, audience: str) -> bool:
    """Whether sharing with this contact needs a second approver with a reason.

    Family need a known right to be told; professionals only no bar against it.
    """
    if alleged_source_of_harm:
        return True
    return not told and not (audience == PROFESSIONALS and because == "unknown")


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval, and the hash of exactly what that person approved."""

    by: UUID
    sha256: str


def still_valid(approvals: Sequence[Approval], sha256: str) -> list[Approval]:
    """The approvals of the very content that would be frozen now."""
    return [approval for approval in approvals if approval.sha256 == sha256]


def may_freeze(approvals: Sequence[Approval], *, guarded: bool, drafted_by: UUID) -> bool:
    """One person suffices; a guarded share needs two, of whom one did not draft it."""
    people = {approval.by for approval in approvals}
    if not guarded:
        return len(people) >= 1
    return len(people) >= 2 and bool(people - {drafted_by})


def missing_for_approval(
    share: Mapping[str, Any], *, decided: bool, guarded: bool, guard_reason: str | None
) -> list[FieldProblem]:
    """What approval of a share still needs. `decided`: a decision stands or its reasons do."""
    found: list[FieldProblem] = []
    if not share["lawful_basis"]:
        found.append(_missing("/lawful_basis", "State the lawful basis."))
    if share["special_category_condition"] == "safeguarding_para_18" and not share["para18_limb"]:
        found.append(_missing("/para18_limb", "Paragraph 18 needs why there was no consent."))
    if not share["items"]:
        found.append(_missing("/items", "Choose at least one item."))
    detriment = share.get("detriment_test") or {}
    if detriment.get("result") == "more_detrimental":
        found.append(
            FieldProblem(
                "/detriment_test", "more_detrimental", "The test came out against sharing."
            )
        )
    if not decided:
        found.append(_missing("/reasons", "Give reasons, or name a decision."))
    if guarded and not guard_reason:
        found.append(
            _missing("/guard_reason", "This recipient may normally not be told: give a reason.")
        )
    return found


def _missing(pointer: str, detail: str) -> FieldProblem:
    return FieldProblem(pointer, "missing", detail)


def problems_of_moment(
    pointer: str, at: datetime, now: datetime, *, not_before: datetime | None = None
) -> list[FieldProblem]:
    """What happened cannot lie in the future, nor before what it follows."""
    if at > now + TOLERANCE:
        return [FieldProblem(pointer, "in_future", "It has not happened yet.")]
    if not_before is not None and at < not_before - TOLERANCE:
        return [FieldProblem(pointer, "too_early", "It lies before what it follows.")]
    return []


def highest_class(classes: Sequence[str], least: str = "K3") -> str:
    """The strictest confidentiality class among the items, at least `least`."""
    return max([least, *classes])

"""Pure rules of referrals: which step is possible when, what is due, what approval needs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import AGREEMENT_EXPECTED
from app.domain.due_rules import DueRule, in_days
from app.domain.errors import FieldProblem
from app.domain.referrals.kinds import (
    CHOICE,
    DATE,
    KINDS,
    PERSON,
    YES_NO,
    Field,
)

URGENCIES = ("emergency", "urgent", "routine")
PERSON_KEYS = frozenset(
    {"name", "relationship", "date_of_birth", "role", "organisation", "phone", "email", "address",
     "parental_responsibility", "note"}
)  # fmt: skip
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

DRAFT = in_days("referral.draft", "2026-09-01", 1, "Cairn: a draft is approved within a day")
SEND = in_days("referral.send", "2026-09-01", 1, "Cairn: what is approved is sent within a day")
APPROVE_AFTER = in_days(
    "referral.approve_after", "2026-09-01", 1, "Cairn: an emergency is reviewed the next day"
)
WRITTEN_CONFIRMATION = in_days(
    "csc.written_confirm", "2026-09-01", 1, "Multi-agency forms: 24 hours; authorities differ"
)
CSC_DECISION = in_days(
    "csc.decision", "2026-09-01", 1, "Working Together: decision within one working day"
)
LADO_REFER = in_days("lado.refer", "2026-09-01", 1, "KCSIE: within one working day")
FGM_POLICE = in_days(
    "fgm.police", "2026-09-01", 1, "FGM Act 2003 section 5B: best by the next working day"
)
OUTCOME = in_days("referral.outcome", "2026-09-01", 5, "Cairn: five working days for an outcome")
CLOSE = in_days("referral.close", "2026-09-01", 5, "Cairn: five working days to act on an outcome")

BEFORE_SENDING: Mapping[str, DueRule] = {"draft": DRAFT, "approved": SEND}
DUTIES: Mapping[str, DueRule] = {"lado": LADO_REFER, "fgm_report": FGM_POLICE}
"""Kinds whose sending itself has a limit."""

STEPS: Mapping[str, frozenset[str]] = {
    "change_referral": frozenset({"draft"}),
    "approve_referral": frozenset({"draft"}),
    "send_referral": frozenset({"approved", "sent"}),
    "record_acknowledgement": frozenset({"sent", "chased", "challenged"}),
    "record_outcome": frozenset(
        {"sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
    "close_referral": frozenset({"draft", "approved", "outcome_received"}),
}


def approval_owed(state: str, approvals: Sequence[Any]) -> bool:
    """Whether an emergency was sent first and still has to be reviewed."""
    return state not in ("draft", "closed") and not approvals


def possible(step: str, state: str, urgency: str, *, owed: bool) -> bool:
    """Whether an operation is possible now; an emergency may be sent before approval."""
    if step == "approve_referral" and owed:
        return True
    if step == "close_referral" and owed:
        return False
    if step == "send_referral" and state == "draft":
        return urgency == "emergency"
    return state in STEPS[step]


def may_review(actor_id: UUID, frozen_by: UUID | None, sent_by: Iterable[UUID]) -> bool:
    """Whether somebody may review an emergency: not who recorded its sending, nor who sent it."""
    return actor_id != frozen_by and actor_id not in set(sent_by)


def due_rule(state: str, kind: str, *, owed: bool = False, route: str | None = None) -> DueRule:
    """What is due next in a state."""
    if owed:
        return APPROVE_AFTER
    if state in BEFORE_SENDING:
        return DUTIES.get(kind, BEFORE_SENDING[state])
    if state == "outcome_received":
        return CLOSE
    return _while_waiting(kind, phoned=state == "sent" and route == "phoned")


def _while_waiting(kind: str, *, phoned: bool) -> DueRule:
    if kind != "childrens_social_care":
        return OUTCOME
    return WRITTEN_CONFIRMATION if phoned else CSC_DECISION


def problems_of_fields(kind: str, fields: Mapping[str, Mapping[str, Any]]) -> list[FieldProblem]:
    """Unknown fields and values of the wrong type; nothing about what is missing."""
    known = KINDS[kind].fields
    found: list[FieldProblem] = []
    for name, answer in fields.items():
        pointer = f"/fields/{name}"
        if name not in known:
            found.append(
                FieldProblem(pointer, "unknown_field", "This kind of referral has no such field.")
            )
        elif (answer["state"] == "value") != (answer.get("value") is not None):
            found.append(
                FieldProblem(
                    f"{pointer}/value",
                    "value_mismatch",
                    "A value goes with the state `value` only.",
                )
            )
        elif answer["state"] == "value" and not _fits(known[name], answer["value"]):
            found.append(
                FieldProblem(f"{pointer}/value", "wrong_type", f"Expected: {_wanted(known[name])}.")
            )
    return found


def missing_fields(kind: str, fields: Mapping[str, Any]) -> list[FieldProblem]:
    """Required fields without an answer; `not_known` and the like are answers."""
    return [
        FieldProblem(f"/fields/{field.name}", "missing", "Answer it, or say why there is none.")
        for field in KINDS[kind].fields.values()
        if field.required and field.name not in fields
    ]


def _fits(field: Field, value: Any) -> bool:
    if field.multi:
        return (
            isinstance(value, list) and bool(value) and all(_one_fits(field, one) for one in value)
        )
    return _one_fits(field, value)


def _one_fits(field: Field, value: Any) -> bool:
    if field.type == PERSON:
        return isinstance(value, dict) and bool(value) and value.keys() <= PERSON_KEYS
    if field.type == YES_NO:
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if field.type == DATE:
        return _is_date(value)
    return field.type != CHOICE or value in field.choices


def _is_date(value: str) -> bool:
    if not A_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _wanted(field: Field) -> str:
    one = f"one of {', '.join(field.choices)}" if field.type == CHOICE else field.type
    return f"a list of {one}" if field.multi else one


def missing_for_approval(referral: Mapping[str, Any], *, decided: bool) -> list[FieldProblem]:
    """What approval of a referral still needs."""
    found = missing_fields(referral["kind"], referral["fields"])
    if not referral["lawful_basis"]:
        found.append(FieldProblem("/lawful_basis", "missing", "State the lawful basis."))
    if (
        referral["special_category_condition"] == "safeguarding_para_18"
        and not referral["para18_limb"]
    ):
        found.append(
            FieldProblem("/para18_limb", "missing", "Paragraph 18 needs why there was no consent.")
        )
    found.extend(_problems_of_consent(referral["kind"], referral["consent"]))
    if not decided:
        found.append(FieldProblem("/reasons", "missing", "Give reasons, or name a decision."))
    return found


def _problems_of_consent(kind: str, consent: Mapping[str, Any] | None) -> list[FieldProblem]:
    """Parents are told and asked, or one of the reasons why not stands."""
    if consent is None:
        return [FieldProblem("/consent", "missing", "Say whether parents were told and asked.")]
    expected = AGREEMENT_EXPECTED in VOCABULARIES["referral_kinds"].by_code[kind].flags
    settled = consent["parents_informed"] == "yes" and (
        not expected or consent["consent_given"] == "yes"
    )
    if settled or consent.get("reason_not"):
        return []
    return [FieldProblem("/consent/reason_not", "missing", "Say why not.")]

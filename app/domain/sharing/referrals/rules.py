"""Pure rules of referrals: which step is possible when, what is due, and what approval needs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import AGREEMENT_EXPECTED
from app.domain.errors import FieldProblem
from app.domain.sharing.referral_forms.rules import (
    CHOICE,
    DATE,
    PERSON,
    PERSON_PARTS,
    YES_NO,
    Field,
    KindSchema,
)
from app.domain.sharing.referrals.errors import DutyIsTheirs

PERSON_KEYS = frozenset(PERSON_PARTS)
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

SOCIAL_CARE = "childrens_social_care"
DISCUSSED = "referral.strategy_discussion"
DRAFT = "referral.draft"
SEND = "referral.send"
APPROVE_AFTER = "referral.approve_after"
WRITTEN_CONFIRMATION = "csc.written_confirm"
CSC_DECISION = "csc.decision"
LADO_REFER = "lado.refer"
FGM_POLICE = "fgm.police"
CSA_REPORT = "mandatory.report"
FOLLOW_UP = "csc.followup"
OUTCOME = "referral.outcome"
ANSWER = "referral.answer"
CLOSE = "referral.close"

PERSONAL = frozenset({"fgm_report", "csa_report"})
"""Kinds that the law makes the duty of the person who learnt of it."""
OF_DUTY = frozenset(
    {"approve_referral", "record_referral_sent", "send_referral_link", "close_referral"}
)
BEFORE_SENDING: Mapping[str, str] = {"draft": DRAFT, "approved": SEND}
DUTIES: Mapping[str, str] = {
    "lado": LADO_REFER, "fgm_report": FGM_POLICE, "csa_report": CSA_REPORT,
}  # fmt: skip
"""Kinds with their own limit for sending."""
SINCE: Mapping[str, str] = {
    LADO_REFER: "drafted_at",
    FGM_POLICE: "drafted_at",
    CSA_REPORT: "drafted_at",
    APPROVE_AFTER: "sent_at",
    WRITTEN_CONFIRMATION: "sent_at",
    CSC_DECISION: "sent_at",
    FOLLOW_UP: "sent_at",
}
"""Clocks that run from an earlier moment of the referral and that no later step resets.

Only a follow-up that is overdue restarts, from when someone asked again.
"""

STEPS: Mapping[str, frozenset[str]] = {
    "update_referral": frozenset({"draft"}),
    "approve_referral": frozenset({"draft"}),
    "record_referral_sent": frozenset({"approved", "sent"}),
    "record_acknowledgement": frozenset({"sent", "chased", "challenged"}),
    "record_outcome": frozenset(
        {"sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
    "close_referral": frozenset({"draft", "approved", "outcome_received"}),
    "chase_referral": frozenset({"sent", "acknowledged", "chased"}),
    "challenge_referral": frozenset(
        {"sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
    "resolve_challenge": frozenset({"challenged"}),
    "answer_agency": frozenset(
        {"sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
    "send_referral_link": frozenset(
        {"approved", "sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
    "withdraw_referral": frozenset(
        {"sent", "acknowledged", "chased", "challenged", "outcome_received"}
    ),
}
GOES_OUT = frozenset({"approve_referral", "record_referral_sent", "send_referral_link"})
"""Steps by which the agency gets it."""
KEPT_BY: Mapping[str, frozenset[str]] = {
    "acknowledged": frozenset({"acknowledged", "challenged", "outcome_received"}),
    "outcome_received": frozenset({"challenged"}),
}
"""States that a step leaves as they are: a disagreement ends by a person's word alone."""


WITHDRAWN = "withdrawn"

ASKING = frozenset({"question", "correction_requested"})
"""Agency events that someone has to answer."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One event between school and agency; `question_id` is the question that an answer names."""

    id: UUID
    kind: str
    at: datetime
    question_id: str | None = None


def open_questions(events: Iterable[Passed]) -> dict[UUID, datetime]:
    """Open questions of the agency, each with its time; events in order.

    An answer is for the question it names, or for all asked before it.
    """
    result: dict[UUID, datetime] = {}
    for event in events:
        if event.kind in ASKING:
            result[event.id] = event.at
        elif event.kind == "answer" and event.question_id is not None:
            result.pop(UUID(event.question_id), None)
        elif event.kind == "answer":
            result.clear()
    return result


def goes_out(step: str, state: str) -> bool:
    """Whether this step sends it to the agency; one sent in an emergency is only reviewed."""
    return step in GOES_OUT and (step != "approve_referral" or state == "draft")


def state_after(step: str, state: str) -> str:
    """The state once the agency has acknowledged or decided."""
    return state if state in KEPT_BY[step] else step


def state_resolved(before: str, outcome: str | None) -> str:
    """State of a referral once a disagreement about it has ended."""
    return "outcome_received" if outcome else before


def outcome_class(outcome: str | None) -> str | None:
    """Reduce an outcome to accepted, advice, declined or other; None while there is none."""
    if outcome is None:
        return None
    term = VOCABULARIES["referral_outcomes"].by_code.get(outcome)
    return (term.parent or term.code) if term else "other"


class Unsent(Protocol):
    """Fields of a referral that decide whose step it is."""

    duty_of: Any
    owner_id: Any
    sent_at: Any


def approval_owed(state: str, approvals: Sequence[Any], duty_of: UUID | None = None) -> bool:
    """Whether an emergency was sent first and still has to be reviewed.

    A report that is a person's own legal duty needs no approval, before or after.
    """
    return state not in ("draft", "closed") and not approvals and duty_of is None


def possible(step: str, state: str, urgency: str, *, outstanding: bool) -> bool:
    """Whether an operation is possible now; an emergency may be sent before approval."""
    if step == "approve_referral" and outstanding:
        return True
    if step == "close_referral" and outstanding:
        return False
    if step in ("record_referral_sent", "send_referral_link") and state == "draft":
        return urgency == "emergency"
    return state in STEPS[step]


def whatever_came(step: str) -> bool:
    """Whether a step ignores newer events.

    Nothing prevents a person from withdrawing what went to the wrong agency.
    """
    return step == "withdraw_referral"


def only_read(seen: int, version: int, read: Iterable[int | None]) -> bool:
    """Whether the agency has only read it since `seen`; `read` are versions by reading."""
    return seen < version and set(range(seen + 1, version + 1)) <= set(read)


def may_review(actor_id: UUID, frozen_by: UUID | None, sent_by: Iterable[UUID]) -> bool:
    """Whether someone may review an emergency: not its sender, nor who recorded the sending."""
    return actor_id != frozen_by and actor_id not in set(sent_by)


def due_rule(state: str, kind: str, *, outstanding: bool = False, route: str | None = None) -> str:
    """Rule for what is due next in a state."""
    if outstanding:
        return APPROVE_AFTER
    if state in BEFORE_SENDING:
        return DUTIES.get(kind, BEFORE_SENDING[state])
    if state == "outcome_received":
        return CLOSE
    if state == "chased":
        return FOLLOW_UP if kind == SOCIAL_CARE else OUTCOME
    return _while_waiting(kind, phoned=state == "sent" and route == "phoned")


def _while_waiting(kind: str, *, phoned: bool) -> str:
    if kind != SOCIAL_CARE:
        return OUTCOME
    return WRITTEN_CONFIRMATION if phoned else CSC_DECISION


def problems_of_fields(
    form: KindSchema, fields: Mapping[str, Mapping[str, Any]]
) -> list[FieldProblem]:
    """Errors for unknown fields and values of the wrong type, but not for missing ones."""
    known = form.fields
    field_problems: list[FieldProblem] = []
    for name, answer in fields.items():
        pointer = f"/fields/{name}"
        if name not in known:
            field_problems.append(
                FieldProblem(
                    pointer, "unknown_field", "This kind of referral does not have this field."
                )
            )
        elif (answer["state"] == "value") != (answer.get("value") is not None):
            field_problems.append(
                FieldProblem(
                    f"{pointer}/value",
                    "value_mismatch",
                    "A value is only for the state `value`.",
                )
            )
        elif answer["state"] == "value" and not _fits(known[name], answer["value"]):
            field_problems.append(
                FieldProblem(f"{pointer}/value", "wrong_type", f"Expected: {_wanted(known[name])}.")
            )
    return field_problems


def holds_duty(actor_id: UUID, duty_of: UUID | None, owner_id: UUID) -> bool:
    """Whether someone may stop, approve or send it: the person whose duty it is.

    If that person has gone, its new owner holds the duty.
    """
    return duty_of is None or actor_id == duty_of or (owner_id != duty_of and actor_id == owner_id)


def may_take_back(actor_id: UUID, duty_of: UUID | None) -> bool:
    """Whether someone may withdraw what was sent; a personal duty only by its writer."""
    return duty_of in (None, actor_id)


def require_duty(step: str, actor_id: UUID, referral: Unsent) -> None:
    """Raise `DutyIsTheirs` for a step that would take a person's own report out of their hands."""
    held = holds_duty(actor_id, referral.duty_of, referral.owner_id)
    if step in OF_DUTY and referral.sent_at is None and not held:
        raise DutyIsTheirs
    if step == "withdraw_referral" and not may_take_back(actor_id, referral.duty_of):
        raise DutyIsTheirs


def check_addition(
    actor_id: UUID, duty_of: UUID | None, saved: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    """Raise `DutyIsTheirs` if another person would change the content of a personal report.

    Others may add answers to it; they cannot remove or replace any.
    """
    if duty_of in (None, actor_id):
        return
    if changes.keys() - {"fields"} or not saved.keys().isdisjoint(changes.get("fields") or {}):
        raise DutyIsTheirs


def missing_fields(form: KindSchema, fields: Mapping[str, Any]) -> list[FieldProblem]:
    """Required fields without an answer; `not_known` and similar values are answers."""
    return [
        FieldProblem(f"/fields/{field.name}", "missing", "Answer it, or say why there is none.")
        for field in form.fields.values()
        if field.required and field.name not in fields
    ]


def _fits(field: Field, value: Any) -> bool:
    if field.multi:
        return (
            isinstance(value, list)
            and bool(value)
            and all(_one_fits(field, item) for item in value)
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
    text = f"one of {', '.join(field.choices)}" if field.type == CHOICE else field.type
    return f"a list of {text}" if field.multi else text


def missing_for_approval(
    form: KindSchema, referral: Mapping[str, Any], *, decided: bool
) -> list[FieldProblem]:
    """List what approval of a referral still needs."""
    result = missing_fields(form, referral["fields"])
    if not referral["lawful_basis"]:
        result.append(FieldProblem("/lawful_basis", "missing", "State the lawful basis."))
    if (
        referral["special_category_condition"] == "safeguarding_para_18"
        and not referral["para18_limb"]
    ):
        result.append(
            FieldProblem(
                "/para18_limb", "missing", "Paragraph 18 needs the reason why there was no consent."
            )
        )
    result.extend(_problems_of_consent(referral["kind"], referral["consent"]))
    if not decided:
        result.append(FieldProblem("/reason", "missing", "Give a reason, or name a decision."))
    return result


def _problems_of_consent(kind: str, consent: Mapping[str, Any] | None) -> list[FieldProblem]:
    """Whether parents were told and asked, or a reason against it applies."""
    if consent is None:
        return [FieldProblem("/consent", "missing", "Say whether parents were told and asked.")]
    expected = AGREEMENT_EXPECTED in VOCABULARIES["referral_kinds"].by_code[kind].flags
    settled = consent["parents_informed"] == "yes" and (
        not expected or consent["consent_given"] == "yes"
    )
    if settled or consent.get("reason_code"):
        return []
    return [FieldProblem("/consent/reason_code", "missing", "Say why not.")]

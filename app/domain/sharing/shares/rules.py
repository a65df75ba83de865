"""Pure rules of sharing: which step is possible when, who must sign, and what approval needs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.errors import FieldProblem
from app.domain.sharing.share_recipients.rules import Approval

CONCERN_PARTS = (
    "account", "amendments", "place", "categories", "body_map", "decisions", "actions", "outcome",
    "self_harm",
)  # fmt: skip


TOLERANCE = timedelta(minutes=5)
"""How far another clock may be ahead of ours."""


FOLLOW_UP = "share.follow_up"
CORRECTION = "share.correction"
QUESTION = "share.question"
WAITING: Mapping[str, str] = {"correction_requested": CORRECTION, "question": QUESTION}
"""A recipient's requests that need an answer, and the clock each starts."""
ANSWERED: Mapping[str, str] = {
    "correction_requested": "correction_answered",
    "question": "answered",
}
EXPIRY = "share.expiry"
"""How long a share can be read if nobody chose an end."""

OUT = frozenset({"available", "opened", "acknowledged"})
"""States in which the recipient has it."""
AT_END = frozenset({"acknowledged", "revoked", "expired"})
"""States in which only an answer to the recipient can still be due."""
STEPS: Mapping[str, frozenset[str]] = {
    "update_share": frozenset({"draft"}),
    "approve_share": frozenset({"draft"}),
    "confirm_share": frozenset({"approved", *OUT}),
    "send_share": frozenset({"approved", *OUT}),
    "renew_share_code": OUT,
    "record_hand_over": frozenset({"approved", *OUT}),
    "record_response": OUT,
    "answer_correction": frozenset({*OUT, "revoked", "expired"}),
    "answer_recipient": frozenset({*OUT, "revoked", "expired"}),
    "revoke_share": frozenset({"draft", "approved", "available", "opened", "acknowledged"}),
}
"""States from which each operation is possible."""
SIGNED = frozenset({"approve_share", "confirm_share"})
"""Steps by which a second person releases it."""
GOES_OUT = SIGNED | {"send_share", "renew_share_code", "record_hand_over"}
"""Steps that send it to someone, or allow that."""


def possible(step: str, state: str) -> bool:
    """Whether an operation is possible in a state."""
    return state in STEPS[step]


def goes_out(step: str, state: str) -> bool:
    """Whether this step sends it to someone, or allows that."""
    return step in GOES_OUT and possible(step, state)


def gives_again(step: str, state: str) -> bool:
    """Whether this step gives it once more to a recipient who has it."""
    return step in ("send_share", "record_hand_over") and state in OUT


def whatever_came(step: str, state: str) -> bool:
    """Whether a step ignores newer events.

    Repeated reading must not prevent anyone from revoking a share.
    """
    return step == "revoke_share" and state in OUT


def state_after_hand_over(state: str) -> str:
    """State after handing over: an approved share is available; later copies change nothing."""
    return "available" if state == "approved" else state


def state_after_response(state: str, kind: str) -> str:
    """State after a response: the share was opened, and perhaps acknowledged."""
    if kind == "acknowledged":
        return "acknowledged"
    return "opened" if state == "available" else state


def rule_after_response(state: str, kind: str) -> str | None:
    """Rule for the next due time; None if an acknowledged share needs nothing."""
    if kind in WAITING:
        return WAITING[kind]
    return None if state == "acknowledged" else FOLLOW_UP


def waiting(kinds: Sequence[str]) -> set[str]:
    """The recipient's open requests; kinds of events in order."""
    last = {kind: index for index, kind in enumerate(kinds)}
    return {
        asked
        for asked, answered in ANSWERED.items()
        if asked in last and last[asked] > last.get(answered, -1)
    }


def still_valid(approvals: Sequence[Approval], sha256: str) -> list[Approval]:
    """The approvals of exactly the content that would be frozen now."""
    return [approval for approval in approvals if approval.sha256 == sha256]


def may_freeze(approvals: Sequence[Approval], *, guarded: bool, drafted_by: UUID) -> bool:
    """Whether enough people approved: one; for a guarded share two, one of them not its drafter."""
    people = {approval.by for approval in approvals}
    if not guarded:
        return len(people) >= 1
    return len(people) >= 2 and bool(people - {drafted_by})


def approved_address(approvals: Sequence[Mapping[str, Any]]) -> str | None:
    """Hash of the address last approved; signing for a later bar approves none."""
    signed = (item["address"] for item in reversed(approvals) if item.get("address"))
    return next(signed, None)


def missing_for_approval(
    share: Mapping[str, Any], *, decided: bool, guarded: bool, guard_reason: str | None
) -> list[FieldProblem]:
    """List what approval of a share still needs. `decided`: there is a decision or its reason."""
    field_problems: list[FieldProblem] = []
    if not share["lawful_basis"]:
        field_problems.append(_missing("/lawful_basis", "State the lawful basis."))
    if share["special_category_condition"] == "safeguarding_para_18" and not share["para18_limb"]:
        field_problems.append(
            _missing("/para18_limb", "Paragraph 18 needs the reason why there was no consent.")
        )
    if not share["items"]:
        field_problems.append(_missing("/items", "Choose at least one item."))
    detriment = share.get("detriment_test") or {}
    if detriment.get("result") == "more_detrimental":
        field_problems.append(
            FieldProblem(
                "/detriment_test", "more_detrimental", "The test came out against sharing."
            )
        )
    if not decided:
        field_problems.append(_missing("/reason", "Give a reason, or name a decision."))
    if guarded and not guard_reason:
        field_problems.append(
            _missing("/guard_reason", "This recipient may normally not be told: give a reason.")
        )
    return field_problems


def _missing(pointer: str, detail: str) -> FieldProblem:
    return FieldProblem(pointer, "missing", detail)


def problems_of_moment(
    pointer: str, at: datetime, now: datetime, *, not_before: datetime | None = None
) -> list[FieldProblem]:
    """Errors for a time in the future, or before what it follows."""
    if at > now + TOLERANCE:
        return [FieldProblem(pointer, "in_future", "It has not happened yet.")]
    if not_before is not None and at < not_before - TOLERANCE:
        return [FieldProblem(pointer, "too_early", "It is before what it follows.")]
    return []

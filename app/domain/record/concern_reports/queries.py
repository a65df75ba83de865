"""Whether a report was sent before: what its concern holds, in the reporter's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.models import AccountStatement, BodyMark, Concern, UnmatchedChild
from app.db.unit_of_work import UnitOfWork
from app.domain.record.concern_reports.rules import Report

STATEMENT = ("kind", "text", "prompted_by", "told_by", "basis")
MARK = (
    "view", "x", "y", "region", "size_mm", "colour", "shape", "explanation", "details",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report that is saved; `account` has the ids of its statements."""

    id: UUID
    reference: str
    recorded_at: datetime
    account: Sequence[Mapping[str, Any]]


async def find_repeated(
    work: UnitOfWork, concern_id: UUID | None, sent: Report
) -> KeptReport | None:
    """The concern that says all that a report with its id says; None if the report says more."""
    concern = None if concern_id is None else await work.concerns.find(Concern, concern_id)
    if concern is None or not sent.repeats(await _report_of(work, concern)):
        return None
    account = await work.concerns.parts_of(AccountStatement, concern.id)
    known = [{"id": str(item.id), "kind": item.kind} for item in account]
    return KeptReport(concern.id, concern.reference, concern.recorded_at, known)


async def _report_of(work: UnitOfWork, concern: Concern) -> Report:
    """What its reporter said."""
    concern_id = concern.id
    children = await work.concerns.children_of(concern_id)
    account = await work.concerns.parts_of(AccountStatement, concern_id)
    marks = await work.concerns.parts_of(BodyMark, concern_id)
    pathway = await work.concerns.pathway_of(concern_id)
    unmatched = await work.concerns.find(UnmatchedChild, concern_id)
    told: dict[str, Any] = {} if unmatched is None else {**unmatched.told}
    unknown = [(item["child_id"], item["role"]) for item in told.pop("unknown", ())]
    return Report(
        account=[{name: getattr(item, name) for name in STATEMENT} for item in account],
        body_map=[
            {"child_id": str(mark.child_id), **{name: getattr(mark, name) for name in MARK}}
            for mark in marks
        ],
        categories=[*concern.reported_categories],
        children=sorted([*((str(child_id), role) for child_id, role in children), *unknown]),
        immediacy=concern.immediacy,
        occurred_at=concern.occurred_at,
        reported={name: getattr(concern, name) for name in Concern.__reported__},
        self_harm=None if pathway is None else {"kind": pathway.kind_told, **pathway.told},
        staff_named={*await work.concerns.locked_out_of(concern_id)},
        unmatched=told,
    )

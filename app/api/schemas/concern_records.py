"""Concerns as their readers see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.schemas.common import Out, PersonOut, open_code


class ConcernChildOut(Out):
    """A child as the concern shows them."""

    id: UUID
    role: open_code("concern_child_roles")  # type: ignore[valid-type]
    name: str
    year_group: str | None
    registration_group: str | None


class ConcernCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    reference: str
    state: open_code("concern_states")  # type: ignore[valid-type]
    immediacy: open_code("immediacies")  # type: ignore[valid-type]
    level: int | None
    level_label: str | None
    primary_category: open_code("concern_categories") | None  # type: ignore[valid-type]
    confidentiality: open_code("confidentiality_classes")  # type: ignore[valid-type]
    recorded_at: datetime
    occurred_at: datetime
    due_at: datetime | None
    waiting_for_signature: bool
    owner: PersonOut | None
    reporter: PersonOut
    children: list[ConcernChildOut]


class MyConcernCard(Out):
    """An own submission and its content-free progress."""

    id: UUID
    reference: str
    recorded_at: datetime
    occurred_at: datetime
    immediacy: open_code("immediacies")  # type: ignore[valid-type]
    progress: open_code("reporter_progress")  # type: ignore[valid-type]
    children: list[ConcernChildOut]


class StatementOut(Out):
    """A statement exactly as submitted."""

    id: UUID
    kind: open_code("statement_kinds")  # type: ignore[valid-type]
    text: str
    prompted_by: str | None
    told_by: str | None
    basis: str | None


class BodyMarkOut(Out):
    """A mark as submitted."""

    id: UUID
    child_id: UUID
    view: open_code("body_map_views")  # type: ignore[valid-type]
    x: float
    y: float
    region: open_code("body_map_regions")  # type: ignore[valid-type]
    size_mm: int | None
    colour: open_code("mark_colours") | None  # type: ignore[valid-type]
    shape: open_code("mark_shapes") | None  # type: ignore[valid-type]
    explanation: str | None
    details: dict[str, Any]


class ToldOut(Out):
    """Somebody who had been told."""

    whom: open_code("told_already")  # type: ignore[valid-type]
    name: str | None
    at: datetime | None
    note: str | None


class ParentsToldOut(Out):
    """Whether the parents knew."""

    value: open_code("parents_told_values")  # type: ignore[valid-type]
    reason: str | None
    reason_code: open_code("reasons_not_told") | None  # type: ignore[valid-type]


class AmendmentOut(Out):
    """An amendment beside the original."""

    id: UUID
    statement_id: UUID | None
    kind: str
    text: str
    reason: str
    recorded_at: datetime
    author: PersonOut


class AttachmentOut(Out):
    """A file kept with the concern."""

    id: UUID
    file_name: str
    content_type: str
    size: int
    sha256: str
    description: str | None
    recorded_at: datetime
    added_by: PersonOut


class CommentOut(Out):
    """Part of the staff discussion."""

    id: UUID
    text: str
    recorded_at: datetime
    author: PersonOut


class AdviceOut(Out):
    """Advice that was taken."""

    taken_from: str = Field(alias="from")
    at: datetime | None
    text: str | None


class DecisionOut(Out):
    """A decision with its reasons."""

    id: UUID
    kind: open_code("decision_kinds")  # type: ignore[valid-type]
    question: str
    options: list[str]
    decision: str
    reasons: str
    advice: list[AdviceOut]
    decided_at: datetime
    recorded_at: datetime
    review_on: datetime | None
    decided_by: PersonOut


class ConcernActionOut(Out):
    """An action of the concern."""

    id: UUID
    what: str
    due_at: datetime
    state: open_code("action_states")  # type: ignore[valid-type]
    outcome: str | None
    reason: str | None
    set_at: datetime
    ended_at: datetime | None
    owner: PersonOut


class PendingOut(Out):
    """What waits for a second person."""

    kind: str
    proposed_by: UUID
    proposed_at: datetime
    outcome: str | None = Field(default=None)
    reasons: str


class ConcernOut(Out):
    """A concern. What is marked as work is absent for its reporter."""

    id: UUID
    reference: str
    progress: open_code("reporter_progress")  # type: ignore[valid-type]
    recorded_at: datetime
    occurred_at: datetime
    occurred_precision: open_code("occurred_precisions")  # type: ignore[valid-type]
    place: str | None
    source: open_code("concern_sources")  # type: ignore[valid-type]
    context: open_code("harm_contexts") | None  # type: ignore[valid-type]
    alleged_source_of_harm: open_code("alleged_sources_of_harm") | None  # type: ignore[valid-type]
    immediacy: open_code("immediacies")  # type: ignore[valid-type]
    reported_categories: list[open_code("concern_categories")]  # type: ignore[misc]
    told_already: list[ToldOut]
    parents_told: ParentsToldOut | None
    children: list[ConcernChildOut]
    reporter: PersonOut
    account: list[StatementOut]
    body_map: list[BodyMarkOut]
    amendments: list[AmendmentOut]
    attachments: list[AttachmentOut]
    permissions: list[str] = Field(description="What this reader may do next.")
    advice: str | None = Field(
        default=None, description="What the reporter has to do at once, beyond this system."
    )
    seen_because: str = Field(description="Why this reader sees it.")

    state: open_code("concern_states") = Field(default=None)  # type: ignore[valid-type]
    confidentiality: open_code("confidentiality_classes") = Field(default=None)  # type: ignore[valid-type]
    level: int | None = Field(default=None)
    level_label: str | None = Field(default=None)
    primary_category: open_code("concern_categories") | None = Field(default=None)  # type: ignore[valid-type]
    categories: list[open_code("concern_categories")] = Field(default=[])  # type: ignore[misc]
    due_at: datetime | None = Field(default=None)
    due_rule: str | None = Field(default=None)
    owner: PersonOut | None = Field(default=None)
    acknowledged_at: datetime | None = Field(default=None)
    triaged_at: datetime | None = Field(default=None)
    outcome: open_code("closure_outcomes") | None = Field(default=None)  # type: ignore[valid-type]
    ended_at: datetime | None = Field(default=None)
    duplicate_of: UUID | None = Field(default=None)
    pending: PendingOut | None = Field(default=None)
    comments: list[CommentOut] = Field(default=[])
    decisions: list[DecisionOut] = Field(default=[])
    actions: list[ConcernActionOut] = Field(default=[])


class ConcernReceiptOut(Out):
    """What the reporter is told at once."""

    id: UUID
    reference: str
    progress: open_code("reporter_progress")  # type: ignore[valid-type]
    recorded_at: datetime
    advice: str | None


class ConcernStateOut(Out):
    """Where a concern stands after a step."""

    id: UUID
    reference: str
    state: open_code("concern_states")  # type: ignore[valid-type]
    level: int | None
    confidentiality: open_code("confidentiality_classes")  # type: ignore[valid-type]
    primary_category: open_code("concern_categories") | None  # type: ignore[valid-type]
    owner_id: UUID | None
    due_at: datetime | None
    outcome: open_code("closure_outcomes") | None  # type: ignore[valid-type]
    duplicate_of: UUID | None
    pending: PendingOut | None
    permissions: list[str]


class ConcernEventOut(Out):
    """One step in the life of a concern."""

    id: UUID
    verb: str
    at: datetime
    by: PersonOut
    by_role: open_code("roles")  # type: ignore[valid-type]
    from_state: open_code("concern_states") | None  # type: ignore[valid-type]
    to_state: open_code("concern_states")  # type: ignore[valid-type]
    reasons: str | None
    details: dict[str, Any]

"""The concern: what raises one, what each step takes, and what readers see."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.common import (
    In,
    Line,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    Word,
    code_of,
    distinct,
    open_code,
)
from app.api.schemas.lists import ListIn


class ConcernChildIn(In):
    """A child's part in the concern."""

    child_id: UUID
    role: code_of("concern_child_roles") = "subject"  # type: ignore[valid-type]


class StatementIn(In):
    """One typed statement; `child_said` is kept word for word with what led to it."""

    kind: code_of("statement_kinds")  # type: ignore[valid-type]
    text: Narrative  # type: ignore[valid-type]
    prompted_by: Line | None = Field(  # type: ignore[valid-type]
        default=None, description="The question or event that led to what the child said."
    )
    told_by: Line | None = Field(  # type: ignore[valid-type]
        default=None, description="Who told it; required for `told_by`."
    )
    basis: Line | None = Field(  # type: ignore[valid-type]
        default=None, description="What an opinion rests on; required for `opinion`."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "told_by" and not self.told_by:
            raise ValueError("a statement told by somebody names who told it")
        if self.kind == "opinion" and not self.basis:
            raise ValueError("an opinion names its basis")
        return self


class BodyMarkIn(In):
    """A mark seen on a child: drawn and described, never photographed."""

    child_id: UUID | None = Field(
        default=None, description="Which child; may be left out where there is one only."
    )
    view: code_of("body_map_views")  # type: ignore[valid-type]
    x: float = Field(ge=0, le=1, allow_inf_nan=False, description="From the left of the view.")
    y: float = Field(ge=0, le=1, allow_inf_nan=False, description="From the top of the view.")
    region: code_of("body_map_regions")  # type: ignore[valid-type]
    size_mm: int | None = Field(default=None, ge=1, le=2_000, description="Longest side.")
    colour: code_of("mark_colours") | None = None  # type: ignore[valid-type]
    shape: code_of("mark_shapes") | None = None  # type: ignore[valid-type]
    explanation: Narrative | None = Field(  # type: ignore[valid-type]
        default=None, description="What the child said about it, word for word."
    )
    skin_broken: bool | None = None
    swelling: bool | None = None
    painful: bool | None = None
    first_aid: Line | None = None  # type: ignore[valid-type]


class ToldIn(In):
    """Somebody who has been told already."""

    whom: code_of("told_already")  # type: ignore[valid-type]
    name: Line | None = None  # type: ignore[valid-type]
    at: Moment | None = None
    note: Line | None = None  # type: ignore[valid-type]


class ParentsToldIn(In):
    """Whether the parents know, and why not."""

    value: code_of("parents_told_values")  # type: ignore[valid-type]
    reason: Line | None = None  # type: ignore[valid-type]
    reason_code: code_of("reasons_not_told") | None = None  # type: ignore[valid-type]


Categories = Annotated[
    list[code_of("concern_categories")],  # type: ignore[misc]
    Field(min_length=1, max_length=10),
]


class ConcernIn(In):
    """A worry about one or more children."""

    id: NewId = None
    children: list[ConcernChildIn] = Field(min_length=1, max_length=30)
    account: list[StatementIn] = Field(min_length=1, max_length=50)
    occurred_at: Moment
    occurred_precision: code_of("occurred_precisions") = "exact"  # type: ignore[valid-type]
    place: Line | None = None  # type: ignore[valid-type]
    source: code_of("concern_sources") = "staff_observation"  # type: ignore[valid-type]
    context: code_of("harm_contexts") | None = None  # type: ignore[valid-type]
    alleged_source_of_harm: code_of("alleged_sources_of_harm") | None = None  # type: ignore[valid-type]
    immediacy: code_of("immediacies") = "routine"  # type: ignore[valid-type]
    categories: Categories = ["not_sure"]  # noqa: RUF012 - pydantic copies defaults
    body_map: list[BodyMarkIn] = Field(default=[], max_length=60)
    told_already: list[ToldIn] = Field(default=[], max_length=20)
    parents_told: ParentsToldIn | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = [child.child_id for child in self.children]
        if not distinct(named):
            raise ValueError("a child is named twice")
        if not distinct(self.categories):
            raise ValueError("a category is named twice")
        for mark in self.body_map:
            if mark.child_id is None and len(named) > 1:
                raise ValueError("with several children each mark names its child")
            if mark.child_id is not None and mark.child_id not in named:
                raise ValueError("a mark names a child that the concern is not about")
        return self


class ConcernListIn(ListIn):
    """Filters of the list of concerns."""

    state: list[Literal[
        "raised", "acknowledged", "triaged", "in_progress", "monitoring", "closed",
        "duplicate_of", "entered_in_error",
    ]] = Field(default=[], max_length=8, description="Any of these states.")  # fmt: skip
    open: bool | None = Field(default=None, description="Only living ones, or only ended ones.")
    child_id: UUID | None = None
    owner_id: UUID | None = None
    reporter_id: UUID | None = None
    category: str | None = Field(default=None, max_length=80)
    level: int | None = Field(default=None, ge=1, le=4)
    immediacy: str | None = Field(default=None, max_length=40)
    overdue: bool = Field(default=False, description="Only living ones whose due time has passed.")
    recorded_from: Moment | None = None
    recorded_to: Moment | None = None
    sort: Literal["newest", "due"] = Field(
        default="newest", description="`due`: living concerns, soonest due first."
    )


class TriageIn(In):
    """A lead's judgement."""

    level: int = Field(ge=1, le=4, description="Level of need, normalised.")
    level_label: Word | None = None  # type: ignore[valid-type]
    primary_category: code_of("concern_categories")  # type: ignore[valid-type]
    categories: list[code_of("concern_categories")] = Field(  # type: ignore[misc]
        default=[], max_length=10, description="Further categories beside the primary one."
    )
    confidentiality: Literal["K2", "K3", "K4", "K5"] = "K3"
    owner_id: UUID
    due_at: Moment
    reasons: Narrative  # type: ignore[valid-type]


class AssignIn(In):
    """A new owner."""

    owner_id: UUID
    due_at: Moment | None = None
    reasons: Narrative  # type: ignore[valid-type]


class MonitorIn(In):
    """When to look again, and why it can wait."""

    review_at: Moment
    reasons: Narrative  # type: ignore[valid-type]


class CloseIn(In):
    """Outcome and reasons."""

    outcome: code_of("closure_outcomes")  # type: ignore[valid-type]
    reasons: Narrative  # type: ignore[valid-type]


class ReopenIn(In):
    """Why it is taken up again."""

    reasons: Narrative  # type: ignore[valid-type]
    due_at: Moment | None = None


class WithdrawIn(In):
    """Why it was entered in error."""

    reasons: Narrative  # type: ignore[valid-type]


class CountersignIn(In):
    """The second person's answer."""

    agree: bool
    reasons: Narrative  # type: ignore[valid-type]


class MergeIn(In):
    """Which concern this duplicates."""

    into: UUID
    reasons: Narrative  # type: ignore[valid-type]


class AmendmentIn(In):
    """A correction of a statement, or an addition."""

    id: NewId = None
    kind: Literal["correction", "addition"] = "addition"
    statement_id: UUID | None = None
    text: Narrative  # type: ignore[valid-type]
    reason: Narrative  # type: ignore[valid-type]


class CommentIn(In):
    """Part of the staff discussion."""

    id: NewId = None
    text: Narrative  # type: ignore[valid-type]


class AdviceIn(In):
    """Advice that was taken."""

    taken_from: Line = Field(alias="from")  # type: ignore[valid-type]
    at: Moment | None = None
    text: Narrative | None = None  # type: ignore[valid-type]


class DecisionIn(In):
    """What was decided and why; not to act is a decision too."""

    id: NewId = None
    kind: code_of("decision_kinds") = "other"  # type: ignore[valid-type]
    question: Line  # type: ignore[valid-type]
    options: list[Line] = Field(default=[], max_length=20)  # type: ignore[valid-type]
    decision: Narrative  # type: ignore[valid-type]
    reasons: Narrative  # type: ignore[valid-type]
    advice: list[AdviceIn] = Field(default=[], max_length=20)
    decided_at: Moment | None = None
    review_on: Moment | None = None


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

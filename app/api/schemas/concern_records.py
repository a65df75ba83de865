"""Concerns as their readers see them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.categories import OwnCategoryNamedOut
from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.api.schemas.parents_guards import ConcernParentsOut
from app.api.schemas.self_harm import AmendedSelfHarmOut, SelfHarmOut, UnmatchedChildOut
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    ActionStatesOut,
    AllegedSourcesOfHarmOut,
    AttachmentFlagsOut,
    AttachmentStatesOut,
    BodyMapRegionsOut,
    BodyMapViewsOut,
    ClosureOutcomesOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConcernSourcesOut,
    ConcernStatesOut,
    ConfidentialityClassesOut,
    DecisionKindsOut,
    HarmContextsOut,
    ImmediaciesOut,
    MarkColoursOut,
    MarkShapesOut,
    OccurredPrecisionsOut,
    ParentsToldValuesOut,
    ReasonsNotToldOut,
    ReporterProgressOut,
    RolesOut,
    ScanResultsOut,
    StatementKindsOut,
    ToldAlreadyOut,
)
from app.core.schemas import Out, PersonOut


class ConcernChildOut(Out):
    """A child as the concern shows them."""

    id: UUID
    role: ConcernChildRolesOut
    name: str
    year_group: str | None
    registration_group: str | None


class ConcernCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    reference: str
    state: ConcernStatesOut
    immediacy: ImmediaciesOut
    level: int | None
    level_label: str | None
    primary_category: ConcernCategoriesOut | None
    confidentiality: ConfidentialityClassesOut
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
    immediacy: ImmediaciesOut
    progress: ReporterProgressOut
    children: list[ConcernChildOut]


class StatementOut(Out):
    """A statement exactly as submitted."""

    id: UUID
    kind: StatementKindsOut = Field(description="`not_said`: nobody has said whose words it is.")
    text: str
    prompted_by: str | None
    told_by: str | None
    basis: str | None


class ConcernStatementOut(StatementOut):
    """The same in a concern, where an amendment can say whose words it is."""

    kind_told: StatementKindsOut = Field(description="As submitted.")


class BodyMarkOut(Out):
    """A mark as submitted."""

    id: UUID
    child_id: UUID
    view: BodyMapViewsOut
    x: float
    y: float
    region: BodyMapRegionsOut
    size_mm: int | None
    colour: MarkColoursOut | None
    shape: MarkShapesOut | None
    explanation: str | None
    details: dict[str, WrittenPart] = Field(
        description="What the reporter's own body map keeps beside a mark."
    )


class ToldOut(Out):
    """Somebody who had been told."""

    whom: ToldAlreadyOut
    name: str | None
    at: datetime | None
    note: str | None


class ParentsToldOut(Out):
    """Whether the parents knew."""

    value: ParentsToldValuesOut
    reason: str | None
    reason_code: ReasonsNotToldOut | None


class AlsoNamedOut(Out):
    """Another child as the reporter named them."""

    name: str
    year_or_class: str | None
    relation: str | None


class AmendmentOut(Out):
    """An amendment beside the original."""

    id: UUID
    statement_id: UUID | None
    kind: str
    text: str
    reason: str
    told_already: list[ToldOut] = Field(description="Who had been told by then, and when.")
    statement_kind: StatementKindsOut | None = Field(
        description="Whose words the statement is, as said by it; null: it says nothing of that."
    )
    immediacy: ImmediaciesOut | None = Field(description="How urgent it says that it is.")
    categories: list[ConcernCategoriesOut] = Field(description="What else it says it is about.")
    self_harm: AmendedSelfHarmOut | None = Field(description="What it tells of self-harm or dying.")
    recorded_at: datetime
    author: PersonOut
    post_event: bool = Field(description="Added after the death of a child it is about.")


class StrippedOut(Out):
    """The copy of a picture without metadata, which is what a download gives."""

    size: int
    sha256: str


class AttachmentOut(Out):
    """A file kept with the concern; `size` and `sha256` are of the bytes as they were sent."""

    id: UUID
    file_name: str
    content_type: str
    size: int
    sha256: str
    description: str | None
    recorded_at: datetime
    added_by: PersonOut
    state: AttachmentStatesOut = Field(description="Only what is `available` can be opened.")
    scan_result: ScanResultsOut
    scanned_at: datetime | None = Field(description="When the state was found by the scanner.")
    flags: list[AttachmentFlagsOut] = Field(description="What a reader should know beforehand.")
    stripped: StrippedOut | None = Field(description="Of a picture whose metadata was removed.")


class ReporterQuestionOut(Out):
    """A question to the reporter; with its answer the whole of what the two exchange."""

    id: UUID
    text: str
    asked_at: datetime
    asked_by: PersonOut
    answer: str | None = Field(description="Null: not answered yet.")
    answered_at: datetime | None = Field(description="Null: not answered yet.")


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
    kind: DecisionKindsOut
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
    state: ActionStatesOut
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
    tell_reporter: str | None = Field(
        default=None, description="What the reporter is told once it is closed."
    )


class ConcernOut(Out):
    """A concern. What is marked as work is absent for its reporter."""

    id: UUID
    reference: str
    progress: ReporterProgressOut
    recorded_at: datetime
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    place: str | None
    source: ConcernSourcesOut
    context: HarmContextsOut | None
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None
    immediacy: ImmediaciesOut
    reported_categories: list[ConcernCategoriesOut] = Field(description="In common codes.")
    reported_own_categories: list[OwnCategoryNamedOut] = Field(
        description="The school's own words among them, as they stood then."
    )
    told_already: list[ToldOut]
    parents_told: ParentsToldOut | None
    also_named: list[AlsoNamedOut] = Field(
        description="They stay as they were named, also once their files are linked."
    )
    children: list[ConcernChildOut]
    reporter: PersonOut
    account: list[ConcernStatementOut]
    body_map: list[BodyMarkOut]
    amendments: list[AmendmentOut]
    attachments: list[AttachmentOut]
    questions: list[ReporterQuestionOut] = Field(
        description="What leads asked the reporter, oldest first; the discussion is apart."
    )
    told_reporter: str | None = Field(
        description="What the reporter was told last of what became of it; null: nothing yet."
    )
    told_reporter_at: datetime | None
    permissions: list[str] = Field(description="What this reader may do next.")
    advice: str | None = Field(
        default=None, description="What the reporter has to do at once, beyond this system."
    )
    seen_because: str = Field(description="Why this reader sees it.")
    self_harm: SelfHarmOut | None
    unmatched_child: UnmatchedChildOut | None

    state: ConcernStatesOut = Field(default=None)
    confidentiality: ConfidentialityClassesOut = Field(default=None)
    level: int | None = Field(default=None)
    level_label: str | None = Field(default=None)
    primary_category: ConcernCategoriesOut | None = Field(default=None)
    categories: list[ConcernCategoriesOut] = Field(default=[])
    own_categories: list[OwnCategoryNamedOut] = Field(default=[])
    due_at: datetime | None = Field(default=None)
    due_rule: str | None = Field(default=None)
    owner: PersonOut | None = Field(default=None)
    acknowledged_at: datetime | None = Field(default=None)
    triaged_at: datetime | None = Field(default=None)
    outcome: ClosureOutcomesOut | None = Field(default=None)
    ended_at: datetime | None = Field(default=None)
    duplicate_of: UUID | None = Field(default=None)
    pending: PendingOut | None = Field(default=None)
    parents: ConcernParentsOut | None = Field(
        default=None,
        description="Telling home, as known now: any of the children's homes. Absent where the "
        "reader reads no shares.",
    )
    comments: list[CommentOut] = Field(default=[])
    decisions: list[DecisionOut] = Field(default=[])
    actions: list[ConcernActionOut] = Field(default=[])


class GuidanceOut(Out):
    """What the adult with the child does now, by what the concern is about."""

    first: list[str] = Field(description="Shown at once, in this order.")
    never: list[str] = Field(description="What nobody does.")
    after: str = Field(description="Said to the reporter once their words are kept.")
    review: str = Field(description="Whether practitioners have approved these words.")


class ChoiceOut(Out):
    """An answer that can be chosen."""

    code: str
    label: str


class QuestionOut(Out):
    """Something to ask the reporter, and where the answer goes."""

    code: Literal["immediacy", "statement_kind", "text", "told_already"] = Field(
        json_schema_extra={"x-closed": True},
        description="The field of the answering operation that takes the answer.",
    )
    text: str = Field(description="The question, as it is shown.")
    about: str | None = Field(
        description="JSON Pointer to the part of the report that it is about; null: all of it."
    )
    statement_id: UUID | None = Field(description="Sent with the answer, where it is one's.")
    choices: list[ChoiceOut] = Field(description="Empty: it is answered in words.")
    answer_with: Literal["amend_concern", "amend_adult_concern"] = Field(
        json_schema_extra={"x-closed": True}, description="The operation that takes the answer."
    )


class ConcernReceiptOut(Out):
    """What the reporter is told at once."""

    id: UUID
    reference: str
    register_: Literal["children", "adults"] = Field(
        alias="register",
        json_schema_extra={"x-closed": True},
        description="`adults`: it is about an adult, and is read at `/v1/adult-concerns/{id}`.",
    )
    progress: ReporterProgressOut
    recorded_at: datetime
    received: Literal[True] = Field(description="It is kept; nothing of it is lost any more.")
    lead_availability: LeadAvailabilityOut | None = Field(
        description="Null where it is about an adult: no lead hears of it."
    )
    guidance: GuidanceOut
    ask_next: list[QuestionOut] = Field(
        description="What to ask the reporter now that their words are safe, the most urgent "
        "first. None of it is a condition of anything; each answer is an amendment of its own, of "
        "the adult concern where `register` is `adults`."
    )


class ConcernStateOut(Out):
    """Where a concern stands after a step."""

    id: UUID
    reference: str
    state: ConcernStatesOut
    level: int | None
    confidentiality: ConfidentialityClassesOut
    primary_category: ConcernCategoriesOut | None
    owner_id: UUID | None
    due_at: datetime | None
    outcome: ClosureOutcomesOut | None
    duplicate_of: UUID | None
    pending: PendingOut | None
    permissions: list[str]


class ConcernEventOut(Out):
    """One step in the life of a concern."""

    id: UUID
    verb: str
    at: datetime
    by: PersonOut
    by_role: RolesOut
    from_state: ConcernStatesOut | None
    to_state: ConcernStatesOut
    reasons: str | None
    details: dict[str, WrittenPart] = Field(description="Ids, codes and names of fields.")

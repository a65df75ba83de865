"""Concerns as their readers see them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.categories import OwnCategoryNamedOut
from app.api.schemas.known_words import AmendmentKindsOut, ConcernStepsOut, ProposalKindsOut
from app.api.schemas.parents_guards import ConcernParentsOut
from app.api.schemas.self_harm import AmendedSelfHarmOut, SelfHarmOut, UnmatchedChildOut
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    AccessReasonsOut,
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
from app.core.schemas import Out, PersonOut, absent


class ConcernChildOut(Out):
    """A child of the concern."""

    id: UUID = Field(description="Child ID.")
    role: ConcernChildRolesOut = Field(description="The child's part in it.")
    name: str = Field(description="Child's name.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )


class ConcernCard(Out):
    """A concern in a list."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    state: ConcernStatesOut = Field(description="State of the concern.")
    immediacy: ImmediaciesOut = Field(description="How urgent it is.")
    level: int | None = Field(description="Level of need, 1 to 4; null until triage.")
    level_label: str | None = Field(
        description="The local authority's name for that level; null: none."
    )
    primary_category: ConcernCategoriesOut | None = Field(
        description="Main category; null until triage."
    )
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    due_at: datetime | None = Field(description="Next deadline; null: none.")
    waiting_for_signature: bool = Field(description="Whether it needs a second person's signature.")
    owner: PersonOut | None = Field(description="Owner; null: nobody.")
    reporter: PersonOut = Field(description="Person who raised it.")
    children: list[ConcernChildOut] = Field(description="Children the concern is about.")


class MyConcernCard(Out):
    """Your own report and its progress, without content."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    immediacy: ImmediaciesOut = Field(description="How urgent it is.")
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")
    children: list[ConcernChildOut] = Field(description="Children the concern is about.")


class StatementOut(Out):
    """A statement exactly as submitted."""

    id: UUID = Field(description="Statement ID.")
    kind: StatementKindsOut = Field(
        description="Whose words these are. `not_said`: nobody has said."
    )
    text: str = Field(description="The words as they were written.")
    prompted_by: str | None = Field(description="What was said or asked before; null: not said.")
    told_by: str | None = Field(description="Person who told it; null: not said.")
    basis: str | None = Field(description="Grounds for an opinion; null: not said.")


class ConcernStatementOut(StatementOut):
    """A statement of a concern. An amendment can set whose words it is."""

    kind_told: StatementKindsOut = Field(description="Whose words these were, as submitted.")


class BodyMarkOut(Out):
    """A mark as submitted."""

    id: UUID = Field(description="Mark ID.")
    child_id: UUID = Field(description="Child who has the mark.")
    view: BodyMapViewsOut = Field(description="Side of the body map.")
    x: float = Field(description="Distance from the left of the drawing, 0 to 1.")
    y: float = Field(description="Distance from the top of the drawing, 0 to 1.")
    region: BodyMapRegionsOut = Field(description="Part of the body.")
    size_mm: int | None = Field(description="Size in millimetres; null: not said.")
    colour: MarkColoursOut | None = Field(description="Colour of the mark; null: not said.")
    shape: MarkShapesOut | None = Field(description="Shape of the mark; null: not said.")
    explanation: str | None = Field(
        description="How the child or an adult explains it; null: not said."
    )
    details: dict[str, WrittenPart] = Field(
        description="Details that the reporter's body map holds about a mark."
    )


class InformedPersonOut(Out):
    """Someone who had been told already."""

    whom: ToldAlreadyOut = Field(description="Person who had been told.")
    name: str | None = Field(description="Their name; null: not said.")
    at: datetime | None = Field(description="When they were told; null: not said.")
    note: str | None = Field(description="What they said or did; null: nothing.")


class ParentsToldOut(Out):
    """Whether the parents knew, and why not."""

    value: ParentsToldValuesOut = Field(description="Whether the parents knew.")
    reason: str | None = Field(description="Why they do not know; null: not said.")
    reason_code: ReasonsNotToldOut | None = Field(
        description="Standard reason why they did not; null: none."
    )


class AlsoNamedOut(Out):
    """Another child the reporter named."""

    name: str = Field(description="Name as reported.")
    year_or_class: str | None = Field(description="Year or class as reported; null: not said.")
    relation: str | None = Field(description="How the children know each other; null: not said.")


class AmendmentOut(Out):
    """An amendment, kept beside the original."""

    id: UUID = Field(description="Amendment ID.")
    statement_id: UUID | None = Field(description="Statement it amends; null: the whole concern.")
    kind: AmendmentKindsOut = Field(description="Correction, addition or answer.")
    text: str = Field(description="Added or corrected text.")
    reason: str = Field(description="Why it was amended.")
    told_already: list[InformedPersonOut] = Field(description="People told by then, and when.")
    statement_kind: StatementKindsOut | None = Field(
        description="Whose words the statement is, by this amendment; null: unchanged."
    )
    immediacy: ImmediaciesOut | None = Field(
        description="Urgency set by this amendment; null: unchanged."
    )
    categories: list[ConcernCategoriesOut] = Field(description="Categories added.")
    self_harm: AmendedSelfHarmOut | None = Field(
        description="What it adds about self-harm or dying; null: nothing."
    )
    recorded_at: datetime = Field(description="When Cairn saved the amendment.")
    author: PersonOut = Field(description="Person who wrote the amendment.")
    post_event: bool = Field(
        description="Whether it was added after the death of a child it is about."
    )


class StrippedOut(Out):
    """The copy of a picture without metadata, which downloads return."""

    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the copy, in hex.")


class AttachmentOut(Out):
    """A file of the concern. `size` and `sha256` describe the uploaded bytes."""

    id: UUID = Field(description="File ID.")
    file_name: str = Field(description="File name as uploaded.")
    content_type: str = Field(description="Media type, as Cairn detected it.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    description: str | None = Field(description="What the file shows; null: not said.")
    recorded_at: datetime = Field(description="When Cairn saved the file.")
    added_by: PersonOut = Field(description="Person who added it.")
    state: AttachmentStatesOut = Field(
        description="State of the file. You can download it only if `available`."
    )
    scan_result: ScanResultsOut = Field(description="Result of the malware scan.")
    scanned_at: datetime | None = Field(
        description="When the scanner set the state; null: not scanned."
    )
    flags: list[AttachmentFlagsOut] = Field(description="Warnings to show before opening it.")
    stripped: StrippedOut | None = Field(
        description="Copy of a picture without its metadata; null: none."
    )


class ReporterQuestionOut(Out):
    """A question to the reporter, and the answer."""

    id: UUID = Field(description="Question ID.")
    text: str = Field(description="The question.")
    asked_at: datetime = Field(description="When it was asked.")
    asked_by: PersonOut = Field(description="Person who asked.")
    answer: str | None = Field(description="The reporter's answer; null: none yet.")
    answered_at: datetime | None = Field(description="When it was answered; null until then.")


class CommentOut(Out):
    """A comment in the staff discussion."""

    id: UUID = Field(description="Comment ID.")
    text: str = Field(description="Text of the comment.")
    recorded_at: datetime = Field(description="When Cairn saved the comment.")
    author: PersonOut = Field(description="Person who wrote the comment.")


class AdviceOut(Out):
    """Advice taken."""

    taken_from: str = Field(alias="from", description="Person or service that advised.")
    at: datetime | None = Field(description="When the advice was given; null: not said.")
    text: str | None = Field(description="What was advised; null: not said.")


class DecisionOut(Out):
    """A decision with its reason."""

    id: UUID = Field(description="Decision ID.")
    kind: DecisionKindsOut = Field(description="Type of decision.")
    question: str = Field(description="Question to decide.")
    options: list[str] = Field(description="Options considered.")
    decision: str = Field(description="What was decided.")
    reason: str = Field(description="Reason for the decision.")
    advice: list[AdviceOut] = Field(description="Advice taken.")
    decided_at: datetime = Field(description="When it was decided.")
    recorded_at: datetime = Field(description="When Cairn saved the decision.")
    review_on: datetime | None = Field(description="When to review it; null: no review.")
    decided_by: PersonOut = Field(description="Person who decided it.")


class ConcernActionOut(Out):
    """An action of the concern."""

    id: UUID = Field(description="Action ID.")
    what: str = Field(description="What to do.")
    due_at: datetime = Field(description="Deadline of the action.")
    state: ActionStatesOut = Field(description="State of the action.")
    outcome: str | None = Field(description="What was done; null: not completed.")
    reason: str | None = Field(description="Why it was dropped; null: not dropped.")
    set_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(
        description="When it was completed or dropped; null while open."
    )
    owner: PersonOut = Field(description="Person who does it.")


class PendingOut(Out):
    """A proposal that needs a second person."""

    kind: ProposalKindsOut = Field(description="What is proposed.")
    proposed_by: PersonOut = Field(description="Person who proposed it.")
    proposed_at: datetime = Field(description="When it was proposed.")
    outcome: ClosureOutcomesOut | None = Field(
        default=None, description="Proposed outcome; null: none."
    )
    reason: str = Field(description="Why it was proposed.")
    tell_reporter: str | None = Field(
        default=None, description="Text for the reporter after closing; null: none."
    )


class ConcernOut(Out):
    """A concern. Case work is absent for its reporter."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    place: str | None = Field(description="Where it happened; null: not said.")
    source: ConcernSourcesOut = Field(description="How the reporter came to know.")
    context: HarmContextsOut | None = Field(
        description="Kind of place it happened in; null: not said."
    )
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None = Field(
        description="Alleged source of harm; null: not said."
    )
    immediacy: ImmediaciesOut = Field(description="How urgent it is.")
    reported_categories: list[ConcernCategoriesOut] = Field(
        description="Common categories the reporter chose."
    )
    reported_own_categories: list[OwnCategoryNamedOut] = Field(
        description="The school's own categories among them, as they were then."
    )
    told_already: list[InformedPersonOut] = Field(description="People who had been told.")
    parents_told: ParentsToldOut | None = Field(description="Whether parents knew; null: not said.")
    also_named: list[AlsoNamedOut] = Field(description="Other people the reporter named.")
    children: list[ConcernChildOut] = Field(description="Children the concern is about.")
    reporter: PersonOut = Field(description="Person who raised it.")
    account: list[ConcernStatementOut] = Field(description="Statements as submitted.")
    body_map: list[BodyMarkOut] = Field(description="Marks on the body map.")
    amendments: list[AmendmentOut] = Field(description="Amendments, oldest first.")
    attachments: list[AttachmentOut] = Field(description="Files kept with the concern.")
    questions: list[ReporterQuestionOut] = Field(
        description="Questions to the reporter, oldest first."
    )
    told_reporter: str | None = Field(
        description="Last update given to the reporter; null: none yet."
    )
    told_reporter_at: datetime | None = Field(
        description="When the reporter got it; null: not yet."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
    advice: str | None = Field(
        default=None,
        description="What the reporter must do now, outside Cairn; null: nothing. Absent unless "
        "you read it as its reporter.",
    )
    seen_reason_code: AccessReasonsOut = Field(description="Why you can see it.")
    self_harm: SelfHarmOut | None = Field(description="Self-harm pathway; null: none.")
    unmatched_child: UnmatchedChildOut | None = Field(
        description="Child the reporter could not find; null: none."
    )

    state: ConcernStatesOut = Field(default=None, description="State of the concern.")
    confidentiality: ConfidentialityClassesOut = Field(
        default=None, description="Class of confidentiality."
    )
    level: int | None = Field(default=None, description="Level of need, 1 to 4; null until triage.")
    level_label: str | None = Field(
        default=None, description="The local authority's name for that level; null: none."
    )
    primary_category: ConcernCategoriesOut | None = Field(
        default=None, description="Main category; null until triage."
    )
    categories: list[ConcernCategoriesOut] = Field(default=[], description="All categories.")
    own_categories: list[OwnCategoryNamedOut] = Field(
        default=[], description="The school's own categories."
    )
    due_at: datetime | None = Field(default=None, description="Next deadline; null: none.")
    due_rule: str | None = Field(
        default=None, description="Rule that set the deadline; null: a person set it."
    )
    owner: PersonOut | None = Field(default=None, description="Owner; null: nobody.")
    acknowledged_at: datetime | None = Field(
        default=None, description="When a lead acknowledged it; null until then."
    )
    triaged_at: datetime | None = Field(default=None, description="When triaged; null until then.")
    outcome: ClosureOutcomesOut | None = Field(
        default=None, description="Outcome of the concern; null until closed."
    )
    ended_at: datetime | None = Field(
        default=None, description="When it was closed, merged or withdrawn; null while open."
    )
    duplicate_of: UUID | None = Field(
        default=None, description="Concern it duplicates; null: none."
    )
    pending: PendingOut | None = Field(
        default=None, description="Proposal that needs a second person; null: none."
    )
    parents: ConcernParentsOut = absent(
        description="Whether parents may be told, for any of the children's homes. Absent if you "
        "read no shares.",
    )
    comments: list[CommentOut] = Field(default=[], description="Staff discussion, oldest first.")
    decisions: list[DecisionOut] = Field(default=[], description="Decisions, oldest first.")
    actions: list[ConcernActionOut] = Field(default=[], description="Actions, with their owners.")


class ConcernStateOut(Out):
    """State of the concern after a step."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    state: ConcernStatesOut = Field(description="State of the concern.")
    level: int | None = Field(description="Level of need, 1 to 4; null until triage.")
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    primary_category: ConcernCategoriesOut | None = Field(
        description="Main category; null until triage."
    )
    owner: PersonOut | None = Field(description="Owner; null: nobody.")
    due_at: datetime | None = Field(description="Next deadline; null: none.")
    outcome: ClosureOutcomesOut | None = Field(
        description="Outcome of the concern; null until closed."
    )
    duplicate_of: UUID | None = Field(description="Concern it duplicates; null: none.")
    pending: PendingOut | None = Field(
        description="Proposal that needs a second person; null: none."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class ConcernEventOut(Out):
    """One step in the history of a concern."""

    id: UUID = Field(description="Event ID.")
    verb: ConcernStepsOut = Field(description="Code of the step.")
    at: datetime = Field(description="When the step was taken.")
    by: PersonOut = Field(description="Person who took the step.")
    by_role: RolesOut = Field(description="Role the person acted in.")
    from_state: ConcernStatesOut | None = Field(
        description="State before the step; null: the first step."
    )
    to_state: ConcernStatesOut = Field(description="State after the step.")
    reason: str | None = Field(description="Why the step was taken; null: none needed.")
    details: dict[str, WrittenPart] = Field(description="IDs, codes and field names.")

"""Concerns about adults: what raises one, what each step of it takes, and how readers see it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.api.schemas.categories import OwnCategoryNamedOut
from app.api.schemas.concern_records import InformedPersonOut, ParentsToldOut, StatementOut
from app.api.schemas.concerns import LONGEST_ACCOUNT, StatementIn
from app.api.schemas.known_words import (
    AdultAdviceKindsOut,
    AdultStepsOut,
    AmendmentKindsOut,
    ProposalKindsOut,
)
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    AccessReasonsOut,
    AdultAdvisersOut,
    AdultConcernKindsIn,
    AdultConcernKindsOut,
    AdultConcernStatesOut,
    AdultOutcomesOut,
    AdultRolesOut,
    AdultThresholdsIn,
    AdultThresholdsOut,
    AllegedSourcesOfHarmOut,
    BodyMapRegionsOut,
    BodyMapViewsOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConcernSourcesOut,
    EventKindsOut,
    HarmContextsOut,
    HarmTestsOut,
    ImmediaciesOut,
    MarkColoursOut,
    MarkShapesOut,
    OccurredPrecisionsIn,
    OccurredPrecisionsOut,
    ReporterProgressOut,
    RolesOut,
)
from app.core.schemas import (
    BodyFault,
    In,
    Line,
    ListIn,
    Moment,
    NamedChildOut,
    NewId,
    Out,
    PersonOut,
    PointerOut,
    absent,
    distinct,
)
from app.domain.adults.adult_concerns.schemas import AdultIn


class AdultConcernIn(In):
    """A concern about an adult who works or volunteers with children."""

    id: NewId = None
    about: AdultIn = Field(description="Adult the concern is about.")
    kind: AdultConcernKindsIn = Field(default="not_sure", description="Type of concern.")
    account: list[StatementIn] = Field(
        min_length=1,
        max_length=50,
        description="What was seen, heard or said. At most 60,000 characters in total.",
    )
    occurred_at: Moment = Field(description="When it happened, as far as you know.")
    occurred_precision: OccurredPrecisionsIn = Field(
        default="exact", description="How exactly the time is known."
    )
    place: Line | None = Field(default=None, description="Where it happened, in words.")
    child_ids: list[UUID] = Field(
        default=[],
        max_length=30,
        description="Children involved. Their own records show nothing of this concern.",
    )
    immediate_risk: bool = Field(default=False, description="Whether a child may be at risk now.")
    anonymity_asked: bool = Field(
        default=False, description="Whether the reporter asks not to be named to the adult."
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not distinct(self.child_ids):
            raise BodyFault("a child is named twice")
        if sum(len(item.text) for item in self.account) > LONGEST_ACCOUNT:
            raise BodyFault(f"the account is longer than {LONGEST_ACCOUNT:,} characters in all")
        return self


class AdultListIn(ListIn):
    """Filters of the list of concerns about adults."""

    state: list[Literal["open", "ended", "raised", "acknowledged", "assessed", "lado_consulted",
                        "referred", "in_progress", "closed", "entered_in_error"]] = Field(
        default=[], max_length=10, description="Any of these. `open`: neither `closed` nor "
        "`entered_in_error`. `ended`: one of those. Default: all."
    )  # fmt: skip
    staff_id: UUID | None = Field(default=None, description="Only about this member of staff.")
    kind: AdultConcernKindsIn | None = Field(default=None, description="Only of this kind.")
    threshold: AdultThresholdsIn | None = Field(
        default=None, description="Only concerns with this decision on the harm threshold."
    )
    overdue: bool = Field(default=False, description="Only open and overdue.")
    sort: Literal["newest", "due"] = Field(
        default="newest", description="`due`: open concerns, soonest due first."
    )


class MyAdultListIn(ListIn):
    """The own reports take no filters."""


class PatternsIn(BaseModel):
    """Who it is about."""

    model_config = ListIn.model_config

    staff_id: UUID = Field(description="Member of staff the concerns are about.")


class AdultAuditIn(ListIn):
    """Which entries of the register's own trail."""

    concern_id: UUID | None = Field(default=None, description="Only about this concern.")


class AdultOut(Out):
    """The adult the concern is about."""

    staff_id: UUID | None = Field(description="Staff ID; null: not a member of staff here.")
    name: str | None = Field(description="Name; null: not known.")
    role: AdultRolesOut = Field(description="What the adult does at school.")
    employer: str | None = Field(description="Employer; null: the school, or not known.")


class AdultReceiptOut(Out):
    """What to show the reporter straight after sending."""

    id: UUID = Field(description="Adult concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    advice: str | None = Field(description="What to do now if a child is at risk; null: nothing.")
    call: str | None = Field(
        description="Phone numbers for when nobody at school may read it now, or it may name the "
        "headteacher; null: not needed."
    )


class AdultCard(Out):
    """A concern about an adult, in a list."""

    id: UUID = Field(description="Adult concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    state: AdultConcernStatesOut = Field(description="State of the concern.")
    kind: AdultConcernKindsOut = Field(description="Type of concern.")
    threshold: AdultThresholdsOut | None = Field(
        description="Decision on the harm threshold; null until decided."
    )
    about: AdultOut = Field(description="Adult the concern is about.")
    about_head: bool = Field(description="Whether it is about a headteacher.")
    immediate_risk: bool = Field(description="Whether somebody may be in danger now.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    due_at: datetime | None = Field(description="Deadline of the concern; null: none.")
    waiting_for_signature: bool = Field(description="Whether it needs a second person's signature.")
    outcome: AdultOutcomesOut | None = Field(description="Outcome of the concern; null until then.")
    owner: PersonOut | None = Field(description="Owner; null: nobody.")
    case_manager: PersonOut | None = Field(description="Case manager; null: none.")


class MyAdultCard(Out):
    """Your own report and its progress, without content."""

    id: UUID = Field(description="Report ID.")
    reference: str = Field(description="Report reference that people use.")
    recorded_at: datetime = Field(description="When Cairn saved the report.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    kind: AdultConcernKindsOut = Field(description="Type of report.")
    immediate_risk: bool = Field(description="Whether you said that somebody may be in danger now.")
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")


class AdultNoteOut(Out):
    """A note, correction or addition. The original stays."""

    id: UUID = Field(description="Note ID.")
    statement_id: UUID | None = Field(description="Statement it amends; null: none.")
    kind: AmendmentKindsOut = Field(description="Note, correction or addition.")
    text: str = Field(description="Text of the note.")
    reason: str | None = Field(description="Why it was amended; null for a note.")
    recorded_at: datetime = Field(description="When Cairn saved the note.")
    author: PersonOut = Field(description="Person who wrote the note.")


class AdultAdviceOut(Out):
    """Advice taken, or a referral made."""

    id: UUID = Field(description="Advice ID.")
    kind: AdultAdviceKindsOut = Field(description="Advice or referral.")
    taken_from: AdultAdvisersOut = Field(alias="from", description="Type of adviser.")
    name: str = Field(description="Person who gave the advice.")
    at: datetime = Field(description="When the advice was given.")
    reference: str | None = Field(description="Reference the adviser gave; null: none.")
    advice: str = Field(description="What they advised.")
    recorded_at: datetime = Field(description="When Cairn saved the advice.")
    by: PersonOut = Field(description="Person who recorded the advice.")


class AdultPendingOut(Out):
    """A proposal that needs a second person."""

    kind: ProposalKindsOut = Field(description="What is proposed.")
    proposed_by: PersonOut = Field(description="Person who proposed it.")
    proposed_at: datetime = Field(description="When it was proposed.")
    reason: str = Field(description="Why it was proposed.")
    outcome: AdultOutcomesOut | None = Field(default=None, description="Outcome; null: none.")


class ReportedChildOut(Out):
    """A child the report names."""

    child_id: UUID = Field(description="Child the report names.")
    role: ConcernChildRolesOut = Field(description="The child's part in it.")


class ReportedMarkOut(Out):
    """A mark on the body map of the report."""

    child_id: UUID | None = Field(description="Child who has the mark; null: not matched.")
    words: str = Field(description="Where it is, how it looks, and what was said about it.")
    view: BodyMapViewsOut = Field(description="Side of the body map.")
    x: float = Field(description="Distance from the left of the drawing, 0 to 1.")
    y: float = Field(description="Distance from the top of the drawing, 0 to 1.")
    region: BodyMapRegionsOut = Field(description="Part of the body.")
    size_mm: int | None = Field(description="Longest side, in millimetres; null: not said.")
    colour: MarkColoursOut | None = Field(description="Colour of the mark; null: not said.")
    shape: MarkShapesOut | None = Field(description="Shape of the mark; null: not said.")
    explanation: str | None = Field(
        description="What the child said about it, word for word; null: nothing."
    )
    details: dict[str, WrittenPart] = Field(
        description="Details that the reporter's body map holds about a mark."
    )


class UnknownChildOut(Out):
    """A child the reporter could not find."""

    name: str | None = Field(description="Name as reported; null: not given.")
    year_group: str | None = Field(description="Year group as reported; null: not given.")
    description: str | None = Field(
        description="Anything else that identifies the child; null: nothing."
    )


class ReportedFileOut(Out):
    """A file of the report before it moved."""

    id: UUID = Field(description="File ID.")
    file_name: str = Field(description="File name as uploaded.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")


class ChildReportOut(Out):
    """Details of a report that began as a concern about children."""

    moved_from: str | None = Field(
        description="Reference of the earlier concern; null: it began here."
    )
    children: list[ReportedChildOut] = Field(description="Children the report names.")
    unmatched_child: UnknownChildOut | None = Field(
        description="Child the reporter could not find; null: none."
    )
    categories: list[ConcernCategoriesOut] = Field(description="Categories the reporter chose.")
    own_categories: list[OwnCategoryNamedOut] = Field(
        description="The school's own categories among them, as they were then."
    )
    immediacy: ImmediaciesOut = Field(description="Urgency the reporter chose.")
    source: ConcernSourcesOut = Field(description="How the reporter came to know.")
    context: HarmContextsOut | None = Field(
        description="Kind of place it happened in; null: not said."
    )
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None = Field(
        description="Alleged source of harm; null: not said."
    )
    told_already: list[InformedPersonOut] = Field(description="People who had been told.")
    parents_told: ParentsToldOut | None = Field(description="Whether parents knew; null: not said.")
    body_map: list[ReportedMarkOut] = Field(description="Marks on the body map.")
    staff_named: list[UUID] = Field(description="Members of staff the report names.")
    self_harm: dict[str, WrittenPart] | None = Field(
        description="What was said about self-harm or dying, as first said; null: nothing."
    )
    attachments: list[ReportedFileOut] = Field(description="Files kept with the report.")


class AdultConcernOut(Out):
    """A concern about an adult. The reporter sees only their own report."""

    id: UUID = Field(description="Adult concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    kind: AdultConcernKindsOut = Field(description="Type of concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    place: str | None = Field(description="Where it happened; null: not said.")
    immediate_risk: bool = Field(
        description="Whether the reporter said that a child may be at risk now."
    )
    anonymity_asked: bool = Field(description="Whether the reporter asked not to be named.")
    reported_about: AdultOut = Field(description="Adult the report named, right or wrong.")
    child_report: ChildReportOut | None = Field(
        description="Details of a report that began as a concern about children; null: it did not."
    )
    children: list[NamedChildOut] = Field(description="Children involved.")
    reporter: PersonOut = Field(description="Person who reported it.")
    account: list[StatementOut] = Field(description="Statements as submitted.")
    amendments: list[AdultNoteOut] = Field(description="Amendments, oldest first.")
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")
    seen_reason_code: AccessReasonsOut = Field(description="Why you can see it.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
    state: AdultConcernStatesOut = Field(default=None, description="State of the concern.")
    about: AdultOut = absent(description="Adult the concern is about.")
    about_head: bool = absent(description="Whether it is about a headteacher.")
    threshold: AdultThresholdsOut | None = Field(
        default=None, description="Whether it meets the harm threshold; null until decided."
    )
    harm_tests: list[HarmTestsOut] = Field(default=[], description="Harm tests that are met.")
    owner: PersonOut | None = Field(default=None, description="Owner; null: nobody.")
    case_manager: PersonOut | None = Field(default=None, description="Case manager; null: none.")
    due_at: datetime | None = Field(default=None, description="Next deadline; null: none.")
    due_rule: str | None = Field(
        default=None, description="Rule that set the deadline; null: a person set it."
    )
    acknowledged_at: datetime | None = Field(
        default=None, description="When somebody acknowledged it; null until then."
    )
    assessed_at: datetime | None = Field(
        default=None, description="When the harm threshold was decided; null until then."
    )
    advised_at: datetime | None = Field(
        default=None, description="When advice was first recorded; null until then."
    )
    outcome: AdultOutcomesOut | None = Field(
        default=None, description="Outcome of the concern; null until then."
    )
    ended_at: datetime | None = Field(
        default=None, description="When the concern ended; null while it is open."
    )
    pending: AdultPendingOut | None = Field(
        default=None, description="Proposal that needs a second person; null: none."
    )
    locked_out: list[UUID] = Field(default=[], description="Staff who must not read it.")
    namesakes: list[UUID] = Field(
        default=[],
        description="Staff the description may name, locked out. Redirecting to the right adult "
        "lets the others in.",
    )
    notes: list[AdultNoteOut] = Field(default=[], description="Notes, oldest first.")
    advice_taken: list[AdultAdviceOut] = Field(
        default=[], description="Advice taken, oldest first."
    )


class AdultStateOut(Out):
    """State of the concern after a step."""

    id: UUID = Field(description="Adult concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    state: AdultConcernStatesOut = Field(description="State of the concern.")
    threshold: AdultThresholdsOut | None = Field(
        description="Decision on the harm threshold; null until decided."
    )
    about_head: bool = Field(description="Whether it is about a headteacher.")
    owner: PersonOut | None = Field(description="Owner; null: nobody.")
    case_manager: PersonOut | None = Field(description="Case manager; null: none.")
    due_at: datetime | None = Field(description="Next deadline; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    outcome: AdultOutcomesOut | None = Field(description="Outcome of the concern; null until then.")
    pending: AdultPendingOut | None = Field(
        description="Proposal that needs a second person; null: none."
    )


class AdultEventOut(Out):
    """One step: the person, time and reason."""

    id: UUID = Field(description="Event ID.")
    verb: AdultStepsOut = Field(description="Code of the step.")
    at: datetime = Field(description="When the step was taken.")
    by: PersonOut = Field(description="Person who took the step.")
    by_role: RolesOut = Field(description="Role the person acted in.")
    from_state: AdultConcernStatesOut | None = Field(
        description="State before the step; null: the first step."
    )
    to_state: AdultConcernStatesOut = Field(description="State after the step.")
    reason: str | None = Field(description="Why the step was taken; null: none needed.")
    details: dict[str, WrittenPart] = Field(description="IDs, codes and field names.")


class PatternItemOut(Out):
    """An earlier concern about the same member of staff."""

    id: UUID = Field(description="Adult concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    kind: AdultConcernKindsOut = Field(description="Type of concern.")
    threshold: AdultThresholdsOut | None = Field(
        description="Decision on the harm threshold; null until decided."
    )
    state: AdultConcernStatesOut = Field(description="State of the concern.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    outcome: AdultOutcomesOut | None = Field(description="Outcome of the concern; null until then.")


class PatternsOut(Out):
    """Concerns about one member of staff. Lists the newest 200."""

    staff_id: UUID = Field(description="Member of staff the concerns are about.")
    count: int = Field(description="Number of concerns.")
    low_level: int = Field(description="Number of low-level concerns, as decided or reported.")
    allegation: int = Field(description="Number that met the harm threshold.")
    items: list[PatternItemOut] = Field(description="The concerns, newest first.")


class AdultTrailOut(Out):
    """One entry in the audit log of the adult register."""

    id: UUID = Field(description="Audit log entry ID.")
    at: datetime = Field(description="When it happened.")
    actor_id: UUID = Field(description="Person who did it.")
    actor_name: str | None = Field(description="Name of the person; null: Cairn itself.")
    actor_role: RolesOut = Field(description="Role the person acted in.")
    verb: EventKindsOut = Field(description="Code of what was done.")
    about: PointerOut | None = Field(description="Record it was done to; null: no single record.")
    reason: str | None = Field(description="Reason given; null: none.")
    details: dict[str, WrittenPart] = Field(description="IDs, codes and field names.")

"""Concerns about adults: what raises one, what each step of it takes, and how readers see it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.api.schemas.categories import OwnCategoryNamedOut
from app.api.schemas.concern_records import ParentsToldOut, StatementOut, ToldOut
from app.api.schemas.concerns import LONGEST_ACCOUNT, StatementIn
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    AdultAdvisersOut,
    AdultConcernKindsIn,
    AdultConcernKindsOut,
    AdultConcernStatesOut,
    AdultOutcomesOut,
    AdultRolesOut,
    AdultThresholdsOut,
    AllegedSourcesOfHarmOut,
    BodyMapRegionsOut,
    BodyMapViewsOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConcernSourcesOut,
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
    In,
    Line,
    ListIn,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    Told,
    absent,
    distinct,
)
from app.domain.adults.adult_concerns.schemas import AdultIn


class AdultAmendmentIn(In):
    """A correction of a statement, or an addition."""

    id: NewId = None
    kind: Literal["correction", "addition"] = "addition"
    statement_id: UUID | None = None
    text: Narrative
    reason: Narrative


class AdultConcernIn(In):
    """A worry about an adult who works or volunteers with children."""

    id: NewId = None
    about: AdultIn
    kind: AdultConcernKindsIn = "not_sure"
    account: list[StatementIn] = Field(
        min_length=1, max_length=50, description="At most 60,000 characters together."
    )
    occurred_at: Moment
    occurred_precision: OccurredPrecisionsIn = "exact"
    place: Line | None = None
    child_ids: list[UUID] = Field(
        default=[],
        max_length=30,
        description="Children involved; nothing of it shows in their records.",
    )
    immediate_risk: bool = Field(default=False, description="A child may be at risk now.")
    anonymity_asked: bool = Field(
        default=False, description="The reporter asks not to be named to the adult."
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not distinct(self.child_ids):
            raise Told("a child is named twice")
        if sum(len(one.text) for one in self.account) > LONGEST_ACCOUNT:
            raise Told(f"the account is longer than {LONGEST_ACCOUNT:,} characters in all")
        return self


class AdultListIn(ListIn):
    """Filters of the list of concerns about adults."""

    state: list[Literal[
        "raised", "acknowledged", "assessed", "lado_consulted", "referred", "in_progress",
        "closed", "entered_in_error",
    ]] = Field(default=[], max_length=8, description="Any of these states.")  # fmt: skip
    open: bool | None = Field(default=None, description="Only living ones, or only ended ones.")
    staff_id: UUID | None = None
    kind: str | None = Field(default=None, max_length=40)
    threshold: str | None = Field(default=None, max_length=40)
    overdue: bool = Field(default=False, description="Only living ones whose due time has passed.")
    sort: Literal["newest", "due"] = Field(
        default="newest", description="`due`: living concerns, soonest due first."
    )


class MyAdultListIn(ListIn):
    """The own reports take no filters."""


class PatternsIn(BaseModel):
    """About whom."""

    model_config = ListIn.model_config

    staff_id: UUID


class AdultAuditIn(ListIn):
    """Which entries of the register's own trail."""

    concern_id: UUID | None = None


class AdultOut(Out):
    """Whom it is about."""

    staff_id: UUID | None
    name: str | None
    role: AdultRolesOut
    employer: str | None


class AdultReceiptOut(Out):
    """What the reporter is told at once."""

    id: UUID
    reference: str
    progress: ReporterProgressOut
    recorded_at: datetime
    advice: str | None = Field(description="What to do at once where a child is at risk.")
    call: str | None = Field(
        description="Whom to phone, where at present nobody in the school may read it, or where "
        "it was taken to be about the headteacher by the name that was given."
    )


class AdultCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    reference: str
    state: AdultConcernStatesOut
    kind: AdultConcernKindsOut
    threshold: AdultThresholdsOut | None
    about: AdultOut
    about_head: bool
    immediate_risk: bool
    recorded_at: datetime
    occurred_at: datetime
    due_at: datetime | None
    waiting_for_signature: bool
    outcome: AdultOutcomesOut | None
    owner: PersonOut | None
    case_manager: PersonOut | None


class MyAdultCard(Out):
    """An own report and its content-free progress."""

    id: UUID
    reference: str
    recorded_at: datetime
    occurred_at: datetime
    kind: AdultConcernKindsOut
    immediate_risk: bool
    progress: ReporterProgressOut


class AdultChildOut(Out):
    """A child involved."""

    id: UUID
    name: str


class AdultNoteOut(Out):
    """A note, or a correction or addition beside the original."""

    id: UUID
    statement_id: UUID | None
    kind: str = Field(description="`note`, `correction` or `addition`.")
    text: str
    reason: str | None
    recorded_at: datetime
    author: PersonOut


class AdultAdviceOut(Out):
    """Advice that was taken, or a referral that was made."""

    id: UUID
    kind: str = Field(description="`advice` or `referral`.")
    taken_from: AdultAdvisersOut = Field(alias="from")
    name: str
    at: datetime
    reference: str | None
    advice: str
    recorded_at: datetime
    by: PersonOut


class AdultPendingOut(Out):
    """What waits for a second person."""

    kind: str = Field(description="`closure` or `withdrawal`.")
    proposed_by: UUID
    proposed_at: datetime
    reasons: str
    outcome: AdultOutcomesOut | None = Field(default=None)


class ReportedChildOut(Out):
    """A child as the report named them."""

    child_id: UUID
    role: ConcernChildRolesOut


class ReportedMarkOut(Out):
    """A mark on the body map of the report."""

    child_id: UUID | None
    words: str = Field(description="Where it is, how it looks and what was said of it.")
    view: BodyMapViewsOut
    x: float
    y: float
    region: BodyMapRegionsOut
    size_mm: int | None = Field(description="Longest side.")
    colour: MarkColoursOut | None
    shape: MarkShapesOut | None
    explanation: str | None = Field(description="What the child said about it, word for word.")
    details: dict[str, WrittenPart] = Field(
        description="What the reporter's own body map keeps beside a mark."
    )


class UnknownChildOut(Out):
    """A child of whom the reporter had no record."""

    name: str | None
    year_group: str | None
    description: str | None


class ReportedFileOut(Out):
    """A file that was kept with the report before it moved."""

    id: UUID
    file_name: str
    sha256: str


class ChildReportOut(Out):
    """What else was said where it was reported as a concern about children."""

    moved_from: str | None = Field(
        description="Reference of the concern that it was before; null where it was kept here at "
        "once."
    )
    children: list[ReportedChildOut]
    unmatched_child: UnknownChildOut | None
    categories: list[ConcernCategoriesOut]
    own_categories: list[OwnCategoryNamedOut] = Field(
        description="The school's own words among them, as they stood then."
    )
    immediacy: ImmediaciesOut
    source: ConcernSourcesOut
    context: HarmContextsOut | None
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None
    told_already: list[ToldOut]
    parents_told: ParentsToldOut | None
    body_map: list[ReportedMarkOut]
    staff_named: list[UUID]
    self_harm: dict[str, WrittenPart] | None = Field(
        description="What was told of self-harm or dying, as it was told."
    )
    attachments: list[ReportedFileOut]


class AdultConcernOut(Out):
    """A concern about an adult: whole for its readers, the report for its reporter."""

    id: UUID
    reference: str
    recorded_at: datetime
    kind: AdultConcernKindsOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    place: str | None
    immediate_risk: bool
    anonymity_asked: bool
    reported_about: AdultOut = Field(description="Whom the report named, whoever is meant now.")
    child_report: ChildReportOut | None = Field(
        description="Null where it was reported as a concern about an adult alone."
    )
    children: list[AdultChildOut]
    reporter: PersonOut
    account: list[StatementOut]
    amendments: list[AdultNoteOut]
    progress: ReporterProgressOut
    seen_because: str = Field(description="The reason why this reader sees it.")
    permissions: list[str] = Field(description="What this reader may do next.")
    state: AdultConcernStatesOut = Field(default=None)
    about: AdultOut = absent()
    about_head: bool = absent()
    threshold: AdultThresholdsOut | None = Field(default=None)
    harm_tests: list[HarmTestsOut] = Field(default=[])
    owner: PersonOut | None = Field(default=None)
    case_manager: PersonOut | None = Field(default=None)
    due_at: datetime | None = Field(default=None)
    due_rule: str | None = Field(default=None)
    acknowledged_at: datetime | None = Field(default=None)
    assessed_at: datetime | None = Field(default=None)
    advised_at: datetime | None = Field(default=None)
    outcome: AdultOutcomesOut | None = Field(default=None)
    ended_at: datetime | None = Field(default=None)
    pending: AdultPendingOut | None = Field(default=None)
    locked_out: list[UUID] = Field(default=[])
    namesakes: list[UUID] = Field(
        default=[],
        description="Staff whose name the description gives; redirecting to the adult who is "
        "meant lets the others in.",
    )
    notes: list[AdultNoteOut] = Field(default=[])
    advice_taken: list[AdultAdviceOut] = Field(default=[])


class AdultStateOut(Out):
    """Where it stands after a step."""

    id: UUID
    reference: str
    state: AdultConcernStatesOut
    threshold: AdultThresholdsOut | None
    about_head: bool
    owner_id: UUID | None
    case_manager_id: UUID | None
    due_at: datetime | None
    due_rule: str | None
    outcome: AdultOutcomesOut | None
    pending: AdultPendingOut | None


class AdultEventOut(Out):
    """One step, with who, when and why."""

    id: UUID
    verb: str
    at: datetime
    by: PersonOut
    by_role: RolesOut
    from_state: AdultConcernStatesOut | None
    to_state: AdultConcernStatesOut
    reasons: str | None
    details: dict[str, WrittenPart] = Field(description="Ids, codes and names of fields.")


class PatternItemOut(Out):
    """An earlier concern about the same member of staff."""

    id: UUID
    reference: str
    kind: AdultConcernKindsOut
    threshold: AdultThresholdsOut | None
    state: AdultConcernStatesOut
    recorded_at: datetime
    occurred_at: datetime
    outcome: AdultOutcomesOut | None


class PatternsOut(Out):
    """How often there was something about one member of staff; the 200 newest are listed."""

    staff_id: UUID
    count: int
    low_level: int = Field(description="By the threshold decided, or as reported until then.")
    allegation: int
    items: list[PatternItemOut]


class AdultTrailOut(Out):
    """One entry of the register's own trail."""

    id: UUID
    at: datetime
    actor_id: UUID
    actor_name: str | None
    actor_role: RolesOut
    verb: str
    noun: str
    noun_id: UUID | None
    reason: str | None
    details: dict[str, WrittenPart] = Field(description="Ids, codes and names of fields.")

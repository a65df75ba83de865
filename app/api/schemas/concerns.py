"""What raises a concern, and what each step of it takes."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.api.schemas.self_harm import SelfHarmIn, UnmatchedChildIn
from app.core.codes import (
    AllegedSourcesOfHarmIn,
    BodyMapRegionsIn,
    BodyMapViewsIn,
    ConcernCategoriesChosenIn,
    ConcernChildRolesIn,
    ConcernSourcesIn,
    HarmContextsIn,
    ImmediaciesIn,
    MarkColoursIn,
    MarkShapesIn,
    OccurredPrecisionsIn,
    ParentsToldValuesIn,
    ReasonsNotToldIn,
    StatementKindsIn,
    ToldAlreadyIn,
)
from app.core.schemas import BodyFault, In, Line, ListIn, Moment, Narrative, NewId, distinct
from app.domain.adults.adult_concerns.schemas import AdultIn

ANSWERED = "Answered when asked."
"""The reason of an amendment that says none."""
LONGEST_ACCOUNT = 60_000
"""Characters of all statements and explanations of one concern: about twenty pages."""


class ConcernChildIn(In):
    """A child, and their part in the concern."""

    child_id: UUID = Field(description="Child ID, from search.")
    role: ConcernChildRolesIn = Field(
        default="subject", description="The child's part in it. Default: subject of the concern."
    )


class StatementIn(In):
    """One statement. Cairn keeps a child's words exactly, with what led to them."""

    kind: StatementKindsIn = Field(
        default="not_said",
        description="Whose words these are. Default: not said; Cairn asks, and never guesses.",
    )
    text: Narrative = Field(description="The words, as you saw, heard or received them.")
    prompted_by: Line | None = Field(
        default=None, description="Question or event that led to the child's words."
    )
    told_by: Line | None = Field(
        default=None, description="Person who told it. Required for `told_by`."
    )
    basis: Line | None = Field(
        default=None, description="Grounds for an opinion. Required for `opinion`."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "told_by" and not self.told_by:
            raise BodyFault("name the person who told it", missing="told_by")
        if self.kind == "opinion" and not self.basis:
            raise BodyFault("say what the opinion rests on", missing="basis")
        return self


class BodyMarkIn(In):
    """A mark seen on a child. Draw and describe it; never photograph it."""

    child_id: UUID | None = Field(
        default=None, description="Child with the mark. Default: the only child of the concern."
    )
    view: BodyMapViewsIn = Field(description="Side of the body map.")
    x: float = Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Distance from the left of the drawing, 0 to 1.",
    )
    y: float = Field(
        ge=0, le=1, allow_inf_nan=False, description="Distance from the top of the drawing, 0 to 1."
    )
    region: BodyMapRegionsIn = Field(description="Part of the body.")
    size_mm: int | None = Field(
        default=None, ge=1, le=2_000, description="Longest side, in millimetres."
    )
    colour: MarkColoursIn | None = Field(default=None, description="Colour of the mark.")
    shape: MarkShapesIn | None = Field(default=None, description="Shape of the mark.")
    explanation: Narrative | None = Field(
        default=None, description="What the child said about it, word for word."
    )
    skin_broken: bool | None = Field(
        default=None, description="Whether the skin is broken. Default: not said."
    )
    swelling: bool | None = Field(
        default=None, description="Whether it is swollen. Default: not said."
    )
    painful: bool | None = Field(default=None, description="Whether it hurts. Default: not said.")
    first_aid: Line | None = Field(default=None, description="First aid that was given.")


class InformedPersonIn(In):
    """Someone who has been told already."""

    whom: ToldAlreadyIn = Field(description="Person who has been told.")
    name: Line | None = Field(default=None, description="Their name.")
    at: Moment | None = Field(default=None, description="When they were told.")
    note: Line | None = Field(default=None, description="What they said or did.")


class ParentsToldIn(In):
    """Whether the parents know, and why not."""

    value: ParentsToldValuesIn = Field(description="Whether the parents know.")
    reason: Line | None = Field(default=None, description="Why the parents do not know.")
    reason_code: ReasonsNotToldIn | None = Field(
        default=None, description="Standard reason why the parents do not know."
    )


class AlsoNamedIn(In):
    """Another child the reporter names. Cairn searches and opens no record for them."""

    name: Line = Field(description="Name as you know it.")
    year_or_class: Line | None = Field(default=None, description="Year or class as you know it.")
    relation: Line | None = Field(
        default=None, description="How the children know each other, such as `brother` or `friend`."
    )


class ConcernIn(In):
    """A concern about one or more children. A child and one sentence are enough.

    `{"children": [{"child_id": "..."}], "account": [{"text": "..."}]}` is a whole report. All
    other fields have defaults, and the answer asks for what matters.
    """

    id: NewId = None
    unmatched_child: UnmatchedChildIn | None = Field(
        default=None, description="A child the reporter has no record of."
    )
    children: list[ConcernChildIn] = Field(
        default=[],
        max_length=30,
        validate_default=True,
        description="Children the concern is about. May be empty with `unmatched_child`. With "
        "one, with `self_harm`, or in immediate danger, Cairn accepts an unknown ID and a lead "
        "identifies the child.",
    )
    account: list[StatementIn] = Field(
        min_length=1,
        max_length=50,
        description="What was seen, heard or said. At most 60,000 characters in total, including "
        "explanations of marks.",
    )
    occurred_at: Moment | None = Field(
        default=None, description="When it happened. Default: not known, about now."
    )
    occurred_precision: OccurredPrecisionsIn = Field(
        default="exact", description="How exactly the time is known."
    )
    place: Line | None = Field(default=None, description="Where it happened, in words.")
    source: ConcernSourcesIn = Field(
        default="staff_observation", description="How the reporter came to know."
    )
    context: HarmContextsIn | None = Field(
        default=None, description="Kind of place it happened in."
    )
    alleged_source_of_harm: AllegedSourcesOfHarmIn | None = Field(
        default=None, description="Alleged source of the harm."
    )
    immediacy: ImmediaciesIn = Field(default="routine", description="How urgent it is.")
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=["not_sure"],
        min_length=1,
        max_length=10,
        description="Common categories, or the school's own: `GET /v1/concerns/categories`. For a "
        "shorter list, use `things_reported` of `GET /v1/vocabularies`; each has its "
        "`categories`. The common ones decide what follows.",
    )
    body_map: list[BodyMarkIn] = Field(
        default=[], max_length=60, description="Marks on the body map. Never photographs."
    )
    told_already: list[InformedPersonIn] = Field(
        default=[], max_length=20, description="People who have been told already."
    )
    parents_told: ParentsToldIn | None = Field(
        default=None, description="Whether parents know. Default: the reporter did not say."
    )
    also_named: list[AlsoNamedIn] = Field(
        default=[],
        max_length=20,
        description="Siblings and friends by name. A lead identifies them.",
    )
    staff_named: list[UUID] = Field(
        default=[],
        max_length=20,
        description="Members of staff it is about or names. They lose access at once, and alerts "
        "bypass them.",
    )
    adult: AdultIn | None = Field(
        default=None,
        description="Adult who works or volunteers here and is the subject. With one, or a "
        "category about adults, the whole report goes to the adult register.",
    )
    self_harm: SelfHarmIn | None = Field(
        default=None,
        description="What was said about self-harm or dying. Suicidal words or an attempt make it "
        "`today` at the latest, whatever `immediacy` says.",
    )
    completes: UUID | None = Field(
        default=None,
        description="`saved_as` of your incomplete report that this one completes.",
    )

    @field_validator("children")
    @classmethod
    def _about_somebody(
        cls, children: list[ConcernChildIn], info: ValidationInfo
    ) -> list[ConcernChildIn]:
        if not children and info.data.get("unmatched_child", ...) is None:
            raise BodyFault("name a child, or tell what you know of an `unmatched_child`")
        return children

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = [child.child_id for child in self.children]
        if not distinct(named):
            raise BodyFault("a child is named twice")
        if not distinct(self.categories):
            raise BodyFault("a category is named twice")
        if not distinct(self.staff_named):
            raise BodyFault("a member of staff is named twice")
        for mark in self.body_map:
            if mark.child_id is None and len(named) > 1:
                raise BodyFault("with several children, each mark must name its child")
            if mark.child_id is not None and mark.child_id not in named:
                raise BodyFault("a mark names a child that the concern is not about")
        return self

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        items = [item.text for item in self.account]
        items += [item.explanation for item in self.body_map if item.explanation]
        if sum(map(len, items)) > LONGEST_ACCOUNT:
            raise BodyFault(f"the account is longer than {LONGEST_ACCOUNT:,} characters in all")
        return self


class NamedStaffIn(In):
    """A member of staff the concern is about or names."""

    staff_id: UUID = Field(description="Member of staff the concern is about or names.")
    reason: Line | None = Field(default=None, description="How the concern names them.")


class ConcernListIn(ListIn):
    """Filters of the list of concerns."""

    state: list[Literal[
        "open", "ended", "raised", "acknowledged", "triaged", "in_progress", "monitoring",
        "closed", "duplicate_of", "entered_in_error",
    ]] = Field(
        default=[], max_length=10,
        description="Any of these. `open`: neither `closed`, `duplicate_of` nor "
        "`entered_in_error`. `ended`: one of those. Default: all.",
    )  # fmt: skip
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    owner_id: UUID | None = Field(default=None, description="Only concerns this person owns.")
    reporter_id: UUID | None = Field(
        default=None, description="Only concerns this person reported."
    )
    category: ConcernCategoriesChosenIn | None = Field(
        default=None,
        description="Only in this category: common, or the school's own.",
    )
    level: int | None = Field(default=None, ge=1, le=4, description="Only at this level of need.")
    immediacy: ImmediaciesIn | None = Field(default=None, description="Filter by urgency.")
    overdue: bool = Field(default=False, description="Only open and overdue.")
    since: Moment | None = Field(
        default=None, description="Only records saved at or after this time."
    )
    until: Moment | None = Field(default=None, description="Only records saved before this time.")
    sort: Literal["newest", "due"] = Field(
        default="newest", description="`due`: open concerns, soonest due first."
    )


class AmendmentIn(In):
    """A correction, an addition or an answer to a question. An answer alone is enough."""

    id: NewId = None
    kind: Literal["correction", "addition"] = Field(
        default="addition",
        description="Whether it corrects or adds. Default: adds.",
    )
    statement_id: UUID | None = Field(
        default=None, description="Statement to amend. Leave out to amend the whole concern."
    )
    text: Narrative | None = Field(
        default=None,
        description="Text to add. Optional with an answer: Cairn then puts the answer into words.",
    )
    reason: Narrative = Field(
        default=ANSWERED, description="Why you amend it. Required for a correction."
    )
    statement_kind: StatementKindsIn | None = Field(
        default=None,
        description="Whose words the statement is, if it was `not_said`. For `told_by` or "
        "`opinion`, add the person or the grounds in `text`.",
    )
    immediacy: ImmediaciesIn | None = Field(
        default=None,
        description="New urgency, if more urgent than before. Cairn alerts leads at once and "
        "restarts the deadline.",
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[],
        max_length=10,
        description="Further categories, including the school's own. Their rules apply now; "
        "self-harm starts the pathway.",
    )
    told_already: list[InformedPersonIn] = Field(
        default=[], max_length=20, description="People told since, and when."
    )
    self_harm: SelfHarmIn | None = Field(
        default=None,
        description="What was said since about self-harm or dying, or a correction. Cairn keeps "
        "the first version.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        answers = (self.statement_kind, self.immediacy, self.categories, self.told_already)
        if self.text is None and self.self_harm is None and not any(answers):
            raise BodyFault("say in `text` what is added, or answer a question")
        if self.kind == "correction" and (self.text is None or self.reason == ANSWERED):
            raise BodyFault("a correction needs the right value and the reason")
        if self.statement_kind is None:
            return self
        if self.statement_id is None or self.statement_kind == "not_said":
            raise BodyFault("name the statement, and whose words it is")
        if self.statement_kind in ("told_by", "opinion") and self.text is None:
            raise BodyFault("say in `text` who told it, or what the opinion rests on")
        return self


class CommentIn(In):
    """A comment in the staff discussion."""

    id: NewId = None
    text: Narrative = Field(description="Text of the comment.")

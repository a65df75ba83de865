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
    """A child's part in the concern."""

    child_id: UUID = Field(description="Child ID, from the search.")
    role: ConcernChildRolesIn = Field(
        default="subject", description="The child's part in it. Default: the child it is about."
    )


class StatementIn(In):
    """One typed statement; `child_said` is kept word for word with what led to it."""

    kind: StatementKindsIn = Field(
        default="not_said",
        description="Whose words these are. May be left out: it is asked for, and never guessed.",
    )
    text: Narrative = Field(description="The words, as you saw, heard or were told them.")
    prompted_by: Line | None = Field(
        default=None, description="The question or event that led to what the child said."
    )
    told_by: Line | None = Field(default=None, description="Who told it; required for `told_by`.")
    basis: Line | None = Field(
        default=None, description="What an opinion rests on; required for `opinion`."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "told_by" and not self.told_by:
            raise BodyFault("name the person who told it")
        if self.kind == "opinion" and not self.basis:
            raise BodyFault("say what the opinion rests on")
        return self


class BodyMarkIn(In):
    """A mark seen on a child: drawn and described, never photographed."""

    child_id: UUID | None = Field(
        default=None, description="Which child; may be left out where there is one only."
    )
    view: BodyMapViewsIn = Field(description="Side of the body map.")
    x: float = Field(ge=0, le=1, allow_inf_nan=False, description="From the left of the view.")
    y: float = Field(ge=0, le=1, allow_inf_nan=False, description="From the top of the view.")
    region: BodyMapRegionsIn = Field(description="Part of the body.")
    size_mm: int | None = Field(default=None, ge=1, le=2_000, description="Longest side.")
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
    """Somebody who has been told already."""

    whom: ToldAlreadyIn = Field(description="Who has been told.")
    name: Line | None = Field(default=None, description="Their name.")
    at: Moment | None = Field(default=None, description="When they were told.")
    note: Line | None = Field(default=None, description="What they said or did.")


class ParentsToldIn(In):
    """Whether the parents know, and why not."""

    value: ParentsToldValuesIn = Field(description="Whether the parents know.")
    reason: Line | None = Field(default=None, description="Why the parents do not know.")
    reason_code: ReasonsNotToldIn | None = Field(
        default=None, description="Standard reason why they do not."
    )


class AlsoNamedIn(In):
    """Another child, as the reporter knows them: no file is searched or opened for it."""

    name: Line = Field(description="Name as you know it.")
    year_or_class: Line | None = Field(default=None, description="Year or class as you know it.")
    relation: Line | None = Field(default=None, description="Such as `brother` or `friend`.")


class ConcernIn(In):
    """A worry about one or more children. A child and one sentence are enough.

    `{"children": [{"child_id": "..."}], "account": [{"text": "..."}]}` is a whole report: all else
    has a default that a form can leave alone, and what matters is asked for by the answer.
    """

    id: NewId = None
    unmatched_child: UnmatchedChildIn | None = Field(
        default=None, description="A child the reporter has no record of."
    )
    children: list[ConcernChildIn] = Field(
        default=[],
        max_length=30,
        validate_default=True,
        description="May be empty with an `unmatched_child`. With one, with `self_harm` or in "
        "immediate danger an unknown id is accepted: a lead finds out who it is.",
    )
    account: list[StatementIn] = Field(
        min_length=1,
        max_length=50,
        description="At most 60,000 characters together, explanations of marks included.",
    )
    occurred_at: Moment | None = Field(
        default=None, description="Left out where nobody knows: about now."
    )
    occurred_precision: OccurredPrecisionsIn = Field(
        default="exact", description="How exactly the time is known."
    )
    place: Line | None = Field(default=None, description="Where it happened, in words.")
    source: ConcernSourcesIn = Field(
        default="staff_observation", description="How you came to know."
    )
    context: HarmContextsIn | None = Field(
        default=None, description="Kind of place it happened in."
    )
    alleged_source_of_harm: AllegedSourcesOfHarmIn | None = Field(
        default=None, description="Where the harm is said to come from."
    )
    immediacy: ImmediaciesIn = Field(default="routine", description="How soon somebody must act.")
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=["not_sure"],
        min_length=1,
        max_length=10,
        description="Common ones, or the school's own words: `GET /v1/concerns/categories`. What "
        "a reporter would say is shorter: `things_reported` of `GET /v1/vocabularies`, each with "
        "its `categories`. What follows is decided by the common ones that a word means.",
    )
    body_map: list[BodyMarkIn] = Field(
        default=[], max_length=60, description="Marks on the body map; never a photograph."
    )
    told_already: list[InformedPersonIn] = Field(
        default=[], max_length=20, description="People who have been told already."
    )
    parents_told: ParentsToldIn | None = Field(
        default=None, description="Left out: the reporter has not said."
    )
    also_named: list[AlsoNamedIn] = Field(
        default=[],
        max_length=20,
        description="Brothers, sisters and friends by name. A lead finds out who they are.",
    )
    staff_named: list[UUID] = Field(
        default=[],
        max_length=20,
        description="Members of staff it is about or names: they are locked out from it at once, "
        "and the alert goes round them.",
    )
    adult: AdultIn | None = Field(
        default=None,
        description="An adult who works or volunteers here and is the subject. With one, or with a "
        "category of concerns about adults, the whole report goes to the adult register.",
    )
    self_harm: SelfHarmIn | None = Field(
        default=None,
        description="What was said of self-harm or dying. Words about dying or an attempt are for "
        "`today` at the latest, whatever `immediacy` says.",
    )
    completes: UUID | None = Field(
        default=None,
        description="`saved_as` of my report that could not be taken, which this one completes.",
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
        told = [one.text for one in self.account]
        told += [one.explanation for one in self.body_map if one.explanation]
        if sum(map(len, told)) > LONGEST_ACCOUNT:
            raise BodyFault(f"the account is longer than {LONGEST_ACCOUNT:,} characters in all")
        return self


class NamedStaffIn(In):
    """A member of staff a concern is about or names."""

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
        description="Only in this category: a common one, or a word of the school's own.",
    )
    level: int | None = Field(default=None, ge=1, le=4, description="Only at this level of need.")
    immediacy: ImmediaciesIn | None = Field(default=None, description="Filter by urgency.")
    overdue: bool = Field(default=False, description="Only open ones whose due time has passed.")
    since: Moment | None = Field(
        default=None, description="Only those saved at this moment or later."
    )
    until: Moment | None = Field(default=None, description="Only those saved before this moment.")
    sort: Literal["newest", "due"] = Field(
        default="newest", description="`due`: open concerns, soonest due first."
    )


class AmendmentIn(In):
    """A correction, an addition, or the answer to a question; an answer alone is enough."""

    id: NewId = None
    kind: Literal["correction", "addition"] = Field(
        default="addition",
        description="Whether it corrects something or adds to it. Default: adds.",
    )
    statement_id: UUID | None = Field(
        default=None, description="Statement it amends; leave out for the whole concern."
    )
    text: Narrative | None = Field(
        default=None, description="May be left out beside an answer, which is then put into words."
    )
    reason: Narrative = Field(
        default=ANSWERED, description="Why it is added; a correction needs one of its own."
    )
    statement_kind: StatementKindsIn | None = Field(
        default=None,
        description="Whose words the statement is, where nobody had said so (`not_said`). "
        "For `told_by` and `opinion` say in `text` who told it, or what it rests on.",
    )
    immediacy: ImmediaciesIn | None = Field(
        default=None,
        description="New urgency, if it is more urgent than was known. Leads are told at "
        "once and the deadline starts again.",
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[],
        max_length=10,
        description="What it is about besides, also in the school's own words. What follows from "
        "them follows now; one of self-harm begins the pathway.",
    )
    told_already: list[InformedPersonIn] = Field(
        default=[], max_length=20, description="Who has been told since, and when."
    )
    self_harm: SelfHarmIn | None = Field(
        default=None,
        description="What was said of self-harm or dying since, or put right; the first is kept.",
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
    """Part of the staff discussion."""

    id: NewId = None
    text: Narrative = Field(description="Text of the comment.")

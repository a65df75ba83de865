"""Linked concerns: the rule, its rows, what links them, what else may explain them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core.codes import (
    CalendarNoteKindsIn,
    CalendarNoteKindsOut,
    ChildGroupKindsOut,
    ChildGroupSourcesOut,
    LinkedConcernStatesOut,
    LinkKindsOut,
    LookingSuggestionsOut,
    NamedContentKindsIn,
    NamedContentKindsOut,
    OccurredPrecisionsOut,
    OtherExplanationsOut,
    SelfHarmKindsOut,
)
from app.core.schemas import (
    BodyFault,
    Day,
    In,
    ListIn,
    NamedConcernOut,
    NewId,
    Out,
    PersonOut,
    PointerOut,
    VocabularyStatus,
    Word,
)


class LinkedConcernListIn(ListIn):
    """Filters of linked concerns."""

    state: Literal["open", "ended"] = Field(
        default="open",
        description="`ended`: `looked_together` or `dismissed`. Default: open.",
    )
    rule_id: Word | None = Field(default=None, description="Only linked by this rule.")


class LinkedConcernCard(Out):
    """A row of the list: no child, and no concern."""

    id: UUID = Field(description="Link ID.")
    rule_id: str = Field(description="Name of the rule that linked them.")
    rule_version: str = Field(description="Version of that rule.")
    state: LinkedConcernStatesOut = Field(description="State of the link.")
    fired_at: datetime = Field(description="When they were linked.")
    ended_at: datetime | None = Field(
        description="When they were reviewed or dismissed; null until then."
    )
    row_count: int = Field(description="How many concerns are linked.")


class LinkingRuleOut(Out):
    """The rule in full, as it stood when it linked the rows."""

    id: str = Field(description="Name of the rule.")
    version: str = Field(description="Version of the rule.")
    title: str = Field(description="What the rule is called.")
    text: str = Field(description="The rule in words.")
    unknown: str = Field(description="What we do not know; to be shown with it.")
    source: str = Field(description="Where the rule comes from.")


class LinkedRowOut(Out):
    """One of the rows that are linked; what was written stands in the concern."""

    concern: NamedConcernOut = Field(description="The concern.")
    children: list[PersonOut] = Field(description="Children the concern is about.")
    kind: SelfHarmKindsOut | None = Field(description="As it was told; null where nothing was.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When it was saved.")
    recorded_by: PersonOut = Field(description="Person who recorded it.")


class LinkingChildGroupOut(Out):
    """A child group, who stated it and who confirmed it."""

    about: PointerOut = Field(
        description="The child group, or a `relationship` of the children's records."
    )
    kind: ChildGroupKindsOut = Field(description="Type of child group.")
    label: str | None = Field(description="Name of the group; null: it has none.")
    source: ChildGroupSourcesOut = Field(description="Where the group comes from.")
    heard_from: str | None = Field(description="How the school knows of it; null: not said.")
    stated_by: PersonOut | None = Field(description="Person who created it; null: not shown.")
    stated_at: datetime = Field(description="When somebody created it.")
    confirmed_by: PersonOut | None = Field(description="Person who confirmed it; null until then.")
    confirmed_at: datetime | None = Field(description="When it was confirmed; null until then.")
    ended_at: datetime | None = Field(
        description="When the child group ended; null while it is open."
    )


class LinkedConcernLinkOut(Out):
    """One thing that the rows have in common."""

    by: LinkKindsOut = Field(description="What the rows have in common.")
    year_group: str | None = Field(description="Year group they share by the roster alone.")
    child_group: LinkingChildGroupOut | None = Field(description="The group; null: another link.")
    label: str | None = Field(description="The place, or what was named, in the words of staff.")
    lead: PersonOut | None = Field(description="After a death: who leads what is done.")


class WeeksOut(Out):
    """How many such rows the whole school had between two days."""

    starts_on: date = Field(description="First day.")
    ends_on: date = Field(description="Last day.")
    count: int | None = Field(description="Number you may read; null before the record began.")


class NoteBesideOut(Out):
    """What was on at school, and when."""

    id: UUID = Field(description="Note ID.")
    kind: CalendarNoteKindsOut = Field(description="Type of note.")
    label: str = Field(description="What was on.")
    starts_on: date = Field(description="First day.")
    ends_on: date = Field(description="Last day.")


class OtherExplanationOut(Out):
    """Something else that may explain them: for people to weigh, it moves nothing by itself."""

    code: OtherExplanationsOut = Field(description="Code of the explanation.")
    note: NoteBesideOut | None = Field(description="Calendar note it rests on; null: none.")
    rows: int | None = Field(description="Number of rows it is true of.")


class JointReviewOut(Out):
    """Who looked together, when, and what follows."""

    at: datetime = Field(description="When they looked.")
    with_whom: str = Field(description="People who looked together.")
    follows: str = Field(description="What follows.")


class LinkedConcernOut(Out):
    """Linked concerns with all that explains them."""

    id: UUID = Field(description="Link ID.")
    label: str = Field(description="What links them, in words.")
    vocabulary_status: VocabularyStatus
    rule: LinkingRuleOut = Field(description="Rule that linked them.")
    rule_id: str = Field(description="Name of the rule that linked them.")
    rule_version: str = Field(description="Version of that rule.")
    state: LinkedConcernStatesOut = Field(description="State of the link.")
    fired_at: datetime = Field(description="When they were linked.")
    row_count: int = Field(description="How many rows are linked.")
    rows: list[LinkedRowOut] = Field(description="Empty where they are about a place, not people.")
    links: list[LinkedConcernLinkOut] = Field(description="What the rows have in common.")
    numbers: list[WeeksOut] = Field(
        description="These weeks, and the same weeks of earlier years; plain counts."
    )
    other_explanations: list[OtherExplanationOut] = Field(description="What else may explain them.")
    suggestions: list[LookingSuggestionsOut] = Field(description="A person decides.")
    looked: JointReviewOut | None = Field(description="Joint look that was recorded; null: none.")
    ended_at: datetime | None = Field(
        description="When they were reviewed or dismissed; null until then."
    )
    reason: str | None = Field(description="Why they were set aside.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class NoFilters(BaseModel):
    """Nothing can be asked for: every parameter is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkedCountOut(Out):
    """A month and a rule, in words of counts."""

    month: date = Field(description="First day of the month.")
    rule_id: str = Field(description="Name of the rule.")
    title: str = Field(description="What the rule is called.")
    schools: str = Field(description="`<5`, or a step of five such as `5-9`.")
    linked_concerns: str = Field(description="`<5`, or a step of five such as `5-9`.")


class LinkedCountsOut(Out):
    """What a trust is shown: no school, no row, nothing to open."""

    items: list[LinkedCountOut] = Field(description="Counts by month and rule.")
    speak_by_phone: bool = Field(
        description="More than one school is looking together: leads are asked to phone."
    )
    counted_at: datetime | None = Field(description="When it was counted; null: not yet.")


class NamedContentIn(In):
    """What was named, in words and without its address."""

    id: NewId
    kind: NamedContentKindsIn = Field(description="Type of content.")
    label: Word = Field(description="What it is called.")


class NamedContentOut(Out):
    """Something that was named."""

    id: UUID = Field(description="Content ID.")
    kind: NamedContentKindsOut = Field(description="Type of content.")
    label: str = Field(description="What it is called.")
    stated_by: PersonOut = Field(description="Person who noted it.")
    stated_at: datetime = Field(description="When somebody noted it.")


class ConcernMarkIn(In):
    """What was named in a concern, or at which place on the site it was."""

    named_content_id: UUID | None = Field(
        default=None, description="Harmful content the concern names."
    )
    site_request_id: UUID | None = Field(
        default=None, description="Place on the site where it was."
    )

    @model_validator(mode="after")
    def _one(self) -> "ConcernMarkIn":
        if (self.named_content_id is None) == (self.site_request_id is None):
            raise BodyFault("name either what was named or a place")
        return self


class ConcernMarkOut(Out):
    """One note of that kind."""

    id: UUID = Field(description="Mark ID.")
    by: LinkKindsOut = Field(description="What was marked: content or a place.")
    about_id: UUID = Field(description="ID of the content or place.")
    label: str = Field(description="What it is called.")
    marked_by: PersonOut = Field(description="Person who marked it.")
    marked_at: datetime = Field(description="When it was marked.")


class ConcernMarksOut(Out):
    """All notes of that kind on a concern."""

    items: list[ConcernMarkOut] = Field(description="The marks of the concern.")


class CalendarNoteListIn(ListIn):
    """Filters of notes."""

    since: Day | None = Field(default=None, description="Only notes that end on this day or later.")
    until: Day | None = Field(
        default=None, description="Only notes that begin on this day or earlier."
    )
    kind: CalendarNoteKindsIn | None = Field(default=None, description="Only notes of this kind.")


class CalendarNoteOut(NoteBesideOut):
    """A note in the calendar; it stands beside concerns and moves none of them."""

    added_by: PersonOut = Field(description="Person who added it.")
    added_at: datetime = Field(description="When it was added.")
    ended_at: datetime | None = Field(description="When it was taken out again.")

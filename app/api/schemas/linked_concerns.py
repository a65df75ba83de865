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
    rule_id: Word | None = Field(default=None, description="Only concerns linked by this rule.")


class LinkedConcernCard(Out):
    """Linked concerns in a list, without any child or concern."""

    id: UUID = Field(description="Link ID.")
    rule_id: str = Field(description="Name of the rule that linked them.")
    rule_version: str = Field(description="Version of that rule.")
    state: LinkedConcernStatesOut = Field(description="State of the link.")
    fired_at: datetime = Field(description="When they were linked.")
    ended_at: datetime | None = Field(
        description="When they were reviewed or dismissed; null until then."
    )
    row_count: int = Field(description="Number of linked concerns.")


class LinkingRuleOut(Out):
    """The rule as it was when it linked the concerns."""

    id: str = Field(description="Name of the rule.")
    version: str = Field(description="Version of the rule.")
    title: str = Field(description="What the rule is called.")
    text: str = Field(description="The rule in words.")
    unknown: str = Field(description="What is not known. Show it with the rule.")
    source: str = Field(description="Where the rule comes from.")


class LinkedRowOut(Out):
    """One linked concern or record. Its text stays in the concern."""

    concern: NamedConcernOut = Field(description="The concern.")
    children: list[PersonOut] = Field(description="Children the concern is about.")
    kind: SelfHarmKindsOut | None = Field(description="As it was told; null where nothing was.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When it was saved.")
    recorded_by: PersonOut = Field(description="Person who recorded it.")


class LinkingChildGroupOut(Out):
    """A child group: who created it and who confirmed it."""

    about: PointerOut = Field(
        description="The child group, or a `relationship` in the children's records."
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
    """One thing the concerns have in common."""

    by: LinkKindsOut = Field(description="Type of link.")
    year_group: str | None = Field(
        description="Year group they share, by the roster alone; null: another link."
    )
    child_group: LinkingChildGroupOut | None = Field(
        description="Child group they share; null: another link."
    )
    label: str | None = Field(
        description="Place or content they share, in staff's words; null: another link."
    )
    lead: PersonOut | None = Field(description="Lead of the bereavement case; null: no death.")


class WeeksOut(Out):
    """Number of such records in the whole school between two days."""

    starts_on: date = Field(description="First day.")
    ends_on: date = Field(description="Last day.")
    count: int | None = Field(description="Number you may read; null: before records began.")


class NoteBesideOut(Out):
    """What was on at school, and when."""

    id: UUID = Field(description="Note ID.")
    kind: CalendarNoteKindsOut = Field(description="Type of note.")
    label: str = Field(description="What was on.")
    starts_on: date = Field(description="First day.")
    ends_on: date = Field(description="Last day.")


class OtherExplanationOut(Out):
    """Another possible explanation, for people to weigh."""

    code: OtherExplanationsOut = Field(description="Code of the explanation.")
    note: NoteBesideOut | None = Field(description="Calendar note behind it; null: none.")
    rows: int | None = Field(description="Number of concerns it applies to; null: not counted.")


class JointReviewOut(Out):
    """A joint review: people, time and next steps."""

    at: datetime = Field(description="When they reviewed it.")
    with_whom: str = Field(description="People who reviewed it together.")
    follows: str = Field(description="Next steps.")


class LinkedConcernOut(Out):
    """Linked concerns, and what explains the link."""

    id: UUID = Field(description="Link ID.")
    label: str = Field(description="What links them, in words.")
    vocabulary_status: VocabularyStatus
    rule: LinkingRuleOut = Field(description="Rule that linked them.")
    rule_id: str = Field(description="Name of the rule that linked them.")
    rule_version: str = Field(description="Version of that rule.")
    state: LinkedConcernStatesOut = Field(description="State of the link.")
    fired_at: datetime = Field(description="When they were linked.")
    row_count: int = Field(description="Number of linked concerns.")
    rows: list[LinkedRowOut] = Field(
        description="Linked concerns. Empty if they are about a place, not people."
    )
    links: list[LinkedConcernLinkOut] = Field(
        description="What the linked concerns have in common."
    )
    numbers: list[WeeksOut] = Field(
        description="Counts for these weeks, and the same weeks in earlier years."
    )
    other_explanations: list[OtherExplanationOut] = Field(description="What else may explain them.")
    suggestions: list[LookingSuggestionsOut] = Field(description="Suggestions. A person decides.")
    looked: JointReviewOut | None = Field(description="Joint review that was recorded; null: none.")
    ended_at: datetime | None = Field(
        description="When they were reviewed or dismissed; null until then."
    )
    reason: str | None = Field(description="Why they were dismissed; null: they were not.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class NoFilters(BaseModel):
    """Nothing can be asked for: every parameter is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkedCountOut(Out):
    """Counts for one month and rule, rounded."""

    month: date = Field(description="First day of the month.")
    rule_id: str = Field(description="Name of the rule.")
    title: str = Field(description="What the rule is called.")
    schools: str = Field(description="`<5`, or a step of five such as `5-9`.")
    linked_concerns: str = Field(description="`<5`, or a step of five such as `5-9`.")


class LinkedCountsOut(Out):
    """What a trust sees: counts only, with no school or child."""

    items: list[LinkedCountOut] = Field(description="Counts by month and rule.")
    speak_by_phone: bool = Field(
        description="`true`: several schools are reviewing together. Ask leads to phone each other."
    )
    counted_at: datetime | None = Field(description="When it was counted; null: not yet.")


class NamedContentIn(In):
    """Harmful content, described without its address."""

    id: NewId
    kind: NamedContentKindsIn = Field(description="Type of content.")
    label: Word = Field(description="Name of the content.")


class NamedContentOut(Out):
    """Harmful content that concerns name."""

    id: UUID = Field(description="Content ID.")
    kind: NamedContentKindsOut = Field(description="Type of content.")
    label: str = Field(description="Name of the content.")
    stated_by: PersonOut = Field(description="Person who noted it.")
    stated_at: datetime = Field(description="When somebody noted it.")


class ConcernMarkIn(In):
    """Content the concern names, or the place on site where it happened."""

    named_content_id: UUID | None = Field(default=None, description="Harmful content it names.")
    site_request_id: UUID | None = Field(
        default=None, description="Place on site where it happened."
    )

    @model_validator(mode="after")
    def _require_one(self) -> "ConcernMarkIn":
        if (self.named_content_id is None) == (self.site_request_id is None):
            raise BodyFault("name either what was named or a place")
        return self


class ConcernMarkOut(Out):
    """One mark on a concern."""

    id: UUID = Field(description="Mark ID.")
    by: LinkKindsOut = Field(description="Whether it marks content or a place.")
    about_id: UUID = Field(description="ID of the content or place.")
    label: str = Field(description="Name of the content or place.")
    marked_by: PersonOut = Field(description="Person who marked it.")
    marked_at: datetime = Field(description="When it was marked.")


class ConcernMarksOut(Out):
    """All marks on a concern."""

    items: list[ConcernMarkOut] = Field(description="The marks of the concern.")


class CalendarNoteListIn(ListIn):
    """Filters of notes."""

    since: Day | None = Field(default=None, description="Only notes that end on or after this day.")
    until: Day | None = Field(
        default=None, description="Only notes that start on or before this day."
    )
    kind: CalendarNoteKindsIn | None = Field(default=None, description="Only notes of this kind.")


class CalendarNoteOut(NoteBesideOut):
    """A calendar note. Shown with concerns; changes nothing about them."""

    added_by: PersonOut = Field(description="Person who added it.")
    added_at: datetime = Field(description="When it was added.")
    ended_at: datetime | None = Field(description="When it was removed; null while it is there.")

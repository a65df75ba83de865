"""The chronology: one ordered stream of everything dated about a child."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import EntryStepsOut, ItemKindsOut, RecordStatesOut
from app.core.codes import (
    AccessReasonsOut,
    ChildStatusKindsOut,
    ChronologyKindsIn,
    ChronologyKindsOut,
    ConcernCategoriesChosenIn,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConfidentialityClassesOut,
    OccurredPrecisionsOut,
    OccurredUnitsOut,
    PastEntryKindsOut,
    RolesOut,
    SafetyRecordKindsOut,
)
from app.core.schemas import (
    ListIn,
    Moment,
    NamedChildOut,
    Out,
    PersonOut,
    PointerOut,
    UnnamedChildOut,
)


class ChronologyIn(ListIn):
    """Filters of a chronology."""

    kind: list[ChronologyKindsIn] = Field(
        default=[], max_length=20, description="Only these types. Default: all."
    )
    category: ConcernCategoriesChosenIn | None = Field(
        default=None,
        description="Only entries of concerns in this category, wherever they were raised.",
    )
    since: Moment | None = Field(
        default=None, description="Only what happened at or after this time."
    )
    until: Moment | None = Field(default=None, description="Only what happened before this time.")
    significant: bool | None = Field(
        default=None, description="`true`: significant entries. `false`: the others. Default: both."
    )
    sort: Literal["newest", "oldest"] = Field(
        default="newest", description="Newest or oldest first. Default: newest."
    )


class AuthorOut(Out):
    """The author and their role. For a record from another school, see `received`."""

    id: UUID | None = Field(
        description="Staff ID; null: the author is elsewhere, or it came from the roll."
    )
    name: str = Field(description="Author's name, or the school or system it came from.")
    role: RolesOut | None = Field(description="Role they wrote it in; null: another school.")


class VisibilityOut(Out):
    """Who may see the record, and why you can."""

    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    readers: list[RolesOut] = Field(description="Roles that may see it.")
    reason_code: AccessReasonsOut = Field(description="Why you can see it.")


class ReceivedEntryOut(Out):
    """The school that a record came from."""

    school: str = Field(description="School that made it, as named in the file.")
    record_kind: ItemKindsOut = Field(description="Type of record there.")
    author_name: str | None = Field(description="Person who wrote it there; null: not known.")
    author_job_title: str | None = Field(description="Their job title there; null: not known.")
    author_role: str | None = Field(
        description="Author's role there, in that school's words; null: not known."
    )
    recorded_at: datetime | None = Field(description="When it was recorded there; null: not known.")
    state: str | None = Field(
        description="State when the file left that school; null: it had none."
    )
    accepted_by: PersonOut = Field(description="Person here who accepted the file.")
    accepted_at: datetime = Field(description="When it was added to this school's record.")


class PastEntryToldOut(Out):
    """The former system of an entry."""

    source: str = Field(description="System it comes from, such as `cpoms:hilltop`.")
    kind: PastEntryKindsOut = Field(description="Type of entry.")
    author_name: str | None = Field(
        description="Author's name, as written in the source; null: none."
    )
    author_role: str | None = Field(description="Author's role in the source; null: not known.")
    recorded_at: datetime | None = Field(
        description="When the source says it was entered; null: not said."
    )
    occurred_unit: OccurredUnitsOut = Field(description="How exactly the time is known.")
    open: bool = Field(description="Whether it was open there, and not taken up here.")
    withdrawn: bool = Field(description="Whether it was withdrawn there. Cairn keeps its words.")
    imported_at: datetime = Field(description="When it was imported.")


class ChronologyEntryOut(Out):
    """One dated entry."""

    id: UUID = Field(description="Chronology entry ID.")
    kind: ChronologyKindsOut = Field(description="Type of entry.")
    about: PointerOut = Field(description="Record it shows.")
    concern_id: UUID | None = Field(description="Concern to open; null: it belongs to none.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(
        description="When it was recorded: there, if it came from elsewhere and the time is known."
    )
    late: bool = Field(
        description="Whether it was recorded more than a day after it happened. Never because a "
        "file came later."
    )
    significant: bool = Field(
        description="Whether a person marked it as one of the most important events."
    )
    post_event: bool = Field(description="Whether it was recorded after the death of this child.")
    author: AuthorOut = Field(description="Person who recorded it.")
    received: ReceivedEntryOut | None = Field(
        description="Where it comes from, if another school wrote it; null: it did not."
    )
    past: PastEntryToldOut | None = Field(
        description="Where it comes from, if a former system held it; null: it did not."
    )
    reference: str | None = Field(description="Reference of the record; null: it has none.")
    state: RecordStatesOut | None = Field(description="State of the record; null: it has none.")
    step: EntryStepsOut | None = Field(
        description="Step of a share, referral or case that it shows; null: none. `state` is the "
        "state today."
    )
    entered_in_error: bool = Field(description="Whether the record was marked as entered in error.")
    level: int | None = Field(description="Level of need, 1 to 4; null: not set.")
    category: ConcernCategoriesOut | None = Field(
        description="Main category of the concern; null: none."
    )
    status_kind: ChildStatusKindsOut | None = Field(
        description="What a status is; null: not a status."
    )
    safety_record_kind: SafetyRecordKindsOut | None = Field(
        description="What a safety record is; null: not a safety record."
    )
    own_categories: list[str] = Field(description="The school's own categories, as they were then.")
    child_role: ConcernChildRolesOut | None = Field(
        description="The child's part in it; null: none."
    )
    summary: str | None = Field(description="What happened, in one line; null: see the record.")
    child_said: str | None = Field(description="The child's own words; null: none.")
    decision: str | None = Field(description="Decision; null: not a decision.")
    reason: str | None = Field(description="Reason for the decision; null: not a decision.")
    outcome: str | None = Field(description="Outcome; null: none yet.")
    others: list[UnnamedChildOut] = Field(description="Other children involved, without names.")
    visibility: VisibilityOut = Field(description="Who may see it, and why you do.")


class FamilyEntryOut(ChronologyEntryOut):
    """One dated entry about one child of the family."""

    child: NamedChildOut = Field(description="Child whose entry it is.")

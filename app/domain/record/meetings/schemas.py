"""Meetings: what is planned, what was written down of each, and how they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    ConfidentialityClassesOut,
    MeetingAttendanceIn,
    MeetingAttendanceOut,
    MeetingKindsIn,
    MeetingKindsOut,
    MeetingResultsIn,
    MeetingResultsOut,
    MeetingStatesOut,
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
)
from app.domain.record.actions.schemas import ActionIn

Class = Literal["K2", "K3", "K4", "K5"]
MANY = 50


class InvitedIn(In):
    """A person who is invited: a member of staff by id, others by name."""

    staff_id: UUID | None = Field(default=None, description="Member of staff at this school.")
    name: Line | None = Field(default=None, description="Name of a person from elsewhere.")
    agency: Line | None = Field(default=None, description="Where that person works.")
    role: Line | None = Field(default=None, description="Such as `social worker` or `mother`.")

    @model_validator(mode="after")
    def _one_person(self) -> "InvitedIn":
        if (self.staff_id is None) == (self.name is None):
            raise Told("name either a member of staff or another person")
        return self


class AttendeeIn(InvitedIn):
    """A person and whether they came."""

    attendance: MeetingAttendanceIn


class PaperIn(In):
    """A paper of a meeting."""

    title: Line
    attachment_id: UUID | None = Field(
        default=None, description="Where it is kept: an attachment of the meeting's concern."
    )


class DissentIn(In):
    """A person who disagreed, and why."""

    who: Line
    why: Narrative


class MeetingIn(In):
    """A meeting about a child, or about siblings at one time: each has one in their own file."""

    id: NewId = None
    kind: MeetingKindsIn
    child_ids: list[UUID] = Field(min_length=1, max_length=10)
    concern_id: UUID | None = Field(
        default=None, description="The concern that it is about; the children are named in it."
    )
    starts_at: Moment = Field(description="When it begins, or began.")
    place: Line | None = Field(default=None, description="The room, or how the call is joined.")
    invited: list[InvitedIn] = Field(default_factory=list, max_length=MANY)
    papers: list[PaperIn] = Field(default_factory=list, max_length=MANY)
    owner_id: UUID | None = Field(
        default=None, description="Who writes down what came of it. Default: myself."
    )
    confidentiality: Class = Field(
        default="K4", description="Where it has no concern, whose class holds otherwise."
    )

    @model_validator(mode="after")
    def _each_once(self) -> "MeetingIn":
        if len(set(self.child_ids)) < len(self.child_ids):
            raise Told("name each child once")
        return self


class MeetingPatch(In):
    """What changes while it is planned. Lists are given whole."""

    starts_at: Moment = absent()
    place: Line | None = absent()
    invited: list[InvitedIn] = absent(max_length=MANY)
    papers: list[PaperIn] = absent(max_length=MANY)
    owner_id: UUID = absent()


class MeetingListIn(ListIn):
    """Filters of meetings."""

    state: Literal["planned", "held", "cancelled"] = "planned"
    kind: MeetingKindsIn | None = None
    child_id: UUID | None = None
    concern_id: UUID | None = None
    owner_id: UUID | None = None


class MinuteIn(In):
    """What came of a meeting."""

    held_at: Moment | None = Field(default=None, description="Default: when it was to begin.")
    people: list[AttendeeIn] = Field(
        min_length=1, max_length=MANY, description="Everybody who was invited or came."
    )
    papers: list[PaperIn] | None = Field(
        default=None, max_length=MANY, description="Default: the papers of the plan."
    )
    result: MeetingResultsIn
    decisions: Narrative = Field(description="What was decided, and what others agreed to do.")
    dissent: list[DissentIn] = Field(default_factory=list, max_length=MANY)


class HoldMeetingIn(MinuteIn):
    """What came of a meeting, and what follows."""

    actions: list[ActionIn] = Field(
        default_factory=list, max_length=MANY,
        description="What staff do next: actions of the meeting's concern.",
    )  # fmt: skip
    next_at: Moment | None = Field(default=None, description="When they meet again.")
    next_kind: MeetingKindsIn | None = Field(default=None, description="Default: the same kind.")


class CorrectMeetingIn(MinuteIn):
    """The same once more, whole, and why. What was written before stays."""

    reason: Narrative


class CancelMeetingIn(In):
    """Why it is not held."""

    reason: Narrative


class MeetingConcernOut(Out):
    """The concern it is about."""

    id: UUID
    reference: str


class MeetingPersonOut(Out):
    """A person who was invited."""

    staff: PersonOut | None
    name: str | None
    agency: str | None
    role: str | None


class AttendeeOut(MeetingPersonOut):
    """A person and whether they came."""

    attendance: MeetingAttendanceOut


class PaperOut(Out):
    """A paper of a meeting."""

    title: str
    attachment_id: UUID | None


class DissentOut(Out):
    """A person who disagreed, and why."""

    who: str
    why: str


class MinuteOut(Out):
    """What was written down about a meeting; never changed."""

    id: UUID
    held_at: datetime
    people: list[AttendeeOut]
    papers: list[PaperOut]
    result: MeetingResultsOut
    decisions: str
    dissent: list[DissentOut]
    reason: str | None = Field(description="Why the one before is corrected; null for the first.")
    by: PersonOut
    at: datetime


class MeetingActionOut(Out):
    """An action that a meeting set."""

    id: UUID
    what: str
    owner: PersonOut
    due_at: datetime
    state: str


class MeetingCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    kind: MeetingKindsOut
    child: PersonOut
    concern: MeetingConcernOut | None
    confidentiality: ConfidentialityClassesOut
    starts_at: datetime
    owner: PersonOut
    due_at: datetime
    state: MeetingStatesOut
    together_id: UUID | None = Field(description="The same for siblings who meet at one time.")
    set_at: datetime


class MeetingOut(MeetingCard):
    """A meeting with everything that was written down about it, oldest first."""

    after_id: UUID | None = Field(description="The meeting that agreed on this date.")
    place: str | None
    invited: list[MeetingPersonOut]
    papers: list[PaperOut]
    due_rule: str | None
    set_by: PersonOut
    ended_at: datetime | None
    cancel_reason: str | None
    minutes: list[MinuteOut]
    actions: list[MeetingActionOut]
    permissions: list[str] = Field(description="What this reader may do next.")

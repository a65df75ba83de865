"""Meetings: what is planned, what was written down of each, and how they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    ActionStatesOut,
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
    BodyFault,
    In,
    Line,
    ListIn,
    Moment,
    NamedConcernOut,
    Narrative,
    NewId,
    Out,
    PersonOut,
    absent,
)
from app.domain.record.actions.schemas import ActionIn

Class = Literal["K2", "K3", "K4", "K5"]
MANY = 50


class InvitedIn(In):
    """A person to invite: a member of staff by ID, others by name."""

    staff_id: UUID | None = Field(default=None, description="Member of staff at this school.")
    name: Line | None = Field(default=None, description="Name of a person from elsewhere.")
    agency: Line | None = Field(default=None, description="Agency the person works for.")
    role: Line | None = Field(
        default=None, description="Role or relationship, such as `social worker` or `mother`."
    )

    @model_validator(mode="after")
    def _one_person(self) -> "InvitedIn":
        if (self.staff_id is None) == (self.name is None):
            raise BodyFault("name either a member of staff or another person")
        return self


class AttendeeIn(InvitedIn):
    """An attendee, and whether they came."""

    attendance: MeetingAttendanceIn = Field(description="Whether they came.")


class PaperIn(In):
    """A paper of a meeting."""

    title: Line = Field(description="Title of the paper.")
    attachment_id: UUID | None = Field(
        default=None, description="File of the meeting's concern that holds it."
    )


class DissentIn(In):
    """A person who disagreed, and why."""

    who: Line = Field(description="Person who disagreed.")
    reason: Narrative = Field(description="Why they disagreed.")


class MeetingIn(In):
    """A meeting about a child, or about siblings together. Each child gets their own."""

    id: NewId = None
    kind: MeetingKindsIn = Field(description="Type of meeting.")
    child_ids: list[UUID] = Field(
        min_length=1, max_length=10, description="Children it is about; each gets a meeting."
    )
    concern_id: UUID | None = Field(
        default=None, description="Concern it is about. It must name the children."
    )
    starts_at: Moment = Field(description="When it starts or started.")
    place: Line | None = Field(default=None, description="Room, or how to join the call.")
    invited: list[InvitedIn] = Field(
        default_factory=list, max_length=MANY, description="People who are invited."
    )
    papers: list[PaperIn] = Field(
        default_factory=list, max_length=MANY, description="Papers of the meeting."
    )
    owner_id: UUID | None = Field(
        default=None, description="Person who records the outcome. Default: you."
    )
    confidentiality: Class = Field(
        default="K4",
        description="Class of confidentiality. Only without a concern, whose class applies "
        "otherwise.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> "MeetingIn":
        if len(set(self.child_ids)) < len(self.child_ids):
            raise BodyFault("name each child once")
        return self


class MeetingPatch(In):
    """Fields to change while it is planned. Send lists whole."""

    starts_at: Moment = absent(description="When it starts.")
    place: Line | None = absent(description="Where it is; null empties it.")
    invited: list[InvitedIn] = absent(
        max_length=MANY, description="People who are invited, as a whole list."
    )
    papers: list[PaperIn] = absent(
        max_length=MANY, description="Papers of the meeting, as a whole list."
    )
    owner_id: UUID = absent(description="Person who owns it.")


class MeetingListIn(ListIn):
    """Filters of meetings."""

    state: Literal["planned", "held", "cancelled"] = Field(
        default="planned", description="Planned, held or cancelled meetings. Default: planned."
    )
    kind: MeetingKindsIn | None = Field(default=None, description="Only meetings of this kind.")
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    concern_id: UUID | None = Field(default=None, description="Only about this concern.")
    owner_id: UUID | None = Field(default=None, description="Only meetings this person owns.")


class MinuteIn(In):
    """What came of a meeting."""

    held_at: Moment | None = Field(
        default=None,
        description="When it was held. Default: the planned start; in a correction, the time that "
        "was written down before.",
    )
    people: list[AttendeeIn] = Field(
        min_length=1, max_length=MANY, description="Everyone invited, or who came."
    )
    papers: list[PaperIn] | None = Field(
        default=None, max_length=MANY, description="Papers. Default: those of the plan."
    )
    result: MeetingResultsIn = Field(description="Result of the meeting.")
    decisions: Narrative = Field(description="Decisions, and what other people agreed to do.")
    dissent: list[DissentIn] = Field(
        default_factory=list, max_length=MANY, description="People who disagreed."
    )


class HoldMeetingIn(MinuteIn):
    """The outcome of a meeting, and next steps."""

    actions: list[ActionIn] = Field(
        default_factory=list, max_length=MANY,
        description="Actions for staff, added to the meeting's concern.",
    )  # fmt: skip
    next_at: Moment | None = Field(
        default=None, description="When the next meeting is. Default: none."
    )
    next_kind: MeetingKindsIn | None = Field(
        default=None, description="Type of the next meeting. Default: the same."
    )


class CorrectMeetingIn(MinuteIn):
    """The whole corrected outcome, and why. Cairn keeps the earlier text."""

    reason: Narrative = Field(description="Why you correct it.")


class MeetingPersonOut(Out):
    """An invited person."""

    staff: PersonOut | None = Field(description="Member of staff; null: somebody else.")
    name: str | None = Field(description="Full name; null: a member of staff.")
    agency: str | None = Field(description="Agency they work for; null: none.")
    role: str | None = Field(description="Their role, in words; null: not said.")


class AttendeeOut(MeetingPersonOut):
    """An attendee, and whether they came."""

    attendance: MeetingAttendanceOut = Field(description="Whether they came.")


class PaperOut(Out):
    """A paper of a meeting."""

    title: str = Field(description="Title of the paper.")
    attachment_id: UUID | None = Field(description="File of the concern; null: not kept here.")


class DissentOut(Out):
    """A person who disagreed, and why."""

    who: str = Field(description="Person who disagreed.")
    reason: str = Field(description="Why they disagreed.")


class MinuteOut(Out):
    """One record of a meeting. It never changes."""

    id: UUID = Field(description="Minute ID.")
    held_at: datetime = Field(description="When the meeting was held.")
    people: list[AttendeeOut] = Field(description="People, and whether they came.")
    papers: list[PaperOut] = Field(description="Papers of the meeting.")
    result: MeetingResultsOut = Field(description="Result of the meeting.")
    decisions: str = Field(description="What was decided.")
    dissent: list[DissentOut] = Field(description="People who disagreed.")
    reason: str | None = Field(description="Why it corrects the previous one; null: the first.")
    by: PersonOut = Field(description="Person who wrote it.")
    at: datetime = Field(description="When this was written.")


class MeetingActionOut(Out):
    """An action the meeting set."""

    id: UUID = Field(description="Action ID.")
    what: str = Field(description="What to do.")
    owner: PersonOut = Field(description="Person who does it.")
    due_at: datetime = Field(description="Deadline of the action.")
    state: ActionStatesOut = Field(description="Progress of the action.")


class MeetingCard(Out):
    """A meeting in a list."""

    id: UUID = Field(description="Meeting ID.")
    kind: MeetingKindsOut = Field(description="Type of meeting.")
    child: PersonOut = Field(description="Child the meeting is about.")
    concern: NamedConcernOut | None = Field(
        description="Concern the meeting belongs to; null: none."
    )
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the meeting."
    )
    starts_at: datetime = Field(description="When it starts.")
    owner: PersonOut = Field(description="Person who owns the meeting.")
    due_at: datetime = Field(description="Deadline of the meeting.")
    state: MeetingStatesOut = Field(description="State of the meeting.")
    together_id: UUID | None = Field(
        description="ID shared by sibling meetings held together; null: none."
    )
    set_at: datetime = Field(description="When it was set.")


class MeetingOut(MeetingCard):
    """A meeting with all its minutes, oldest first."""

    after_id: UUID | None = Field(description="Meeting that set this date; null: none.")
    place: str | None = Field(description="Where it is; null: not said.")
    invited: list[MeetingPersonOut] = Field(description="People who are invited.")
    papers: list[PaperOut] = Field(description="Papers of the meeting.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    set_by: PersonOut = Field(description="Person who set it.")
    ended_at: datetime | None = Field(description="When it was held or cancelled; null until then.")
    cancel_reason: str | None = Field(description="Why it was cancelled; null: it was not.")
    minutes: list[MinuteOut] = Field(description="Records of the meeting, oldest first.")
    actions: list[MeetingActionOut] = Field(description="Actions the meeting set.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")

"""Check-ins: what one adult has to do, what leads see, how it went, and who is away."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn
from app.core.codes import CheckInHowsOut, CheckInOutcomesOut, CheckInStatesOut
from app.core.schemas import In, ListIn, Moment, Narrative, Out, PersonOut


class OwnCheckInListIn(ListIn):
    """Pages of what I have to do."""


class CheckInListIn(ListIn):
    """Filters of check-ins."""

    state: Literal["open", "ended"] = Field(
        default="open",
        description="`ended`: `done`, `declined`, `settled` or `dropped`. Default: open.",
    )
    overdue: bool = Field(default=False, description="Only check-ins whose window has closed.")
    child_id: UUID | None = Field(default=None, description="Only with this pupil.")
    owner_id: UUID | None = Field(default=None, description="Only check-ins of this adult.")
    due_before: Moment | None = Field(default=None, description="Only items due before this time.")


class OwnCheckInOut(Out):
    """A pupil to see, when and where, without the reason."""

    id: UUID = Field(description="Check-in ID.")
    child: PersonOut = Field(description="Pupil to see.")
    opens_at: datetime = Field(description="Earliest time to see the pupil.")
    due_at: datetime = Field(description="Latest time to see the pupil.")
    place: str | None = Field(description="Where to meet; null: not agreed.")
    mine: bool = Field(description="`true`: yours. `false`: you stand in, or are asked to.")
    asked: bool = Field(description="Whether you are asked to stand in and have not answered.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class CheckInCard(Out):
    """A check-in, as safeguarding leads see it."""

    id: UUID = Field(description="Check-in ID.")
    child: PersonOut = Field(description="Pupil to see.")
    opens_at: datetime = Field(description="Earliest time to see the pupil.")
    due_at: datetime = Field(description="Latest time to see the pupil.")
    place: str | None = Field(description="Where to meet; null: not agreed.")
    owner: PersonOut = Field(description="Adult who checks in.")
    cover: PersonOut = Field(description="Adult who stands in.")
    asked: PersonOut | None = Field(description="Person asked to stand in; null: nobody.")
    answer_due_at: datetime | None = Field(
        description="When a lead takes over if they do not answer; null: nobody asked."
    )
    missed_at: datetime | None = Field(
        description="When Cairn alerted a lead that it did not happen; null: it did not alert."
    )
    how: CheckInHowsOut | None = Field(description="How they met; null: not yet.")
    done_at: datetime | None = Field(description="When it happened; null until then.")
    outcome: CheckInOutcomesOut | None = Field(
        description="Outcome of the check-in; null until then."
    )
    state: CheckInStatesOut = Field(description="State of the check-in.")
    ended_at: datetime | None = Field(
        description="When it was completed or settled; null while it is open."
    )
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class CheckInOut(CheckInCard):
    """A check-in, and what you may do next."""

    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class FinishCheckInIn(In):
    """How the check-in went. Partly filled in is enough."""

    how: Literal["spoke", "saw_only", "message", "absent"] = Field(
        description="How it went. After `absent`, or a second `saw_only` in a row, the check-in "
        "stays open."
    )
    how_are_things: AnswerIn[Narrative] | None = Field(
        default=None, description="How things are, in the pupil's own words."
    )
    plan_still_right: AnswerIn[Narrative] | None = Field(
        default=None, description="Whether the support plan is still right."
    )
    home_may_know: AnswerIn[Narrative] | None = Field(
        default=None,
        description=(
            "What the pupil now says home may know. Ask every pupil each time, so the question "
            "reveals nothing. Cairn alerts those waiting to tell parents."
        ),
    )
    next: AnswerIn[Narrative] | None = Field(default=None, description="Next steps.")
    worried_more: bool = Field(
        default=False,
        description="Whether you are more worried than before. If so, Cairn alerts a lead at once.",
    )


class WorryIn(In):
    """Increased worry. Words are optional."""

    words: Narrative | None = Field(default=None, description="What worries you.")


class AbsenceOut(Out):
    """A staff absence."""

    id: UUID = Field(description="Absence ID.")
    staff: PersonOut = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class AbsenceRecordedOut(Out):
    """The absence as saved."""

    id: UUID = Field(description="Absence ID.")
    staff_id: UUID = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")

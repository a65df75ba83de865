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
    overdue: bool = Field(default=False, description="Only those whose window has closed.")
    child_id: UUID | None = Field(default=None, description="Only with this pupil.")
    owner_id: UUID | None = Field(default=None, description="Only check-ins of this adult.")
    due_before: Moment | None = Field(
        default=None, description="Only those due before this moment."
    )


class OwnCheckInOut(Out):
    """Pupil to see, when and where, without the reason."""

    id: UUID = Field(description="Check-in ID.")
    child: PersonOut = Field(description="Pupil to see.")
    opens_at: datetime = Field(description="Earliest time for it.")
    due_at: datetime = Field(description="Latest time for it.")
    place: str | None = Field(description="Where to meet; null: not agreed.")
    mine: bool = Field(description="False: I stand in, or am asked to.")
    asked: bool = Field(description="I am asked to stand in and have not answered.")
    etag: str = Field(description="For If-Match.")


class CheckInCard(Out):
    """A check-in as leads see it."""

    id: UUID = Field(description="Check-in ID.")
    child: PersonOut = Field(description="Pupil to see.")
    opens_at: datetime = Field(description="Earliest time for it.")
    due_at: datetime = Field(description="Latest time for it.")
    place: str | None = Field(description="Where to meet; null: not agreed.")
    owner: PersonOut = Field(description="Adult who checks in.")
    cover: PersonOut = Field(description="Adult who stands in.")
    asked: PersonOut | None = Field(description="Who is asked to stand in.")
    answer_due_at: datetime | None = Field(description="When a lead takes over without an answer.")
    missed_at: datetime | None = Field(description="When a lead was told that it did not happen.")
    how: CheckInHowsOut | None = Field(description="How they met; null: not yet.")
    done_at: datetime | None = Field(description="When it happened; null until then.")
    outcome: CheckInOutcomesOut | None = Field(
        description="Outcome of the check-in; null until then."
    )
    state: CheckInStatesOut = Field(description="State of the check-in.")
    ended_at: datetime | None = Field(
        description="When it was completed or settled; null while it is open."
    )
    etag: str = Field(description="For If-Match.")


class CheckInOut(CheckInCard):
    """A check-in, with what this reader may do next."""

    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class FinishCheckInIn(In):
    """How it went. Half of it is enough."""

    how: Literal["spoke", "saw_only", "message", "absent"] = Field(
        description="`saw_only` twice running is not enough: it stays open. So does `absent`."
    )
    how_are_things: AnswerIn[Narrative] | None = Field(
        default=None, description="In the pupil's own words."
    )
    plan_still_right: AnswerIn[Narrative] | None = Field(
        default=None, description="Whether the plan is still right."
    )
    home_may_know: AnswerIn[Narrative] | None = Field(
        default=None,
        description=(
            "What the pupil says now about what home may know. A question for every pupil and "
            "each time, so that asking it tells nothing; who waits to tell parents hears of it."
        ),
    )
    next: AnswerIn[Narrative] | None = Field(default=None, description="What happens next.")
    worried_more: bool = Field(
        default=False, description="Are you more worried than before? A lead is told at once."
    )


class WorryIn(In):
    """More worried than before; words help, and are not needed."""

    words: Narrative | None = Field(default=None, description="What worries you.")


class AbsenceOut(Out):
    """Days on which somebody is not at school."""

    id: UUID = Field(description="Absence ID.")
    staff: PersonOut = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")
    etag: str = Field(description="For If-Match.")


class AbsenceRecordedOut(Out):
    """What was said."""

    id: UUID = Field(description="Absence ID.")
    staff_id: UUID = Field(description="Person who is away.")
    valid_from: date = Field(description="First day away.")
    valid_to: date = Field(description="First day back.")

"""Cases of the time after a death: opened and closed by two people, with team and duties."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.support_services import CallFirstOut
from app.core.codes import (
    BereavementCaseStatesOut,
    BereavementConfirmersOut,
    BereavementDutiesIn,
    BereavementDutiesOut,
    BereavementPeopleOut,
    BereavementTeamRolesOut,
    TaskKindsOut,
    TaskStatesOut,
)
from app.core.schemas import In, Line, ListIn, Moment, Out, PersonOut


class CaseListIn(ListIn):
    """Filters of cases."""

    state: Literal["open", "ended"] = "open"


class AgreedIn(In):
    """Who of family or police said yes, and when."""

    who: Literal["family", "police"]
    name: Line
    at: Moment


class CauseWordingIn(In):
    """The words for the cause; other than `died suddenly` both family and police agree to."""

    wording: Line
    approvals: list[AgreedIn] = Field(default=[], max_length=10)


class DutyIn(In):
    """A duty that nothing sets by itself, or one to be done again."""

    duty: BereavementDutiesIn
    owner_id: UUID | None = Field(default=None, description="Else whoever does it in the team.")
    due_at: Moment | None = Field(default=None, description="Else by its own limit.")


class CaseCard(Out):
    """A row of the list."""

    id: UUID
    state: BereavementCaseStatesOut
    person_died: BereavementPeopleOut
    child: PersonOut | None
    person: str | None
    lead: PersonOut
    proposed_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None


class CalledFirstOut(Out):
    """What stands before everything else: whom the authority wants called, and whom not yet."""

    call_first: list[CallFirstOut]
    do_not_yet: list[str]


class AgreedOut(Out):
    """Who of family or police said yes."""

    who: str = Field(description="`family` or `police`.")
    name: str
    at: datetime


class CaseAskedOut(Out):
    """What one person asked for and a second has to agree to."""

    kind: str = Field(description="`close` or `undo`.")
    by: PersonOut
    at: datetime
    reason: str


class MemberOut(Out):
    """Somebody in the team; who has left gave no reason, and needs none."""

    id: UUID
    role: BereavementTeamRolesOut
    person: PersonOut
    deputy: PersonOut | None
    added_at: datetime
    left_at: datetime | None
    etag: str


class DutyOut(Out):
    """Something that has to be done; it is a task."""

    task_id: UUID
    kind: TaskKindsOut
    duty: BereavementDutiesOut | None
    owner: PersonOut
    due_at: datetime
    due_rule: str | None
    state: TaskStatesOut
    ended_at: datetime | None


class PausedLinkOut(Out):
    """A link to the family by which nothing is mailed or opened until a lead decides."""

    id: UUID
    share_id: UUID
    reference: str
    paused_at: datetime
    mailed: bool


class CaseOut(Out):
    """A case with its team and what has to be done."""

    id: UUID
    first: CalledFirstOut | None = Field(description="Null without authority contacts.")
    state: BereavementCaseStatesOut
    person_died: BereavementPeopleOut
    child: PersonOut | None
    person: str | None
    learned_from: str
    died_on: date | None
    authority: str | None
    confirmed_by: BereavementConfirmersOut | None
    confirmed_with: str | None
    cause_wording: str
    cause_approvals: list[AgreedOut]
    lead: PersonOut
    proposed_by: PersonOut
    proposed_at: datetime
    decided_by: PersonOut | None
    decided_at: datetime | None
    pending: CaseAskedOut | None
    ended_at: datetime | None
    file_frozen_at: datetime | None = Field(
        description="Since when the file stays as it stood; held in law until it is undone."
    )
    team: list[MemberOut]
    duties: list[DutyOut]
    paused_links: list[PausedLinkOut] = Field(description="Empty for who does not decide.")
    nation: str = Field(description="Whose law the duties know; of others the authority is asked.")
    permissions: list[str] = Field(description="What this reader may do next.")

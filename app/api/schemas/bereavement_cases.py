"""Cases of the time after a death: opened and closed by two people, with team and duties."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import AgreedWhoOut, CaseAskedKindsOut, NationsOut
from app.api.schemas.support_services import AuthorityNumberOut
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

    state: Literal["open", "ended"] = Field(
        default="open",
        description="`open`: `proposed` or `open`. `ended`: `closed`, `taken_back` or `undone`. "
        "Default: open.",
    )


class AgreedIn(In):
    """Agreement of the family or the police."""

    who: Literal["family", "police"] = Field(description="Whether the family or the police agreed.")
    name: Line = Field(description="Person who agreed.")
    at: Moment = Field(description="When they agreed.")


class CauseWordingIn(In):
    """Words for the cause. Except `died suddenly`, family and police must both agree."""

    wording: Line = Field(description="Words to use for the cause of death.")
    approvals: list[AgreedIn] = Field(
        default=[], max_length=10, description="Agreement of family and police."
    )


class DutyIn(In):
    """A further duty, or one to repeat."""

    duty: BereavementDutiesIn = Field(description="Type of duty.")
    owner_id: UUID | None = Field(
        default=None, description="Owner. Default: the team member with that role."
    )
    due_at: Moment | None = Field(default=None, description="Deadline. Default: by its rule.")


class CaseCard(Out):
    """A bereavement case in a list."""

    id: UUID = Field(description="Case ID.")
    state: BereavementCaseStatesOut = Field(description="State of the case.")
    person_died: BereavementPeopleOut = Field(
        description="Who died: a pupil, member of staff or another person."
    )
    child: PersonOut | None = Field(description="Pupil who died; null: no pupil.")
    person: str | None = Field(description="Name of a person who is not a pupil; null: a pupil.")
    lead: PersonOut = Field(description="Lead of the case.")
    proposed_at: datetime = Field(description="When the death was reported.")
    decided_at: datetime | None = Field(
        description="When it was confirmed or withdrawn; null until then."
    )
    ended_at: datetime | None = Field(description="When the case ended; null while it is open.")


class CalledFirstOut(Out):
    """People the authority wants called first, and what it asks you not to do yet."""

    call_first: list[AuthorityNumberOut] = Field(description="People to call first, in order.")
    do_not_yet: list[str] = Field(description="What not to do yet.")


class AgreedOut(Out):
    """Agreement of the family or the police."""

    who: AgreedWhoOut = Field(description="Who agreed.")
    name: str = Field(description="Person who agreed.")
    at: datetime = Field(description="When they agreed.")


class CaseAskedOut(Out):
    """A proposal that needs a second person."""

    kind: CaseAskedKindsOut = Field(description="What is proposed.")
    by: PersonOut = Field(description="Person who proposed it.")
    at: datetime = Field(description="When it was proposed.")
    reason: str = Field(description="Why it was proposed.")


class MemberOut(Out):
    """A team member. Members may leave without giving a reason."""

    id: UUID = Field(description="ID of this team place.")
    role: BereavementTeamRolesOut = Field(description="Part in the team.")
    person: PersonOut = Field(description="Member of the team.")
    deputy: PersonOut | None = Field(description="Person who stands in; null: none.")
    added_at: datetime = Field(description="When they joined the team.")
    left_at: datetime | None = Field(
        description="When they left the team; null while they are in it."
    )
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class DutyOut(Out):
    """A duty of the case, kept as a task."""

    task_id: UUID = Field(description="Task that holds the duty.")
    kind: TaskKindsOut = Field(description="Type of the task.")
    duty: BereavementDutiesOut | None = Field(description="Type of duty; null: another task.")
    owner: PersonOut = Field(description="Person who owns the duty.")
    due_at: datetime = Field(description="Deadline of the duty.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    state: TaskStatesOut = Field(description="State of the duty.")
    ended_at: datetime | None = Field(description="When the duty ended; null while it is open.")


class PausedLinkOut(Out):
    """A link to the family, paused until a lead decides. Nothing is sent or opened."""

    id: UUID = Field(description="Link ID.")
    share_id: UUID = Field(description="Share the link opens.")
    reference: str = Field(description="Reference of the share.")
    paused_at: datetime = Field(description="When it was paused.")
    mailed: bool = Field(description="Whether it had been emailed before.")


class CaseOut(Out):
    """A case with its team and duties."""

    id: UUID = Field(description="Case ID.")
    first: CalledFirstOut | None = Field(
        description="People to call first; null: no authority contacts."
    )
    state: BereavementCaseStatesOut = Field(description="State of the case.")
    person_died: BereavementPeopleOut = Field(
        description="Who died: a pupil, member of staff or another person."
    )
    child: PersonOut | None = Field(description="Pupil who died; null: no pupil.")
    person: str | None = Field(description="Name of a person who is not a pupil; null: a pupil.")
    learned_from: str = Field(description="How the school learned of the death.")
    died_on: date | None = Field(description="Day of death; null: not known.")
    authority: str | None = Field(description="Local authority, by code; null: not known.")
    confirmed_by: BereavementConfirmersOut | None = Field(
        description="Authority that confirmed it; null until then."
    )
    confirmed_with: str | None = Field(
        description="Person outside who confirmed it; null until then."
    )
    cause_wording: str = Field(description="Words to use for the cause of death.")
    cause_approvals: list[AgreedOut] = Field(
        description="People who agreed to the words for the cause."
    )
    lead: PersonOut = Field(description="Lead of the case.")
    proposed_by: PersonOut = Field(description="Person who proposed it.")
    proposed_at: datetime = Field(description="When the death was reported.")
    decided_by: PersonOut | None = Field(
        description="Person who confirmed or withdrew it; null until then."
    )
    decided_at: datetime | None = Field(
        description="When it was confirmed or withdrawn; null until then."
    )
    pending: CaseAskedOut | None = Field(
        description="Proposal that needs a second person; null: none."
    )
    ended_at: datetime | None = Field(description="When the case ended; null while it is open.")
    file_frozen_at: datetime | None = Field(
        description="When the child's file was frozen; null: it is not."
    )
    team: list[MemberOut] = Field(description="Team members, including past ones.")
    duties: list[DutyOut] = Field(description="Duties of the case.")
    paused_links: list[PausedLinkOut] = Field(
        description="Paused links to the family. Empty if you may not decide them."
    )
    nation: NationsOut = Field(
        description="Nation whose law sets the duties. For others, ask the local authority."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")

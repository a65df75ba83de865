"""Taking back a referral that went to the wrong agency."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.referrals import ReferralOut
from app.core.schemas import Out, PersonOut


class ReferAgainOut(Out):
    """The task to refer to the right agency."""

    task_id: UUID = Field(description="Open it under `/v1/tasks/{task_id}`.")
    owner: PersonOut = Field(description="Person who has to refer again.")
    due_at: datetime = Field(description="Deadline of the task.")


class WithdrawnReferralOut(Out):
    """A referral that its agency reads no more."""

    referral: ReferralOut = Field(description="The referral after withdrawing.")
    refer_again: ReferAgainOut | None = Field(
        description="Who refers to the right agency, and by when: end it where nobody has to. "
        "Null where another referral of this kind is open for the child and the concern."
    )

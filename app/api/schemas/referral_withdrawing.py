"""Taking back a referral that went to the wrong agency."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.referrals import ReferralOut
from app.core.schemas import Out, PersonOut


class ReferAgainOut(Out):
    """The task to refer to the right agency."""

    task_id: UUID = Field(description="Task ID, to open at `/v1/tasks/{task_id}`.")
    owner: PersonOut = Field(description="Person who has to refer again.")
    due_at: datetime = Field(description="Deadline of the task.")


class WithdrawnReferralOut(Out):
    """A withdrawn referral. The agency can no longer read it."""

    referral: ReferralOut = Field(description="The withdrawn referral.")
    refer_again: ReferAgainOut | None = Field(
        description="Task to refer to the right agency. End it if nobody must. Null: another such "
        "referral is open for the child and concern."
    )

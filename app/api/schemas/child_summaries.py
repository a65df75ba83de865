"""What somebody sees first of a child."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.children import ChildOut
from app.api.schemas.chronology import ChronologyEntryOut
from app.api.schemas.contacts import ContactOut
from app.api.schemas.overview import OverviewSection
from app.api.schemas.statuses import StatusOut
from app.core.codes import RecipientKindsOut
from app.core.schemas import Out, PointerOut, absent
from app.domain.record.next_steps.schemas import NextStepOut


class WorkingOnItOut(Out):
    """A person with open items about the child."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Full name.")
    open: int = Field(description="Number of open items they own.")


class ToldOutsideOut(PointerOut):
    """A share or referral that told someone outside school about the child."""

    recipient_kind: RecipientKindsOut = Field(description="Type of recipient.")
    at: datetime = Field(description="When it was first sent or handed over.")


class ChildSummaryOut(Out):
    """The first screen of a child's record."""

    child: ChildOut = Field(description="The child's record.")
    statuses: list[StatusOut] = Field(description="Current statuses you may read.")
    contacts: list[ContactOut] = Field(description="Current contacts, in the order to call.")
    open: OverviewSection = Field(description="Open items about the child that your lists show.")
    working_on_it: list[WorkingOnItOut] = Field(
        description="Owners of the open items, most items first."
    )
    told_outside: list[ToldOutsideOut] = Field(
        max_length=20,
        description="People outside school who know, by sent shares and referrals you may see. "
        "Newest first.",
    )
    next_steps: list[NextStepOut] = absent(
        description="Next steps in open concerns. Absent if you read no concerns."
    )
    latest: list[ChronologyEntryOut] = absent(
        description="Five newest chronology entries. Absent if you may not read it."
    )

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
    """Somebody who has open work about the child."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Full name.")
    open: int = Field(description="How many open things they own.")


class ToldOutsideOut(PointerOut):
    """A share or referral by which somebody outside the school knows of the child."""

    recipient_kind: RecipientKindsOut = Field(description="Type of recipient.")
    at: datetime = Field(description="When it was first sent or handed over.")


class ChildSummaryOut(Out):
    """The first screen of a child's record."""

    child: ChildOut = Field(description="The child's record.")
    statuses: list[StatusOut] = Field(
        description="Those that have not ended, of the classes I may read."
    )
    contacts: list[ContactOut] = Field(
        description="Those who have not ended, in the order in which to call them."
    )
    open: OverviewSection = Field(description="What is open about the child and in my lists.")
    working_on_it: list[WorkingOnItOut] = Field(
        description="Who owns what is open, who has most of it first: the people to ask."
    )
    told_outside: list[ToldOutsideOut] = Field(
        max_length=20,
        description="Who outside the school knows, by shares and referrals in my lists that were "
        "sent or handed over: the newest first.",
    )
    next_steps: list[NextStepOut] = absent(
        description="What comes next in open concerns; absent for somebody who reads none."
    )
    latest: list[ChronologyEntryOut] = absent(
        description="The five newest entries of the chronology; absent for somebody who may not "
        "read it."
    )

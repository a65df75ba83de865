"""Who takes over a person's whole load, and the result."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from app.core.schemas import BodyFault, In, Out, PersonOut, PointerOut, SeveralLines, words


class ReceiversIn(In):
    """Who gets what, by kind; what is left out goes to `to`."""

    concern: UUID | None = Field(default=None, description="Person who gets the concerns.")
    action: UUID | None = Field(default=None, description="Person who gets the actions.")
    share: UUID | None = Field(default=None, description="Person who gets the shares.")
    referral: UUID | None = Field(default=None, description="Person who gets the referrals.")
    review: UUID | None = Field(default=None, description="Person who gets the reviews.")
    monitoring_alert: UUID | None = Field(
        default=None, description="Person who gets the monitoring alerts."
    )
    break_glass: UUID | None = Field(
        default=None, description="Person who reviews the emergency accesses."
    )
    reading_notice: UUID | None = Field(default=None, description="Person who reviews the notices.")
    role_proposal: UUID | None = Field(
        default=None, description="Person who decides the proposed roles."
    )
    adult_concern: UUID | None = Field(
        default=None, description="Person who gets the concerns about adults."
    )
    webhook: UUID | None = Field(default=None, description="Person who gets the webhooks.")
    failed_job: UUID | None = Field(default=None, description="Person who gets the failed jobs.")
    drill: UUID | None = Field(default=None, description="Person who gets the drills.")


class LoadHandOverIn(In):
    """Who goes on with a person's work, and why."""

    to: UUID | None = Field(default=None, description="Who gets what `to_by_kind` does not name.")
    to_by_kind: ReceiversIn = Field(
        default_factory=ReceiversIn, description="People who get other types of work."
    )
    reason: SeveralLines = Field(description="Why the work moves.")
    dry_run: bool = Field(
        default=False, description="`true`: say what would happen, and change nothing."
    )
    partial: bool = Field(
        default=False, description="Move what can be moved, even where something stands in the way."
    )

    @model_validator(mode="after")
    def _name_somebody(self) -> "LoadHandOverIn":
        if self.to is None and not any(to for _, to in self.to_by_kind):
            raise BodyFault("name somebody in to or to_by_kind")
        return self

    def receiver(self, noun: str) -> UUID | None:
        """Who gets a noun."""
        return getattr(self.to_by_kind, noun, None) or self.to


WhyNotHandedOver: Any = words(
    "WhyNotHandedOver", {"no_receiver", "gone", "conflict", "may_not", "waiting_for_signature"}
)


class HandOverItemOut(PointerOut):
    """One thing, and who has it now or would."""

    to: PersonOut = Field(description="Person who has it now or would get it.")


class HandOverProblemOut(PointerOut):
    """One thing that the receiver cannot take; it stays where it is."""

    to: PersonOut | None = Field(description="Person who cannot take it; null: nobody was found.")
    reason_code: WhyNotHandedOver = Field(
        description="`no_receiver`: nobody was named for it; `gone`: holds no live role here; "
        "`conflict`: a conflict of interest; `may_not`: no role of theirs may own it; "
        "`waiting_for_signature`: somebody has to countersign first."
    )


class HandOverOut(Out):
    """What came of handing over."""

    staff: PersonOut = Field(description="Person whose work moves.")
    moved: bool = Field(
        description="False for a dry run, and where there are problems without `partial`."
    )
    counts: dict[str, int] = Field(description="How many of each kind moved, or would.")
    items: list[HandOverItemOut] = Field(description="What moves, and to which person.")
    problems: list[HandOverProblemOut] = Field(description="What cannot move, and why.")
    at: datetime = Field(description="When it was worked out.")

"""Who takes over a person's whole load, and the result."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from app.core.schemas import BodyFault, In, Out, PersonOut, PointerOut, SeveralLines, words


class ReceiversIn(In):
    """New owners by type of work. Left out: the person in `to`."""

    concern: UUID | None = Field(default=None, description="New owner of concerns.")
    action: UUID | None = Field(default=None, description="New owner of actions.")
    share: UUID | None = Field(default=None, description="New owner of shares.")
    referral: UUID | None = Field(default=None, description="New owner of referrals.")
    review: UUID | None = Field(default=None, description="New owner of reviews.")
    monitoring_alert: UUID | None = Field(
        default=None, description="New owner of monitoring alerts."
    )
    break_glass: UUID | None = Field(default=None, description="New reviewer of emergency access.")
    reading_notice: UUID | None = Field(default=None, description="New reviewer of access notices.")
    role_proposal: UUID | None = Field(
        default=None, description="Person who decides proposed roles."
    )
    adult_concern: UUID | None = Field(
        default=None, description="New case manager of concerns about adults."
    )
    webhook: UUID | None = Field(default=None, description="New owner of webhooks.")
    failed_job: UUID | None = Field(default=None, description="New owner of failed jobs.")
    drill: UUID | None = Field(default=None, description="New owner of drills.")


class LoadHandOverIn(In):
    """The new owner of a person's open work, and the reason."""

    to: UUID | None = Field(
        default=None, description="New owner of everything not in `to_by_kind`."
    )
    to_by_kind: ReceiversIn = Field(
        default_factory=ReceiversIn, description="New owners for single types of work."
    )
    reason: SeveralLines = Field(description="Why the work moves.")
    dry_run: bool = Field(
        default=False, description="`true`: report the result without changing anything."
    )
    partial: bool = Field(
        default=False, description="`true`: move what can move, even if some cannot."
    )

    @model_validator(mode="after")
    def _name_somebody(self) -> "LoadHandOverIn":
        if self.to is None and not any(to for _, to in self.to_by_kind):
            raise BodyFault("name somebody in to or to_by_kind")
        return self

    def receiver(self, kind: str) -> UUID | None:
        """Who gets a noun."""
        return getattr(self.to_by_kind, kind, None) or self.to


WhyNotHandedOver: Any = words(
    "WhyNotHandedOver", {"no_receiver", "gone", "conflict", "may_not", "waiting_for_signature"}
)


class HandOverItemOut(PointerOut):
    """One item, and its present or proposed owner."""

    to: PersonOut = Field(description="Person who has it now or would get it.")


class HandOverProblemOut(PointerOut):
    """An item the receiver cannot take. It stays where it is."""

    to: PersonOut | None = Field(description="Person who cannot take it; null: nobody was found.")
    reason_code: WhyNotHandedOver = Field(
        description="`no_receiver`: nobody was named. `gone`: no current role here. `conflict`: "
        "conflict of interest. `may_not`: no role that may own it. `waiting_for_signature`: a "
        "second person must sign first."
    )


class HandOverOut(Out):
    """Result of handing over."""

    staff: PersonOut = Field(description="Person whose work moves.")
    moved: bool = Field(description="`false`: a dry run, or problems without `partial`.")
    counts: dict[str, int] = Field(description="Number of items moved or to move, by kind.")
    items: list[HandOverItemOut] = Field(description="Items to move, and their new owners.")
    problems: list[HandOverProblemOut] = Field(description="Items that cannot move, and why.")
    at: datetime = Field(description="When Cairn worked it out.")

"""What was said of self-harm as it leaves with a concern: no ids, and no other pupil by name."""

from datetime import datetime

from pydantic import Field

from app.api.schemas.self_harm import SelfHarmToldOut
from app.api.schemas.written import WrittenPart
from app.core.codes import (
    ImmediaciesOut,
    PathwayStatesOut,
    PathwayStepsOut,
    RolesOut,
    SelfHarmKindsOut,
)
from app.core.schemas import Out, VocabularyStatus, absent


class StepByOut(Out):
    """Member of staff who took a step."""

    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")


class ToldStepOut(Out):
    """A step that was taken."""

    step: PathwayStepsOut = Field(description="Type of step.")
    at: datetime = Field(description="When the step was taken.")
    recorded_at: datetime = Field(description="When Cairn saved the step.")
    by: StepByOut | None = Field(
        description="Person who took the step; null: another step caused it."
    )
    role: RolesOut = Field(description="Role the person acted in.")
    from_state: PathwayStatesOut | None = Field(
        description="State before the step; null: it had none."
    )
    to_state: PathwayStatesOut = Field(description="State after the step.")
    details: dict[str, WrittenPart] = Field(description="Details, by part.")


class ToldSelfHarmOut(Out):
    """What was said about self-harm. Families get neither steps nor other people who know."""

    kind: SelfHarmKindsOut = Field(description="Type, as known then.")
    kind_told: SelfHarmKindsOut = Field(description="Type first reported.")
    told: SelfHarmToldOut = Field(description="What was told, as it was told.")
    begun_at: datetime = Field(description="When it began.")
    vocabulary_status: VocabularyStatus

    immediacy_told: ImmediaciesOut = absent(
        description="Urgency the reporter chose; absent for families."
    )
    begun_by: StepByOut = absent(description="Person who started it; absent for families.")
    state: PathwayStatesOut = absent(description="State of the pathway; absent for families.")
    last_event_at: datetime = absent(
        description="When something last happened; absent for families."
    )
    settled_at: datetime | None = Field(
        default=None, description="When things had settled; null until then; absent for families."
    )
    steps: list[ToldStepOut] = Field(default=[], description="Steps taken; empty for families.")

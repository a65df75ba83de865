"""Explanations of access."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.conflicts import ConflictOut
from app.api.schemas.known_words import RuleEffectsOut, SightsOut
from app.core.codes import RecipientKindsOut, RolesOut
from app.core.schemas import Out, PersonOut, PointerOut, absent


class ExplainIn(BaseModel):
    """A question about access."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: Annotated[
        str,
        Field(
            max_length=60,
            description="Type and ID of a record, as in the audit log: `concern:ID`, `child:ID`, "
            "`share:ID`, `task:ID`, `safety_plan:ID` and so on.",
        ),
    ]
    subject: UUID | Literal["me"] | None = Field(
        default=None,
        description="Only this person, with all their roles. Default: everyone who can see it.",
    )
    change: str | None = Field(
        default=None,
        alias="if",
        max_length=60,
        description="Preview a change: `share:ID` (contact or agency), `class:K5`, `owner:ID`, "
        "`grant:ID`, `named:ID` (staff).",
    )


class ExplainStepOut(Out):
    """One rule and its result. The first to allow or deny decides."""

    rule: str = Field(description="Code of the rule.")
    effect: RuleEffectsOut = Field(description="Result of the rule.")
    reason: str = Field(description="Why the rule gave that effect.")


class ExplainedPersonOut(Out):
    """One person in one role, and the deciding rule."""

    person: PersonOut = Field(description="Person it is about.")
    role: RolesOut = Field(description="Role the rules were checked for.")
    sees: SightsOut = Field(
        description="What they can see. `particulars`: those of a child, or a pupil's steps. "
        "`own`: their submission."
    )
    rule: str = Field(description="Code of the deciding rule.")
    reason: str = Field(description="Why the rule gave that effect.")
    steps: list[ExplainStepOut] = Field(description="Rules in the order they decided.")


class ExplainedRecipientOut(Out):
    """A recipient a share would let in."""

    id: UUID = Field(description="Contact or agency ID.")
    kind: RecipientKindsOut = Field(description="Type of recipient.")
    name: str = Field(description="Recipient's name.")
    sees: str = Field(description="What they can see.")
    warnings: list[str] = Field(description="What a second approver must consider.")


class PreviewOut(Out):
    """The effect of a change. Cairn changes nothing."""

    gains: list[ExplainedPersonOut] = Field(description="People who would gain access.")
    loses: list[ExplainedPersonOut] = Field(description="People who would lose access.")
    recipient: ExplainedRecipientOut | None = Field(
        description="Recipient a share would let in; null: none."
    )


class ExplanationOut(Out):
    """Who can see a record, and why."""

    resource: PointerOut = Field(description="Record that was asked about.")
    at: datetime = Field(description="When Cairn worked it out.")
    people: list[ExplainedPersonOut] = Field(description="People and what they may see.")
    suggested_conflicts: list[ConflictOut] = Field(
        description="Suggested conflicts of interest. They block nobody until a second person "
        "confirms them. Only for leads and heads."
    )
    preview: PreviewOut = absent(description="Effect of the change in `if`. Only if `if` was sent.")

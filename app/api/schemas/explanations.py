"""Explanations of access."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.conflicts import ConflictOut
from app.core.codes import RecipientKindsOut
from app.core.schemas import Out, PersonOut, PointerOut


class ExplainIn(BaseModel):
    """A question about access."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: Annotated[
        str,
        Field(
            max_length=60,
            description="Kind and id of a record, the kind as the audit log names it: "
            "`concern:ID`, `child:ID`, `share:ID`, `task:ID`, `safety_plan:ID` and so on.",
        ),
    ]
    subject: UUID | Literal["me"] | None = Field(
        default=None,
        description="One person, with every role they hold. Default: everybody who can see it.",
    )
    change: str | None = Field(
        default=None,
        alias="if",
        max_length=60,
        description="Preview a change: `share:ID` (contact or agency), `class:K5`, `owner:ID`, "
        "`grant:ID`, `named:ID` (staff).",
    )


class ExplainStepOut(Out):
    """One rule and what it said; the first that allows or denies decides."""

    rule: str = Field(description="Code of the rule.")
    effect: str = Field(description="`allow`, `deny` or `pass`.")
    reason: str = Field(description="What the rule says here.")


class ExplainedPersonOut(Out):
    """One person in one role, and the rule that decides."""

    person: PersonOut = Field(description="Person it is about.")
    role: str = Field(description="Role in which they were looked at.")
    sees: str = Field(
        description="`whole`, `particulars` (of a child, or a pupil's steps), `own` "
        "(submission) or `nothing`."
    )
    rule: str = Field(description="Code of the rule that decides.")
    reason: str = Field(description="What the rule says here.")
    steps: list[ExplainStepOut] = Field(description="Rules in the order they decided.")


class ExplainedRecipientOut(Out):
    """Recipient a share would let in."""

    id: UUID = Field(description="ID of the contact or agency.")
    kind: RecipientKindsOut = Field(description="Type of recipient.")
    name: str = Field(description="Recipient's name.")
    sees: str = Field(description="What they can see.")
    warnings: list[str] = Field(description="What a second approver would have to weigh.")


class PreviewOut(Out):
    """What a change would do; nothing is changed."""

    gains: list[ExplainedPersonOut] = Field(description="People who would see it.")
    loses: list[ExplainedPersonOut] = Field(description="People who would no longer see it.")
    recipient: ExplainedRecipientOut | None = Field(
        description="Recipient a share would let in; null: none."
    )


class ExplanationOut(Out):
    """Who sees a record and why."""

    resource: PointerOut = Field(description="Record that was asked about.")
    at: datetime = Field(description="When it was worked out.")
    people: list[ExplainedPersonOut] = Field(description="People and what they may see.")
    suggested_conflicts: list[ConflictOut] = Field(
        description="Conflicts of interest that lock nobody out until a second person confirms "
        "them, for those who may: leads and heads."
    )
    preview: PreviewOut | None = Field(default=None, description="Present when `if` was asked.")

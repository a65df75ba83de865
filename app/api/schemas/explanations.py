"""Explanations of access."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.conflicts import ConflictOut
from app.core.schemas import Out, PersonOut


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
        default=None, description="One person, with every role they hold; left out: who can see it."
    )
    change: str | None = Field(
        default=None,
        alias="if",
        max_length=60,
        description="Preview a change: `share:ID` (contact or agency), `class:K5`, `owner:ID`, "
        "`grant:ID`, `named:ID` (staff).",
    )


class ExplainedResourceOut(Out):
    """The record asked about."""

    kind: str
    id: UUID


class ExplainStepOut(Out):
    """One rule and what it said; the first that allows or denies decides."""

    rule: str
    effect: str = Field(description="`allow`, `deny` or `pass`.")
    reason: str


class ExplainedPersonOut(Out):
    """One person in one role, and the rule that decides."""

    person: PersonOut
    role: str
    sees: str = Field(
        description="`whole`, `particulars` (of a child, or a pupil's steps), `own` "
        "(submission) or `nothing`."
    )
    rule: str
    reason: str
    steps: list[ExplainStepOut]


class ExplainedRecipientOut(Out):
    """Whom a share would let in."""

    id: UUID
    kind: str
    name: str
    sees: str
    warnings: list[str] = Field(description="What a second approver would have to weigh.")


class PreviewOut(Out):
    """What a change would do; nothing is changed."""

    gains: list[ExplainedPersonOut]
    loses: list[ExplainedPersonOut]
    recipient: ExplainedRecipientOut | None


class ExplanationOut(Out):
    """Who sees a record and why."""

    resource: ExplainedResourceOut
    at: datetime
    people: list[ExplainedPersonOut]
    suggested_conflicts: list[ConflictOut] = Field(
        description="Conflicts of interest that lock nobody out until a second person confirms "
        "them, for those who may: leads and heads."
    )
    preview: PreviewOut | None = Field(default=None, description="Present when `if` was asked.")

"""What a lead decides of a concern."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import ConcernCategoriesChosenIn
from app.core.schemas import (
    In,
    Moment,
    Narrative,
    NewId,
    Word,
)


class TriageIn(In):
    """A lead's judgement."""

    level: int = Field(ge=1, le=4, description="Level of need, normalised.")
    level_label: Word | None = Field(
        default=None, description="The local authority's name of the level."
    )
    primary_category: ConcernCategoriesChosenIn = Field(
        description="A common one, or a word of the school's own: then the first that it means."
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[], max_length=10, description="Further categories beside the primary one."
    )
    confidentiality: Literal["K2", "K3", "K4", "K5"] = Field(
        default="K3", description="Class of confidentiality. Default: K3."
    )
    owner_id: UUID = Field(description="Person who works on it.")
    due_at: Moment = Field(description="Deadline of the next step.")
    reason: Narrative = Field(description="Why you decide so.")
    tell_reporter: Narrative | None = Field(
        default=None, description="What the reporter hears of the outcome."
    )


class TellReporterIn(In):
    """What its reporter may know of what became of a concern."""

    text: Narrative = Field(
        description="For the reporter alone: that it was right to say so, and what they can do; "
        "nothing that they need not know."
    )


class AskReporterIn(In):
    """A question to the reporter, or the answer to one."""

    id: NewId = None
    text: Narrative = Field(description="What you ask the reporter.")


class AnswerQuestionIn(In):
    """The reporter's answer."""

    text: Narrative = Field(description="Your answer.")


class AssignIn(In):
    """A new owner."""

    owner_id: UUID = Field(description="New owner.")
    due_at: Moment | None = Field(default=None, description="New deadline. Default: unchanged.")
    reason: Narrative = Field(description="Why it moves.")


class MonitorIn(In):
    """When to look again, and why it can wait."""

    review_at: Moment = Field(description="When to review it.")
    reason: Narrative = Field(description="Why it can be monitored.")


class ReopenIn(In):
    """Why it is taken up again."""

    reason: Narrative = Field(description="Why it is reopened.")
    due_at: Moment | None = Field(default=None, description="Deadline. Default: by the rule.")

"""What a lead decides of a concern."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import ConcernCategoriesChosenIn
from app.core.schemas import In, Moment, Narrative, NewId, Word


class TriageIn(In):
    """A lead's triage decision."""

    level: int = Field(ge=1, le=4, description="Level of need, 1 to 4.")
    level_label: Word | None = Field(
        default=None, description="The local authority's name of the level."
    )
    primary_category: ConcernCategoriesChosenIn = Field(
        description="Main category: a common one, or the school's own (its first common one "
        "counts)."
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[], max_length=10, description="Further categories."
    )
    confidentiality: Literal["K2", "K3", "K4", "K5"] = Field(
        default="K3", description="Class of confidentiality. Default: K3."
    )
    owner_id: UUID = Field(description="New owner of the concern.")
    due_at: Moment = Field(description="Deadline of the next step.")
    reason: Narrative = Field(description="Reason for your decision.")
    tell_reporter: Narrative | None = Field(default=None, description="Text for the reporter.")


class TellReporterIn(In):
    """An update for the person who reported the concern."""

    text: Narrative = Field(
        description="Text for the reporter only: that they were right to speak up, and what they "
        "can do. Nothing they do not need to know."
    )


class AskReporterIn(In):
    """A question to the reporter."""

    id: NewId = None
    text: Narrative = Field(description="What you ask the reporter.")


class AnswerQuestionIn(In):
    """The reporter's answer."""

    text: Narrative = Field(description="Your answer.")


class AssignIn(In):
    """A new owner."""

    owner_id: UUID = Field(description="New owner.")
    due_at: Moment | None = Field(default=None, description="New deadline. Default: unchanged.")
    reason: Narrative = Field(description="Why the owner changes.")


class MonitorIn(In):
    """When to review it, and why it can wait."""

    review_at: Moment = Field(description="When to review it.")
    reason: Narrative = Field(description="Why it can be monitored.")


class ReopenIn(In):
    """Why you reopen it."""

    reason: Narrative = Field(description="Why you reopen it.")
    due_at: Moment | None = Field(default=None, description="Deadline. Default: by the rule.")

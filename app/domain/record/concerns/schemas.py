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
    level_label: Word | None = None
    primary_category: ConcernCategoriesChosenIn = Field(
        description="A common one, or a word of the school's own: then the first that it means."
    )
    categories: list[ConcernCategoriesChosenIn] = Field(
        default=[], max_length=10, description="Further categories beside the primary one."
    )
    confidentiality: Literal["K2", "K3", "K4", "K5"] = "K3"
    owner_id: UUID
    due_at: Moment
    reasons: Narrative
    tell_reporter: Narrative | None = Field(
        default=None, description="What the reporter is told of what becomes of it."
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
    text: Narrative


class AnswerQuestionIn(In):
    """The reporter's answer."""

    text: Narrative


class AssignIn(In):
    """A new owner."""

    owner_id: UUID
    due_at: Moment | None = None
    reasons: Narrative


class MonitorIn(In):
    """When to look again, and why it can wait."""

    review_at: Moment
    reasons: Narrative


class ReopenIn(In):
    """Why it is taken up again."""

    reasons: Narrative
    due_at: Moment | None = None

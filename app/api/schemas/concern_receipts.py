"""What a reporter is told once a concern is kept."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.core.codes import ReporterProgressOut
from app.core.schemas import NamedConcernOut, Out


class GuidanceOut(Out):
    """What the adult with the child does now, for this type of concern."""

    first: list[str] = Field(description="Show at once, in this order.")
    never: list[str] = Field(description="What never to do.")
    after: str = Field(description="Show the reporter after saving.")
    review: str = Field(description="Review status of these words.")


class ChoiceOut(Out):
    """One answer to choose from."""

    code: str = Field(description="Code to send.")
    label: str = Field(description="Label to show.")


class QuestionOut(Out):
    """A question for the reporter, and how to answer it."""

    code: Literal["immediacy", "statement_kind", "text", "told_already"] = Field(
        json_schema_extra={"x-closed": True},
        description="Field of the answering operation that takes the answer.",
    )
    text: str = Field(description="Question to show.")
    about: str | None = Field(
        description="JSON Pointer to the part of the report it is about; null: the whole report."
    )
    statement_id: UUID | None = Field(description="Statement to send with the answer; null: none.")
    choices: list[ChoiceOut] = Field(description="Answers to choose from; empty: free text.")
    answer_with: Literal["amend_concern", "amend_adult_concern"] = Field(
        json_schema_extra={"x-closed": True}, description="Operation that takes the answer."
    )


class ConcernReceiptOut(Out):
    """What to show the reporter straight after sending."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    register_: Literal["children", "adults"] = Field(
        alias="register",
        json_schema_extra={"x-closed": True},
        description="`adults`: it is about an adult. Read it at `/v1/adult-concerns/{id}`.",
    )
    progress: ReporterProgressOut = Field(description="Progress that its reporter may see.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    received: Literal[True] = Field(description="Always `true`: Cairn saved it.")
    lead_availability: LeadAvailabilityOut | None = Field(
        description="Lead availability; null: it is about an adult, and no lead is alerted."
    )
    guidance: GuidanceOut = Field(description="What to do now. Show it at once.")
    ask_next: list[QuestionOut] = Field(
        description="Questions for the reporter, most urgent first. All optional; each answer is "
        "an amendment (of the adult concern if `register` is `adults`)."
    )
    possible_duplicates: list[NamedConcernOut] = Field(
        description="Up to three open concerns about the same child, subject and day, newest "
        "first. Only those you may open. Nothing is merged: look, and tell a lead "
        "(`merge_concern`)."
    )

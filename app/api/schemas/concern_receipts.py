"""What a reporter is told once a concern is kept."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.core.codes import ReporterProgressOut
from app.core.schemas import NamedConcernOut, Out


class GuidanceOut(Out):
    """What the adult with the child does now, by what the concern is about."""

    first: list[str] = Field(description="Shown at once, in this order.")
    never: list[str] = Field(description="What nobody does.")
    after: str = Field(description="Said to the reporter once their words are kept.")
    review: str = Field(description="Whether practitioners have approved these words.")


class ChoiceOut(Out):
    """An answer that can be chosen."""

    code: str = Field(description="Code to send.")
    label: str = Field(description="Label to show.")


class QuestionOut(Out):
    """Something to ask the reporter, and where the answer goes."""

    code: Literal["immediacy", "statement_kind", "text", "told_already"] = Field(
        json_schema_extra={"x-closed": True},
        description="The field of the answering operation that takes the answer.",
    )
    text: str = Field(description="The question, as it is shown.")
    about: str | None = Field(
        description="JSON Pointer to the part of the report that it is about; null: all of it."
    )
    statement_id: UUID | None = Field(description="Sent with the answer, where it is one's.")
    choices: list[ChoiceOut] = Field(description="Empty: it is answered in words.")
    answer_with: Literal["amend_concern", "amend_adult_concern"] = Field(
        json_schema_extra={"x-closed": True}, description="The operation that takes the answer."
    )


class ConcernReceiptOut(Out):
    """What the reporter is told at once."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    register_: Literal["children", "adults"] = Field(
        alias="register",
        json_schema_extra={"x-closed": True},
        description="`adults`: it is about an adult, and is read at `/v1/adult-concerns/{id}`.",
    )
    progress: ReporterProgressOut = Field(description="How far it is, for its reporter.")
    recorded_at: datetime = Field(description="When Cairn saved the concern.")
    received: Literal[True] = Field(description="Always true: Cairn has saved it.")
    lead_availability: LeadAvailabilityOut | None = Field(
        description="Null where it is about an adult: no lead hears of it."
    )
    guidance: GuidanceOut = Field(description="What to do now, to show at once.")
    ask_next: list[QuestionOut] = Field(
        description="What to ask the reporter now that their words are safe, the most urgent "
        "first. None of it is a condition of anything; each answer is an amendment of its own, of "
        "the adult concern where `register` is `adults`."
    )
    possible_duplicates: list[NamedConcernOut] = Field(
        description="Open concerns about the same child, the same thing and the same day, the "
        "newest first and three at most. Only those you may open are named. Nothing is merged: "
        "look, and tell a lead (`merge_concern`)."
    )

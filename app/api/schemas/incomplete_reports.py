"""Reports that could not be taken, for the people who see to them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import OpenOrResolvedOut
from app.core.schemas import ListIn, Out, PersonOut, PointerOut


class IncompleteReportListIn(ListIn):
    """Filters of reports that could not be taken."""

    state: Literal["open", "resolved"] = Field(
        default="open", description="Open or resolved reports. Default: open."
    )


class IncompleteReportCard(Out):
    """A refused report in a list, without its text."""

    id: UUID = Field(description="Report ID.")
    reporter: PersonOut = Field(description="Person who sent it.")
    register_: Literal["children", "adults"] = Field(
        alias="register",
        json_schema_extra={"x-closed": True},
        description="`adults`: about an adult. Only people who read the adult register see it.",
    )
    operation: str = Field(description="Operation that refused it, such as `raise_concern`.")
    about: PointerOut | None = Field(
        description="Concern or check-in it was sent to; null: a new concern."
    )
    signed_in: bool = Field(
        description="`false`: their sign-in had ended. Ask them in person before relying on it."
    )
    received_at: datetime = Field(description="When Cairn received it.")
    urgent: bool = Field(description="Whether it said that a life may be in danger.")
    times: int = Field(description="Number of times it was sent.")
    state: OpenOrResolvedOut = Field(description="Open or resolved.")
    concern_id: UUID | None = Field(description="Concern raised from it; null: none.")
    ended_at: datetime | None = Field(description="When it was resolved; null until then.")


class IncompleteReportTextOut(Out):
    """One text of the report."""

    pointer: str = Field(description="JSON Pointer to the field that held it.")
    text: str = Field(description="The words as they were sent.")


class IncompleteReportOut(IncompleteReportCard):
    """A refused report, with every word that was sent."""

    texts: list[IncompleteReportTextOut] = Field(description="All texts that were sent.")
    body: str = Field(description="Request body as sent.")
    cut: bool = Field(description="Whether Cairn cut it, as it was too long.")
    asks: list[str] = Field(description="JSON Pointers to the fields that were refused.")
    still_needed: str = Field(description="What was missing or wrong, in words.")
    reason: str | None = Field(
        description="Why no concern was needed; null: one was raised, or it is open."
    )

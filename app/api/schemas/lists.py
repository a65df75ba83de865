"""What every list can be asked: how many rows, and from where."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def absent(**said: Any) -> Any:
    """A field that may be left out; the description shows no default and no null."""
    return Field(default_factory=lambda: None, **said)


class ListIn(BaseModel):
    """Query parameters of a list; a noun adds its filters, and unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=50, ge=1, le=200, description="Rows per page.")
    cursor: str | None = Field(
        default=None, max_length=200, description="`next` of the page before."
    )

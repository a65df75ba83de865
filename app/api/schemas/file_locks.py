"""The lock of a file that has gone to the next school."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out, PersonOut


class FileLockOut(Out):
    """A lock on a transferred file, which is read-only here."""

    id: UUID = Field(description="Lock ID.")
    child_id: UUID = Field(description="Child whose file is locked.")
    transfer_id: UUID = Field(description="Transfer that took the file.")
    locked_at: datetime = Field(description="When the file was locked.")
    asked_by: PersonOut | None = Field(
        description="First of the two people who unlock it; null: nobody yet."
    )
    asked_at: datetime | None = Field(
        description="When someone asked to unlock it; null: nobody yet."
    )
    reason: str | None = Field(description="Why they asked; null: nobody yet.")
    unlocked_at: datetime | None = Field(description="When it was unlocked; null while locked.")

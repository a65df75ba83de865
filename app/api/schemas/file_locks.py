"""The lock of a file that has gone to the next school."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out, PersonOut


class FileLockOut(Out):
    """A file that has gone: read-only here."""

    id: UUID = Field(description="Lock ID.")
    child_id: UUID = Field(description="Child the lock is about.")
    transfer_id: UUID = Field(description="Transfer that took the file.")
    locked_at: datetime = Field(description="When the file was locked.")
    asked_by: PersonOut | None = Field(description="The first of two people who unlock it.")
    asked_at: datetime | None = Field(description="When somebody asked to unlock it; null: nobody.")
    reason: str | None = Field(description="Why they asked; null: nobody.")
    unlocked_at: datetime | None = Field(description="When it was unlocked; null while locked.")

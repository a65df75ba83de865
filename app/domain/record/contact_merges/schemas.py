"""Which contact goes on, and why."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, SeveralLines


class MergeContactIn(In):
    """The contact that stays, and how you know they are one person."""

    into: UUID = Field(description="The contact that stays.")
    reason: SeveralLines = Field(description="How you know that they are one person.")


class UnmergeContactIn(In):
    """Why they are two people."""

    reason: SeveralLines = Field(description="Why they are two people.")

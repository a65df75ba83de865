"""Who has a check-in, and who stands in."""

from uuid import UUID

from app.core.schemas import In


class AskForCoverIn(In):
    """Whom to ask; the agreed cover, where it is left out."""

    staff_id: UUID | None = None


class AssignCheckInIn(In):
    """Who has it, and who stands in: two people who are there that day."""

    owner_id: UUID
    cover_id: UUID

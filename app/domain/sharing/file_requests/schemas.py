"""How a request for a file is answered."""

from uuid import UUID

from app.core.schemas import In, Narrative


class FileRequestAnswerIn(In):
    """The transfer that is on its way, or why there is none."""

    transfer_id: UUID | None = None
    refusal: Narrative | None = None

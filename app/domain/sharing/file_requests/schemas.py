"""How a request for a file is answered."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Narrative


class FileRequestAnswerIn(In):
    """The transfer that answers the request, or why there is none."""

    transfer_id: UUID | None = Field(default=None, description="Transfer that answers it.")
    reason: Narrative | None = Field(default=None, description="Why no file is sent.")

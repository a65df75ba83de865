"""The frozen packets of transfers."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class TransferPacket(SchoolRow):
    """The frozen packet of a transfer; its bytes are in the object store. Immutable."""

    __tablename__ = "transfer_packet"

    transfer_id: Mapped[uuid.UUID]
    key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    manifest_sha256: Mapped[str]
    counts: Mapped[dict[str, Any]]
    entries: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    """The chronology entries that existed when it was made: any other is late."""
    made_at: Mapped[datetime]

    __table_args__ = (
        *within_school("transfer", "transfer_id"),
        index(None, "transfer_id"),
    )

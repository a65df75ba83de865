"""A school's key pairs for packets."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class TransferKey(SchoolRow):
    """Two key pairs of a school: one signs its packets, the other decrypts those it receives.

    Public halves are JWKs; private halves are sealed. Retired ones still open earlier packets.
    """

    __tablename__ = "transfer_key"
    __changes__: ClassVar[tuple[str, ...]] = ("retired_at", "sealed_signing", "sealed_receiving")

    signing: Mapped[dict[str, Any]]
    receiving: Mapped[dict[str, Any]]
    sealed_signing: Mapped[bytes]
    sealed_receiving: Mapped[bytes]
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("staff", "made_by"),
        index("uq_transfer_key_current", where="retired_at is null"),
    )  # fmt: skip

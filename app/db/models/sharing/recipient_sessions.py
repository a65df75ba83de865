"""Recipients' sessions, each begun with a link's code."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class RecipientSession(SchoolRow):
    """A short session, begun by entering a code, in which a link's one record can be read."""

    __tablename__ = "recipient_session"
    __changes__: ClassVar[tuple[str, ...]] = ("idle_at", "opened_at", "ended_at")

    link_id: Mapped[uuid.UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    network: Mapped[str]
    """Only the first part of the address: where it came from, never whose it was."""
    begun_at: Mapped[datetime]
    idle_at: Mapped[datetime]
    """It ends then unless used before."""
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    """When the content was first read in it."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("recipient_link", "link_id"),
        index("ix_recipient_session_link", "link_id"),
    )

"""The hold of a restored copy."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class RestoreHold(Base):
    """A restored copy's hold or release; the newest row counts."""

    __tablename__ = "restore_hold"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]

    __table_args__ = (CheckConstraint("kind in ('held', 'released')", name="kind"),)

"""People's steps on the pathway."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class SelfHarmStep(SchoolRow):
    """One step on the pathway; never changed."""

    __tablename__ = "self_harm_step"

    concern_id: Mapped[uuid.UUID]
    verb: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    """None if Cairn's rules took it."""
    by_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    details: Mapped[dict[str, Any]]
    child_ids: Mapped[list[uuid.UUID | None] | None] = mapped_column(ARRAY(UUID))
    """The children it was about, null for an unmatched pupil; None for the whole report."""

    __table_args__ = (
        *within_school("self_harm", "concern_id"),
        *within_school("staff", "by_id"),
        index(None, "concern_id"),
    )

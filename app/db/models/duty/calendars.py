"""The calendars of schools, in all their versions."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index


class SchoolCalendarVersion(SchoolRow):
    """A school's calendar from a moment on; the highest number is in force. Immutable."""

    __tablename__ = "school_calendar"

    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]

    __table_args__ = (index("uq_school_calendar_number", "number"),)

"""What was said, heard, asked and done in a case."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, within_school


class BereavementEntry(SchoolRow):
    """Something that was said, heard, asked or done; never changed, amended by a new one.

    `about_id` is the entry that this one answers, approves or tells of; `content` has the shape
    of its `kind`.
    """

    __tablename__ = "bereavement_entry"

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    about_id: Mapped[uuid.UUID | None]
    amends_id: Mapped[uuid.UUID | None]
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        within_school("case_id", "bereavement_case"),
        within_school("about_id", "bereavement_entry"),
        within_school("amends_id", "bereavement_entry"),
        within_school("by_id", "staff"),
        Index(
            "ix_bereavement_entry_case", "school_id", "case_id", text("at desc"), text("id desc")
        ),
        Index("ix_bereavement_entry_about", "school_id", "about_id"),
        Index(
            "uq_bereavement_entry_amends", "school_id", "amends_id", unique=True,
            postgresql_where=text("amends_id is not null"),
        ),
    )  # fmt: skip

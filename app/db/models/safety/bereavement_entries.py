"""Things said, heard, asked and done in a case."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped

from app.db.models.base import SchoolRow, index, within_school


class BereavementEntry(SchoolRow):
    """Something said, heard, asked or done; never changed, amended by a new entry.

    `about_id` is the entry that this one answers, approves or reports on; `content` has the shape
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
        *within_school("bereavement_case", "case_id"),
        *within_school("bereavement_entry", "about_id", "amends_id"),
        *within_school("staff", "by_id"),
        index("ix_bereavement_entry_case", "case_id", "at desc", "id desc"),
        index("ix_bereavement_entry_about", "about_id"),
        index("uq_bereavement_entry_amends", "amends_id", where="amends_id is not null"),
    )  # fmt: skip

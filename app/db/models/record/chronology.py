"""The dated history of a child."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class ChronologyEntry(SchoolRow):
    """One dated entry about one child: the narrow table that the chronology reads.

    `thing_id` names the row of the kind's own table. The concern's class decides who sees its
    entries; `confidentiality`, the row's own, decides for the others.
    """

    __tablename__ = "chronology_entry"
    __changes__: ClassVar[tuple[str, ...]] = (
        "significant", "child_id", "occurred_at", "occurred_precision", "late", "confidentiality",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    recorded_at: Mapped[datetime]
    late: Mapped[bool]
    kind: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    confidentiality: Mapped[str]
    author_id: Mapped[uuid.UUID]
    author_role: Mapped[str]
    significant: Mapped[bool] = mapped_column(server_default=sql("false"))

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("staff", "author_id"),
        index("ix_chronology_entry_child", "child_id", "occurred_at desc", "id desc"),
    )  # fmt: skip

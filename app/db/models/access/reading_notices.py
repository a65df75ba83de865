"""Notices of unusual reading, and how much of the trail has been checked for it."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, SchoolRow, index, within_school
from app.db.models.trail import Xid8


class ReadingNotice(SchoolRow):
    """A rule about unusual reading that fired, with the trail entries behind it.

    It asks another person to check and decides nothing. `dedupe` allows one notice per event.
    """

    __tablename__ = "reading_notice"
    __clocked__: ClassVar[str] = "reading_notice"
    __kind__ = {
        "open_when": "t.reviewed_at is null", "barred": "array[t.reader_id]", "label": "t.rule",
        "since": "t.created_at",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "child_id", "since", "until", "measured", "entries", "owner_id", "due_at", "reviewed_at",
        "reviewed_by", "review_outcome", "review_note", "version",
    )  # fmt: skip

    rule: Mapped[str]
    rule_version: Mapped[str]
    reader_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    measured: Mapped[dict[str, Any]]
    entries: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid(as_uuid=True)))
    dedupe: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None]
    review_outcome: Mapped[str | None]
    review_note: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __table_args__ = (
        *within_school("staff", "reader_id", "owner_id"),
        *within_school("child", "child_id"),
        index("uq_reading_notice_dedupe", "rule", "dedupe"),
        index("ix_reading_notice_list", "created_at", "id"),
        index("ix_reading_notice_unreviewed", "due_at", "id", where="reviewed_at is null"),
    )


class ReadingScan(Base):
    """How far the search for unusual reading has read a school's trail."""

    __tablename__ = "reading_scan"
    __changes__: ClassVar[tuple[str, ...]] = ("xid", "seq")

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8)
    seq: Mapped[int] = mapped_column(BigInteger)

"""Rounds over all stored files, which are looked at again when the scanner learnt something new."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base


class ScanRound(Base):
    """One walk over the files of all schools, by school and id: how far it is, and since when.

    It begins with the signatures of `signature_version`; what is newer makes another round.
    """

    __tablename__ = "scan_round"
    __changes__: ClassVar[tuple[str, ...]] = (
        "ended_at", "after_school", "after_file", "done", "failed",
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    signature_version: Mapped[str]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    after_school: Mapped[uuid.UUID]
    after_file: Mapped[uuid.UUID]
    done: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_scan_round_running", "begun_at", postgresql_where=text("ended_at is null")),
    )

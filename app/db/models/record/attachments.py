"""Files kept with a concern, and rounds of scanning them."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base, SchoolRow, index, within_school


class Attachment(SchoolRow):
    """A file kept with a concern: metadata here, bytes in the object store under `key`.

    `size` and `sha256` are of the bytes as sent, which never change. A picture also has a copy
    without the metadata that tells where and with whose device it was taken.
    """

    __tablename__ = "attachment"
    __kind__ = {}
    __entry__ = {"name": "document", "often": True, "summary": "t.file_name"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "scan_result", "scanned_at", "signature", "signature_version", "flags",
    )  # fmt: skip

    concern_id: Mapped[uuid.UUID]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    key: Mapped[str]
    description: Mapped[str | None]
    added_by: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]

    state: Mapped[str] = mapped_column(server_default="available")
    scan_result: Mapped[str] = mapped_column(server_default="not_scanned")
    scanned_at: Mapped[datetime | None]
    signature: Mapped[str | None]
    """The scanner's name for what it found."""
    signature_version: Mapped[str | None]
    flags: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    stripped_key: Mapped[str | None]
    stripped_size: Mapped[int | None]
    stripped_sha256: Mapped[str | None]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("staff", "added_by"),
        CheckConstraint("state in ('quarantined', 'available', 'held')", name="state"),
        CheckConstraint(
            "scan_result in ('not_scanned', 'clean', 'found', 'failed', 'too_large')",
            name="scan_result",
        ),
        CheckConstraint(
            "state <> 'available' or scan_result in ('not_scanned', 'clean')",
            name="never_served_unless_clean",
        ),
        CheckConstraint(
            "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)", name="stripped"
        ),
        index(None, "concern_id"),
        index("ix_attachment_quarantined", "recorded_at", "id", where="state = 'quarantined'"),
    )  # fmt: skip


class ScanRound(Base):
    """One scan of the files of all schools, by school and id: its progress, and its start.

    It begins with the signatures of `signature_version`; newer ones begin another round.
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
        Index("ix_scan_round_running", "begun_at", postgresql_where=sql("ended_at is null")),
    )

"""The exact bytes that were approved to leave the school, and their files."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class Snapshot(SchoolRow):
    """The exact bytes that were approved to leave the school, with their SHA-256. Immutable."""

    __tablename__ = "snapshot"

    kind: Mapped[str]
    child_id: Mapped[uuid.UUID]
    content: Mapped[bytes]
    sha256: Mapped[str]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "made_by"),
        CheckConstraint("kind in ('share', 'referral')", name="kind"),
    )


class SnapshotFile(SchoolRow):
    """A file frozen with a snapshot, under the name the recipient sees. Immutable.

    `size` and `sha256` are of the bytes under `key`, which are sent unchanged or not at all.
    """

    __tablename__ = "snapshot_file"

    snapshot_id: Mapped[uuid.UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    attachment_id: Mapped[uuid.UUID]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    key: Mapped[str]

    __table_args__ = (
        *within_school("snapshot", "snapshot_id"),
        *within_school("attachment", "attachment_id"),
        CheckConstraint("number >= 1", name="number"),
        index("uq_snapshot_file_number", "snapshot_id", "number"),
        index(None, "attachment_id"),
    )

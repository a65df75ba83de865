"""Safety records: what was recorded about keeping a child safe."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class SafetyRecord(SchoolRow):
    """One record about keeping a child safe; never changed.

    `content` has the shape of its `kind`; an amendment is a new row that names the one it
    `supersedes`, with a reason. `post_event` marks an addition after a death.
    """

    __tablename__ = "safety_record"
    __noun__: ClassVar[str] = "record"
    __kind__: ClassVar[Mapping[str, Any]] = {"marks": {"note": "t.kind = 'support_note'"}}
    __entry__ = {"name": "safety_record", "safety_record_kind": "t.kind", "summary": "t.summary"}

    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    summary: Mapped[str]
    """Its text in the chronology."""
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    recorded_at: Mapped[datetime]
    late: Mapped[bool]
    confidentiality: Mapped[str]
    by_id: Mapped[uuid.UUID]
    by_role: Mapped[str]
    supersedes_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    post_event: Mapped[bool]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("staff", "by_id"),
        *within_school("safety_record", "supersedes_id"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("(supersedes_id is null) = (reason is null)", name="amended"),
        index("ix_safety_record_child", "child_id", "kind", "recorded_at desc", "id desc"),
        index("ix_safety_record_concern", "concern_id"),
        index("uq_safety_record_supersedes", "supersedes_id", where="supersedes_id is not null"),
    )  # fmt: skip

"""The pathway of a concern after self-harm or words about dying."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class SelfHarm(SchoolRow):
    """What was told, kept as it was told, and how far the pathway is; `id` is the concern's.

    `kind` is what is told by now: an amendment changes it, `kind_told` never.
    """

    __tablename__ = "self_harm"
    __changes__: ClassVar[tuple[str, ...]] = (
        "kind", "state", "pupils", "last_event_at", "settled_at", "changed_at",
    )  # fmt: skip

    kind_told: Mapped[str]
    told: Mapped[dict[str, Any]]
    reported_immediacy: Mapped[str]
    """What the reporter sent; words about dying are looked at today whatever it was."""
    begun_by: Mapped[uuid.UUID]
    begun_at: Mapped[datetime]

    kind: Mapped[str]
    state: Mapped[str]
    pupils: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'::jsonb")
    )
    """How far each pupil is who is not where the pathway is, by id."""
    last_event_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "id"),
        *within_school("staff", "begun_by"),
        CheckConstraint("(settled_at is not null) = (state = 'settled')", name="settled"),
        index("ix_self_harm_open", where="state <> 'closed'"),
    )

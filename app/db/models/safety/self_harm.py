"""The pathway of a concern after self-harm or thoughts of suicide."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school


class SelfHarm(SchoolRow):
    """A disclosure, kept as it was made, and the state of its pathway; `id` is the concern's.

    `kind` is the disclosure as now known: an amendment changes it, but never `kind_told`.
    """

    __tablename__ = "self_harm"
    __changes__: ClassVar[tuple[str, ...]] = (
        "kind", "state", "pupils", "last_event_at", "settled_at", "changed_at",
    )  # fmt: skip

    kind_told: Mapped[str]
    told: Mapped[dict[str, Any]]
    reported_immediacy: Mapped[str]
    """The reporter's value; thoughts of suicide are reviewed today whatever it was."""
    begun_by: Mapped[uuid.UUID]
    begun_at: Mapped[datetime]

    kind: Mapped[str]
    state: Mapped[str]
    pupils: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'::jsonb")
    )
    """The state of each pupil that differs from the pathway's, by id."""
    last_event_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "id"),
        *within_school("staff", "begun_by"),
        CheckConstraint("(settled_at is not null) = (state = 'settled')", name="settled"),
        index("ix_self_harm_open", where="state <> 'closed'"),
    )

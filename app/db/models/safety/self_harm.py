"""The pathway of a concern after self-harm or words about dying, and a child not yet matched."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


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
        within_school("id", "concern"),
        within_school("begun_by", "staff"),
        CheckConstraint("(settled_at is not null) = (state = 'settled')", name="settled"),
        Index("ix_self_harm_open", "school_id", postgresql_where=text("state <> 'closed'")),
    )


class SelfHarmStep(SchoolRow):
    """One step that somebody took on the pathway; never changed."""

    __tablename__ = "self_harm_step"

    concern_id: Mapped[uuid.UUID]
    verb: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    """None where a rule of Cairn took it."""
    by_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    details: Mapped[dict[str, Any]]
    child_ids: Mapped[list[uuid.UUID | None] | None] = mapped_column(ARRAY(UUID))
    """Whom it was about, null among them for whom nobody had matched yet; None of the report."""

    __table_args__ = (
        within_school("concern_id", "self_harm"),
        within_school("by_id", "staff"),
        Index(None, "school_id", "concern_id"),
    )


class UnmatchedChild(SchoolRow):
    """A child as a reporter named them, until a lead says who it is; `id` is the concern's."""

    __tablename__ = "unmatched_child"
    __changes__: ClassVar[tuple[str, ...]] = ("matched_at", "matched_by")

    told: Mapped[dict[str, Any]]
    marks: Mapped[list[dict[str, Any]]]
    """Marks on the body map, kept here until there is a child to keep them with."""
    matched_at: Mapped[datetime | None]
    matched_by: Mapped[uuid.UUID | None]

    __table_args__ = (
        within_school("id", "concern"),
        within_school("matched_by", "staff"),
        CheckConstraint("(matched_at is null) = (matched_by is null)", name="matched"),
    )
